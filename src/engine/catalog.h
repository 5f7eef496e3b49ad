/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The catalog: automations as the writer uses them, compiled once per version
 * and read anew when they have changed. The writer's thread owns it.
 */
#pragma once

#include "engine/engine_private.h"

struct trigger_config {
	const char *event_name;
};

struct catalog *catalog_new(void);
void catalog_free(struct catalog *);
/* Forgets all: the numbers of a batch that was not stored are given out
 * again, to other versions. */
void catalog_forget(struct catalog *);

/*
 * The enabled automations that listen to an event: an array of *n_r flows,
 * valid within the transaction. 0 or -1 with fault_r.
 */
int catalog_listeners(struct engine *, struct txn *, const char *event_name,
    const struct flow *const **flows_r, int *n_r, struct fault *fault_r);
/* A version by its number, enabled or not. NULL with fault_r. */
const struct flow *catalog_version(struct engine *, struct txn *,
    int64_t version, struct fault *fault_r);
/* Compiles the configs of a graph: one result a step. NULL with fault_r. */
void **catalog_compile(struct arena *, const struct graph *,
    struct fault *fault_r);
