/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Automations and their versions in the store. Every change raises the number
 * txn_automations_version() tells.
 */
#pragma once

#include "model/automation.h"
#include "store/list.h"

struct arena;
struct fault;
struct txn;

/* Fills a->num. */
int store_automation_insert(struct txn *, struct automation *,
    struct fault *fault_r);
int store_automation_update(struct txn *, const struct automation *,
    struct fault *fault_r);
/* 1, 0, -1; deleted ones are found by number only. */
int store_automation_by_id(struct txn *, struct arena *, int64_t id,
    struct automation *, struct fault *fault_r);
/* The same, deleted or not. */
int store_automation_ever(struct txn *, struct arena *, int64_t id,
    struct automation *, struct fault *fault_r);
int store_automation_by_num(struct txn *, struct arena *, int64_t num,
    struct automation *, struct fault *fault_r);
/* enabled: 1, 0, or -1 for both. */
int store_automation_list(struct txn *, struct arena *, const struct page *,
    int enabled, struct list *list_r, struct fault *fault_r);
/* Every enabled one, by number. */
int store_automation_enabled(struct txn *, struct arena *, struct list *list_r,
    struct fault *fault_r);
/* Every paused one, deleted or not, by number. */
int store_automation_paused(struct txn *, struct arena *, struct list *list_r,
    struct fault *fault_r);
/* Versions are immutable: the graph as text, and its number. */
int store_graph_insert(struct txn *, int64_t automation, const char *graph,
    int64_t *num_r, struct fault *fault_r);
int store_graph_get(struct txn *, struct arena *, int64_t num,
    const char **graph_r, struct fault *fault_r);
