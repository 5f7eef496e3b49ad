/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one entrance. An event is recorded, and what it does to runs with it, in
 * one transaction: it ends some, resumes others, starts new ones. What these
 * cause is applied after it, in order, as events of their own.
 */
#include "engine/engine.h"

#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "conf/conf.h"
#include "engine/admit.h"
#include "engine/arrival.h"
#include "engine/backlog.h"
#include "engine/catalog.h"
#include "engine/names.h"
#include "engine/part.h"
#include "engine/people.h"
#include "engine/policy.h"
#include "engine/runner.h"
#include "engine/schedule.h"
#include "engine/scope.h"
#include "engine/tally.h"
#include "model/contact.h"
#include "model/schema.h"
#include "store/contacts.h"
#include "store/events.h"
#include "store/keys.h"
#include "store/runs.h"

/* ---- the same event again ---------------------------------------------- */

/* What two events with the same key must share, hashed. */
static void
content_hash(struct arena *a, const struct event *e,
    unsigned char hash[SHA256_LEN])
{
	const char *text = arena_printf(a, "%s\n%s\n%lld\n%s", e->name,
	    e->email_key != NULL ? e->email_key : "", (long long)e->contact,
	    e->payload != NULL ? e->payload : "");
	sha256(text, strlen(text), hash);
}

/* Known by its key already? 1 yes, 0 no, -1 also for another content. */
static int
find_duplicate(struct txn *t, struct arena *a, const struct event *e,
    int64_t now_ms, struct idempotency *known, struct fault *fault_r)
{
	const char *key = arena_printf(a, "event\n%s", e->key);
	unsigned char hash[SHA256_LEN];
	int rc = store_idempotency_get(t, a, key, now_ms, known, fault_r);
	content_hash(a, e, hash);
	if (rc == 1 && memcmp(hash, known->hash, sizeof(hash)) != 0)
		return fault(fault_r, FAULT_CONFLICT,
		    "An event with the id "
		    "`%s` and another content was accepted before.",
		    e->key);
	memcpy(known->hash, hash, sizeof(hash));
	return rc;
}

static int
note_key(struct txn *t, struct arena *a, const struct event *e,
    const struct idempotency *i, struct fault *fault_r)
{
	return store_idempotency_put(t, arena_printf(a, "event\n%s", e->key), i,
	    fault_r);
}

/* ---- who and what ------------------------------------------------------- */

/* Who the event is about; the whole contact if something may happen to it. 1
 * known, 0 a stranger's address, -1 */
static int
find_contact(struct arrival *v, bool whole, struct fault *fault_r)
{
	struct event *e = v->event;
	int rc;
	if (e->contact != 0) {
		rc = store_contact_by_id(v->txn, v->arena, e->contact,
		    &v->contact, fault_r);
		if (rc == 0)
			return fault(fault_r, FAULT_NOT_FOUND,
			    "Contact not found");
	} else if (!whole) {
		return store_contact_id(v->txn, e->email_key, &e->contact,
		    fault_r);
	} else {
		rc = store_contact_by_key(v->txn, v->arena, e->email_key,
		    &v->contact, fault_r);
		if (rc == 1)
			e->contact = v->contact.id;
	}
	v->is_whole = rc == 1;
	v->contact_seen = v->engine->contact_writes;
	return rc;
}

/* A payload that does not fit the event's definition is made to, or refused. */
static int
fit_schema(struct arrival *v, const json_t *schema, struct fault *fault_r)
{
	struct event *e = v->event;
	if (schema == NULL || e->payload == NULL || e->is_system)
		return 0;
	json_t *o =
	    json_parse(v->arena, e->payload, strlen(e->payload), fault_r);
	if (o == NULL)
		return -1;
	const json_t *good = schema_coerce(v->arena, schema, o, fault_r);
	if (good == NULL)
		return -1;
	if (good != o)
		e->payload = json_text(v->arena, good);
	return 0;
}

