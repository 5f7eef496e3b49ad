/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine: what happens, and when. Everything that happens enters by
 * engine_accept(); runs are moved by the runner alone; emails leave by the
 * delivery. All of it but the loop's side runs in the writer's transactions.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/defs.h"
#include "base/json_names.h"
#include "model/event.h"
#include "model/suppression.h"

struct arena;
struct automation;
struct conf;
struct contact;
struct engine;
struct event_base;
struct fault;
struct graph;
struct import;
struct import_plan;
struct run;
struct segment;
struct store;
struct token_keys;
struct topic_choice;
struct txn;

typedef int64_t engine_clock(void);

/* conf, keys and store outlive the engine. It hooks itself into the store. */
struct engine *engine_new(struct store *, const struct conf *,
    const struct token_keys *, engine_clock *);
void engine_free(struct engine *);
/* What was there before may still be in use by other threads. */
void engine_set_conf(struct engine *, const struct conf *,
    const struct token_keys *);
/* How many runs of a contact one transaction deals with, if not the usual 200.
 */
void engine_set_bound(struct engine *, int n);
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

/* When the engine wants a batch next; 0: never. As of the last batch. */
int64_t engine_next_ms(const struct engine *);

/* Counts the batches that may have left something due for webhooks; any
 * thread. */
unsigned engine_said(const struct engine *);

/* Figures for status; any thread. */
struct engine_figures {
	int64_t sent, refused, retried, doubts, in_flight;
	int64_t events, runs;
	bool is_held; /* the queue: no mail leaves */
};
void engine_figures(struct engine *, struct engine_figures *);

/*
 * Holds the queue of mail, or lets it go, in the caller's transaction. What the
 * MTA has begun to take goes on; all else waits, and events are taken and runs
 * move as ever. 0 or -1.
 */
int engine_hold(struct engine *, struct txn *, bool held,
    struct fault *fault_r);
/* That is on disk; on the loop. */
void engine_held(struct engine *, bool held);

struct accepted {
	int64_t event;
	bool duplicate; /* known by its key: nothing was done again */
	int runs;       /* it started */
	enum event_outcome outcome;
};

/*
 * The one entrance: records the event, ends, resumes and starts the runs it
 * concerns, in the caller's transaction, and then applies what these caused. 0,
 * or -1 with fault_r and nothing done that the caller's savepoint does not
 * undo.
 */
int engine_accept(struct engine *, struct txn *, struct arena *, struct event *,
    int64_t now_ms, struct accepted *, struct fault *fault_r);

/* ---- contacts: whoever changes one does it here ------------------------ */

/* What a change follows from; all zero: somebody's request. */
struct cause {
	int64_t event;
	int depth; /* of what the change causes */
	int64_t run;
};

/*
 * Each of these writes and says so by a system event, if somebody listens;
 * what changes nothing says nothing. Properties no definition names yet get
 * one. 1 changed, 0 nothing to change, -1 with fault_r (FAULT_INVALID when the
 * address belongs to another contact, FAULT_NOT_FOUND for a segment or topic
 * there is none of).
 */
/* Fills c->id. segments: NULL, or ids it joins. */
int engine_contact_create(struct engine *, struct txn *, struct arena *,
    struct contact *c, const int64_t *segments, int n_segments,
    const struct cause *, int64_t now_ms, struct fault *fault_r);
/* Fills after->updated_ms when something changed. */
int engine_contact_update(struct engine *, struct txn *, struct arena *,
    const struct contact *before, struct contact *after, const struct cause *,
    int64_t now_ms, struct fault *fault_r);
/* With all that is tied to it; its runs are cancelled, but for cause->run. */
int engine_contact_delete(struct engine *, struct txn *, struct arena *,
    int64_t contact, const struct cause *, int64_t now_ms,
    struct fault *fault_r);
/* Deletes the contact; what events and mails say of it goes in slices. */
int engine_contact_erase(struct engine *, struct txn *, struct arena *,
    const struct contact *, int64_t now_ms, struct fault *fault_r);
/* Into a segment or out of it; one with a filter takes nobody by hand. */
int engine_segment_set(struct engine *, struct txn *, struct arena *,
    int64_t contact, int64_t segment, bool is_member, const struct cause *,
    int64_t now_ms, struct fault *fault_r);
/* The contact's own choice of topics; email is the mail whose link was used, or
 * 0. */
int engine_topics_set(struct engine *, struct txn *, struct arena *,
    int64_t contact, const struct topic_choice *, int n, int64_t email,
    int64_t now_ms, struct fault *fault_r);
/*
 * A contact leaves: the topic, or everything when topic is 0; email is the mail
 * whose link was used, or 0.
 */
int engine_unsubscribe(struct engine *, struct txn *, struct arena *,
    const struct contact *, int64_t topic, int64_t email, int64_t now_ms,
    struct fault *fault_r);
/* A new segment (its id is filled); the members of one with a filter come in
 * slices. 0 or -1. */
int engine_segment_create(struct engine *, struct txn *, struct segment *,
    int64_t now_ms, struct fault *fault_r);
