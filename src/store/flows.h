/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events, runs and their steps in the store.
 */
#pragma once

#include "model/event.h"
#include "model/run.h"
#include "store/list.h"

struct arena;
struct fault;
struct txn;

/* The small number of an event name, made on first use. 0 or -1. */
int store_event_name(struct txn *, const char *name, int64_t *num_r,
    struct fault *fault_r);
int store_event_insert(struct txn *, const struct event *, int64_t name_num,
    enum event_outcome, struct fault *fault_r);
/* 1, 0, -1 */
int store_event_get(struct txn *, struct arena *, int64_t id, struct event *,
    enum event_outcome *, struct fault *fault_r);

int store_run_insert(struct txn *, const struct run *, struct fault *fault_r);
/* Where it rests now; what never changes is not written. */
int store_run_update(struct txn *, const struct run *, struct fault *fault_r);
int store_run_get(struct txn *, struct arena *, int64_t id, struct run *,
    struct fault *fault_r);
/* Runs due at that moment, oldest due first; items are struct run. */
int store_run_due(struct txn *, struct arena *, int64_t now_ms, int limit,
    struct list *list_r, struct fault *fault_r);
/* Earliest moment later than now at which a run is due; 0: none. */
int store_run_next_due(struct txn *, int64_t now_ms, int64_t *due_r,
    struct fault *fault_r);
/* Runs of an automation; statuses is a set of bits (1 << RUN_...). */
int store_run_list(struct txn *, struct arena *, int64_t automation,
    unsigned statuses, const struct page *, struct list *list_r,
    struct fault *fault_r);
/* Ids of running runs of an automation, in a slice; items are int64_t. */
int store_run_running(struct txn *, struct arena *, int64_t automation,
    int limit, struct list *list_r, struct fault *fault_r);

int store_step_insert(struct txn *, const struct run *, const struct run_step *,
    struct fault *fault_r);
/* Items are struct run_step in order of time. */
int store_step_list(struct txn *, struct arena *, int64_t run,
    struct list *list_r, struct fault *fault_r);