/* Who listens to the event. 0 or -1. */
static int
find_listeners(struct arrival *v, bool is_new, struct fault *fault_r)
{
	const char *name = v->event->name;
	const struct known_name *k =
	    names_get(v->engine, v->txn, name, fault_r);
	if (k == NULL)
		return -1;
	v->interest = k->interest;
	if (is_new && fit_schema(v, k->schema, fault_r) != 0)
		return -1;
	return catalog_listeners(v->engine, v->txn, v->arena, name, &v->flows,
	    &v->n_flows, fault_r);
}

/* ---- runs that begin ----------------------------------------------------- */

/* A stranger becomes a contact when a run starts. */
static int
make_contact(struct arrival *v, struct fault *fault_r)
{
	struct event *e = v->event;
	const struct cause cause = { .event = e->id, .depth = e->depth + 1 };
	v->contact =
	    (struct contact){ .email_key = e->email_key, .email = e->email };
	if (people_create(v->engine, v->txn, v->arena, &v->contact, NULL, 0,
		&cause, v->now_ms, fault_r) < 0)
		return -1;
	e->contact = v->contact.id;
	v->is_whole = true;
	v->contact_seen = v->engine->contact_writes;
	return 0;
}

static int
start_one(struct arrival *v, const struct flow *f, struct accepted *out,
    struct fault *fault_r)
{
	struct event *e = v->event;
	struct scope s = { .arena = v->arena, .payload = e->payload };
	struct admission ad = { .now_ms = v->now_ms };
	int rc = arrival_contact(v, fault_r);
	if (rc < 0)
		return -1;
	/* It was deleted by what the event did before. */
	if (rc == 0 && e->email_key == NULL)
		return 0;
	if (rc == 0)
		e->contact = 0;
	s.contact = rc == 1 ? &v->contact : NULL;
	if (f->entry->filter != NULL || f->policy->key != NULL)
		s.payload_json = arrival_payload(v);
	rc = entry_admits(v->txn, f->entry, e, &s, fault_r);
	if (rc < 0)
		return -1;
	if (rc == 0 && f->entry->kind != ENTRY_EVENT)
		return 0;
	if (rc == 0)
		ad.reason = SKIP_FILTER;
	else if (e->depth >=
	    ((const struct conf *)v->engine->conf)->max_depth) {
		out->outcome = EVENT_TOO_DEEP;
		ad.reason = SKIP_TOO_DEEP;
	} else if (admit(v->engine, v->txn, f, e->contact, &s, &ad, fault_r) !=
	    0) {
		return -1;
	}
	if (ad.reason != SKIP_NONE) {
		v->n_changed++;
		return admit_refused(v->txn, f, e->contact, e->id, &ad,
		    fault_r);
	}
	if (e->contact == 0 && make_contact(v, fault_r) != 0)
		return -1;
	int64_t run;
	out->runs++;
	return runner_start(v->engine, v->txn, v->arena, f, &v->contact, e,
		   v->now_ms, &run, fault_r) != 0 ||
		admit_entered(v->engine, v->txn, f, e->contact, &ad, run,
		    fault_r) != 0
	    ? -1
	    : 0;
}

/* Tries every automation that listens, and says what came of it. */
static int
start_runs(struct arrival *v, struct accepted *out, struct fault *fault_r)
{
	char id[ID_UUID_LEN];
	out->outcome = EVENT_NO_AUTOMATION;
	for (int i = 0; i < v->n_flows; i++) {
		if (out->outcome == EVENT_NO_AUTOMATION)
			out->outcome = EVENT_NOT_STARTED;
		if (start_one(v, v->flows[i], out, fault_r) != 0)
			return -1;
	}
	if (out->runs > 0)
		out->outcome = EVENT_STARTED;
	if (out->outcome == EVENT_TOO_DEEP)
		log_warn("event %s starts nothing: %d causes are behind it "
			 "event=%s",
		    id_uuid(v->event->id, id), v->event->depth,
		    log_text(v->event->name));
	return 0;
}

