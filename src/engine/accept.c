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

enum {
	LIVE_SLICE = 200,
	CATCH_UP_MAX = 1000, /* moves of one contact's runs before an event */
	CAUSED_MAX = 1000,   /* events one work may lead to */
};

/* An event under way. */
struct arrival {
	struct engine *engine;
	struct txn *txn;
	struct arena *arena;
	struct event *event;
	int64_t now_ms;
	struct contact contact; /* if event->contact is not 0 */
	unsigned contact_seen;  /* of engine->contact_writes */
	bool is_whole;          /* contact is filled */
	const json_t *payload;  /* of the event, once it was asked for */
	const struct flow *const *flows;
	int n_flows;
	unsigned interest;
	int n_changed; /* runs it ended or resumed, refusals it noted */
};

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

/* The contact anew, if some step has written it meanwhile. 1, 0 it is gone, -1
 */
static int
refresh_contact(struct arrival *v, struct fault *fault_r)
{
	if (v->event->contact == 0 ||
	    (v->is_whole && v->contact_seen == v->engine->contact_writes))
		return v->event->contact != 0;
	int rc = store_contact_by_id(v->txn, v->arena, v->event->contact,
	    &v->contact, fault_r);
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

/* ---- runs that are there ------------------------------------------------ */

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
	return runner_wake(e, t, &r, now_ms, fault_r) == 0 ? 1 : -1;
}

/* Moves some of the contact's runs that are due, at most *left of them. 1, 0
 * none is, -1 */
static int
wake_some(struct engine *e, struct txn *t, int64_t contact, int64_t now_ms,
    int *left, struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct list due;
	bool any = false;
	int rc = store_run_live_due(t, a, contact, now_ms, LIVE_SLICE, &due,
	    fault_r);
	const struct run_ref *runs = due.items;
	for (int i = 0; rc >= 0 && *left > 0 && i < due.n; i++) {
		if (catalog_is_paused(e->catalog, runs[i].automation))
			continue;
		rc = wake_one(e, t, a, runs[i].id, now_ms, fault_r);
		any = any || rc == 1;
		*left -= rc == 1;
	}
	arena_free(a);
	return rc < 0 ? -1 : any;
}

int
accept_catch_up(struct engine *e, struct txn *t, int64_t contact,
    int64_t now_ms, struct fault *fault_r)
{
	int left = CATCH_UP_MAX, rc = 1;
	if (!schedule_is_behind(e->schedule, now_ms) ||
	    engine_is_paused(e, ENGINE_RUNS))
		return 0;
	while (rc == 1 && left > 0)
		rc = wake_some(e, t, contact, now_ms, &left, fault_r);
	return rc < 0 ? -1 : 0;
}

/* The event's payload, read once for all who ask. */
static const json_t *
payload_json(struct arrival *v)
{
	const char *text = v->event->payload;
	struct fault ignored;
	if (v->payload == NULL && text != NULL)
		v->payload = json_parse(v->arena, text, strlen(text), &ignored);
	return v->payload;
}

/* Ends one run if the event is what ends it. */
static int
end_one(struct arrival *v, struct arena *a, struct run *r,
    struct fault *fault_r)
{
	const char *reason;
	const struct flow *f =
	    catalog_version(v->engine, v->txn, r->version, fault_r);
	/* The damaged ones end when they are moved. */
	if (f == NULL)
		return fault_r->kind == FAULT_UNAVAILABLE ? -1 : 0;
	if (f->policy->n_exits == 0)
		return 0;
	struct scope s = { .arena = a,
		.contact = &v->contact,
		.event = payload_json(v) };
	int rc = policy_exit_by_event(v->txn, f->policy, f->entry, v->event, &s,
	    &reason, fault_r);
	if (rc != 1)
		return rc;
	/* Its time was over before, whatever stood in the way. */
	int64_t most = f->policy->max_duration_ms;
	if (most != 0 && v->now_ms >= id_time_ms(r->id) + most)
		reason = "max_duration";
	v->n_changed++;
	return runner_end(v->engine, v->txn, a, r, RUN_CANCELLED, reason,
	    v->now_ms, fault_r);
}

