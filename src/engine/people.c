/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/people.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/json.h"
#include "engine/catalog.h"
#include "engine/engine_private.h"
#include "engine/hooks.h"
#include "engine/jobs.h"
#include "engine/scope.h"
#include "model/contact.h"
#include "model/property.h"
#include "model/rule.h"
#include "store/contacts.h"
#include "store/properties.h"
#include "store/segments.h"

enum { DEFINITIONS_MAX = 1000 };

/* A write under way. */
struct write {
	struct engine *engine;
	struct txn *txn;
	struct arena *arena;
	const struct cause *cause;
	int64_t now_ms;
};

/* ---- saying so --------------------------------------------------------- */

/* An event of ours about a contact, if somebody listens: 1, 0, -1. */
static int
begin_event(const struct write *w, const char *name, int64_t contact,
    struct event *e, struct fault *fault_r)
{
	*e = (struct event){ .name = name,
		.contact = contact,
		.cause = w->cause->event,
		.depth = w->cause->depth,
		.is_system = true };
	return accept_listens(w->engine, w->txn, name, fault_r);
}

/* The fields of a contact that events show. */
static json_t *
fields_json(const struct write *w, const struct contact *c)
{
	const json_t *all = scope_contact_json(w->arena, c);
	static const char *const names[] = { "id", "email", "first_name",
		"last_name", "unsubscribed", "properties" };
	json_t *o = json_object();
	for (size_t i = 0; i < N_OF(names); i++)
		json_object_set(o, names[i], json_object_get(all, names[i]));
	return o;
}

/* What another image had otherwise. */
static json_t *
previous_json(const struct write *w, const struct contact *before,
    const struct contact *after)
{
	json_t *was = fields_json(w, before), *is = fields_json(w, after);
	json_t *out = json_object(), *v;
	const char *name;
	json_object_foreach (was, name, v)
		if (!json_equal(v, json_object_get(is, name)))
			json_object_set(out, name, v);
	json_decref(was);
	json_decref(is);
	return out;
}

static int
say_written(const struct write *w, const struct contact *before,
    const struct contact *after, struct fault *fault_r)
{
	const struct change change = { before, after };
	struct event e;
	int rc = begin_event(w,
	    before == NULL ? "resend:contact.created"
			   : "resend:contact.updated",
	    after->id, &e, fault_r);
	if (rc != 1)
		return rc;
	json_t *o = fields_json(w, after);
	if (before != NULL)
		json_object_set_new(o, "previous",
		    previous_json(w, before, after));
	e.payload = json_text(w->arena, o);
	e.change = &change;
	accept_later(w->engine, &e);
	json_decref(o);
	return 0;
}

static int
say_unsubscribed(const struct write *w, int64_t contact, int64_t topic,
    int64_t email, struct fault *fault_r)
{
	char id[ID_UUID_LEN], topic_id[ID_UUID_LEN];
	struct event e;
	if (begin_event(w, "resend:contact.unsubscribed", contact, &e,
		fault_r) < 0)
		return -1;
	/* Whoever listens: when somebody left is kept. */
	e.is_system = false;
	e.payload =
	    arena_printf(w->arena, "{\"email_id\":%s%s%s,\"topic_id\":%s%s%s}",
		email ? "\"" : "", email ? id_uuid(email, id) : "null",
		email ? "\"" : "", topic ? "\"" : "",
		topic ? id_uuid(topic, topic_id) : "null", topic ? "\"" : "");
	accept_later(w->engine, &e);
	return 0;
}

static int
say_member(const struct write *w, const struct contact *c, int64_t segment,
    bool is_member, struct fault *fault_r)
{
	char id[ID_UUID_LEN];
	struct event e;
	int rc = begin_event(w,
	    is_member ? "resend:segment.joined" : "resend:segment.left", c->id,
	    &e, fault_r);
	if (rc != 1)
		return rc;
	e.payload = arena_printf(w->arena, "{\"segment_id\":\"%s\"}",
	    id_uuid(segment, id));
	e.segment = segment;
	accept_later(w->engine, &e);
	return 0;
}

/* ---- segments ---------------------------------------------------------- */

