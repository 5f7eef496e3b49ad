/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/simulate.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/json.h"
#include "conf/conf.h"
#include "engine/engine_private.h"
#include "engine/entry.h"
#include "engine/mail_event.h"
#include "engine/schedule.h"
#include "engine/scope.h"
#include "engine/simulate_copy.h"
#include "engine/simulate_tell.h"
#include "model/contact.h"
#include "model/email.h"
#include "store/automations.h"
#include "store/contacts.h"
#include "store/emails.h"

enum {
	MOMENTS_MAX = 5000,
	TICKS_MAX = 200,  /* batches at one moment */
	MOST_US = 800000, /* of real time: others wait for their simulation */
	MAILS_AT_ONCE = 100
};

/* A simulation under way. */
struct play {
	const struct simulation *given;
	struct arena *arena;
	struct store *store;
	struct engine *engine;
	struct automation automation;
	struct contact contact;
	struct past past;
	int64_t began_ms;
	int64_t until_us; /* of real time */
	struct timeline *out;
};

/* The clock of the simulation this thread is in. */
static _Thread_local int64_t play_now_ms;

static int64_t
play_clock(void)
{
	return play_now_ms;
}

/* ---- works in the scratch store ------------------------------------------ */

struct play_work {
	struct work work;
	struct play *play;
	int (*fn)(struct play *, struct txn *, void *arg, struct fault *);
	void *arg;
};

static int
play_run(struct txn *t, struct work *w)
{
	struct play_work *p = container_of(w, struct play_work, work);
	return p->fn(p->play, t, p->arg, &w->fault);
}

static int
play_do(struct play *p,
    int (*fn)(struct play *, struct txn *, void *, struct fault *), void *arg,
    struct fault *fault_r)
{
	struct play_work w = { .work.run = play_run,
		.play = p,
		.fn = fn,
		.arg = arg };
	if (store_run_now(p->store, &w.work) == 0)
		return 0;
	*fault_r = w.work.fault;
	return -1;
}

/* Notes what happens at this moment. */
static struct simulated_row *
note(struct play *p, enum simulated_kind kind)
{
	return timeline_add(p->out, p->arena, kind, play_now_ms);
}

/* ---- what happens ---------------------------------------------------------
 */

static int
make_automation(struct play *p, struct txn *t, void *arg, struct fault *fault_r)
{
	struct automation *m = &p->automation;
	const struct graph *g = p->given->graph;
	(void)arg;
	*m = (struct automation){ .id = txn_new_id(t, p->began_ms),
		.name = p->given->name,
		.enabled = 1 };
	return engine_check_enable(p->engine, t, p->arena, g, fault_r) != 0 ||
		store_automation_insert(t, m, fault_r) != 0 ||
		engine_version_add(p->engine, t, p->arena, m, g, fault_r) !=
		    0 ||
		store_automation_update(t, m, fault_r) != 0
	    ? -1
	    : simulate_write_past(t, &p->past, m, fault_r);
}

static int
happen(struct play *p, struct txn *t, const char *name, const char *payload,
    struct fault *fault_r)
{
	struct event e = { .name = name,
		.payload = payload,
		.email = p->contact.email,
		.email_key = p->contact.email_key };
	struct accepted out;
	note(p, SIM_EVENT)->text = name;
	if (engine_accept(p->engine, t, p->arena, &e, play_now_ms, &out,
		fault_r) != 0)
		return -1;
	/* What kept it out of an automation that listened is told later. */
	if (play_now_ms == p->began_ms && out.runs == 0 &&
	    out.outcome != EVENT_NOT_STARTED)
		note(p, SIM_NOTE)->text = event_outcome_name(out.outcome);
	return 0;
}

/* The contact as it is by now; 1, 0, -1 */
static int
find_contact(struct play *p, struct txn *t, struct contact *c,
    struct fault *fault_r)
{
	return store_contact_by_key(t, p->arena, p->contact.email_key, c,
	    fault_r);
}

/* Whether the entry would let the contact in as it is. 1, 0, -1 */
static int
matches(struct play *p, struct txn *t, const struct entry *e,
    const struct contact *c, struct fault *fault_r)
{
	struct scope s = { .arena = p->arena, .contact = c };
	int rc = entry_can_enrol(e) ? entry_enrols(t, e, &s, fault_r) : 1;
	if (rc == 0)
		note(p, SIM_NOTE)->text =
		    "Nothing begins: the contact is not what the entry asks "
		    "for.";
	return rc;
}

static int
begin(struct play *p, struct txn *t, void *arg, struct fault *fault_r)
{
	struct entry *e = entry_compile(p->arena,
	    p->given->graph->steps[p->given->graph->trigger].config, fault_r);
	struct contact c;
	int64_t run;
	(void)arg;
	if (e == NULL)
		return -1;
	const char *name = p->given->event != NULL ? p->given->event
	    : e->kind == ENTRY_EVENT               ? e->events[0]
						   : NULL;
	if (name != NULL)
		return happen(p, t, name, p->given->payload, fault_r);
	int rc = find_contact(p, t, &c, fault_r);
	if (rc != 1)
		return rc == 0
		    ? fault(fault_r, FAULT_NOT_FOUND, "Contact not found")
		    : -1;
	rc = matches(p, t, e, &c, fault_r);
	if (rc != 1)
		return rc;
	rc = engine_run_start(p->engine, t, p->arena, &p->automation, &c,
	    p->given->payload, play_now_ms, &run, fault_r);
	if (rc == 0 || fault_r->kind != FAULT_INVALID)
		return rc;
	note(p, SIM_NOTE)->text = arena_strdup(p->arena, fault_r->text);
	return 0;
}

