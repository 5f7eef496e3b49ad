/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was kept long enough goes, a slice at a time.
 */
#pragma once

#include "base/defs.h"

struct engine;
struct fault;
struct pruner;
struct txn;

struct pruner *pruner_new(void);
void pruner_free(struct pruner *);
/* Removes for a slice of time, if it is time to. *next_r: when to come again.
 * 0 or -1. */
int prune_go_on(struct engine *, struct pruner *, struct txn *, int64_t now_ms,
    int64_t *next_r, struct fault *fault_r);