/* Into a segment or out of it. 1 changed, 0 it was so, -1 */
static int
set_member(const struct write *w, const struct contact *c, int64_t segment,
    bool is_member, struct fault *fault_r)
{
	int rc = is_member
	    ? store_member_insert(w->txn, segment, c->id, fault_r)
	    : store_member_delete(w->txn, segment, c->id, fault_r);
	if (rc != 1)
		return rc;
	return say_member(w, c, segment, is_member, fault_r) == 0 ? 1 : -1;
}

/* Segments with a filter follow what was written. */
static int
recompute(const struct write *w, const struct contact *c, struct fault *fault_r)
{
	struct computed *all;
	int n;
	if (catalog_computed(w->engine, w->txn, w->arena, &all, &n, fault_r) !=
	    0)
		return -1;
	struct scope s = { .arena = w->arena, .contact = c };
	for (int i = 0; i < n; i++)
		if (set_member(w, c, all[i].segment,
			rule_true(all[i].filter, scope_lookup, &s),
			fault_r) < 0)
			return -1;
	return 0;
}

int
people_segment_set(struct engine *e, struct txn *t, struct arena *a,
    const struct contact *c, int64_t segment, bool is_member,
    const struct cause *cause, int64_t now_ms, struct fault *fault_r)
{
	const struct write w = { e, t, a, cause, now_ms };
	char id[ID_UUID_LEN];
	struct segment s;
	int rc = store_segment_get(t, a, segment, &s, fault_r);
	if (rc == 0)
		fault(fault_r, FAULT_NOT_FOUND, "There is no segment %s.",
		    id_uuid(segment, id));
	else if (rc == 1 && s.filter != NULL)
		rc = fault(fault_r, FAULT_INVALID,
		    "The members of the segment `%s` are chosen by its "
		    "filter.",
		    s.name);
	return rc != 1 ? -1 : set_member(&w, c, segment, is_member, fault_r);
}

/* ---- contacts ---------------------------------------------------------- */

/* What changes of the properties becomes what their definitions say. 0 or -1 */
static int
fit_properties(const struct write *w, const char *before, struct contact *c,
    struct fault *fault_r)
{
	const json_t *types = catalog_types(w->engine, w->txn, fault_r);
	return types == NULL ? -1
			     : property_fit_all(w->arena, types, before,
				   &c->properties, fault_r);
}

/* Properties no definition names yet get one, by what they are. */
static int
define_properties(const struct write *w, const struct contact *c,
    struct fault *fault_r)
{
	const json_t *known = catalog_defaults(w->engine, w->txn, fault_r);
	const char *key;
	json_t *v;
	if (known == NULL)
		return -1;
	if (c->properties == NULL)
		return 0;
	json_t *all =
	    json_parse(w->arena, c->properties, strlen(c->properties), fault_r);
	if (all == NULL)
		return -1;
	json_object_foreach (all, key, v) {
		struct contact_property p = { .key = key,
			.type = json_is_number(v) ? PROPERTY_NUMBER
			    : json_is_boolean(v)  ? PROPERTY_BOOLEAN
						  : PROPERTY_STRING };
		/* Whoever writes ever new keys gets no more definitions. */
		if (json_object_get(known, key) != NULL ||
		    json_object_size(known) >= DEFINITIONS_MAX)
			continue;
		p.id = txn_new_id(w->txn, w->now_ms);
		if (store_property_insert(w->txn, &p, fault_r) < 0)
			return -1;
	}
	return 0;
}

int
people_create(struct engine *e, struct txn *t, struct arena *a,
    struct contact *c, const int64_t *segments, int n,
    const struct cause *cause, int64_t now_ms, struct fault *fault_r)
{
	const struct write w = { e, t, a, cause, now_ms };
	c->id = txn_new_id(t, now_ms);
	e->contact_writes++;
	if (fit_properties(&w, NULL, c, fault_r) != 0 ||
	    define_properties(&w, c, fault_r) != 0 ||
	    store_contact_insert(t, c, fault_r) != 0)
		return fault_r->kind != FAULT_CONFLICT
		    ? -1
		    : fault(fault_r, FAULT_INVALID,
			  "The address belongs to another contact.");
	/* Who listens to the creation finds it where it belongs. */
	if (say_written(&w, NULL, c, fault_r) != 0)
		return -1;
	for (int i = 0; i < n; i++)
		if (people_segment_set(e, t, a, c, segments[i], true, cause,
			now_ms, fault_r) < 0)
			return -1;
	return recompute(&w, c, fault_r) != 0 ||
		hooks_say_contact(e, t, a, HOOK_CONTACT_CREATED, c, now_ms,
		    fault_r) != 0
	    ? -1
	    : 1;
}