/* 1, 0 there is none, -1 */
int engine_segment_delete(struct engine *, struct txn *, int64_t segment,
    int64_t now_ms, struct fault *fault_r);
/* A webhook; what it was told and is owed goes in slices. 1, 0 there is none,
 * -1 */
int engine_webhook_delete(struct engine *, struct txn *, int64_t webhook,
    int64_t now_ms, struct fault *fault_r);
/* What a segment's filter may be. 0 or -1. */
int engine_check_filter(const json_t *filter, struct fault *fault_r);

/* ---- suppressions: whoever adds or removes one does it here ------------ */

/*
 * No mail goes to that address any more; source is the email that brought it
 * about, or 0. *s is the suppression there is then, also if it was there
 * before: that stays as it was. 1 added, 0 it was there, -1 (FAULT_INVALID:
 * it is no address).
 */
int engine_suppress(struct engine *, struct txn *, struct arena *,
    const char *email, enum suppression_origin, int64_t source, int64_t now_ms,
    struct suppression *s, struct fault *fault_r);
/* 0 or -1. */
int engine_unsuppress(struct engine *, struct txn *, const struct suppression *,
    int64_t now_ms, struct fault *fault_r);
/* Whether mail to that address must not be sent; in any transaction. 1, 0, -1
 */
int engine_is_suppressed(struct txn *, struct arena *, const char *email,
    struct fault *fault_r);

/* ---- imports ------------------------------------------------------------ */

/*
 * Begins to write what a file says: its id and size are the caller's, and the
 * file lies in its place, on disk. FAULT_NOT_FOUND for a segment or topic there
 * is none of. 0 or -1.
 */
int engine_import_begin(struct engine *, struct txn *, struct arena *,
    struct import *, const struct import_plan *, int64_t now_ms,
    struct fault *fault_r);

/* ---- automations ------------------------------------------------------- */

/* Config shapes of a graph's steps and settings, always checked. 0 or -1. */
int engine_check_graph(const struct graph *, struct fault *fault_r);
/* What an author may not write into an automation, or the part of one that a
 * body has: names that nothing has where they stand, two that contradict each
 * other, events that never come. Asked of what comes in alone: versions that
 * are stored stay what they are. 0 or -1. */
extern const struct json_name automation_names[];
int engine_check_written(struct arena *, const json_t *automation,
    struct fault *fault_r);
/* What must be true before an automation may be enabled. 0 or -1. */
int engine_check_enable(struct engine *, struct txn *, struct arena *,
    const struct graph *, struct fault *fault_r);
/* Writes a version of a->num; a->version names it. The automation's row is the
 * caller's. 0 or -1. */
int engine_version_add(struct engine *, struct txn *, struct arena *,
    struct automation *a, const struct graph *, struct fault *fault_r);
/* Writes the automation's row as it is to be: enabled, disabled, paused,
 * deleted; was is what it was. Begins what that asks for: enrolling those who
 * match already, cancelling runs. 0 or -1. */
int engine_automation_set(struct engine *, struct txn *, struct arena *,
    const struct automation *was, const struct automation *to, int64_t now_ms,
    struct fault *fault_r);

/* ---- runs -------------------------------------------------------------- */

/* Starts a run by hand. FAULT_INVALID when a re-entry rule keeps the contact
 * out. 0 or -1. */
int engine_run_start(struct engine *, struct txn *, struct arena *,
    const struct automation *, const struct contact *, const char *payload,
    int64_t now_ms, int64_t *run_r, struct fault *fault_r);
/* Ends a running run; run is what it is afterwards. 1, 0 it has ended already,
 * -1 */
int engine_run_cancel(struct engine *, struct txn *, struct arena *,
    struct run *, int64_t now_ms, struct fault *fault_r);
/* A failed run enters the step it failed at anew. 1, 0 it did not fail, -1 */
int engine_run_retry(struct engine *, struct txn *, struct arena *,
    struct run *, int64_t now_ms, struct fault *fault_r);
/* Cancels the running runs of a contact, at once those that *done_r tells and,
 * if they are very many, the rest in slices. 1 there is a rest, 0, -1 */
int engine_runs_cancel(struct engine *, struct txn *, struct arena *,
    int64_t contact, int64_t now_ms, int64_t *done_r, struct fault *fault_r);

/* ---- emergency stop ----------------------------------------------------- */

enum engine_part { ENGINE_INJECTION, ENGINE_RUNS, ENGINE_PART_COUNT };
/* "injection", "engine" */
const char *engine_part_name(enum engine_part);
/* Durable. Paused runs stand still, paused injection claims nothing. */
int engine_pause(struct engine *, struct txn *, enum engine_part, bool paused,
    struct fault *fault_r);
bool engine_is_paused(const struct engine *, enum engine_part);

/* ---- mails -------------------------------------------------------------- */

/* The parts of an email as it is sent: rendered on demand. */
struct rendered {
	const char *html, *text; /* NULL: none */
	const char *message_id;
};
struct email;
int engine_render(struct engine *, struct txn *, struct arena *,
    const struct email *, struct rendered *, struct fault *fault_r);
