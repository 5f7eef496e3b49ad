/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contacts by id or address. Below /audiences/{id} are the paths that older
 * clients know: the same contacts, who are everybody's.
 */
#include <string.h>

#include "api/call.h"
#include "api/contact_body.h"
#include "api/contact_json.h"
#include "api/find.h"
#include "base/id.h"
#include "engine/engine.h"
#include "model/contact.h"
#include "store/contacts.h"
#include "store/segments.h"

/* Where the contact stands in the path: behind the audience, if one is. */
static int
contact_param(const struct call *c)
{
	return c->params[1] != NULL;
}

/* The segments a body names must be there. */
static int
check_segments(struct call *c, struct txn *t, const struct contact_body *in,
    struct fault *fault_r)
{
	struct segment s;
	for (int i = 0; i < in->n_segments; i++) {
		int rc = store_segment_get(t, c->arena, in->segments[i], &s,
		    fault_r);
		if (rc != 1)
			return rc == 0 ? not_found(fault_r, "Audience") : -1;
	}
	return 0;
}

/* ---- writing ----------------------------------------------------------- */

static int
insert(struct call *c, struct txn *t, const struct contact_body *in,
    struct contact *contact, struct fault *fault_r)
{
	const struct cause asked = { 0 };
	*contact = (struct contact){ .email = in->c.email,
		.email_key = in->c.email_key };
	if (contact_body_merge(c, in, contact, fault_r) != 0 ||
	    engine_contact_create(c->api->engine, t, c->arena, contact,
		in->segments, in->n_segments, &asked, c->now_ms, fault_r) < 0)
		return -1;
	return topic_choices_set(c, t, contact->id, in->topics, in->n_topics,
	    fault_r);
}

/* Writes what the body says of a contact that is there. */
static int
change(struct call *c, struct txn *t, const struct contact_body *in,
    const struct contact *before, struct contact *after, struct fault *fault_r)
{
	const struct cause asked = { 0 };
	struct engine *e = c->api->engine;
	if (contact_body_merge(c, in, after, fault_r) != 0 ||
	    engine_contact_update(e, t, c->arena, before, after, &asked,
		c->now_ms, fault_r) < 0)
		return -1;
	for (int i = 0; i < in->n_segments; i++)
		if (engine_segment_set(e, t, c->arena, after->id,
			in->segments[i], true, &asked, c->now_ms, fault_r) < 0)
			return -1;
	return topic_choices_set(c, t, after->id, in->topics, in->n_topics,
	    fault_r);
}

/* Whom the address belongs to already is changed; also the audience of the
 * path, if one is, has the contact then. */
static int
create_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct contact_body in = *(const struct contact_body *)c->input;
	struct contact before, after;
	struct segment audience;
	if (c->params[0] != NULL) {
		if (find_segment(c, t, 0, &audience, fault_r) != 0)
			return -1;
		int64_t *all = arena_alloc(c->arena,
		    (size_t)(in.n_segments + 1) * sizeof(*all));
		if (in.n_segments > 0)
			memcpy(all, in.segments,
			    (size_t)in.n_segments * sizeof(*all));
		all[in.n_segments++] = audience.id;
		in.segments = all;
	}
	if (check_segments(c, t, &in, fault_r) != 0)
		return -1;
	int rc =
	    store_contact_by_key(t, c->arena, in.c.email_key, &before, fault_r);
	if (rc < 0)
		return -1;
	after = before;
	rc = rc == 0 ? insert(c, t, &in, &after, fault_r)
		     : change(c, t, &in, &before, &after, fault_r);
	return rc != 0 ? -1 : call_object(c, 201, "contact", after.id, NULL);
}

static int
update_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct contact_body *in = c->input;
	struct contact before;
	if (find_contact(c, t, contact_param(c), &before, fault_r) != 0 ||
	    check_segments(c, t, in, fault_r) != 0)
		return -1;
	struct contact after = before;
	if (in->c.email_key != NULL) {
		after.email = in->c.email;
		after.email_key = in->c.email_key;
	}
	if (change(c, t, in, &before, &after, fault_r) != 0)
		return -1;
	return call_object(c, 200, "contact", after.id, NULL);
}