/* The next slice of the contact's runs. 1 there are more, 0, -1 */
static int
end_some(struct arrival *v, int64_t *after, struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct list list;
	int rc = store_run_live(v->txn, a, v->event->contact, *after,
	    LIVE_SLICE, &list, fault_r);
	struct run *runs = list.items;
	for (int i = 0; rc == 0 && i < list.n; i++) {
		*after = runs[i].id;
		rc = end_one(v, a, &runs[i], fault_r);
	}
	arena_free(a);
	return rc != 0 ? -1 : list.has_more;
}

static int
end_runs(struct arrival *v, struct fault *fault_r)
{
	int64_t after = 0;
	int rc;
	do {
		rc = end_some(v, &after, fault_r);
	} while (rc == 1);
	return rc;
}

/* Hands the event to a run that waits for it; most of many are not meant. */
static int
resume_one(struct arrival *v, struct arena *a, int64_t id,
    struct fault *fault_r)
{
	struct run r;
	int rc = store_run_get(v->txn, a, id, &r, fault_r);
	if (rc != 1 || r.status != RUN_RUNNING || r.entered_ms == 0)
		return rc < 0 ? -1 : 0;
	rc = runner_hears(v->engine, v->txn, a, &r, &v->contact, v->event,
	    fault_r);
	if (rc == 1)
		rc = runner_deliver(v->engine, v->txn, &r, v->event, v->now_ms,
		    fault_r);
	v->n_changed += rc == 1;
	return rc < 0 ? -1 : 0;
}

/* The runs of a slice of those that wait. */
static int
resume_some(struct arrival *v, const struct list *list, int64_t *after_r,
    struct fault *fault_r)
{
	struct arena *a = arena_new();
	const int64_t *ids = list->items;
	int rc = 0;
	for (int i = 0; rc == 0 && i < list->n; i++) {
		*after_r = ids[i];
		/* A run before may have written the contact. */
		rc = refresh_contact(v, fault_r) < 0 ? -1 : 0;
		if (rc == 0)
			rc = resume_one(v, a, ids[i], fault_r);
	}
	arena_free(a);
	return rc;
}

static int
resume_runs(struct arrival *v, int64_t name, struct fault *fault_r)
{
	int64_t after = 0;
	struct list list;
	v->event->parsed = payload_json(v);
	do {
		if (store_wait_list(v->txn, v->arena, v->event->contact, name,
			after, LIVE_SLICE, &list, fault_r) != 0 ||
		    resume_some(v, &list, &after, fault_r) != 0)
			return -1;
	} while (list.has_more);
	return 0;
}

/* What the event does to the contact's runs. */
static int
apply_to_runs(struct arrival *v, int64_t name, struct fault *fault_r)
{
	if (!v->engine->is_applying &&
	    accept_catch_up(v->engine, v->txn, v->event->contact, v->now_ms,
		fault_r) != 0)
		return -1;
	if (v->interest & INTEREST_EXIT) {
		int rc = refresh_contact(v, fault_r);
		if (rc < 0 || (rc == 1 && end_runs(v, fault_r) != 0))
			return -1;
	}
	return v->interest & INTEREST_WAIT ? resume_runs(v, name, fault_r) : 0;
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
	int rc = refresh_contact(v, fault_r);
	if (rc < 0)
		return -1;
	/* It was deleted by what the event did before. */
	if (rc == 0 && e->email_key == NULL)
		return 0;
	if (rc == 0)
		e->contact = 0;
	s.contact = rc == 1 ? &v->contact : NULL;
	if (f->entry->filter != NULL || f->policy->key != NULL)
		s.payload_json = payload_json(v);
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
	int rc = is_recent ? refresh_contact(v, fault_r) : 0;
	return rc == 1
	    ? store_recent_insert(v->txn, e->contact, name, e->id, fault_r)
	    : rc;
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
		.now_ms = now_ms };
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
	int64_t name = 0;
	if (v.interest != 0 && names_number(g, t, e->name, &name, fault_r) != 0)
		return -1;
	if (e->contact != 0 && (v.n_flows > 0 || v.interest != 0) &&
	    apply_to_runs(&v, name, fault_r) != 0)
		return -1;
	if (start_runs(&v, out, fault_r) != 0 ||
	    record(&v, out, fault_r) != 0 ||
	    (e->key != NULL && note_key(t, a, e, &known, fault_r) != 0))
		return -1;
	return 0;
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
