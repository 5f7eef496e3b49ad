/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interpreter's world: what there is, and its clock.
 */
#include "tests/oracle/oracle_private.h"

#include <stdlib.h>
#include <string.h>

struct world *
world_new(int64_t now_ms, json_t *heard)
{
	struct world *w = calloc(1, sizeof(*w));
	if (w == NULL)
		abort();
	w->now_ms = now_ms;
	w->kept = json_array();
	w->types = json_object();
	w->heard = heard != NULL ? json_incref(heard) : json_object();
	return w;
}

static void
drop(struct oracle_list *l)
{
	free(l->items);
}

void
world_free(struct world *w)
{
	for (int i = 0; i < w->runs.n; i++) {
		struct oracle_run *r = w->runs.items[i];
		drop(&r->lanes);
		drop(&r->history);
	}
	for (int i = 0; i < w->memory.n; i++)
		free(w->memory.items[i]);
	struct oracle_list *lists[] = { &w->contacts, &w->segments, &w->topics,
		&w->templates, &w->automations, &w->runs, &w->mails, &w->events,
		&w->queue, &w->memory };
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		drop(lists[i]);
	json_decref(w->heard);
	json_decref(w->types);
	json_decref(w->kept);
	free(w);
}

/* ---- time -------------------------------------------------------------- */

void
world_set_clock(struct world *w, int64_t now_ms)
{
	w->now_ms = now_ms;
}

/* Does the run wake by itself? */
static bool
sleeps(const struct oracle_run *r)
{
	return r->status == ORACLE_RUNNING && r->due_ms != 0 &&
	    !r->automation->is_paused;
}

int64_t
world_next_due(const struct world *w)
{
	int64_t next = 0;
	for (int i = 0; i < w->runs.n; i++) {
		const struct oracle_run *r = w->runs.items[i];
		if (sleeps(r) && (next == 0 || r->due_ms < next))
			next = r->due_ms;
	}
	return next;
}