/* True if two texts are the same JSON. */
static bool
same_json(struct arena *a, const char *x, const char *y)
{
	struct fault ignored;
	if (x == NULL || y == NULL || strcmp(x, y) == 0)
		return same_text(x, y);
	json_t *v = json_parse(a, x, strlen(x), &ignored);
	json_t *w = json_parse(a, y, strlen(y), &ignored);
	return v != NULL && w != NULL && json_equal(v, w);
}

static bool
same_contact(struct arena *a, const struct contact *x, const struct contact *y)
{
	return same_text(x->email, y->email) &&
	    same_text(x->email_key, y->email_key) &&
	    same_text(x->first_name, y->first_name) &&
	    same_text(x->last_name, y->last_name) &&
	    x->unsubscribed == y->unsubscribed &&
	    same_json(a, x->properties, y->properties);
}

/* people_update(), by the link of a mail, if email is not 0. */
static int
update(const struct write *w, const struct contact *before,
    struct contact *after, int64_t email, struct fault *fault_r)
{
	if (fit_properties(w, before->properties, after, fault_r) != 0)
		return -1;
	if (same_contact(w->arena, before, after))
		return 0;
	after->updated_ms = w->now_ms;
	w->engine->contact_writes++;
	if (!same_text(before->properties, after->properties) &&
	    define_properties(w, after, fault_r) != 0)
		return -1;
	if (store_contact_update(w->txn, after, fault_r) != 0)
		return fault_r->kind != FAULT_CONFLICT
		    ? -1
		    : fault(fault_r, FAULT_INVALID,
			  "The address belongs to another contact.");
	if (say_written(w, before, after, fault_r) != 0 ||
	    (after->unsubscribed && !before->unsubscribed &&
		say_unsubscribed(w, after->id, 0, email, fault_r) != 0))
		return -1;
	return recompute(w, after, fault_r) != 0 ||
		hooks_say_contact(w->engine, w->txn, w->arena,
		    HOOK_CONTACT_UPDATED, after, w->now_ms, fault_r) != 0
	    ? -1
	    : 1;
}

int
people_update(struct engine *e, struct txn *t, struct arena *a,
    const struct contact *before, struct contact *after,
    const struct cause *cause, int64_t now_ms, struct fault *fault_r)
{
	const struct write w = { e, t, a, cause, now_ms };
	return update(&w, before, after, 0, fault_r);
}

int
people_topic_set(struct engine *e, struct txn *t, struct arena *a,
    int64_t contact, int64_t topic, bool opted_in, int64_t email,
    int64_t now_ms, struct fault *fault_r)
{
	const struct cause nobody = { 0 };
	const struct write w = { e, t, a, &nobody, now_ms };
	struct topic known;
	int rc = store_topic_get(t, a, topic, &known, fault_r);
	if (rc == 0)
		return fault(fault_r, FAULT_NOT_FOUND, "Topic not found");
	if (rc == 1)
		rc = store_topic_choose(t, contact, topic, opted_in, fault_r);
	if (rc == 1 && !opted_in &&
	    say_unsubscribed(&w, contact, topic, email, fault_r) != 0)
		rc = -1;
	return rc;
}

/* ---- for those outside the engine -------------------------------------- */

/* Ends a work of theirs; rc is how it went. */
static int
finish(const struct write *w, int rc, struct fault *fault_r)
{
	return accept_finish(w->engine, w->txn, w->arena, rc, w->now_ms,
	    fault_r);
}

