/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/simulate_copy.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/json.h"
#include "model/automation.h"
#include "model/contact.h"
#include "model/mail_template.h"
#include "model/property.h"
#include "store/contacts.h"
#include "store/properties.h"
#include "store/runs.h"
#include "store/segments.h"
#include "store/store.h"
#include "store/suppressions.h"
#include "store/templates.h"

/* A topic, and what the contact says of it. */
struct topic_copy {
	struct topic topic;
	bool is_wanted;
};

/* What is copied, read from the real store: not all there is, but what a run
 * can come across. */
struct copy {
	struct work work;
	const struct simulation *given;
	struct arena *arena;
	struct mail_template *templates;
	struct mail_version *versions;
	int n_templates;
	int64_t *ids; /* of segments, topics and what not, each once */
	int n_ids, room;
	struct segment *segments;
	int n_segments;
	struct topic_copy *topics;
	int n_topics;
	struct list mine, properties;
	const char *known; /* the properties the contact has; or NULL */
	struct suppression suppression;
	bool is_suppressed;
};

/* ---- reading ------------------------------------------------------------- */

/* The template a send step names; one that there is not is left out, and the
 * check for enabling says so. */
static int
read_template(struct copy *c, struct txn *t, const json_t *config,
    struct fault *fault_r)
{
	const char *name = json_string_value(
	    json_object_get(json_object_get(config, "template"), "id"));
	struct mail_template m;
	int64_t id;
	if (name == NULL)
		return 0;
	int rc = id_from_uuid(name, &id) == 1 || id_from_hex(name, &id) == 1
	    ? store_template_by_id(t, c->arena, id, &m, fault_r)
	    : store_template_by_alias(t, c->arena, name, &m, fault_r);
	for (int i = 0; rc == 1 && i < c->n_templates; i++)
		if (c->templates[i].id == m.id)
			rc = 0;
	if (rc != 1)
		return rc;
	struct mail_version *v = &c->versions[c->n_templates];
	if (m.published != 0 &&
	    store_version_get(t, c->arena, m.published, v, fault_r) != 1)
		return -1;
	c->templates[c->n_templates++] = m;
	return 0;
}

static int
read_templates(struct copy *c, struct txn *t, struct fault *fault_r)
{
	const struct graph *g = c->given->graph;
	size_t n = (size_t)g->n_steps;
	c->templates = arena_alloc(c->arena, n * sizeof(*c->templates));
	c->versions = arena_alloc(c->arena, n * sizeof(*c->versions));
	for (int i = 0; i < g->n_steps; i++)
		if (strcmp(g->steps[i].type, "send_email") == 0 &&
		    read_template(c, t, g->steps[i].config, fault_r) != 0)
			return -1;
	return 0;
}

/* ---- what the automation names ------------------------------------------- */

static void
note_id(struct copy *c, int64_t id)
{
	if (c->n_ids == c->room) {
		int wider = c->room == 0 ? 64 : 2 * c->room;
		int64_t *ids =
		    arena_alloc(c->arena, (size_t)wider * sizeof(*ids));
		if (c->n_ids > 0)
			memcpy(ids, c->ids, (size_t)c->n_ids * sizeof(*ids));
		c->ids = ids;
		c->room = wider;
	}
	c->ids[c->n_ids++] = id;
}

/* Every id that a config says, in whatever field. */
static void
note_ids(struct copy *c, const json_t *v)
{
	const char *text = json_string_value(v), *key;
	json_t *item;
	size_t i;
	int64_t id;
	if (text != NULL &&
	    (id_from_uuid(text, &id) == 1 || id_from_hex(text, &id) == 1))
		note_id(c, id);
	json_array_foreach (v, i, item)
		note_ids(c, item);
	json_object_foreach ((json_t *)v, key, item)
		note_ids(c, item);
}

static int
by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static void
note_segments(struct copy *c, const struct list *list)
{
	const struct segment *all = list->items;
	for (int i = 0; i < list->n; i++)
		note_id(c, all[i].id);
}

/* The ids that the automation says, those of the segments the contact is in,
 * and those of the segments it may come into by itself. */
static int
collect_ids(struct copy *c, struct txn *t, struct fault *fault_r)
{
	const struct page all = { .limit = INT32_MAX - 1 };
	const struct simulation *s = c->given;
	struct list computed;
	for (int i = 0; i < s->graph->n_steps; i++)
		note_ids(c, s->graph->steps[i].config);
	note_ids(c, s->graph->settings);
	for (int i = 0; i < s->n_segments; i++)
		note_id(c, s->segments[i]);
	if ((s->contact->id != 0 &&
		store_segments_of(t, c->arena, s->contact->id, &all, &c->mine,
		    fault_r) != 0) ||
	    store_segment_computed(t, c->arena, &computed, fault_r) != 0)
		return -1;
	note_segments(c, &c->mine);
	note_segments(c, &computed);
	return 0;
}