static int
compare(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

/* Oldest first. */
static int
by_due(const void *x, const void *y)
{
	const struct oracle_run *a = *(struct oracle_run *const *)x;
	const struct oracle_run *b = *(struct oracle_run *const *)y;
	int by = compare(a->due_ms, b->due_ms);
	if (by == 0)
		by = compare(a->automation->id, b->automation->id);
	return by != 0 ? by : compare(a->id, b->id);
}

/* Is it time for the run to wake? */
static bool
is_due(const struct world *w, const struct oracle_run *r)
{
	return sleeps(r) && r->due_ms <= w->now_ms;
}

bool
oracle_wake_due(struct world *w, const struct oracle_contact *c,
    const struct oracle_automation *a)
{
	struct oracle_list due = { 0 };
	for (int i = 0; i < w->runs.n; i++) {
		struct oracle_run *r = w->runs.items[i];
		if (is_due(w, r) && (c == NULL || r->contact == c) &&
		    (a == NULL || r->automation == a))
			oracle_list_add(&due, r);
	}
	if (due.n > w->crowd)
		w->crowd = due.n;
	if (due.n > 0)
		qsort(due.items, (size_t)due.n, sizeof(void *), by_due);
	for (int i = 0; i < due.n; i++)
		if (is_due(w, due.items[i]))
			oracle_run_wake(w, due.items[i]);
	free(due.items);
	return due.n > 0;
}

bool
world_is_crowded(const struct world *w)
{
	int most = w->bound != 0 && w->bound < ORACLE_CROWD_MAX
	    ? w->bound
	    : ORACLE_CROWD_MAX;
	return w->crowd > most || w->runs.n > ORACLE_RUNS_MAX;
}

void
world_set_bound(struct world *w, int n)
{
	w->bound = n;
}

/* Each automation has its turn. */
void
world_tick(struct world *w)
{
	for (bool any = true; any && !world_is_crowded(w);) {
		any = false;
		for (int i = 0; i < w->automations.n; i++)
			any |=
			    oracle_wake_due(w, NULL, w->automations.items[i]);
	}
}

void
world_advance(struct world *w, int64_t to_ms)
{
	int64_t due;
	while (!world_is_crowded(w) && (due = world_next_due(w)) != 0 &&
	    due <= to_ms) {
		if (due > w->now_ms)
			w->now_ms = due;
		world_tick(w);
	}
	w->now_ms = to_ms;
}

/* ---- what there is ----------------------------------------------------- */

void
world_segment(struct world *w, const char *name, const json_t *filter)
{
	struct oracle_segment *s = oracle_get(w, sizeof(*s));
	s->name = oracle_strdup(w, name);
	if (filter != NULL)
		s->filter = oracle_keep(w, json_deep_copy(filter));
	oracle_list_add(&w->segments, s);
	if (w->segments.n > ORACLE_SETS_MAX)
		abort();
}

void
world_topic(struct world *w, const char *name)
{
	oracle_list_add(&w->topics, oracle_strdup(w, name));
	if (w->topics.n > ORACLE_SETS_MAX)
		abort();
}

void
world_template(struct world *w, const char *name, const char *needs)
{
	struct oracle_template *t = oracle_get(w, sizeof(*t));
	t->name = oracle_strdup(w, name);
	if (needs != NULL)
		t->needs = oracle_strdup(w, needs);
	oracle_list_add(&w->templates, t);
}

int
world_automation(struct world *w, const json_t *graph)
{
	struct oracle_automation *a = oracle_get(w, sizeof(*a));
	a->id = w->automations.n;
	a->json = oracle_keep(w, json_deep_copy(graph));
	a->saved_ms = w->now_ms;
	oracle_list_add(&w->automations, a);
	oracle_note_heard(w, a);
	return a->id;
}

const struct oracle_list *
world_runs(const struct world *w)
{
	return &w->runs;
}

const struct oracle_list *
world_mails(const struct world *w)
{
	return &w->mails;
}

const struct oracle_list *
world_automations(const struct world *w)
{
	return &w->automations;
}

const struct oracle_list *
world_contacts(const struct world *w)
{
	return &w->contacts;
}

const char *
oracle_status_name(enum oracle_status status)
{
	static const char *const names[] = { "running", "completed", "failed",
		"cancelled" };
	return names[status];
}

const char *
oracle_outcome_name(enum oracle_outcome outcome)
{
	static const char *const names[] = { "started", "no_enabled_automation",
		"too_deep", "not_started" };
	return names[outcome];
}

/* ---- automations ------------------------------------------------------- */

/* Ends every run of an automation. */
static void
end_all(struct world *w, const struct oracle_automation *a, const char *reason)
{
	for (int i = 0; i < w->runs.n; i++) {
		struct oracle_run *r = w->runs.items[i];
		if (r->automation == a && r->status == ORACLE_RUNNING)
			oracle_run_cancel(w, r, reason);
	}
}

static void
stop(struct world *w, struct oracle_automation *a)
{
	const char *on_stop =
	    oracle_text(oracle_graph_settings(a->json), "on_stop");
	a->is_enabled = false;
	if (on_stop != NULL && strcmp(on_stop, "cancel") == 0)
		end_all(w, a, "automation_stopped");
}

bool
world_switch(struct world *w, int automation, enum oracle_switch how)
{
	struct oracle_automation *a = w->automations.items[automation];
	bool sense[] = { !a->is_enabled, a->is_enabled && !a->is_paused,
		a->is_enabled && !a->is_paused, a->is_paused, true };
	if (a->is_gone || !sense[how])
		return false;
	if (how == ORACLE_ENABLE)
		a->is_enabled = true;
	else if (how == ORACLE_STOP)
		stop(w, a);
	else if (how == ORACLE_PAUSE || how == ORACLE_RESUME)
		a->is_paused = how == ORACLE_PAUSE;
	if (how == ORACLE_DELETE) {
		a->is_enabled = a->is_paused = false;
		a->is_gone = true;
		end_all(w, a, "automation_deleted");
	}
	return true;
}