static int
later(struct play *p, struct txn *t, void *arg, struct fault *fault_r)
{
	static const struct cause nobody;
	const struct simulated *s = arg;
	struct contact before, after;
	if (s->event != NULL)
		return happen(p, t, s->event, s->payload, fault_r);
	int rc = find_contact(p, t, &before, fault_r);
	note(p, SIM_CHANGE)->output = json_text(p->arena, s->changes);
	if (rc != 1)
		return rc;
	after = before;
	if (simulate_change(p->arena, &after, s->changes, fault_r) != 0)
		return -1;
	return engine_contact_update(p->engine, t, p->arena, &before, &after,
		   &nobody, play_now_ms, fault_r) < 0
	    ? -1
	    : 0;
}

static int
nothing(struct play *p, struct txn *t, void *arg, struct fault *fault_r)
{
	(void)p, (void)t, (void)arg, (void)fault_r;
	return 0;
}

/* Mails that were written count as taken by the MTA, at once. */
static int
send_mails(struct play *p, struct txn *t, void *arg, struct fault *fault_r)
{
	struct list list;
	if (store_email_claim_due(t, p->arena, play_now_ms, MAILS_AT_ONCE,
		&list, fault_r) != 0)
		return -1;
	struct email *mails = list.items;
	for (int i = 0; i < list.n; i++) {
		mails[i].status = EMAIL_SENT;
		mails[i].due_ms = 0;
		mails[i].settled_ms = play_now_ms;
		if (store_email_settle(t, &mails[i], fault_r) < 0 ||
		    mail_event_settled(p->engine, t, p->arena, &mails[i],
			fault_r) != 0)
			return -1;
	}
	*(int *)arg = list.n;
	return 0;
}

/* True if no run is due at this moment any more. */
static bool
is_quiet(const struct play *p)
{
	int64_t next = schedule_next(p->engine);
	return next == 0 || next > play_now_ms;
}

/* Lets everything of this moment happen. */
static int
settle(struct play *p, struct fault *fault_r)
{
	for (int i = 0; i < TICKS_MAX && clock_mono_us() < p->until_us; i++) {
		int n = 0;
		if (play_do(p, nothing, NULL, fault_r) != 0)
			return -1;
		/* Each work moves runs at its end, as far as its time goes. */
		bool was_quiet = is_quiet(p);
		if (play_do(p, send_mails, &n, fault_r) != 0)
			return -1;
		if (was_quiet && n == 0 && is_quiet(p))
			return 0;
	}
	return 0;
}

/* The moment at which something happens next; 0: none does any more.
 * is_later_r: what was given does, and goes before what is due. */
static int64_t
next_moment(const struct play *p, int at, bool *is_later_r)
{
	const struct simulation *g = p->given;
	int64_t due = schedule_next(p->engine);
	int64_t next =
	    at < g->n_later ? p->began_ms + g->later[at].after_ms : 0;
	*is_later_r = next != 0 && (due == 0 || next <= due);
	int64_t to = *is_later_r ? next : due;
	return to > p->began_ms + g->for_ms ? 0 : to;
}

/* From moment to moment, until nothing is due any more. */
static int
play(struct play *p, struct fault *fault_r)
{
	int64_t to;
	bool is_later;
	int at = 0, n = 0;
	if (play_do(p, begin, NULL, fault_r) != 0 || settle(p, fault_r) != 0)
		return -1;
	while ((to = next_moment(p, at, &is_later)) != 0) {
		if (n++ == MOMENTS_MAX || clock_mono_us() >= p->until_us) {
			p->out->late_ms = play_now_ms;
			return 0;
		}
		play_now_ms = to > play_now_ms ? to : play_now_ms;
		if ((is_later &&
			play_do(p, later, &p->given->later[at++], fault_r) !=
			    0) ||
		    settle(p, fault_r) != 0)
			return -1;
	}
	return 0;
}

static int
tell(struct play *p, struct txn *t, void *arg, struct fault *fault_r)
{
	(void)arg;
	return simulate_tell(t, p->arena, p->given->graph, p->automation.num,
	    &p->past, p->out, fault_r);
}

/* ---- all of it ------------------------------------------------------------
 */

int
engine_simulate(struct engine *e, struct txn *t, struct arena *a,
    const struct simulation *given, int64_t now_ms, struct timeline *out,
    struct fault *fault_r)
{
	struct play p = { .given = given,
		.arena = a,
		.contact = *given->contact,
		.began_ms = now_ms,
		.until_us = clock_mono_us() +
		    (given->most_us != 0 ? given->most_us : MOST_US),
		.out = out };
	*out = (struct timeline){ 0 };
	play_now_ms = now_ms;
	p.store = store_open_scratch(fault_r);
	if (p.store == NULL)
		return -1;
	p.engine = engine_new(p.store, e->conf, e->keys, play_clock);
	int rc = simulate_copy(t, p.store, a, given, fault_r) != 0
	    ? -1
	    : simulate_read_past(t, a, given, &p.past, fault_r);
	txn_let_go(t);
	rc = rc != 0 || play_do(&p, make_automation, NULL, fault_r) != 0 ||
		play(&p, fault_r) != 0 || play_do(&p, tell, NULL, fault_r) != 0
	    ? -1
	    : 0;
	engine_free(p.engine);
	store_close(p.store);
	return rc;
}
