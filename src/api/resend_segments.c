/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Segments, and which ones a contact is in. Older clients call them audiences,
 * by a path of its own.
 */
#include <string.h>

#include "api/call.h"
#include "api/find.h"
#include "base/id.h"
#include "base/json.h"
#include "base/json_names.h"
#include "engine/engine.h"
#include "model/contact.h"
#include "model/rule.h"
#include "store/segments.h"

enum { SEGMENT_NAME_MAX = 255 };

/* What the answer calls it: by the path that was asked. */
static const char *
object_name(const struct call *c)
{
	static const char old[] = "/audiences";
	return strncmp(c->route->pattern, old, sizeof(old) - 1) == 0
	    ? "audience"
	    : "segment";
}

static json_t *
segment_json(const void *item)
{
	const struct segment *s = item;
	return json_pack("{s:o, s:s, s:o, s:o}", "id", json_id(s->id), "name",
	    s->name, "filter", json_text_value(s->filter), "created_at",
	    json_time(id_time_ms(s->id)));
}

static int
create_parse(struct call *c, struct fault *fault_r)
{
	struct segment *s = c->input = arena_alloc(c->arena, sizeof(*s));
	struct json_place body = { .of = "", .fault_r = fault_r };
	json_t *filter;
	if (call_need_object(c, fault_r) != 0 ||
	    call_need_line(c, "name", SEGMENT_NAME_MAX, &s->name, fault_r) != 0)
		return -1;
	int rc = json_get_object(c->body, "filter", &filter, fault_r);
	if (rc <= 0)
		return rc;
	if (rule_check_names(&body, c->body, "filter") != 0)
		return -1;
	if (engine_check_filter(filter, fault_r) != 0)
		return fault_at(fault_r, "`filter`");
	s->filter = json_text(c->arena, filter);
	return 0;
}

static int
create_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct segment s = *(const struct segment *)c->input;
	if (engine_segment_create(c->api->engine, t, &s, c->now_ms, fault_r) !=
	    0)
		return -1;
	return call_object(c, 201, object_name(c), s.id,
	    json_pack("{s:s}", "name", s.name));
}

static int
list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct list list;
	if (store_segment_list(t, c->arena, &c->page, &list, fault_r) != 0)
		return -1;
	return call_list(c, &list, sizeof(struct segment), segment_json);
}

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct segment s;
	if (find_segment(c, t, 0, &s, fault_r) != 0)
		return -1;
	json_t *o = segment_json(&s);
	json_object_set_new(o, "object", json_string(object_name(c)));
	return call_json(c, 200, o);
}

static int
update_parse(struct call *c, struct fault *fault_r)
{
	const char *name;
	if (call_need_object(c, fault_r) != 0 ||
	    call_need_line(c, "name", SEGMENT_NAME_MAX, &name, fault_r) != 0)
		return -1;
	c->input = (void *)name;
	return 0;
}

static int
update_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct segment s;
	if (find_segment(c, t, 0, &s, fault_r) != 0)
		return -1;
	s.name = c->input;
	if (store_segment_update(t, &s, fault_r) != 0)
		return -1;
	return call_object(c, 200, object_name(c), s.id, NULL);
}

/* Also of what never was: it is not there any more. */
static int
delete_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	int64_t id = 0;
	if (call_id(c, 0, "Audience", &id, fault_r) == 0) {
		if (engine_segment_delete(c->api->engine, t, id, c->now_ms,
			fault_r) < 0)
			return -1;
	} else if (fault_r->kind != FAULT_NOT_FOUND) {
		return -1;
	}
	return call_json(c, 200,
	    json_pack("{s:s, s:o, s:b}", "object", object_name(c), "id",
		id != 0 ? json_id(id) : json_string(c->params[0]), "deleted",
		1));
}

/* ---- of a contact ------------------------------------------------------ */

static int
of_contact_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct contact contact;
	struct list list;
	if (find_contact(c, t, 0, &contact, fault_r) != 0 ||
	    store_segments_of(t, c->arena, contact.id, &c->page, &list,
		fault_r) != 0)
		return -1;
	return call_list(c, &list, sizeof(struct segment), segment_json);
}

/* Puts the contact of the path into the segment of the path, or takes it
 * out. */
static int
set_member(struct call *c, struct txn *t, bool is_member,
    struct contact *contact, struct segment *s, struct fault *fault_r)
{
	const struct cause asked = { 0 };
	if (find_contact(c, t, 0, contact, fault_r) != 0 ||
	    find_segment(c, t, 1, s, fault_r) != 0)
		return -1;
	return engine_segment_set(c->api->engine, t, c->arena, contact->id,
		   s->id, is_member, &asked, c->now_ms, fault_r) < 0
	    ? -1
	    : 0;
}

static int
join_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct contact contact;
	struct segment s;
	if (set_member(c, t, true, &contact, &s, fault_r) != 0)
		return -1;
	return call_object(c, 200, "contact_segment", s.id,
	    json_pack("{s:o, s:o}", "contact_id", json_id(contact.id),
		"segment_id", json_id(s.id)));
}

/* The names two generations of clients look for. */
static int
leave_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct contact contact;
	struct segment s;
	if (set_member(c, t, false, &contact, &s, fault_r) != 0)
		return -1;
	return call_object(c, 200, "contact_segment", contact.id,
	    json_pack("{s:o, s:o, s:o, s:b}", "audienceId", json_id(s.id),
		"contact_id", json_id(contact.id), "segment_id", json_id(s.id),
		"deleted", 1));
}

static const struct json_name fields[] = { { "name" }, { "filter" }, { NULL } };
static const struct json_name update_fields[] = { { "name" }, { NULL } };

const struct route routes_segments[] = { { "POST", "/segments", create_run,
					     ROUTE_WRITE | ROUTE_BODY,
					     create_parse, .fields = fields },
	{ "GET", "/segments", list_run, ROUTE_READ, call_parse_whole },
	{ "GET", "/segments/:id", get_run, ROUTE_READ },
	{ "PATCH", "/segments/:id", update_run, ROUTE_WRITE | ROUTE_BODY,
	    update_parse, .fields = update_fields },
	{ "DELETE", "/segments/:id", delete_run, ROUTE_WRITE },
	{ "POST", "/audiences", create_run, ROUTE_WRITE | ROUTE_BODY,
	    create_parse, .fields = fields },
	{ "GET", "/audiences", list_run, ROUTE_READ, call_parse_whole },
	{ "GET", "/audiences/:id", get_run, ROUTE_READ },
	{ "PATCH", "/audiences/:id", update_run, ROUTE_WRITE | ROUTE_BODY,
	    update_parse, .fields = update_fields },
	{ "DELETE", "/audiences/:id", delete_run, ROUTE_WRITE },
	{ "GET", "/contacts/:contact/segments", of_contact_run, ROUTE_READ,
	    call_parse_whole },
	{ "POST", "/contacts/:contact/segments/:id", join_run, ROUTE_WRITE },
	{ "DELETE", "/contacts/:contact/segments/:id", leave_run, ROUTE_WRITE },
	{ NULL } };
