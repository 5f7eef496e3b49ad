/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * When runs are due: each automation has its own queue in the store, and the
 * earliest moment of each is known here. So one that wakes a million runs
 * shares the writer with those that wake one.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct engine;
struct fault;
struct run;
struct schedule;
struct txn;

struct schedule *schedule_new(void);
void schedule_free(struct schedule *);
/* What is known may not be true: it is read anew at the next wake. */
void schedule_forget(struct schedule *);
/* A run was written: it may be due earlier than what is known. */
void schedule_note(struct schedule *, const struct run *);
/* Wakes what is due, oldest first and automation by automation, for a slice of
 * time. 0 or -1. */
int schedule_wake(struct engine *, struct txn *, int64_t now_ms,
    struct fault *fault_r);
/* The earliest moment at which a run that may move is due; 0: none is. */
int64_t schedule_next(const struct engine *);
/* True if some run may be due by then and was not woken yet. */
bool schedule_is_behind(const struct schedule *, int64_t now_ms);
