/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contacts and the sets they are in: each real change is an event.
 */
#include "tests/oracle/oracle_private.h"

#include <stdlib.h>
#include <string.h>

struct oracle_contact *
oracle_find(const struct world *w, const char *email)
{
	for (int i = 0; i < w->contacts.n; i++) {
		struct oracle_contact *c = w->contacts.items[i];
		if (!c->is_gone &&
		    strcmp(oracle_text(c->doc, "email"), email) == 0)
			return c;
	}
	return NULL;
}

const struct oracle_contact *
world_contact(const struct world *w, const char *email)
{
	return oracle_find(w, email);
}

int
oracle_segment_index(const struct world *w, const char *name)
{
	for (int i = 0; i < w->segments.n; i++) {
		const struct oracle_segment *s = w->segments.items[i];
		if (strcmp(s->name, name) == 0)
			return i;
	}
	return -1;
}

int
oracle_topic_index(const struct world *w, const char *name)
{
	for (int i = 0; i < w->topics.n; i++)
		if (strcmp(w->topics.items[i], name) == 0)
			return i;
	return -1;
}

/* ---- segments ---------------------------------------------------------- */

bool
oracle_membership(struct world *w, struct oracle_contact *c, int segment,
    bool in, int depth)
{
	const struct oracle_segment *s = w->segments.items[segment];
	if (c->in_segment[segment] == in)
		return false;
	c->in_segment[segment] = in;
	oracle_list_add(&w->queue,
	    oracle_new_event(w,
		in ? "resend:segment.joined" : "resend:segment.left", c,
		json_pack("{s:s}", "segment_id", s->name), depth));
	return true;
}

/* Who is in the segments with a filter, after a write. */
static void
recompute(struct world *w, struct oracle_contact *c, int depth)
{
	const struct oracle_view v = { .contact = c->doc };
	for (int i = 0; i < w->segments.n; i++) {
		const struct oracle_segment *s = w->segments.items[i];
		if (s->filter != NULL)
			oracle_membership(w, c, i, oracle_rule(s->filter, &v),
			    depth);
	}
}

/* ---- fields ------------------------------------------------------------ */

/* The number a text writes in digits, a number, or NULL. */
static json_t *
as_number(const json_t *v)
{
	const char *s = json_string_value(v);
	if (json_is_number(v))
		return json_copy((json_t *)v);
	return s != NULL && *s != '\0' && s[strspn(s, "0123456789")] == '\0'
	    ? json_integer(atoll(s))
	    : NULL;
}

static json_t *
as_boolean(const json_t *v)
{
	char buf[64];
	const char *s = oracle_scalar(v, buf);
	if (s != NULL && (strcmp(s, "true") == 0 || strcmp(s, "1") == 0))
		return json_true();
	return s != NULL && (strcmp(s, "false") == 0 || strcmp(s, "0") == 0)
	    ? json_false()
	    : NULL;
}

static json_t *
as_text(const json_t *v)
{
	char buf[64];
	const char *s = oracle_scalar(v, buf);
	return s != NULL ? json_string(s) : NULL;
}

/* The value in the type that the property first had; NULL: it has none. */
static json_t *
fit(const struct world *w, const char *key, const json_t *v)
{
	const json_t *first = json_object_get(w->types, key);
	if (first == NULL || json_is_null(v))
		return json_deep_copy(v);
	return json_is_number(first) ? as_number(v)
	    : json_is_boolean(first) ? as_boolean(v)
				     : as_text(v);
}

/* The fields with their properties in their types; NULL: one cannot be. */
static json_t *
fit_all(const struct world *w, const json_t *fields)
{
	json_t *properties = json_object(), *value;
	const char *key;
	bool good = true;
	json_object_foreach (json_object_get(fields, "properties"), key,
	    value) {
		json_t *fitted = fit(w, key, value);
		good = good && fitted != NULL;
		if (fitted != NULL)
			json_object_set_new(properties, key, fitted);
	}
	json_t *all = good ? json_object() : NULL;
	if (all != NULL && fields != NULL)
		json_object_update(all, (json_t *)fields);
	if (all != NULL)
		json_object_set(all, "properties", properties);
	json_decref(properties);
	return all;
}

/* What nobody had before gets the type it has now. */
static void
note_types(struct world *w, const struct oracle_contact *c)
{
	const char *key;
	json_t *value;
	json_object_foreach (json_object_get(c->doc, "properties"), key, value)
		if (json_object_get(w->types, key) == NULL)
			json_object_set_new(w->types, key,
			    json_deep_copy(value));
}

/* Writes one field, if that changes it, and says so. */
static void
put(json_t *object, const char *key, const char *prefix, const json_t *value,
    json_t *changed)
{
	json_t *old = json_object_get(object, key);
	bool none = oracle_is_missing(value);
	if (none ? oracle_is_missing(old)
		 : old != NULL && json_equal(old, value))
		return;
	if (none && *prefix != '\0')
		json_object_del(object, key);
	else
		json_object_set_new(object, key, json_deep_copy(value));
	json_array_append_new(changed, json_sprintf("%s%s", prefix, key));
}

