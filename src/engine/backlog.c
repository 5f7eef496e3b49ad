/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order is that in which all would have happened in one transaction. An
 * event that was accepted has its id for a key (root), so it comes behind those
 * accepted before it; what it causes has the same key and the places behind it,
 * and what its catching up caused the places before it. Each has the moment of
 * that event for its own.
 */
#include "engine/backlog.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/log.h"
#include "engine/arrival.h"
#include "engine/part.h"
#include "engine/share.h"
#include "model/event.h"
#include "store/backlog.h"
#include "store/events.h"

enum {
	SLICE_US = 3000,
	CAUSED_MAX = 100000, /* events that one may lead to */
	DEEP = 2,            /* causes behind one of automations that answer
			      * each other */
	DEEP_MAX = 1000,     /* then so many are a quarrel */
};

/* ---- an event as JSON ---------------------------------------------------- */

/* How a contact was, or is. */
static json_t *
contact_json(const struct contact *c)
{
	if (c == NULL)
		return json_null();
	return json_pack("{s:I, s:s?, s:s?, s:s?, s:s?, s:b, s:s?, s:I}", "id",
	    c->id, "email_key", c->email_key, "email", c->email, "first_name",
	    c->first_name, "last_name", c->last_name, "unsubscribed",
	    c->unsubscribed, "properties", c->properties, "updated",
	    c->updated_ms);
}

/* is_heard: automations listen to it, as the store's statements ask. */
static const char *
event_text(struct arena *a, const struct event *e, bool is_heard)
{
	const struct change *c = e->change;
	json_t *o = json_pack(
	    "{s:s, s:b, s:s?, s:s?, s:s?, s:I, s:i, s:b, s:I, s:I, s:o, s:o}",
	    "name", e->name, "is_heard", is_heard, "email", e->email,
	    "email_key", e->email_key, "payload", e->payload, "cause", e->cause,
	    "depth", e->depth, "is_system", e->is_system, "segment", e->segment,
	    "run", e->run, "before", contact_json(c != NULL ? c->before : NULL),
	    "after", contact_json(c != NULL ? c->after : NULL));
	const char *text = json_text(a, o);
	json_decref(o);
	return text;
}

static const char *
text_of(const json_t *o, const char *field)
{
	return json_string_value(json_object_get(o, field));
}

static int64_t
int_of(const json_t *o, const char *field)
{
	return json_integer_value(json_object_get(o, field));
}

static const struct contact *
read_contact(struct arena *a, const json_t *o)
{
	if (!json_is_object(o))
		return NULL;
	struct contact *c = arena_alloc(a, sizeof(*c));
	*c = (struct contact){ .id = int_of(o, "id"),
		.email_key = text_of(o, "email_key"),
		.email = text_of(o, "email"),
		.first_name = text_of(o, "first_name"),
		.last_name = text_of(o, "last_name"),
		.unsubscribed =
		    json_is_true(json_object_get(o, "unsubscribed")),
		.properties = text_of(o, "properties"),
		.updated_ms = int_of(o, "updated") };
	return c;
}

/* The event of a row. 0 or -1 */
static int
read_event(struct arena *a, const struct backlog_row *r, struct event *e,
    struct fault *fault_r)
{
	const json_t *o =
	    json_parse(a, r->details, strlen(r->details), fault_r);
	if (o == NULL)
		return -1;
	struct change *change = arena_alloc(a, sizeof(*change));
	change->before = read_contact(a, json_object_get(o, "before"));
	change->after = read_contact(a, json_object_get(o, "after"));
	*e = (struct event){ .id = r->event,
		.name = text_of(o, "name"),
		.contact = r->contact,
		.email = text_of(o, "email"),
		.email_key = text_of(o, "email_key"),
		.payload = text_of(o, "payload"),
		.cause = int_of(o, "cause"),
		.depth = (int)int_of(o, "depth"),
		.is_system = json_is_true(json_object_get(o, "is_system")),
		.segment = int_of(o, "segment"),
		.run = int_of(o, "run"),
		.change = change->after != NULL ? change : NULL };
	return e->name != NULL ? 0
			       : fault(fault_r, FAULT_INTERNAL,
				     "An event in the backlog has no name.");
}

