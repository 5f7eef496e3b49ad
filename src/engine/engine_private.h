/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the engine share.
 */
#pragma once

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

#include "engine/engine.h"
#include "engine/forms.h"
#include "model/automation.h"
#include "model/run.h"
#include "store/store.h"

struct catalog;
struct delivery;
struct entry;
struct hooks;
struct importer;
struct names;
struct policy;
struct schedule;
struct tallies;

/* An event that a run or a change caused, to be applied when what caused it
 * has been written. */
struct caused {
	struct event event;
	struct caused *next;
};

struct engine {
	struct store *store;
	/* Replaced by a reload; read them once for one thing to do. */
	_Atomic(const struct conf *) conf;
	_Atomic(const struct token_keys *) keys;
	engine_clock *clock;
	struct forms *forms; /* shared, locked */
	struct delivery *delivery;
	atomic_bool paused[ENGINE_PART_COUNT];
	atomic_llong n_events, n_runs;
	atomic_uint n_said; /* batches since which webhooks are owed more */

	/* The rest is the writer's. */
	struct catalog *catalog;
	struct names *names;
	struct hooks *hooks;
	struct schedule *schedule;
	struct tallies *tallies;
	struct importer *importer;
	/* what the work under way caused, in order */
	struct caused *caused, **caused_tail;
	struct arena *caused_arena; /* NULL: there is none */
	unsigned n_caused; /* ever; tells whether a step caused something */
	bool is_applying;  /* what was caused is being applied */
	/* runs and events that the work under way has dealt with, and how many
	 * of a contact's it may */
	int spent, bound;
	int64_t root;         /* the event it began with, for the backlog */
	bool is_before;       /* what was due before that one is moved */
	bool is_working;      /* it is the backlog that is worked off */
	bool has_backlog;     /* there may be some */
	int64_t backlog_turn; /* the contact that had its turn last */
	/* counts writes of contacts: one read at another value is stale */
	unsigned contact_writes;
	/* what the batch under way did, noted once it is on disk */
	int batch_events, batch_runs;
	bool has_jobs;    /* there may be long work to go on with */
	int64_t job_turn; /* the job that had its turn last */
	bool pauses_are_known;
};

/* A version of an automation, ready to be walked. Immutable. */
struct flow {
	struct automation automation;
	int64_t version;
	struct graph *graph;
	void **configs;            /* what each step's compile() made */
	const struct entry *entry; /* who gets in, of the trigger's config */
	const struct policy *policy;
	struct arena *arena;
	bool is_fresh; /* the catalog's: written in the batch under way */
};

/*
 * Applies what was caused, and what that causes; nothing to do within a work of
 * the same kind. 0, or -1 with fault_r.
 */
int accept_caused(struct engine *, struct txn *, struct arena *, int64_t now_ms,
    struct fault *fault_r);
/* A work begins that may deal with as much as one may. */
void accept_begin(struct engine *);
/* The end of each work that came from outside: applies what was caused and
 * writes what was counted, or forgets both if it failed (rc is negative). rc,
 * or -1 with fault_r. */
int accept_finish(struct engine *, struct txn *, struct arena *, int rc,
    int64_t now_ms, struct fault *fault_r);
/* Moves what of a contact's was due before something happens to it: time goes
 * before what happens in it. 1 all of it, 0 there is more, -1 */
int accept_catch_up(struct engine *, struct txn *, int64_t contact,
    int64_t now_ms, struct fault *fault_r);
/* Keeps an event, copied, to be applied then. */
void accept_later(struct engine *, const struct event *);
/* Whether a system event of that name would reach anybody. 1, 0, -1 */
int accept_listens(struct engine *, struct txn *, const char *name,
    struct fault *fault_r);
/* Reads what is paused. 0 or -1. */
int pause_read(struct engine *, struct txn *, struct fault *fault_r);
