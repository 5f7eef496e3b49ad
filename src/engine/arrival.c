/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A contact may have any number of runs, and most of many are not meant. So
 * those that rest alike are asked together, whether the event ends them or is
 * what they wait for: the answer depends on the version, the step, the event
 * and the contact, and on nothing else.
 */
#include "engine/arrival.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/json.h"
#include "engine/catalog.h"
#include "engine/mail_event.h"
#include "engine/names.h"
#include "engine/policy.h"
#include "engine/runner.h"
#include "engine/schedule.h"
#include "engine/scope.h"
#include "store/contacts.h"
#include "store/events.h"
#include "store/runs.h"

/* How much of the engine's bound for one transaction is left. */
static int
left(const struct engine *e)
{
	return e->spent < e->bound ? e->bound - e->spent : 0;
}

int
arrival_contact(struct arrival *v, struct fault *fault_r)
{
	if (v->event->contact == 0 ||
	    (v->is_whole && v->contact_seen == v->engine->contact_writes))
		return v->event->contact != 0;
	struct arena *a = arena_new();
	int rc = store_contact_by_id(v->txn, a, v->event->contact, &v->contact,
	    fault_r);
	arena_free(v->contact_arena);
	v->contact_arena = a;
	v->is_whole = rc == 1;
	v->contact_seen = v->engine->contact_writes;
	return rc;
}

const json_t *
arrival_payload(struct arrival *v)
{
	const char *text = v->event->payload;
	struct fault ignored;
	if (v->payload == NULL && text != NULL)
		v->payload = json_parse(v->arena, text, strlen(text), &ignored);
	return v->payload;
}

void
arrival_end(struct arrival *v)
{
	arena_free(v->contact_arena);
	v->contact_arena = NULL;
}

/* ---- what was due before ------------------------------------------------ */

/* The contact's runs that are due and may move, the first in order. */
struct due_list {
	struct run_due *items;
	int n, room;
};

static void
add_due(struct arena *a, struct due_list *l, const struct list *more)
{
	if (l->n + more->n > l->room) {
		l->room = 2 * (l->n + more->n);
		struct run_due *items =
		    arena_alloc(a, (size_t)l->room * sizeof(*items));
		if (l->n > 0)
			memcpy(items, l->items, (size_t)l->n * sizeof(*items));
		l->items = items;
	}
	if (more->n > 0)
		memcpy(l->items + l->n, more->items,
		    (size_t)more->n * sizeof(*l->items));
	l->n += more->n;
}

/* As the schedule wakes them: of one moment, automation by automation, and who
 * was moved at this moment already after the others. */