/* ---- keeping ------------------------------------------------------------- */

int
backlog_holds(struct engine *e, struct txn *t, int64_t contact,
    struct fault *fault_r)
{
	return e->has_backlog && contact != 0
	    ? store_backlog_has(t, contact, fault_r)
	    : 0;
}

/* The next place behind what the work under way caused before. 1, 0 that was
 * too much, -1 */
static int
find_place(struct engine *e, struct txn *t, int64_t now_ms,
    struct backlog_row *r, struct fault *fault_r)
{
	if (e->root == 0)
		e->root = txn_new_id(t, now_ms);
	r->root = e->root;
	if (store_backlog_last(t, r->contact, r->root, e->is_before, &r->seq,
		fault_r) != 0)
		return -1;
	/* Those before the event begin far away from it. */
	if (r->seq == 0 && e->is_before)
		r->seq = -2 * CAUSED_MAX;
	r->seq++;
	return e->is_before ? r->seq < -CAUSED_MAX : r->seq <= CAUSED_MAX;
}

/* Whether automations answer each other without an end in sight. */
static bool
is_quarrel(const struct engine *e, const struct event *ev,
    const struct backlog_row *r)
{
	int64_t place = e->is_before ? r->seq + 2 * CAUSED_MAX : r->seq;
	return ev->depth > DEEP && place > DEEP_MAX;
}

int
backlog_put(struct arrival *v, struct fault *fault_r)
{
	struct engine *e = v->engine;
	struct backlog_row r = { .contact = v->row_contact,
		.root = v->root,
		.seq = v->seq,
		.at_ms = v->now_ms,
		.event = v->event->id,
		.phase = v->phase,
		.cursor = v->cursor,
		.changed = v->n_changed,
		.details = event_text(v->arena, v->event, v->n_flows > 0) };
	if (r.contact == 0) {
		r.contact = v->event->contact;
		/* One that was accepted has its own place, before all. */
		r.root = v->event->id;
		if (e->is_applying &&
		    find_place(e, v->txn, v->now_ms, &r, fault_r) < 0)
			return -1;
	}
	e->has_backlog = true;
	return store_backlog_put(v->txn, &r, fault_r);
}

int
backlog_put_caused(struct engine *e, struct txn *t, struct arena *a,
    const struct event *ev, bool is_heard, int64_t now_ms,
    struct fault *fault_r)
{
	struct backlog_row r = { .contact = ev->contact,
		.at_ms = now_ms,
		.event = ev->id,
		.phase = ARRIVAL_EXITS,
		.details = event_text(a, ev, is_heard) };
	int rc = find_place(e, t, now_ms, &r, fault_r);
	if (rc == 1 && is_quarrel(e, ev, &r))
		rc = 0;
	if (rc == 0)
		log_error("event not applied: too many have one cause event=%s "
			  "depth=%d",
		    log_text(ev->name), ev->depth);
	if (rc != 1)
		return rc;
	e->has_backlog = true;
	/* What comes before an event is done before more of it is. */
	if (e->is_before)
		e->spent = e->bound;
	return store_backlog_put(t, &r, fault_r);
}

int
backlog_drop(struct engine *e, struct txn *t, int64_t contact,
    struct fault *fault_r)
{
	int rc = backlog_holds(e, t, contact, fault_r);
	return rc == 1 ? store_backlog_clear(t, contact, fault_r) : rc;
}

/* ---- going on ------------------------------------------------------------ */

/* Goes on with the event of a row; what it causes comes behind it. 1 it is
 * done, 0 there is more, -1 */