/* ---- one event ----------------------------------------------------------- */

/* Whether it has its row already: it was written when it went on to the
 * backlog. */
static bool
is_written(const struct arrival *v, bool was_begun)
{
	return was_begun && !v->event->is_system;
}

static int
write_event(struct arrival *v, enum event_outcome outcome,
    struct fault *fault_r)
{
	int64_t name;
	v->engine->batch_events++;
	return names_number(v->engine, v->txn, v->event->name, &name,
		   fault_r) != 0
	    ? -1
	    : store_event_insert(v->txn, v->event, name, outcome, fault_r);
}

/* Has waits look back to it; nobody looks back who was deleted by it. */
static int
note_recent(struct arrival *v, struct fault *fault_r)
{
	int64_t name;
	int rc = arrival_contact(v, fault_r);
	if (rc != 1)
		return rc;
	return names_number(v->engine, v->txn, v->event->name, &name,
		   fault_r) != 0
	    ? -1
	    : store_recent_insert(v->txn, v->event->contact, name, v->event->id,
		  fault_r);
}

/* Writes the event down, unless it is one of ours that led to nothing. */
static int
record(struct arrival *v, bool is_there, const struct accepted *out,
    struct fault *fault_r)
{
	const struct event *e = v->event;
	bool is_recent = (v->interest & INTEREST_LOOKBACK) && e->contact != 0;
	if (e->is_system && out->runs == 0 && v->n_changed == 0 && !is_recent)
		return 0;
	int rc = is_there
	    ? store_event_outcome(v->txn, e->id, out->outcome, fault_r)
	    : write_event(v, out->outcome, fault_r);
	return rc == 0 && is_recent ? note_recent(v, fault_r) : rc;
}

/* The rest is for later. */
static int
put_off(struct arrival *v, bool is_there, struct accepted *out,
    struct fault *fault_r)
{
	out->outcome = EVENT_UNDER_WAY;
	if (!is_there && !v->event->is_system &&
	    write_event(v, out->outcome, fault_r) != 0)
		return -1;
	return backlog_put(v, fault_r);
}

/* What an event does, phase by phase. 1 it is done, 0 the rest is for later, -1
 */
static int
apply(struct arrival *v, bool is_there, struct accepted *out,
    struct fault *fault_r)
{
	int rc = arrival_go_on(v, fault_r);
	if (rc == 0 && put_off(v, is_there, out, fault_r) != 0)
		rc = -1;
	if (rc != 1)
		return rc;
	v->engine->spent++;
	return start_runs(v, out, fault_r) != 0 ||
		record(v, is_there, out, fault_r) != 0
	    ? -1
	    : 1;
}

/* The same of a new one. What happens to a contact with a backlog comes behind
 * that. */
static int
apply_new(struct arrival *v, struct accepted *out, struct fault *fault_r)
{
	bool is_heard = v->n_flows > 0 || v->interest != 0;
	int rc = is_heard && !v->engine->is_applying
	    ? backlog_holds(v->engine, v->txn, v->event->contact, fault_r)
	    : 0;
	if (rc == 1)
		return put_off(v, false, out, fault_r);
	return rc < 0 ? -1 : apply(v, false, out, fault_r);
}

/* An event of the backlog can do nothing any more. 1 it is done, -1 */
static int
come_to_nothing(struct arrival *v, bool is_there, struct fault *fault_r)
{
	enum event_outcome what =
	    v->n_flows > 0 ? EVENT_NOT_STARTED : EVENT_NO_AUTOMATION;
	v->engine->spent++;
	return is_there &&
		store_event_outcome(v->txn, v->event->id, what, fault_r) != 0
	    ? -1
	    : 1;
}

/* Who an event of the backlog is about, if that is anybody still. 1, 0 it can
 * do nothing any more, -1 */
