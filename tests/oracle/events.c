/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an event does: whom it throws out, wakes and lets in, and in which
 * order.
 */
#include "tests/oracle/oracle_private.h"

#include <stdlib.h>
#include <string.h>

struct oracle_event *
oracle_new_event(struct world *w, const char *name, struct oracle_contact *c,
    json_t *payload, int depth)
{
	struct oracle_event *e = oracle_get(w, sizeof(*e));
	e->id = w->events.n;
	e->name = oracle_strdup(w, name);
	e->email = c != NULL ? oracle_text(c->doc, "email") : NULL;
	e->contact = c;
	e->payload = oracle_keep(w, payload != NULL ? payload : json_object());
	e->at_ms = w->now_ms;
	e->depth = depth;
	oracle_list_add(&w->events, e);
	return e;
}

/* ---- who listens ------------------------------------------------------- */

/* Notes the events its steps wait for. */
static void
note_waits(struct world *w, const struct oracle_automation *a)
{
	size_t i;
	json_t *step;
	json_array_foreach (json_object_get(a->json, "steps"), i, step)
		if (strcmp(oracle_step_type(step), "wait_for_event") == 0)
			json_object_set_new(w->heard,
			    oracle_text(oracle_step_config(step), "event_name"),
			    json_true());
}

void
oracle_note_heard(struct world *w, const struct oracle_automation *a)
{
	note_waits(w, a);
	oracle_exit_note(a, w->heard);
}

bool
oracle_is_heard(const struct world *w, const char *name)
{
	for (int i = 0; i < w->automations.n; i++) {
		const struct oracle_automation *a = w->automations.items[i];
		if (a->is_enabled && oracle_entry_listens(a, name))
			return true;
	}
	return json_object_get(w->heard, name) != NULL;
}

/* ---- one event --------------------------------------------------------- */

/* Who is thrown out after all its time is over, is so by time. */
static void
throw_out(struct world *w, const struct oracle_event *e)
{
	for (int i = 0; i < w->runs.n; i++) {
		struct oracle_run *r = w->runs.items[i];
		if (r->status != ORACLE_RUNNING || r->contact != e->contact)
			continue;
		const char *reason = oracle_exit_by_event(w, r, e);
		if (reason != NULL && !oracle_run_is_over(w, r))
			oracle_run_cancel(w, r, reason);
	}
}

/* Runs that wait for the event now; those that come to a wait by it do not
 * hear it. */
static void
resume(struct world *w, struct oracle_event *e)
{
	struct oracle_list those = { 0 };
	for (int i = 0; i < w->runs.n; i++) {
		struct oracle_run *r = w->runs.items[i];
		if (r->contact == e->contact && oracle_run_waits(r, e))
			oracle_list_add(&those, r);
	}
	for (int i = 0; i < those.n; i++) {
		struct oracle_run *r = those.items[i];
		if (oracle_run_waits(r, e) && oracle_run_hear(w, r, e) &&
		    !oracle_run_is_paused(r))
			oracle_run_move(w, r);
	}
	free(those.items);
}

/* Who is known by address alone is a stranger again once deleted. */
static void
forget_gone(struct oracle_event *e)
{
	if (e->is_by_email && e->contact != NULL && e->contact->is_gone)
		e->contact = NULL;
}

/* Starts a run if the automation's rules let the event in. */
static bool
enter(struct world *w, struct oracle_automation *a, struct oracle_event *e)
{
	const char *key;
	if (a->is_paused || !oracle_entry_matches(w, a, e) ||
	    !oracle_entry_again(w, a, e->contact, e->payload, &key))
		return false;
	if (e->contact == NULL)
		e->contact =
		    oracle_create(w, e->email, NULL, NULL, e->depth + 1);
	oracle_run_move(w,
	    oracle_run_start(w, a, e->contact, e, e->payload, key));
	return true;
}

