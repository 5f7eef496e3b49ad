/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of this room share.
 */
#pragma once

#include "base/id.h"
#include "store/db.h"
#include "store/store.h"

struct arena;
struct backup;

enum { TXN_PARTS_MAX = 8 };

/* In the table meta: 1 while no mail may leave. */
#define QUEUE_HELD_KEY "held"

struct txn {
	struct db *db;
	struct store *store;
	bool is_write;
	bool is_open;
	bool has_let_go;             /* nothing is read any more */
	int64_t automations_version; /* 0: not read in this transaction */
	/* the same, when each part began that is open */
	int64_t nested_versions[TXN_PARTS_MAX];
	int n_nested;
};

/* The connection, with a transaction open. NULL with fault_r. */
struct db *txn_db(struct txn *, struct fault *fault_r);

/* Tells everyone who has loaded automations, segments or definitions that they
 * changed; see txn_automations_version(). */
int txn_raise_version(struct txn *, struct fault *fault_r);

/* A work that none of the store's threads does: counts it as pending, and
 * hands it to the loop when it is done. */
void store_work_begin(struct store *);
void store_work_end(struct store *, struct work *);
/* Has the writer look what there is to do beside works. */
void store_wake_writer(struct store *);
struct backup *store_backup_of(struct store *);