static int
oldest_first(const void *a, const void *b)
{
	const struct run_due *x = a, *y = b;
	if (x->due_ms != y->due_ms)
		return x->due_ms < y->due_ms ? -1 : 1;
	if (x->is_between != y->is_between)
		return x->is_between ? 1 : -1;
	if (x->automation != y->automation)
		return x->automation < y->automation ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* Finds them, at most limit of each version. */
static int
find_due(struct engine *e, struct txn *t, struct arena *a, int64_t contact,
    int64_t now_ms, int limit, struct due_list *l, struct fault *fault_r)
{
	struct run_group g = { 0 };
	struct list list;
	int rc;
	while ((rc = store_run_live_group(t, contact, &g, fault_r)) == 1) {
		if (catalog_is_paused(e->catalog, g.automation))
			continue;
		if (store_run_live_due(t, a, contact, &g, now_ms, limit, &list,
			fault_r) != 0)
			return -1;
		add_due(a, l, &list);
	}
	if (l->n > 0)
		qsort(l->items, (size_t)l->n, sizeof(*l->items), oldest_first);
	return rc;
}

/* Moves a run that is still due: one before it may have moved it. 1, 0, -1 */
static int
wake_one(struct engine *e, struct txn *t, struct arena *a, int64_t id,
    int64_t now_ms, struct fault *fault_r)
{
	struct run r;
	int rc = store_run_get(t, a, id, &r, fault_r);
	if (rc != 1 || r.status != RUN_RUNNING || r.due_ms == 0 ||
	    r.due_ms > now_ms)
		return rc < 0 ? -1 : 0;
	e->spent++;
	return runner_wake(e, t, &r, now_ms, fault_r) == 0 ? 1 : -1;
}

/* Moves some of the contact's runs that are due. 1, 0 none is, -1 */
static int
wake_some(struct engine *e, struct txn *t, int64_t contact, int64_t now_ms,
    struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct due_list due = { 0 };
	int most = left(e);
	int rc = find_due(e, t, a, contact, now_ms, most, &due, fault_r);
	bool any = false;
	for (int i = 0; rc >= 0 && i < due.n && i < most && left(e) > 0; i++) {
		rc = wake_one(e, t, a, due.items[i].id, now_ms, fault_r);
		any = any || rc == 1;
	}
	arena_free(a);
	return rc < 0 ? -1 : any;
}

int
accept_catch_up(struct engine *e, struct txn *t, int64_t contact,
    int64_t now_ms, struct fault *fault_r)
{
	int rc = 1;
	if (!schedule_is_behind(e->schedule, now_ms) ||
	    engine_is_paused(e, ENGINE_RUNS))
		return 1;
	while (rc == 1) {
		if (left(e) == 0)
			return 0;
		rc = wake_some(e, t, contact, now_ms, fault_r);
	}
	return rc < 0 ? -1 : 1;
}

/* ---- what it ends -------------------------------------------------------- */

/* Whether it ends the runs of a version, and why. 1, 0, -1 */
static int
ends_group(struct arrival *v, const struct flow *f, const char **reason_r,
    struct fault *fault_r)
{
	if (f->policy->n_exits == 0)
		return 0;
	struct arena *a = arena_new();
	struct scope s = { .arena = a,
		.contact = &v->contact,
		.event = arrival_payload(v) };
	int rc = policy_exit_by_event(v->txn, f->policy, f->entry, v->event, &s,
	    reason_r, fault_r);
	arena_free(a);
	return rc;
}

static int
end_one(struct arrival *v, struct arena *a, const struct flow *f, struct run *r,
    const char *reason, struct fault *fault_r)
{
	/* Its time was over before, whatever stood in the way. */
	int64_t most = f->policy->max_duration_ms;
	if (most != 0 && v->now_ms >= id_time_ms(r->id) + most)
		reason = "max_duration";
	v->n_changed++;
	v->engine->spent++;
	return runner_end(v->engine, v->txn, a, r, RUN_CANCELLED, reason,
	    v->now_ms, fault_r);
}

/* Ends runs of a version. 1 all of them, 0 there are more, -1 */
static int
end_group(struct arrival *v, const struct run_group *g, const struct flow *f,
    const char *reason, struct fault *fault_r)
{
	int most = left(v->engine);
	struct list list;
	if (most == 0)
		return 0;
	struct arena *a = arena_new();
	int rc = store_run_live_of(v->txn, a, v->event->contact, g,
	    v->event->id, most, &list, fault_r);
	struct run *runs = list.items;
	for (int i = 0; rc == 0 && i < list.n; i++)
		rc = end_one(v, a, f, &runs[i], reason, fault_r);
	arena_free(a);
	return rc != 0 ? -1 : !list.has_more;
}

static int
end_runs(struct arrival *v, struct fault *fault_r)
{
	struct run_group g = { 0 };
	const char *reason;
	if ((v->interest & INTEREST_EXIT) == 0)
		return 1;
	int rc = arrival_contact(v, fault_r);
	if (rc != 1)
		return rc < 0 ? -1 : 1;
	while ((rc = store_run_live_group(v->txn, v->event->contact, &g,
		    fault_r)) == 1) {
		const struct flow *f =
		    catalog_version(v->engine, v->txn, g.version, fault_r);
		/* The damaged ones end when they are moved. */
		if (f == NULL && fault_r->kind != FAULT_UNAVAILABLE)
			continue;
		rc = f == NULL ? -1 : ends_group(v, f, &reason, fault_r);
		if (rc == 1) {
			rc = end_group(v, &g, f, reason, fault_r);
			if (rc == 0)
				return 0;
		}
		if (rc < 0)
			return -1;
	}
	return rc < 0 ? -1 : 1;
}

/* ---- what waits for it --------------------------------------------------- */

/* The runs that wait at one place, as far as they were looked up. */
struct waiting {
	struct wait_place place;
	bool fits; /* the event is for them */
	const int64_t *ids;
	int n, at;
	bool has_more;
};

/* All places where runs wait for the event. */
struct places {
	struct arena *arena;
	struct waiting *items;
	int n, room;
	unsigned asked; /* of engine->contact_writes */
};

static int
find_places(struct arrival *v, struct places *p, int64_t name,
    struct fault *fault_r)
{
	struct wait_place at = { 0 };
	int rc;
	while ((rc = store_wait_place(v->txn, v->event->contact, name, &at,
		    fault_r)) == 1) {
		if (p->n == p->room) {
			p->room = p->room == 0 ? 8 : 2 * p->room;
			struct waiting *items = arena_alloc(p->arena,
			    (size_t)p->room * sizeof(*items));
			if (p->n > 0)
				memcpy(items, p->items,
				    (size_t)p->n * sizeof(*items));
			p->items = items;
		}
		p->items[p->n++] =
		    (struct waiting){ .place = at, .has_more = true };
	}
	return rc;
}

/* Asks each place whether the event is for its runs, as the contact is now. */
static int
ask_places(struct arrival *v, struct places *p, struct fault *fault_r)
{
	struct arena *a = arena_new();
	int rc = arrival_contact(v, fault_r);
	/* With the contact its runs have ended, or are about to. */
	bool is_there = rc == 1;
	for (int i = 0; rc >= 0 && i < p->n; i++) {
		struct waiting *w = &p->items[i];
		struct run like = { .contact = v->event->contact,
			.version = w->place.version,
			.step = w->place.step };
		rc = is_there ? runner_hears(v->engine, v->txn, a, &like,
				    &v->contact, v->event, fault_r)
			      : 0;
		w->fits = rc == 1;
	}
	p->asked = v->engine->contact_writes;
	arena_free(a);
	return rc < 0 ? -1 : 0;
}

/* The next run at a place behind the cursor; 0: none. 0 or -1 */
static int
peek(struct arrival *v, struct places *p, struct waiting *w, int64_t name,
    int64_t *run_r, struct fault *fault_r)
{
	struct list list;
	*run_r = 0;
	while (w->at < w->n && w->ids[w->at] <= v->cursor)
		w->at++;
	if (w->at == w->n && w->has_more) {
		if (store_wait_list(v->txn, p->arena, v->event->contact, name,
			&w->place, v->cursor, left(v->engine) + 1, &list,
			fault_r) != 0)
			return -1;
		w->ids = list.items;
		w->n = list.n;
		w->at = 0;
		w->has_more = list.has_more;
	}
	if (w->at < w->n)
		*run_r = w->ids[w->at];
	return 0;
}

/* The next run that the event is for, in order of their beginning; 0: there is
 * none. 0 or -1 */
static int
next_waiting(struct arrival *v, struct places *p, int64_t name, int64_t *run_r,
    struct fault *fault_r)
{
	int64_t run;
	/* A run before may have written the contact. */
	if (p->asked != v->engine->contact_writes &&
	    ask_places(v, p, fault_r) != 0)
		return -1;
	*run_r = 0;
	for (int i = 0; i < p->n; i++) {
		struct waiting *w = &p->items[i];
		if (!w->fits)
			continue;
		if (peek(v, p, w, name, &run, fault_r) != 0)
			return -1;
		if (run != 0 && (*run_r == 0 || run < *run_r))
			*run_r = run;
	}
	return 0;
}

/* Hands the event to a run that waits for it. */
static int
resume_one(struct arrival *v, int64_t id, struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct run r;
	int rc = store_run_get(v->txn, a, id, &r, fault_r);
	v->engine->spent++;
	/* What was begun by hand behind the event did not hear it. */
	if (rc == 1 && r.status == RUN_RUNNING && r.entered_ms != 0 &&
	    (r.event != 0 || r.id < v->event->id))
		rc = runner_deliver(v->engine, v->txn, &r, v->event, v->now_ms,
		    fault_r);
	else
		rc = rc < 0 ? -1 : 0;
	v->n_changed += rc == 1;
	arena_free(a);
	return rc < 0 ? -1 : 0;
}

/* Of what became of a mail only the run hears that wrote it. */
static int
resume_writer(struct arrival *v, struct fault *fault_r)
{
	int64_t run = mail_event_run(v->event, v->event->parsed);
	if (run == 0 || v->cursor != 0)
		return 1;
	v->cursor = run;
	return resume_one(v, run, fault_r) != 0 ? -1 : 1;
}

static int
resume_in_order(struct arrival *v, struct places *p, struct fault *fault_r)
{
	int64_t name, run;
	if (names_number(v->engine, v->txn, v->event->name, &name, fault_r) !=
		0 ||
	    find_places(v, p, name, fault_r) != 0 ||
	    ask_places(v, p, fault_r) != 0)
		return -1;
	for (;;) {
		if (next_waiting(v, p, name, &run, fault_r) != 0)
			return -1;
		if (run == 0)
			return 1;
		if (left(v->engine) == 0)
			return 0;
		v->cursor = run;
		if (resume_one(v, run, fault_r) != 0)
			return -1;
	}
}

static int
resume_runs(struct arrival *v, struct fault *fault_r)
{
	struct places p = { 0 };
	if ((v->interest & INTEREST_WAIT) == 0)
		return 1;
	v->event->parsed = arrival_payload(v);
	if (strncmp(v->event->name, "resend:email.", 13) == 0)
		return resume_writer(v, fault_r);
	p.arena = arena_new();
	int rc = resume_in_order(v, &p, fault_r);
	arena_free(p.arena);
	return rc;
}

/* ---- phase by phase ------------------------------------------------------ */

/* What this causes comes before the event. */
static int
catch_up(struct arrival *v, struct fault *fault_r)
{
	struct engine *e = v->engine;
	e->root = v->row_contact != 0 ? v->root : v->event->id;
	e->is_before = true;
	int rc =
	    accept_catch_up(e, v->txn, v->event->contact, v->now_ms, fault_r);
	e->is_before = false;
	return rc;
}

int
arrival_go_on(struct arrival *v, struct fault *fault_r)
{
	static int (*const phases[ARRIVAL_STARTS])(struct arrival *,
	    struct fault *) = {
		[ARRIVAL_CATCH_UP] = catch_up,
		[ARRIVAL_EXITS] = end_runs,
		[ARRIVAL_WAITS] = resume_runs,
	};
	/* Nobody rests who is none, or who hears nothing of it. */
	if (v->event->contact == 0 || (v->n_flows == 0 && v->interest == 0)) {
		v->phase = ARRIVAL_STARTS;
		return 1;
	}
	while (v->phase < ARRIVAL_STARTS) {
		int rc = phases[v->phase](v, fault_r);
		if (rc != 1)
			return rc;
		v->phase++;
	}
	return left(v->engine) > 0;
}
