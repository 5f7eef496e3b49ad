/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/simulate_copy.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/json.h"
#include "model/automation.h"
#include "model/contact.h"
#include "model/mail_template.h"
#include "store/contacts.h"
#include "store/properties.h"
#include "store/segments.h"
#include "store/store.h"
#include "store/templates.h"

enum { LISTED_MAX = 1000 };

/* What is copied, read from the real store. */
struct copy {
	struct work work;
	const struct simulation *given;
	struct arena *arena;
	struct mail_template *templates;
	struct mail_version *versions;
	int n_templates;
	struct list segments, mine, topics, properties;
	bool *wants; /* of topics: the contact takes it */
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

static int
read_all(struct copy *c, struct txn *t, struct fault *fault_r)
{
	const struct page all = { .limit = LISTED_MAX };
	int64_t who = c->given->contact->id;
	if (read_templates(c, t, fault_r) != 0 ||
	    store_segment_list(t, c->arena, &all, &c->segments, fault_r) != 0 ||
	    store_topic_list(t, c->arena, &all, &c->topics, fault_r) != 0 ||
	    store_property_all(t, c->arena, &c->properties, fault_r) != 0)
		return -1;
	if (who == 0)
		return 0;
	const struct topic *topics = c->topics.items;
	c->wants = arena_alloc(c->arena, (size_t)c->topics.n + 1);
	for (int i = 0; i < c->topics.n; i++) {
		int rc = store_topic_wanted(t, who, topics[i].id, fault_r);
		if (rc < 0)
			return -1;
		c->wants[i] = rc == 1;
	}
	return store_segments_of(t, c->arena, who, &all, &c->mine, fault_r);
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
write_lists(const struct copy *c, struct txn *t, struct fault *fault_r)
{
	const struct segment *segments = c->segments.items;
	const struct contact_property *properties = c->properties.items;
	const struct topic *topics = c->topics.items;
	for (int i = 0; i < c->segments.n; i++)
		if (store_segment_insert(t, &segments[i], fault_r) != 0)
			return -1;
	for (int i = 0; i < c->properties.n; i++)
		if (store_property_insert(t, &properties[i], fault_r) < 0)
			return -1;
	for (int i = 0; i < c->topics.n; i++)
		if (store_topic_insert(t, &topics[i], fault_r) != 0 ||
		    (c->wants != NULL &&
			store_topic_choose(t, c->given->contact->id,
			    topics[i].id, c->wants[i], fault_r) < 0))
			return -1;
	return 0;
}

/* The contact, unless the first event is to make it. */
static int
write_contact(const struct copy *c, struct txn *t, struct fault *fault_r)
{
	struct contact who = *c->given->contact;
	const struct segment *mine = c->mine.items;
	if (who.id == 0)
		who.id = txn_new_id(t, 1);
	if (store_contact_insert(t, &who, fault_r) != 0)
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

/* ---- changes ------------------------------------------------------------- */

/* Properties over those there are; null removes one. */
static void
change_properties(struct arena *a, struct contact *c, const json_t *fields)
{
	struct fault ignored;
	json_t *old = c->properties == NULL
	    ? NULL
	    : json_parse(a, c->properties, strlen(c->properties), &ignored);
	json_t *mixed = old != NULL ? json_copy(old) : json_object();
	const char *key;
	json_t *v;
	json_object_foreach ((json_t *)fields, key, v) {
		if (json_is_null(v))
			json_object_del(mixed, key);
		else
			json_object_set(mixed, key, v);
	}
	c->properties =
	    json_object_size(mixed) > 0 ? json_text(a, mixed) : NULL;
	json_decref(mixed);
}

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
	if (rc == 1)
		change_properties(a, c, properties);
	return rc < 0 ? -1 : 0;
}