static int
find_again(struct arrival *v, struct fault *fault_r)
{
	struct event *e = v->event;
	int rc = store_contact_by_id(v->txn, v->arena, e->contact, &v->contact,
	    fault_r);
	if (rc == 0 && e->email_key == NULL)
		return 0;
	if (rc == 0) {
		e->contact = 0;
		return find_contact(v, true, fault_r) < 0 ? -1 : 1;
	}
	v->is_whole = rc == 1;
	v->contact_seen = v->engine->contact_writes;
	return rc;
}

int
accept_go_on(struct arrival *v, struct fault *fault_r)
{
	struct accepted out = { 0 };
	bool is_there = is_written(v, v->event->id != 0);
	if (v->event->id == 0)
		v->event->id = txn_new_id(v->txn, v->now_ms);
	int rc = find_listeners(v, false, fault_r) != 0
	    ? -1
	    : find_again(v, fault_r);
	if (rc != 1)
		return rc < 0 ? -1 : come_to_nothing(v, is_there, fault_r);
	return apply(v, is_there, &out, fault_r);
}

/* Applies one event; what it causes is kept. */
static int
accept_one(struct engine *g, struct txn *t, struct arena *a, struct event *e,
    int64_t now_ms, struct accepted *out, struct fault *fault_r)
{
	struct arrival v = { .engine = g,
		.txn = t,
		.arena = a,
		.event = e,
		.now_ms = now_ms,
		.phase = g->is_applying ? ARRIVAL_EXITS : ARRIVAL_CATCH_UP };
	struct idempotency known = { 0 };
	*out = (struct accepted){ 0 };
	if (e->key != NULL) {
		int rc = find_duplicate(t, a, e, now_ms, &known, fault_r);
		if (rc < 0)
			return -1;
		if (rc == 1) {
			out->event = known.ref;
			out->duplicate = true;
			return 0;
		}
	}
	if (find_listeners(&v, true, fault_r) != 0 ||
	    find_contact(&v, v.n_flows > 0 || v.interest != 0, fault_r) < 0)
		return -1;
	e->id = out->event = txn_new_id(t, now_ms);
	if (!g->is_applying)
		g->root = e->id;
	known.ref = e->id;
	known.expires_ms = now_ms + ((const struct conf *)g->conf)->event_id_ms;
	int rc = apply_new(&v, out, fault_r) < 0 ? -1 : 0;
	arrival_end(&v);
	if (rc == 0 && e->key != NULL)
		rc = note_key(t, a, e, &known, fault_r);
	return rc;
}

/* ---- what is caused ------------------------------------------------------ */

int
accept_listens(struct engine *e, struct txn *t, const char *name,
    struct fault *fault_r)
{
	const struct known_name *k = names_get(e, t, name, fault_r);
	if (k == NULL)
		return -1;
	return k->interest != 0 ? 1 : catalog_listens(e, t, name, fault_r);
}

/* A contact whose texts live as long as the queue. */
static const struct contact *
copy_contact(struct arena *a, const struct contact *c)
{
	if (c == NULL)
		return NULL;
	struct contact *copy = arena_memdup(a, c, sizeof(*c));
	copy->email_key = arena_strdup(a, c->email_key);
	copy->email = arena_strdup(a, c->email);
	copy->first_name = arena_strdup(a, c->first_name);
	copy->last_name = arena_strdup(a, c->last_name);
	copy->properties = arena_strdup(a, c->properties);
	return copy;
}

void
accept_later(struct engine *g, const struct event *e)
{
	if (g->caused_arena == NULL)
		g->caused_arena = arena_new();
	struct arena *a = g->caused_arena;
	struct caused *c = arena_alloc(a, sizeof(*c));
	c->event = *e;
	c->event.name = arena_strdup(a, e->name);
	c->event.payload = arena_strdup(a, e->payload);
	if (e->change != NULL) {
		struct change *change = arena_alloc(a, sizeof(*change));
		change->before = copy_contact(a, e->change->before);
		change->after = copy_contact(a, e->change->after);
		c->event.change = change;
	}
	*g->caused_tail = c;
	g->caused_tail = &c->next;
	g->n_caused++;
}