/* Writes the fields given; the names of what changed. */
static json_t *
put_all(json_t *doc, const json_t *fields)
{
	static const char *const names[] = { "first_name", "last_name",
		"unsubscribed" };
	json_t *changed = json_array(), *value;
	const char *key;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		value = json_object_get(fields, names[i]);
		if (value != NULL)
			put(doc, names[i], "", value, changed);
	}
	json_object_foreach (json_object_get(fields, "properties"), key, value)
		put(json_object_get(doc, "properties"), key, "properties.",
		    value, changed);
	return changed;
}

/* The event of a write, and the one that follows if the contact has left. */
static void
say_written(struct world *w, struct oracle_contact *c, const char *name,
    json_t *before, int depth)
{
	struct oracle_event *e =
	    oracle_new_event(w, name, c, json_deep_copy(c->doc), depth);
	e->before = before;
	e->after = e->payload;
	oracle_list_add(&w->queue, e);
	if (before != NULL &&
	    !json_is_true(json_object_get(before, "unsubscribed")) &&
	    json_is_true(json_object_get(c->doc, "unsubscribed")))
		oracle_list_add(&w->queue,
		    oracle_new_event(w, "resend:contact.unsubscribed", c,
			json_pack("{s:n,s:n}", "email_id", "topic_id"), depth));
}

json_t *
oracle_write(struct world *w, struct oracle_contact *c, const json_t *fields,
    int depth)
{
	json_t *before = oracle_keep(w, json_deep_copy(c->doc));
	json_t *fitted = fit_all(w, fields);
	if (fitted == NULL)
		return NULL;
	json_t *changed = put_all(c->doc, fitted);
	json_decref(fitted);
	note_types(w, c);
	if (json_array_size(changed) == 0)
		return changed;
	say_written(w, c, "resend:contact.updated", before, depth);
	recompute(w, c, depth);
	return changed;
}

struct oracle_contact *
oracle_create(struct world *w, const char *email, const json_t *fields,
    const json_t *segments, int depth)
{
	json_t *fitted = fit_all(w, fields);
	if (fitted == NULL)
		return NULL;
	struct oracle_contact *c = oracle_get(w, sizeof(*c));
	c->id = w->contacts.n;
	c->doc = oracle_keep(w,
	    json_pack("{s:s,s:n,s:n,s:b,s:{}}", "email", email, "first_name",
		"last_name", "unsubscribed", 0, "properties"));
	oracle_list_add(&w->contacts, c);
	json_decref(put_all(c->doc, fitted));
	json_decref(fitted);
	note_types(w, c);
	say_written(w, c, "resend:contact.created", NULL, depth);
	for (size_t i = 0; i < json_array_size(segments); i++)
		oracle_membership(w, c,
		    oracle_segment_index(w,
			json_string_value(json_array_get(segments, i))),
		    true, depth);
	recompute(w, c, depth);
	return c;
}

void
oracle_forget(struct world *w, struct oracle_contact *c)
{
	c->is_gone = true;
	for (int i = 0; i < w->runs.n; i++) {
		struct oracle_run *r = w->runs.items[i];
		if (r->contact == c && r->status == ORACLE_RUNNING)
			oracle_run_cancel(w, r, "contact_deleted");
	}
}

/* ---- from outside ------------------------------------------------------ */

bool
world_contact_create(struct world *w, const char *email, const json_t *fields,
    const json_t *segments)
{
	if (oracle_find(w, email) != NULL)
		return false;
	bool done = oracle_create(w, email, fields, segments, 0) != NULL;
	oracle_drain(w);
	return done;
}

bool
world_contact_update(struct world *w, const char *email, const json_t *fields)
{
	struct oracle_contact *c = oracle_find(w, email);
	if (c == NULL)
		return false;
	json_t *changed = oracle_write(w, c, fields, 0);
	bool done = changed != NULL;
	json_decref(changed);
	oracle_drain(w);
	return done;
}

bool
world_contact_delete(struct world *w, const char *email)
{
	struct oracle_contact *c = oracle_find(w, email);
	if (c == NULL)
		return false;
	oracle_forget(w, c);
	return true;
}

bool
world_segment_put(struct world *w, const char *email, const char *segment,
    bool in)
{
	struct oracle_contact *c = oracle_find(w, email);
	int i = oracle_segment_index(w, segment);
	if (c == NULL || i < 0)
		return false;
	oracle_membership(w, c, i, in, 0);
	oracle_drain(w);
	return true;
}

bool
world_unsubscribe(struct world *w, const char *email, const char *topic)
{
	struct oracle_contact *c = oracle_find(w, email);
	if (c == NULL)
		return false;
	if (topic == NULL) {
		json_t *fields = json_pack("{s:b}", "unsubscribed", 1);
		json_decref(oracle_write(w, c, fields, 0));
		json_decref(fields);
	} else if (!c->out_of_topic[oracle_topic_index(w, topic)]) {
		c->out_of_topic[oracle_topic_index(w, topic)] = true;
		oracle_list_add(&w->queue,
		    oracle_new_event(w, "resend:contact.unsubscribed", c,
			json_pack("{s:n,s:s}", "email_id", "topic_id", topic),
			0));
	}
	oracle_drain(w);
	return true;
}