static int
remove_contact(struct call *c, struct txn *t, int64_t id, struct fault *fault_r)
{
	const struct cause asked = { 0 };
	return engine_contact_delete(c->api->engine, t, c->arena, id, &asked,
		   c->now_ms, fault_r) < 0
	    ? -1
	    : 0;
}

static int
delete_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct contact contact;
	if (find_contact(c, t, 0, &contact, fault_r) != 0 ||
	    remove_contact(c, t, contact.id, fault_r) != 0)
		return -1;
	return call_object(c, 200, "contact", contact.id,
	    json_pack("{s:o, s:b}", "contact", json_id(contact.id), "deleted",
		1));
}

/* The older path says what it was given, and is content with anything. */
static int
delete_legacy_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct contact contact;
	int rc = find_contact(c, t, 1, &contact, fault_r);
	if (rc == 0)
		rc = remove_contact(c, t, contact.id, fault_r);
	else if (fault_r->kind == FAULT_NOT_FOUND)
		rc = 0;
	if (rc != 0)
		return -1;
	return call_json(c, 200,
	    json_pack("{s:s, s:s, s:s, s:b}", "object", "contact", "id",
		c->params[1], "contact", c->params[1], "deleted", 1));
}

/* ---- reading ----------------------------------------------------------- */

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct contact contact;
	if (find_contact(c, t, contact_param(c), &contact, fault_r) != 0)
		return -1;
	return call_json(c, 200, contact_json(&contact));
}

/* Which segment the list is of: of the path, or the query. */
static int
list_parse(struct call *c, struct fault *fault_r)
{
	const char *segment = http_query_get(c->req, "segment_id");
	if (c->params[0] == NULL && segment != NULL)
		c->params[0] = arena_strdup(c->arena, segment);
	return call_parse_whole(c, fault_r);
}

static int
list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct list list;
	struct segment s;
	if (c->params[0] == NULL) {
		if (store_contact_list(t, c->arena, &c->page, &list, fault_r) !=
		    0)
			return -1;
	} else if (find_segment(c, t, 0, &s, fault_r) != 0 ||
	    store_member_list(t, c->arena, s.id, &c->page, &list, fault_r) !=
		0) {
		return -1;
	}
	return call_list(c, &list, sizeof(struct contact),
	    contact_summary_json);
}

static const struct json_name fields[] = { { "email" }, { "first_name" },
	{ "last_name" }, { "unsubscribed" }, { "properties" }, { "segments" },
	{ "topics", NULL, choice_names }, { NULL } };

const struct route routes_contacts[] = {
	{ "POST", "/contacts", create_run, ROUTE_WRITE | ROUTE_BODY,
	    contact_body_parse_new, .fields = fields },
	{ "GET", "/contacts", list_run, ROUTE_READ, list_parse },
	{ "GET", "/contacts/:id", get_run, ROUTE_READ },
	{ "PATCH", "/contacts/:id", update_run, ROUTE_WRITE | ROUTE_BODY,
	    contact_body_parse, .fields = fields },
	{ "DELETE", "/contacts/:id", delete_run, ROUTE_WRITE },
	{ "GET", "/segments/:id/contacts", list_run, ROUTE_READ, list_parse },
	{ "POST", "/audiences/:id/contacts", create_run,
	    ROUTE_WRITE | ROUTE_BODY, contact_body_parse_new,
	    .fields = fields },
	{ "GET", "/audiences/:id/contacts", list_run, ROUTE_READ, list_parse },
	{ "GET", "/audiences/:id/contacts/:contact", get_run, ROUTE_READ },
	{ "PATCH", "/audiences/:id/contacts/:contact", update_run,
	    ROUTE_WRITE | ROUTE_BODY, contact_body_parse, .fields = fields },
	{ "DELETE", "/audiences/:id/contacts/:contact", delete_legacy_run,
	    ROUTE_WRITE },
	{ NULL }
};
