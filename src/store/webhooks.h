/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Webhooks in the store: who is told of what, what is owed, and how each
 * attempt went.
 */
#pragma once

#include "model/hook.h"
#include "store/list.h"

struct arena;
struct fault;
struct txn;

/* Who is told what raises txn_automations_version(). 0 or -1. */
int store_webhook_insert(struct txn *, const struct webhook *,
    struct fault *fault_r);
/* Its endpoint, types, status, and since when it fails. */
int store_webhook_update(struct txn *, const struct webhook *,
    struct fault *fault_r);
/* Its secrets. */
int store_webhook_rotate(struct txn *, const struct webhook *,
    struct fault *fault_r);
/* Notes that every attempt since a moment failed, if nothing is noted yet; 0:
 * that one did not. */
int store_webhook_failing(struct txn *, int64_t id, int64_t since_ms,
    struct fault *fault_r);
/* The webhook alone; its events go by store_hook_event_empty(). 1, 0, -1 */
int store_webhook_delete(struct txn *, int64_t id, struct fault *fault_r);
/* 1, 0, -1 */
int store_webhook_get(struct txn *, struct arena *, int64_t id,
    struct webhook *, struct fault *fault_r);
/* Items are struct webhook. */
int store_webhook_list(struct txn *, struct arena *, const struct page *,
    struct list *list_r, struct fault *fault_r);
/* Those that are enabled, in order of id. */
int store_webhook_enabled(struct txn *, struct arena *, struct list *list_r,
    struct fault *fault_r);

int store_hook_event_insert(struct txn *, const struct hook_event *,
    struct fault *fault_r);
/* Its status, attempts and due moment. */
int store_hook_event_update(struct txn *, const struct hook_event *,
    struct fault *fault_r);
/* 1, 0, -1 */
int store_hook_event_get(struct txn *, struct arena *, int64_t id,
    struct hook_event *, struct fault *fault_r);
/* Of a webhook; downwards only. Items are struct hook_event. */
int store_hook_event_list(struct txn *, struct arena *, int64_t webhook,
    const struct page *, struct list *list_r, struct fault *fault_r);
/* Those due for a webhook at that moment, oldest due first. */
int store_hook_event_due(struct txn *, struct arena *, int64_t webhook,
    int64_t now_ms, int limit, struct list *list_r, struct fault *fault_r);
/* Earliest moment later than now at which a webhook's event is due; 0: none. */
int store_hook_event_next_due(struct txn *, int64_t webhook, int64_t now_ms,
    int64_t *due_r, struct fault *fault_r);

/* What is owed to all, counted up to a limit, and the oldest of these. */
struct hooks_owed {
	int64_t n, oldest; /* an id; 0: none */
};
int store_hook_event_owed(struct txn *, int limit, struct hooks_owed *,
    struct fault *fault_r);

/* Each removes up to limit events with their attempts: how many, or -1. Of a
 * webhook; older than that id; what an id or a newer one tells of a contact
 * stays. */
int store_hook_event_empty(struct txn *, int64_t webhook, int limit,
    struct fault *fault_r);
int store_hook_event_prune(struct txn *, int64_t before, int limit,
    struct fault *fault_r);
int store_hook_event_erase(struct txn *, int64_t contact, int64_t before,
    int limit, struct fault *fault_r);

int store_hook_attempt_insert(struct txn *, const struct hook_attempt *,
    struct fault *fault_r);
/* Of an event; downwards only. Items are struct hook_attempt. */
int store_hook_attempt_list(struct txn *, struct arena *, int64_t event,
    const struct page *, struct list *list_r, struct fault *fault_r);