static struct oracle_heard
start(struct world *w, struct oracle_event *e)
{
	struct oracle_heard heard = { ORACLE_NO_AUTOMATION, 0 };
	for (int i = 0; i < w->automations.n; i++) {
		struct oracle_automation *a = w->automations.items[i];
		if (a->is_gone || !a->is_enabled ||
		    !oracle_entry_listens(a, e->name))
			continue;
		heard.outcome = e->depth >= ORACLE_DEPTH_MAX
		    ? ORACLE_TOO_DEEP
		    : ORACLE_NOT_STARTED;
		forget_gone(e);
		bool is_gone = e->contact != NULL && e->contact->is_gone;
		if (e->depth < ORACLE_DEPTH_MAX && !is_gone && enter(w, a, e))
			heard.runs++;
	}
	if (heard.runs > 0)
		heard.outcome = ORACLE_STARTED;
	return heard;
}

static struct oracle_heard
apply(struct world *w, struct oracle_event *e)
{
	if (e->contact != NULL) {
		throw_out(w, e);
		resume(w, e);
	}
	struct oracle_heard heard = start(w, e);
	e->is_applied = true;
	return heard;
}

void
oracle_drain(struct world *w)
{
	struct oracle_event *e;
	while ((e = oracle_list_shift(&w->queue)) != NULL)
		if (!world_is_crowded(w))
			apply(w, e);
}

/* ---- from outside ------------------------------------------------------ */

/* Timers first, then the event, then what it caused. An event nobody listens to
 * does nothing, so timers wait for their turn. */
static struct oracle_heard
take(struct world *w, struct oracle_event *e)
{
	bool is_heard = oracle_is_heard(w, e->name);
	while (is_heard && e->contact != NULL &&
	    oracle_wake_due(w, e->contact, NULL))
		;
	forget_gone(e);
	struct oracle_heard heard = apply(w, e);
	oracle_drain(w);
	return heard;
}

struct oracle_heard
world_event(struct world *w, const char *name, const char *email,
    const json_t *payload)
{
	struct oracle_event *e =
	    oracle_new_event(w, name, oracle_find(w, email),
		payload != NULL ? json_deep_copy(payload) : NULL, 0);
	e->email = oracle_strdup(w, email);
	e->is_by_email = true;
	return take(w, e);
}

struct oracle_heard
world_mail_event(struct world *w, const char *name, int mail,
    const json_t *payload)
{
	const struct oracle_mail *m = w->mails.items[mail];
	struct oracle_heard none = { ORACLE_NO_AUTOMATION, 0 };
	if (m->run->contact->is_gone)
		return none;
	struct oracle_event *e = oracle_new_event(w, name, m->run->contact,
	    payload != NULL ? json_deep_copy(payload) : NULL, 0);
	e->about = m->run;
	json_object_set_new(e->payload, "email_id",
	    json_sprintf("@mail%d", mail));
	return take(w, e);
}

bool
world_run_start(struct world *w, int automation, const char *email,
    const json_t *payload)
{
	struct oracle_automation *a = w->automations.items[automation];
	struct oracle_contact *c = oracle_find(w, email);
	const char *key;
	if (c == NULL || a->is_gone || a->is_paused ||
	    !oracle_entry_again(w, a, c, payload, &key))
		return false;
	json_t *own = oracle_keep(w,
	    payload != NULL ? json_deep_copy(payload) : json_object());
	oracle_run_move(w, oracle_run_start(w, a, c, NULL, own, key));
	oracle_drain(w);
	return true;
}

bool
world_run_cancel(struct world *w, int run)
{
	struct oracle_run *r = w->runs.items[run];
	if (r->status != ORACLE_RUNNING)
		return false;
	oracle_run_cancel(w, r, "cancelled_by_hand");
	return true;
}

bool
world_run_retry(struct world *w, int run)
{
	struct oracle_run *r = w->runs.items[run];
	if (r->status != ORACLE_FAILED || r->automation->is_gone)
		return false;
	r->status = ORACLE_RUNNING;
	r->reason = NULL;
	r->due_ms = w->now_ms;
	if (!oracle_run_is_paused(r))
		oracle_run_wake(w, r);
	return true;
}
