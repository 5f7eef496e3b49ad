/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sends what webhooks are owed: looks for it on a reader's thread, posts it on
 * a thread of its own, and has the writer note what each attempt came to. What
 * is owed stays due until then, so whatever is killed, it is sent again, under
 * the same id.
 */
#pragma once

#include "base/defs.h"

struct conf;
struct engine;
struct event_base;
struct store;
struct webhooks;

/* What is given outlives it. */
struct webhooks *webhooks_new(struct event_base *, struct store *,
    struct engine *, const struct conf *, int64_t (*clock)(void));
void webhooks_free(struct webhooks *);
/* The old one may still be in use by other threads. */
void webhooks_set_conf(struct webhooks *, const struct conf *);
/* After every store_dispatch(): looks if a batch left something due. */
void webhooks_arm(struct webhooks *);
/* Nothing new is sent. */
void webhooks_drain(struct webhooks *);
/* Ends the thread; what is under way is sent again by the next process. Call
 * store_dispatch() until store_pending() is 0 before stopping the store. */
void webhooks_stop(struct webhooks *);
