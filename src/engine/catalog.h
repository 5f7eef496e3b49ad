/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The catalog: automations as the writer uses them, compiled once per version
 * and read anew when they have changed. The writer's thread owns it.
 */
#pragma once

#include "engine/engine_private.h"

struct rule;

struct catalog *catalog_new(void);
void catalog_free(struct catalog *);
/* Forgets all: the numbers of a batch that was not stored are given out
 * again, to other versions. */
void catalog_forget(struct catalog *);

/* The last thing of a batch: forgets what was read of works that were undone.
 * What was handed out stays until it is settled. */
void catalog_end_batch(struct catalog *, struct txn *);
/* The batch is on disk: what is not needed any more may go. Between batches
 * alone; within one, flows stay where they are. */
void catalog_settle(struct catalog *);
/* Reads what has changed. 0 or -1. */
int catalog_refresh(struct engine *, struct txn *, struct fault *fault_r);
/*
 * The enabled automations that listen to an event, in order of their making:
 * an array of *n_r flows in the arena. 0 or -1 with fault_r.
 */
int catalog_listeners(struct engine *, struct txn *, struct arena *,
    const char *event_name, const struct flow *const **flows_r, int *n_r,
    struct fault *fault_r);
/* Whether there are any. 1, 0, -1 */
int catalog_listens(struct engine *, struct txn *, const char *event_name,
    struct fault *fault_r);
/* The version new runs of an automation start on, if it is enabled. NULL. */
const struct flow *catalog_enabled(const struct catalog *, int64_t automation);
/* True if the runs of that automation stand still; as of the last refresh. */
bool catalog_is_paused(const struct catalog *, int64_t automation);

/* A segment whose members a rule chooses. */
struct computed {
	int64_t segment;
	const struct rule *filter;
};
/* All of them in order of id, an array in the arena. 0 or -1. */
int catalog_computed(struct engine *, struct txn *, struct arena *,
    struct computed **computed_r, int *n_r, struct fault *fault_r);
/* Values of properties where a contact has none: {"key": value}. NULL with
 * fault_r. */
const json_t *catalog_defaults(struct engine *, struct txn *,
    struct fault *fault_r);
/* The number of each property's type, by key; good until the next refresh. NULL
 * with fault_r. */
const json_t *catalog_types(struct engine *, struct txn *,
    struct fault *fault_r);
/* A version by its number, enabled or not. NULL with fault_r. */
const struct flow *catalog_version(struct engine *, struct txn *,
    int64_t version, struct fault *fault_r);
/* Compiles the configs of a graph: one result a step. NULL with fault_r. */
void **catalog_compile(struct arena *, const struct graph *,
    struct fault *fault_r);