/* Puts them in order, which is that of making, each once. */
static void
sort_ids(struct copy *c)
{
	int n = 0;
	if (c->n_ids > 0)
		qsort(c->ids, (size_t)c->n_ids, sizeof(*c->ids), by_number);
	for (int i = 0; i < c->n_ids; i++)
		if (n == 0 || c->ids[n - 1] != c->ids[i])
			c->ids[n++] = c->ids[i];
	c->n_ids = n;
}

/* ---- segments and topics ------------------------------------------------- */

/* A topic with the contact's choice, if there is one of that id. */
static int
read_topic(struct copy *c, struct txn *t, int64_t id, struct fault *fault_r)
{
	struct topic_copy *to = &c->topics[c->n_topics];
	int64_t who = c->given->contact->id;
	int rc = store_topic_get(t, c->arena, id, &to->topic, fault_r);
	if (rc != 1)
		return rc;
	c->n_topics++;
	rc = who != 0 ? store_topic_wanted(t, who, id, fault_r) : 0;
	to->is_wanted = rc == 1;
	return rc < 0 ? -1 : 0;
}

/* What of the ids is a segment or a topic. */
static int
read_lists(struct copy *c, struct txn *t, struct fault *fault_r)
{
	size_t n = (size_t)c->n_ids + 1;
	c->segments = arena_alloc(c->arena, n * sizeof(*c->segments));
	c->topics = arena_alloc(c->arena, n * sizeof(*c->topics));
	for (int i = 0; i < c->n_ids; i++) {
		int rc = store_segment_get(t, c->arena, c->ids[i],
		    &c->segments[c->n_segments], fault_r);
		if (rc == 1)
			c->n_segments++;
		if (rc == 0)
			rc = read_topic(c, t, c->ids[i], fault_r);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int
read_suppression(struct copy *c, struct txn *t, struct fault *fault_r)
{
	const char *key = c->given->contact->email_key;
	int rc = store_suppression_by_key(t, c->arena, key, &c->suppression,
	    fault_r);
	c->is_suppressed = rc == 1;
	c->suppression.email_key = key;
	return rc < 0 ? -1 : 0;
}

/* What the contact has without what was given. */
static int
read_known(struct copy *c, struct txn *t, struct fault *fault_r)
{
	struct contact known;
	int rc = c->given->contact->id == 0
	    ? 0
	    : store_contact_by_id(t, c->arena, c->given->contact->id, &known,
		  fault_r);
	c->known = rc == 1 ? known.properties : NULL;
	return rc < 0 ? -1 : 0;
}

static int
read_all(struct copy *c, struct txn *t, struct fault *fault_r)
{
	if (read_templates(c, t, fault_r) != 0 ||
	    collect_ids(c, t, fault_r) != 0)
		return -1;
	sort_ids(c);
	return read_known(c, t, fault_r) != 0 ||
		read_lists(c, t, fault_r) != 0 ||
		read_suppression(c, t, fault_r) != 0
	    ? -1
	    : store_property_all(t, c->arena, &c->properties, fault_r);
}

/* ---- writing ------------------------------------------------------------- */

static int
write_templates(const struct copy *c, struct txn *t, struct fault *fault_r)
{
	for (int i = 0; i < c->n_templates; i++)
		if (store_template_insert(t, &c->templates[i], fault_r) != 0 ||
		    (c->templates[i].published != 0 &&
			store_version_put(t, &c->versions[i], fault_r) != 0))
			return -1;
	return 0;
}

static int
write_topics(const struct copy *c, struct txn *t, struct fault *fault_r)
{
	int64_t who = c->given->contact->id;
	for (int i = 0; i < c->n_topics; i++) {
		const struct topic_copy *from = &c->topics[i];
		if (store_topic_insert(t, &from->topic, fault_r) != 0 ||
		    (who != 0 &&
			store_topic_choose(t, who, from->topic.id,
			    from->is_wanted, fault_r) < 0))
			return -1;
	}
	return 0;
}

static int
write_lists(const struct copy *c, struct txn *t, struct fault *fault_r)
{
	const struct contact_property *properties = c->properties.items;
	for (int i = 0; i < c->n_segments; i++)
		if (store_segment_insert(t, &c->segments[i], fault_r) != 0)
			return -1;
	for (int i = 0; i < c->properties.n; i++)
		if (store_property_insert(t, &properties[i], fault_r) < 0)
			return -1;
	return write_topics(c, t, fault_r);
}

/* What was given of properties becomes what their definitions say. 0 or -1 */
static int
fit_properties(const struct copy *c, struct contact *who, struct fault *fault_r)
{
	const struct contact_property *all = c->properties.items;
	json_t *types = json_object();
	for (int i = 0; i < c->properties.n; i++)
		json_object_set_new(types, all[i].key,
		    json_integer((json_int_t)all[i].type));
	int rc = property_fit_all(c->arena, types, c->known, &who->properties,
	    fault_r);
	json_decref(types);
	return rc;
}

/* The contact, unless the first event is to make it. */
static int
write_contact(const struct copy *c, struct txn *t, struct fault *fault_r)
{
	struct contact who = *c->given->contact;
	const struct segment *mine = c->mine.items;
	if (who.id == 0)
		who.id = txn_new_id(t, 1);
	if (fit_properties(c, &who, fault_r) != 0 ||
	    store_contact_insert(t, &who, fault_r) != 0 ||
	    (c->is_suppressed &&
		store_suppression_insert(t, &c->suppression, fault_r) != 0))
		return -1;
	for (int i = 0; i < c->mine.n; i++)
		if (store_member_insert(t, mine[i].id, who.id, fault_r) < 0)
			return -1;
	for (int i = 0; i < c->given->n_segments; i++)
		if (store_member_insert(t, c->given->segments[i], who.id,
			fault_r) < 0)
			return -1;
	return 0;
}

static int
copy_run(struct txn *t, struct work *w)
{
	const struct copy *c = container_of(w, struct copy, work);
	return write_templates(c, t, &w->fault) != 0 ||
		write_lists(c, t, &w->fault) != 0 ||
		write_contact(c, t, &w->fault) != 0
	    ? -1
	    : 0;
}

int
simulate_copy(struct txn *real, struct store *scratch, struct arena *a,
    const struct simulation *given, struct fault *fault_r)
{
	struct copy c = { .work.run = copy_run, .given = given, .arena = a };
	if (read_all(&c, real, fault_r) != 0)
		return -1;
	if (store_run_now(scratch, &c.work) == 0)
		return 0;
	*fault_r = c.work.fault;
	return -1;
}

/* ---- the past -------------------------------------------------------------
 */

/* Its status, which is all that is asked of it; unless there it is no more. 0
 * or -1. */
static int
add_past(struct past *p, struct txn *t, int64_t id, struct fault *fault_r)
{
	struct run r;
	for (int i = 0; i < p->n_runs; i++)
		if (p->runs[i].id == id)
			return 0;
	struct arena *a = arena_new();
	int rc = store_run_get(t, a, id, &r, fault_r);
	if (rc == 1)
		p->runs[p->n_runs++] = (struct run){ .id = id,
			.contact = p->contact,
			.status = r.status };
	arena_free(a);
	return rc < 0 ? -1 : 0;
}

int
simulate_read_past(struct txn *t, struct arena *a, const struct simulation *s,
    struct past *p, struct fault *fault_r)
{
	enum { ENTRIES_MAX = 200 };
	int64_t who = s->contact->id, last = 0, live = 0;
	*p = (struct past){ .contact = who };
	if (who == 0 || s->automation == 0)
		return 0;
	if (store_entry_list(t, a, who, s->automation, ENTRIES_MAX, &p->entries,
		fault_r) != 0 ||
	    store_run_last(t, who, s->automation, &last, fault_r) < 0 ||
	    store_run_last_live(t, who, s->automation, &live, fault_r) < 0)
		return -1;
	const struct run_entry *entries = p->entries.items;
	p->runs = arena_alloc(a, ((size_t)p->entries.n + 2) * sizeof(*p->runs));
	for (int i = 0; i < p->entries.n; i++)
		if (add_past(p, t, entries[i].run, fault_r) != 0)
			return -1;
	return (last != 0 && add_past(p, t, last, fault_r) != 0) ||
		(live != 0 && add_past(p, t, live, fault_r) != 0)
	    ? -1
	    : 0;
}

int
simulate_write_past(struct txn *t, const struct past *p,
    const struct automation *m, struct fault *fault_r)
{
	const struct run_entry *entries = p->entries.items;
	for (int i = 0; i < p->n_runs; i++) {
		struct run r = p->runs[i];
		r.automation = m->num;
		r.version = m->version;
		if (store_run_insert(t, &r, fault_r) != 0)
			return -1;
	}
	for (int i = 0; i < p->entries.n; i++)
		if (store_entry_put(t, p->contact, m->num, entries[i].key,
			entries[i].run, fault_r) != 0)
			return -1;
	return 0;
}

/* ---- changes ------------------------------------------------------------- */

int
simulate_change(struct arena *a, struct contact *c, const json_t *fields,
    struct fault *fault_r)
{
	json_t *properties;
	const char *text;
	bool flag;
	if (json_get_string(fields, "first_name", &text, fault_r) < 0)
		return -1;
	if (json_object_get(fields, "first_name") != NULL)
		c->first_name = text;
	if (json_get_string(fields, "last_name", &text, fault_r) < 0)
		return -1;
	if (json_object_get(fields, "last_name") != NULL)
		c->last_name = text;
	int rc = json_get_bool(fields, "unsubscribed", &flag, fault_r);
	if (rc < 0)
		return -1;
	if (rc == 1)
		c->unsubscribed = flag;
	rc = json_get_object(fields, "properties", &properties, fault_r);
	return rc == 1
	    ? properties_merge(a, properties, &c->properties, fault_r)
	    : rc;
}
