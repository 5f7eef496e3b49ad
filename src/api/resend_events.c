/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events in: one, or up to a thousand in a batch; and what may be in them.
 */
#include <string.h>

#include "api/batch.h"
#include "api/call.h"
#include "base/id.h"
#include "base/json.h"
#include "engine/engine.h"
#include "model/event.h"
#include "model/schema.h"
#include "store/events.h"

enum { BATCH_BODY_MAX = 8 << 20 };

static int
send_parse(struct call *c, struct fault *fault_r)
{
	struct event *e = c->input = arena_alloc(c->arena, sizeof(*e));
	return event_from_json(c->arena, c->body, false, e, fault_r);
}

static int
send_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct accepted a;
	if (engine_accept(c->api->engine, t, c->arena, c->input, c->now_ms, &a,
		fault_r) != 0)
		return -1;
	c->status = 202;
	event_accepted_json(&c->out, ((struct event *)c->input)->name, a.event,
	    a.duplicate);
	return 0;
}

/* ---- batches ----------------------------------------------------------- */

static int
read_item(struct call *c, const json_t *body, void *item, struct fault *fault_r)
{
	return event_from_json(c->arena, body, false, item, fault_r);
}

static int
write_item(struct call *c, struct txn *t, const void *item,
    struct fault *fault_r)
{
	struct event e = *(const struct event *)item;
	struct accepted a;
	if (engine_accept(c->api->engine, t, c->arena, &e, c->now_ms, &a,
		fault_r) != 0)
		return -1;
	event_accepted_json(&c->out, e.name, a.event, a.duplicate);
	return 0;
}

static const struct batch_kind events = { .plural = "events",
	.max = 1000,
	.item_size = sizeof(struct event),
	.status = 202,
	.read = read_item,
	.write = write_item };

static int
send_batch_parse(struct call *c, struct fault *fault_r)
{
	return batch_parse(c, &events, fault_r);
}

static int
send_batch_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	return batch_run(c, t, &events, fault_r);
}

/* ---- definitions ------------------------------------------------------- */

/* The schema a body gives, as text; NULL for null or none. 0 or -1. */
static int
read_schema(struct call *c, const char **schema_r, struct fault *fault_r)
{
	json_t *schema;
	int rc = json_get_object(c->body, "schema", &schema, fault_r);
	*schema_r = NULL;
	if (rc <= 0)
		return rc;
	if (schema_check(schema, fault_r) != 0)
		return -1;
	*schema_r = json_text(c->arena, schema);
	return 0;
}

static int
define_parse(struct call *c, struct fault *fault_r)
{
	struct definition *d = c->input = arena_alloc(c->arena, sizeof(*d));
	if (call_need_object(c, fault_r) != 0 ||
	    json_need_string(c->body, "name", &d->name, fault_r) != 0 ||
	    event_check_name(d->name, "name", false, fault_r) != 0)
		return -1;
	return read_schema(c, &d->schema, fault_r);
}

static int
define_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct definition d = *(const struct definition *)c->input;
	d.id = txn_new_id(t, c->now_ms);
	int rc = store_definition_insert(t, &d, fault_r);
	if (rc == 0)
		fault(fault_r, FAULT_INVALID,
		    "The event `%.100s` is defined already.", d.name);
	return rc != 1 ? -1 : call_object(c, 201, "event", d.id, NULL);
}

static json_t *
definition_json(const void *item)
{
	const struct definition *d = item;
	return json_pack("{s:o, s:s, s:o, s:o, s:o}", "id", json_id(d->id),
	    "name", d->name, "schema", json_text_value(d->schema), "created_at",
	    json_time(id_time_ms(d->id)), "updated_at",
	    json_time(d->updated_ms));
}

static int
definitions_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct list list;
	if (store_definition_list(t, c->arena, &c->page, &list, fault_r) != 0)
		return -1;
	return call_list(c, &list, sizeof(struct definition), definition_json);
}

/* By id, or else by name: a name may look like an id. */
static int
find_definition(struct call *c, struct txn *t, struct definition *d,
    struct fault *fault_r)
{
	int64_t id;
	int rc = 0;
	if (call_id(c, 0, "Event", &id, fault_r) == 0)
		rc = store_definition_get(t, c->arena, id, d, fault_r);
	if (rc == 0)
		rc = store_definition_by_name(t, c->arena, c->params[0], d,
		    fault_r);
	return rc == 0 ? not_found(fault_r, "Event") : rc == 1 ? 0 : -1;
}

static int
definition_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct definition d;
	if (find_definition(c, t, &d, fault_r) != 0)
		return -1;
	json_t *o = definition_json(&d);
	json_object_set_new(o, "object", json_string("event"));
	return call_json(c, 200, o);
}

static int
redefine_parse(struct call *c, struct fault *fault_r)
{
	struct definition *d = c->input = arena_alloc(c->arena, sizeof(*d));
	if (call_need_object(c, fault_r) != 0)
		return -1;
	if (json_object_get(c->body, "name") != NULL)
		return fault(fault_r, FAULT_INVALID,
		    "The `name` of an event cannot be changed.");
	if (json_object_get(c->body, "schema") == NULL)
		return fault(fault_r, FAULT_MISSING, "Missing `schema` field.");
	return read_schema(c, &d->schema, fault_r);
}

static int
redefine_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct definition d;
	if (find_definition(c, t, &d, fault_r) != 0)
		return -1;
	d.schema = ((const struct definition *)c->input)->schema;
	d.updated_ms = c->now_ms;
	if (store_definition_update(t, &d, fault_r) != 0)
		return -1;
	return call_object(c, 200, "event", d.id, NULL);
}

static int
undefine_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct definition d;
	if (find_definition(c, t, &d, fault_r) != 0 ||
	    store_definition_delete(t, d.id, fault_r) < 0)
		return -1;
	return call_object(c, 200, "event", d.id,
	    json_pack("{s:b}", "deleted", 1));
}

static const struct json_name define_fields[] = { { "name" }, { "schema" },
	{ NULL } };
static const struct json_name redefine_fields[] = { { "schema" }, { NULL } };

const struct route routes_events[] = {
	{ "POST", "/events/send", send_run,
	    ROUTE_WRITE | ROUTE_SENDING | ROUTE_BODY | ROUTE_EVENT, send_parse,
	    .fields = event_body_names },
	{ "POST", "/events/send/batch", send_batch_run,
	    ROUTE_WRITE | ROUTE_SENDING | ROUTE_BODY | ROUTE_EVENT,
	    send_batch_parse, NULL, BATCH_BODY_MAX,
	    .fields = event_body_names },
	{ "POST", "/events", define_run, ROUTE_WRITE | ROUTE_BODY, define_parse,
	    .fields = define_fields },
	{ "GET", "/events", definitions_run, ROUTE_READ, call_parse_page },
	{ "GET", "/events/:event", definition_run, ROUTE_READ },
	{ "PATCH", "/events/:event", redefine_run, ROUTE_WRITE | ROUTE_BODY,
	    redefine_parse, .fields = redefine_fields },
	{ "DELETE", "/events/:event", undefine_run, ROUTE_WRITE }, { NULL }
};