static int
go_on_with(struct engine *e, struct txn *t, struct arena *a,
    const struct backlog_row *r, struct fault *fault_r)
{
	struct event ev;
	struct arrival v = { .engine = e,
		.txn = t,
		.arena = a,
		.event = &ev,
		.now_ms = r->at_ms,
		.row_contact = r->contact,
		.root = r->root,
		.seq = r->seq,
		.phase = (enum arrival_phase)r->phase,
		.cursor = r->cursor,
		.n_changed = (int)r->changed };
	e->root = r->root;
	e->is_before = r->seq < 0;
	if (read_event(a, r, &ev, fault_r) != 0)
		return -1;
	int rc = accept_go_on(&v, fault_r);
	arrival_end(&v);
	return rc < 0 || accept_caused(e, t, a, r->at_ms, fault_r) != 0 ? -1
									: rc;
}

/* The same in a part of the transaction of its own: one that cannot be applied
 * keeps none that is behind it. */
static int
do_row(struct engine *e, struct txn *t, struct arena *a,
    const struct backlog_row *r, struct fault *fault_r)
{
	struct fault why = { 0 };
	struct part part;
	if (part_begin(e, t, &part, fault_r) != 0)
		return -1;
	int done = go_on_with(e, t, a, r, &why);
	int rc = part_end(e, t, &part, done, &why, fault_r);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		log_error("event not applied contact=%lld error=%s",
		    (long long)r->contact, log_text(why.text));
		/* Of one of ours there may be no row. */
		if (store_event_outcome(t, r->event, EVENT_NOT_STARTED,
			fault_r) != 0)
			return -1;
		done = 1;
	}
	return done == 1 ? store_backlog_delete(t, r, fault_r) : 0;
}

/* The first row of a contact. 1, 0 there is none, -1 */
static int
do_first(struct engine *e, struct txn *t, int64_t contact,
    struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct backlog_row r;
	int rc = store_backlog_first(t, a, contact, &r, fault_r);
	if (rc == 1 && r.root == 0) {
		int n = store_backlog_forget(t, contact, e->bound, fault_r);
		e->spent += n + 1;
		rc = n < 0 ? -1 : 1;
	} else if (rc == 1) {
		rc = do_row(e, t, a, &r, fault_r) != 0 ? -1 : 1;
	}
	arena_free(a);
	return rc;
}

int
backlog_work(struct engine *e, struct txn *t, int64_t contact,
    struct fault *fault_r)
{
	int rc = 1;
	accept_begin(e);
	e->is_working = true;
	while (rc == 1 && e->spent < e->bound)
		rc = do_first(e, t, contact, fault_r);
	accept_begin(e);
	return rc < 0 ? -1 : 0;
}

/* The contact whose turn it is: round and round. 1, 0 there is none, -1 */
static int
next_contact(struct engine *e, struct txn *t, int64_t *contact_r,
    struct fault *fault_r)
{
	int rc = store_backlog_contact(t, e->backlog_turn, contact_r, fault_r);
	if (rc == 0 && e->backlog_turn != 0)
		rc = store_backlog_contact(t, 0, contact_r, fault_r);
	if (rc == 1)
		e->backlog_turn = *contact_r;
	return rc;
}

int
backlog_go_on(struct engine *e, struct txn *t, int64_t now_ms, int64_t *next_r,
    struct fault *fault_r)
{
	const struct share share = share_begin(t, SLICE_US);
	int64_t contact;
	int rc = 1;
	*next_r = 0;
	while (e->has_backlog && rc == 1) {
		rc = next_contact(e, t, &contact, fault_r);
		if (rc == 0)
			e->has_backlog = false;
		else if (rc == 1 && backlog_work(e, t, contact, fault_r) != 0)
			rc = -1;
		if (rc == 1 && share_is_over(&share)) {
			*next_r = now_ms;
			break;
		}
	}
	return rc < 0 ? -1 : 0;
}
