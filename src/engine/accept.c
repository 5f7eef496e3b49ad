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

enum { CAUSED_MAX = 1000 /* events one work may lead to */ };

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
find_listeners(struct arrival *v, struct fault *fault_r)
{
	const char *name = v->event->name;
	const struct known_name *k =
	    names_get(v->engine, v->txn, name, fault_r);
	if (k == NULL)
		return -1;
	v->interest = k->interest;
	if (fit_schema(v, k->schema, fault_r) != 0)
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

/* Writes the event down, unless it is one of ours that led to nothing. */
static int
record(struct arrival *v, const struct accepted *out, struct fault *fault_r)
{
	const struct event *e = v->event;
	int64_t name;
	bool is_recent = (v->interest & INTEREST_LOOKBACK) && e->contact != 0;
	if (e->is_system && out->runs == 0 && v->n_changed == 0 && !is_recent)
		return 0;
	if (names_number(v->engine, v->txn, e->name, &name, fault_r) != 0 ||
	    store_event_insert(v->txn, e, name, out->outcome, fault_r) != 0)
		return -1;
	v->engine->batch_events++;
	/* Nobody looks back who was deleted by it. */
	int rc = is_recent ? arrival_contact(v, fault_r) : 0;
	return rc == 1
	    ? store_recent_insert(v->txn, e->contact, name, e->id, fault_r)
	    : rc;
}

/* What an event does, phase by phase. */
static int
apply(struct arrival *v, struct accepted *out, struct fault *fault_r)
{
	int rc;
	do {
		v->engine->spent = 0;
		rc = arrival_go_on(v, fault_r);
	} while (rc == 0);
	return rc < 0 || start_runs(v, out, fault_r) != 0 ||
		record(v, out, fault_r) != 0
	    ? -1
	    : 0;
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
	if (find_listeners(&v, fault_r) != 0 ||
	    find_contact(&v, v.n_flows > 0 || v.interest != 0, fault_r) < 0)
		return -1;
	e->id = out->event = txn_new_id(t, now_ms);
	known.ref = e->id;
	known.expires_ms = now_ms + ((const struct conf *)g->conf)->event_id_ms;
	int rc = apply(&v, out, fault_r);
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

int
accept_caused(struct engine *g, struct txn *t, struct arena *a, int64_t now_ms,
    struct fault *fault_r)
{
	int rc = 0, n = 0;
	if (g->is_applying || g->caused == NULL)
		return 0;
	g->is_applying = true;
	while (rc == 0 && g->caused != NULL) {
		struct caused *c = g->caused;
		if ((g->caused = c->next) == NULL)
			g->caused_tail = &g->caused;
		if (++n > CAUSED_MAX) {
			log_error("events not applied: one work caused over "
				  "%d event=%s",
			    CAUSED_MAX, log_text(c->event.name));
			break;
		}
		rc = apply_caused(g, t, a, &c->event, now_ms, fault_r);
	}
	g->is_applying = false;
	clear_caused(g);
	return rc;
}

int
accept_finish(struct engine *g, struct txn *t, struct arena *a, int rc,
    int64_t now_ms, struct fault *fault_r)
{
	if (rc < 0 || accept_caused(g, t, a, now_ms, fault_r) != 0 ||
	    tally_write(g, t, now_ms, fault_r) != 0) {
		clear_caused(g);
		tallies_forget(g->tallies);
		return -1;
	}
	return rc;
}

int
engine_accept(struct engine *g, struct txn *t, struct arena *a,
    struct event *given, int64_t now_ms, struct accepted *out,
    struct fault *fault_r)
{
	/* The work may be run again: what it was given stays as it is. */
	struct event event = *given;
	int rc = accept_one(g, t, a, &event, now_ms, out, fault_r);
	return accept_finish(g, t, a, rc, now_ms, fault_r);
}
