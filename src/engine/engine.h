/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine: what happens, and when. Everything that happens enters by
 * engine_accept(); runs are moved by the runner alone; emails leave by the
 * delivery. All of it but the loop's side runs in the writer's transactions.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"
#include "model/event.h"

struct arena;
struct conf;
struct contact;
struct engine;
struct event_base;
struct fault;
struct graph;
struct store;
struct token_keys;
struct txn;

typedef int64_t engine_clock(void);

/* conf, keys and store outlive the engine. It hooks itself into the store. */
struct engine *engine_new(struct store *, const struct conf *,
    const struct token_keys *, engine_clock *);
void engine_free(struct engine *);
/* What was there before may still be in use by other threads. */
void engine_set_conf(struct engine *, const struct conf *,
    const struct token_keys *);
/* Settles what a crash left claimed, before any thread runs. 0 or -1. */
int engine_recover(struct engine *, struct fault *fault_r);
/* Begins to send: opens the injection backend on the loop. 0 or -1. */
int engine_start(struct engine *, struct event_base *, struct fault *fault_r);
/* Sets the timer anew; after every store_dispatch(), because each batch tells
 * when something is due next. */
void engine_arm(struct engine *);
/* Claims nothing more; engine_idle() is true once no answer is outstanding. */
void engine_drain(struct engine *);
bool engine_idle(const struct engine *);
/* Gives back what was not sent; closes the backend. Call store_dispatch()
 * until store_pending() is 0 before stopping the store. */
void engine_stop(struct engine *);

/* Figures for status; any thread. */
struct engine_figures {
	int64_t sent, refused, retried, doubts, in_flight;
	int64_t events, runs;
};
void engine_figures(struct engine *, struct engine_figures *);

struct accepted {
	int64_t event;
	bool duplicate; /* known by its key: nothing was done again */
	int runs;
	enum event_outcome outcome;
};

/*
 * The one entrance: records the event, resumes and starts what it concerns, in
 * the caller's transaction. 0, or -1 with fault_r and nothing done that the
 * caller's savepoint does not undo.
 */
int engine_accept(struct engine *, struct txn *, struct arena *, struct event *,
    int64_t now_ms, struct accepted *, struct fault *fault_r);

/* Config shapes of a graph's steps, always checked. 0 or -1. */
int engine_check_graph(const struct graph *, struct fault *fault_r);
/* What must be true before an automation may be enabled. 0 or -1. */
int engine_check_enable(struct engine *, struct txn *, struct arena *,
    const struct graph *, struct fault *fault_r);

/*
 * A contact leaves: the topic, or everything when topic is 0. Says so by an
 * event if that changed something. 1 changed, 0 not, -1 with fault_r.
 */
int engine_unsubscribe(struct engine *, struct txn *, struct arena *,
    const struct contact *, int64_t topic, int64_t email, int64_t now_ms,
    struct fault *fault_r);

/* The parts of an email as it is sent: rendered on demand. */
struct rendered {
	const char *html, *text; /* NULL: none */
	const char *message_id;
};
struct email;
int engine_render(struct engine *, struct txn *, struct arena *,
    const struct email *, struct rendered *, struct fault *fault_r);
