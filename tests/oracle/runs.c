/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs: how they start, rest, wake, hear, go on and end.
 */
#include "tests/oracle/oracle_private.h"

#include <string.h>

struct oracle_run *
oracle_run_start(struct world *w, struct oracle_automation *a,
    struct oracle_contact *c, struct oracle_event *e, json_t *payload,
    const char *key)
{
	struct oracle_run *r = oracle_get(w, sizeof(*r));
	*r = (struct oracle_run){ .id = w->runs.n,
		.automation = a,
		.contact = c,
		.event = e,
		.step = oracle_graph_trigger(a->json),
		.started_ms = w->now_ms,
		.entered_ms = w->now_ms,
		.depth = e != NULL ? e->depth : 0,
		.payload = payload,
		.wait_events = oracle_keep(w, json_object()),
		.key = key };
	oracle_list_add(&w->runs, r);
	return r;
}

void
oracle_run_end(struct oracle_run *r, enum oracle_status status,
    const char *reason)
{
	r->status = status;
	r->reason = reason;
	r->due_ms = 0;
	r->is_inside = false;
}

void
oracle_run_cancel(struct world *w, struct oracle_run *r, const char *reason)
{
	if (r->is_inside)
		oracle_run_note(w, r, "skipped",
		    json_pack("{s:s}", "reason", reason), NULL);
	oracle_run_end(r, ORACLE_CANCELLED, reason);
}

bool
oracle_run_is_paused(const struct oracle_run *r)
{
	return r->automation->is_paused;
}

struct oracle_view
oracle_run_view(const struct oracle_run *r)
{
	return (struct oracle_view){ .contact = r->contact->doc,
		.event = r->payload,
		.wait_events = r->wait_events };
}

void
oracle_run_note(struct world *w, struct oracle_run *r, const char *status,
    json_t *output, const char *error)
{
	struct oracle_row *row = oracle_get(w, sizeof(*row));
	row->step = oracle_text(r->step, "key");
	row->status = status;
	row->output = output != NULL ? oracle_keep(w, output) : NULL;
	row->error = error;
	oracle_list_add(&r->history, row);
}

/* ---- how long it may live ---------------------------------------------- */

/* The moment it is over; 0: never. */
static int64_t
over_ms(const struct oracle_run *r)
{
	int64_t max =
	    oracle_duration(oracle_graph_settings(r->automation->json),
		"max_duration");
	return max > 0 ? r->started_ms + max : 0;
}

bool
oracle_run_is_over(struct world *w, struct oracle_run *r)
{
	int64_t over = over_ms(r);
	if (over == 0 || w->now_ms < over)
		return false;
	oracle_run_cancel(w, r, "max_duration");
	return true;
}

/* Rests until a moment; 0: until something happens. */
static void
rest(struct oracle_run *r, int64_t due_ms, bool is_inside)
{
	int64_t over = over_ms(r);
	r->is_inside = is_inside;
	r->due_ms = over != 0 && (due_ms == 0 || over < due_ms) ? over : due_ms;
}

/* ---- on ---------------------------------------------------------------- */

void
oracle_run_go(struct oracle_run *r, const char *out)
{
	const json_t *next =
	    oracle_graph_way(r->automation->json, r->step, out);
	r->is_inside = false;
	if (next != NULL)
		r->step = next;
	else
		oracle_lanes_end(r);
}

/* Is it let into the step it stands before? */
static bool
may_enter(struct world *w, struct oracle_run *r)
{
	oracle_lanes_arrive(r);
	if (r->step == oracle_graph_trigger(r->automation->json))
		return true;
	const char *reason = oracle_exit_by_state(w, r);
	if (reason == NULL)
		return oracle_lanes_guard(r);
	oracle_run_end(r, ORACLE_CANCELLED, reason);
	return false;
}

/* Has one of the events that wait to be applied a listener? */
static bool
has_caused(const struct world *w, int since)
{
	for (int i = since; i < w->events.n; i++) {
		const struct oracle_event *e = w->events.items[i];
		if (oracle_is_heard(w, e->name))
			return true;
	}
	return false;
}

