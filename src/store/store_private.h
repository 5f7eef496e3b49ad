/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of this room share.
 */
#pragma once

#include "base/id.h"
#include "store/db.h"
#include "store/store.h"

struct arena;

struct txn {
	struct db *db;
	struct store *store;
	bool is_write;
	bool is_open;
	int64_t automations_version; /* 0: not read in this transaction */
	int64_t nested_version;      /* the same, when a part began */
};

/* The connection, with a transaction open. NULL with fault_r. */
struct db *txn_db(struct txn *, struct fault *fault_r);

/* After a row was deleted by its id: 1 if it was there, and its id will not be
 * given out again; 0, -1. */
int txn_deleted(struct txn *, int64_t id, struct fault *fault_r);
