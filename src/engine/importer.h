/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Imports of contacts: long work whose cursor is the place behind the last row
 * that was done. Counts and cursor are written with the rows.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct arena;
struct engine;
struct fault;
struct importer;
struct job;
struct share;
struct txn;

struct importer *importer_new(void);
void importer_free(struct importer *);
/* Removes files whose import is done, or never began; before threads run. 0 or
 * -1. */
int importer_recover(struct engine *, struct fault *fault_r);
/* Goes on with some rows; one at least, and none more once the share is over. 1
 * there are more, 0, -1 */
int importer_go_on(struct engine *, struct txn *, struct arena *, struct job *,
    const struct share *, int64_t now_ms, struct fault *fault_r);
/* The batch is on disk, or not: files of imports that it ended go. */
void importer_settle(struct engine *, bool committed);