/* Empties the queue. */
static void
clear_caused(struct engine *g)
{
	arena_free(g->caused_arena);
	g->caused_arena = NULL;
	g->caused = NULL;
	g->caused_tail = &g->caused;
}

/* Applies one caused event in a part of the transaction of its own: one that
 * cannot be applied does not undo what caused it. */
static int
apply_caused(struct engine *g, struct txn *t, struct arena *a, struct event *e,
    int64_t now_ms, struct fault *fault_r)
{
	struct accepted out;
	struct part part;
	struct fault why = { 0 };
	if (part_begin(g, t, &part, fault_r) != 0)
		return -1;
	int rc = accept_one(g, t, a, e, now_ms, &out, &why);
	rc = part_end(g, t, &part, rc, &why, fault_r);
	if (rc == 0 && why.kind != FAULT_NOT_FOUND)
		log_error("event not applied event=%s error=%s",
		    log_text(e->name), log_text(why.text));
	return rc < 0 ? -1 : 0;
}

/* Whether what was caused is for the backlog. 1, 0, -1 */
static int
is_for_later(struct engine *g, struct txn *t, const struct event *e,
    struct fault *fault_r)
{
	return g->is_working || g->spent >= g->bound
	    ? 1
	    : backlog_holds(g, t, e->contact, fault_r);
}

/* Keeps what was caused for later. One that is kept whatever it leads to has
 * its row at once: its contact may be gone by then. 0 or -1 */
static int
keep_caused(struct engine *g, struct txn *t, struct arena *a, struct event *e,
    int64_t now_ms, struct fault *fault_r)
{
	struct arrival v = { .engine = g, .txn = t, .arena = a, .event = e };
	if (!e->is_system) {
		e->id = txn_new_id(t, now_ms);
		if (find_listeners(&v, false, fault_r) != 0 ||
		    write_event(&v, EVENT_UNDER_WAY, fault_r) != 0)
			return -1;
	}
	return backlog_put_caused(g, t, a, e, v.n_flows > 0, now_ms, fault_r);
}

int
accept_caused(struct engine *g, struct txn *t, struct arena *a, int64_t now_ms,
    struct fault *fault_r)
{
	int rc = 0;
	if (g->is_applying || g->caused == NULL)
		return 0;
	g->is_applying = true;
	while (rc == 0 && g->caused != NULL) {
		struct caused *c = g->caused;
		if ((g->caused = c->next) == NULL)
			g->caused_tail = &g->caused;
		rc = is_for_later(g, t, &c->event, fault_r);
		if (rc == 1)
			rc = keep_caused(g, t, a, &c->event, now_ms, fault_r);
		else if (rc == 0)
			rc = apply_caused(g, t, a, &c->event, now_ms, fault_r);
	}
	g->is_applying = false;
	clear_caused(g);
	return rc;
}

void
accept_begin(struct engine *g)
{
	g->spent = 0;
	g->root = 0;
	g->is_before = false;
	g->is_working = false;
}

int
accept_finish(struct engine *g, struct txn *t, struct arena *a, int rc,
    int64_t now_ms, struct fault *fault_r)
{
	bool good = rc >= 0 && accept_caused(g, t, a, now_ms, fault_r) == 0 &&
	    tally_write(g, t, now_ms, fault_r) == 0;
	if (!good) {
		clear_caused(g);
		tallies_forget(g->tallies);
	}
	accept_begin(g);
	return good ? rc : -1;
}

int
engine_accept(struct engine *g, struct txn *t, struct arena *a,
    struct event *given, int64_t now_ms, struct accepted *out,
    struct fault *fault_r)
{
	/* The work may be run again: what it was given stays as it is. */
	struct event event = *given;
	accept_begin(g);
	int rc = accept_one(g, t, a, &event, now_ms, out, fault_r);
	return accept_finish(g, t, a, rc, now_ms, fault_r);
}
