/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The schema as a list of numbered steps, each taken once, in a transaction.
 */
#pragma once

#include "base/defs.h"

struct db;
struct fault;

/* The version of its schema, 0 of an empty database. 0; -1 with fault_r when
 * it is none of ours or newer than this program. */
int store_schema(struct db *, int64_t *version_r, struct fault *fault_r);

/* Brings the database to this program's version. 0, or -1 with fault_r, also
 * when the database is newer than the program or is none of ours. */
int store_migrate(struct db *, struct fault *fault_r);