void
oracle_run_move(struct world *w, struct oracle_run *r)
{
	int events = w->events.n;
	r->due_ms = 0;
	for (int n = 0; r->status == ORACLE_RUNNING && !r->is_inside; n++) {
		if (n == ORACLE_STRIDE_MAX || has_caused(w, events)) {
			rest(r, w->now_ms, false);
			return;
		}
		if (!may_enter(w, r))
			continue;
		r->entered_ms = w->now_ms;
		oracle_step_do(w, r);
	}
}

/* ---- resting steps ----------------------------------------------------- */

/* The wait is over: what it heard is known to the steps behind it. */
static void
heard(struct world *w, struct oracle_run *r, const struct oracle_event *e)
{
	json_object_set(r->wait_events, e->name, e->payload);
	if (e->depth > r->depth)
		r->depth = e->depth;
	oracle_run_note(w, r, "completed",
	    json_pack("{s:i}", "event_id", e->id), NULL);
	oracle_run_go(r, "event_received");
}

/* Would the event end the wait the run is at? */
static bool
is_awaited(const struct oracle_run *r, const struct oracle_event *e)
{
	const json_t *config = oracle_step_config(r->step);
	const struct oracle_view v = { .contact = r->contact->doc,
		.event = e->payload };
	return strcmp(oracle_text(config, "event_name"), e->name) == 0 &&
	    (e->about == NULL || e->about == r) &&
	    oracle_rule(oracle_any(config, "filter_rule"), &v);
}

/* The newest event that was there before and counts; never the one that started
 * the run. */
static const struct oracle_event *
look_back(const struct world *w, const struct oracle_run *r)
{
	int64_t back = oracle_duration(oracle_step_config(r->step), "lookback");
	for (int i = w->events.n - 1; back > 0 && i >= 0; i--) {
		const struct oracle_event *e = w->events.items[i];
		if (e != r->event && e->is_applied &&
		    e->contact == r->contact &&
		    e->at_ms >= r->entered_ms - back && is_awaited(r, e))
			return e;
	}
	return NULL;
}

void
oracle_wait_enter(struct world *w, struct oracle_run *r)
{
	int64_t timeout =
	    oracle_duration(oracle_step_config(r->step), "timeout");
	const struct oracle_event *e = look_back(w, r);
	if (e != NULL)
		heard(w, r, e);
	else
		rest(r, timeout > 0 ? r->entered_ms + timeout : 0, true);
}

void
oracle_delay_enter(struct world *w, struct oracle_run *r)
{
	(void)w;
	rest(r,
	    r->entered_ms +
		oracle_duration(oracle_step_config(r->step), "duration"),
	    true);
}

bool
oracle_run_waits(const struct oracle_run *r, const struct oracle_event *e)
{
	return r->status == ORACLE_RUNNING && r->is_inside &&
	    strcmp(oracle_step_type(r->step), "wait_for_event") == 0 &&
	    strcmp(oracle_text(oracle_step_config(r->step), "event_name"),
		e->name) == 0 &&
	    (e->about == NULL || e->about == r);
}

bool
oracle_run_hear(struct world *w, struct oracle_run *r,
    const struct oracle_event *e)
{
	if (!is_awaited(r, e) || oracle_run_is_over(w, r))
		return false;
	heard(w, r, e);
	if (r->status == ORACLE_RUNNING)
		rest(r, w->now_ms, false);
	return true;
}

/* The time of the step it rests in is over. */
static void
time_out(struct world *w, struct oracle_run *r)
{
	bool is_wait = strcmp(oracle_step_type(r->step), "wait_for_event") == 0;
	oracle_run_note(w, r, "completed",
	    is_wait ? json_pack("{s:b}", "timed_out", 1) : NULL, NULL);
	oracle_run_go(r, is_wait ? "timeout" : "default");
}

void
oracle_run_wake(struct world *w, struct oracle_run *r)
{
	if (r->contact->is_gone) {
		oracle_run_cancel(w, r, "contact_deleted");
		return;
	}
	if (oracle_run_is_over(w, r))
		return;
	if (r->is_inside)
		time_out(w, r);
	oracle_run_move(w, r);
	oracle_drain(w);
}
