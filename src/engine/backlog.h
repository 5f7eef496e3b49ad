/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What events have yet to do. One transaction handles so many runs of a contact
 * and no more; what is left of the event is a row, and so is, behind it, all
 * that happens to the contact until then.
 */
#pragma once

#include "base/defs.h"

struct arrival;
struct arena;
struct engine;
struct event;
struct fault;
struct txn;

/* Whether a contact has any: then its runs rest, and its events come behind
 * what is there. 1, 0, -1 */
int backlog_holds(struct engine *, struct txn *, int64_t contact,
    struct fault *fault_r);
/* Keeps how far an event has come. 0 or -1. */
int backlog_put(struct arrival *, struct fault *fault_r);
/* Keeps an event that the work under way caused, behind what it caused before;
 * is_heard: automations listen to it.
 * 0 or -1. */
int backlog_put_caused(struct engine *, struct txn *, struct arena *,
    const struct event *, bool is_heard, int64_t now_ms, struct fault *fault_r);
/* Whoever asks deletes the contact: nothing more happens to it. 0 or -1. */
int backlog_drop(struct engine *, struct txn *, int64_t contact,
    struct fault *fault_r);
/* Goes on with a contact's, as far as one transaction may. 0 or -1. */
int backlog_work(struct engine *, struct txn *, int64_t contact,
    struct fault *fault_r);
/* The same with that of all contacts, for a slice of time. *next_r: when to
 * come again; 0: there is nothing left. 0 or -1. */
int backlog_go_on(struct engine *, struct txn *, int64_t now_ms,
    int64_t *next_r, struct fault *fault_r);