int
engine_contact_create(struct engine *e, struct txn *t, struct arena *a,
    struct contact *c, const int64_t *segments, int n,
    const struct cause *cause, int64_t now_ms, struct fault *fault_r)
{
	const struct write w = { e, t, a, cause, now_ms };
	return finish(&w,
	    people_create(e, t, a, c, segments, n, cause, now_ms, fault_r),
	    fault_r);
}

int
engine_contact_update(struct engine *e, struct txn *t, struct arena *a,
    const struct contact *before, struct contact *after,
    const struct cause *cause, int64_t now_ms, struct fault *fault_r)
{
	const struct write w = { e, t, a, cause, now_ms };
	return finish(&w, update(&w, before, after, 0, fault_r), fault_r);
}

int
engine_segment_set(struct engine *e, struct txn *t, struct arena *a,
    int64_t contact, int64_t segment, bool is_member, const struct cause *cause,
    int64_t now_ms, struct fault *fault_r)
{
	const struct write w = { e, t, a, cause, now_ms };
	struct contact c;
	int rc = store_contact_by_id(t, a, contact, &c, fault_r);
	if (rc != 1)
		return rc == 0
		    ? fault(fault_r, FAULT_NOT_FOUND, "Contact not found")
		    : -1;
	return finish(&w,
	    people_segment_set(e, t, a, &c, segment, is_member, cause, now_ms,
		fault_r),
	    fault_r);
}

int
engine_topics_set(struct engine *e, struct txn *t, struct arena *a,
    int64_t contact, const struct topic_choice *choices, int n, int64_t email,
    int64_t now_ms, struct fault *fault_r)
{
	const struct cause nobody = { 0 };
	const struct write w = { e, t, a, &nobody, now_ms };
	struct topic_choice *changed =
	    arena_alloc(a, ((size_t)n + 1) * sizeof(*changed));
	int rc = 0, n_changed = 0;
	for (int i = 0; rc >= 0 && i < n; i++) {
		rc = people_topic_set(e, t, a, contact, choices[i].topic,
		    choices[i].opted_in, email, now_ms, fault_r);
		if (rc == 1)
			changed[n_changed++] = choices[i];
	}
	if (rc >= 0)
		rc = hooks_say_topics(e, t, a, contact, changed, n_changed,
		    now_ms, fault_r);
	return finish(&w, rc < 0 ? -1 : n_changed > 0, fault_r);
}

int
engine_unsubscribe(struct engine *e, struct txn *t, struct arena *a,
    const struct contact *who, int64_t topic, int64_t email, int64_t now_ms,
    struct fault *fault_r)
{
	const struct cause nobody = { 0 };
	const struct write w = { e, t, a, &nobody, now_ms };
	const struct topic_choice left = { .topic = topic };
	struct contact after = *who;
	if (topic != 0)
		return engine_topics_set(e, t, a, who->id, &left, 1, email,
		    now_ms, fault_r);
	after.unsubscribed = true;
	return finish(&w, update(&w, who, &after, email, fault_r), fault_r);
}

int
engine_segment_create(struct engine *e, struct txn *t, struct segment *s,
    int64_t now_ms, struct fault *fault_r)
{
	s->id = txn_new_id(t, now_ms);
	if (store_segment_insert(t, s, fault_r) != 0)
		return -1;
	if (s->filter == NULL)
		return 0;
	return jobs_begin(e, t, JOB_FILL_SEGMENT, s->id, NULL, now_ms, fault_r);
}

int
engine_segment_delete(struct engine *e, struct txn *t, int64_t segment,
    int64_t now_ms, struct fault *fault_r)
{
	int rc = store_segment_delete(t, segment, fault_r);
	if (rc != 1)
		return rc;
	return jobs_begin(e, t, JOB_EMPTY_SEGMENT, segment, NULL, now_ms,
		   fault_r) == 0
	    ? 1
	    : -1;
}

int
engine_check_filter(const json_t *filter, struct fault *fault_r)
{
	struct arena *a = arena_new();
	bool good = rule_compile(a, filter, RULE_CONTACT, fault_r) != NULL;
	arena_free(a);
	return good ? 0 : -1;
}
