/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Long work, a slice at a time beside everything else, and after a restart
 * from where it was.
 */
#pragma once

#include "store/jobs.h"

struct engine;
struct fault;
struct txn;

/* Long work that begins now; detail may be NULL. 0 or -1. */
int jobs_begin(struct engine *, struct txn *, enum job_kind, int64_t subject,
    const char *detail, int64_t now_ms, struct fault *fault_r);
/* Goes on with what there is, for a slice of time. *next_r: when to come
 * again; 0: there is nothing left. 0 or -1. */
int jobs_go_on(struct engine *, struct txn *, int64_t now_ms, int64_t *next_r,
    struct fault *fault_r);
