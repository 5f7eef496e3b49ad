/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events in: one, or up to a thousand in a batch.
 */
#include <string.h>

#include "api/call.h"
#include "base/id.h"
#include "base/json.h"
#include "engine/engine.h"
#include "model/event.h"
#include "store/events.h"

enum { BATCH_MAX = 1000, BATCH_BODY_MAX = 8 << 20 };

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

/* Each element is an event or the fault that keeps it from being one. */
struct batch {
	size_t n;
	bool strict; /* all or nothing */
	struct batch_item {
		struct event event;
		struct fault fault;
	} * items;
};

static int
batch_parse(struct call *c, struct fault *fault_r)
{
	struct batch *b = c->input = arena_alloc(c->arena, sizeof(*b));
	json_t *item;
	size_t i;
	if (!json_is_array(c->body) || json_array_size(c->body) == 0 ||
	    json_array_size(c->body) > BATCH_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "The body must be an "
		    "array of 1 to %d events.",
		    BATCH_MAX);
	b->n = json_array_size(c->body);
	b->strict = c->batch_strict;
	b->items = arena_alloc(c->arena, b->n * sizeof(*b->items));
	json_array_foreach (c->body, i, item) {
		if (event_from_json(c->arena, item, false, &b->items[i].event,
			&b->items[i].fault) == 0)
			continue;
		if (b->strict) {
			*fault_r = b->items[i].fault;
			return fault_at(fault_r, "[%zu]", i);
		}
	}
	return 0;
}

static int
batch_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct batch *b = c->input;
	buf_str(&c->out, "{\"data\":[");
	for (size_t i = 0; i < b->n; i++) {
		const struct batch_item *item = &b->items[i];
		struct fault f = item->fault;
		struct accepted a;
		const char *name;
		if (i > 0)
			buf_char(&c->out, ',');
		if (f.kind == FAULT_NONE && txn_nested_begin(t, &f) == 0) {
			struct event e = item->event;
			int rc = engine_accept(c->api->engine, t, c->arena, &e,
			    c->now_ms, &a, &f);
			if (txn_nested_end(t, rc == 0, fault_r) != 0)
				return -1;
			if (rc == 0)
				event_accepted_json(&c->out, e.name, a.event,
				    a.duplicate);
		}
		if (f.kind == FAULT_UNAVAILABLE ||
		    (f.kind != FAULT_NONE && b->strict)) {
			*fault_r = f;
			return b->strict ? fault_at(fault_r, "[%zu]", i) : -1;
		}
		if (f.kind != FAULT_NONE) {
			int status = error_of_fault(&f, &name);
			error_body(&c->out, status, name, f.text);
		}
	}
	buf_str(&c->out, "]}");
	c->status = 202;
	return 0;
}

/* What an event led to: how many runs, or why none. */
static int
outcome_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct event e;
	enum event_outcome outcome;
	int64_t id;
	if (call_id(c, 0, "Event", &id, fault_r) != 0)
		return -1;
	int rc = store_event_get(t, c->arena, id, &e, &outcome, fault_r);
	if (rc != 1)
		return rc == 0 ? not_found(fault_r, "Event") : -1;
	return call_json(c, 200,
	    json_pack("{s:s, s:o, s:s, s:s, s:o, s:s?, s:o}", "object",
		"event_outcome", "event_id", json_id(e.id), "event", e.name,
		"outcome", event_outcome_name(outcome), "contact_id",
		json_id(e.contact), "email", e.email, "created_at",
		json_time(id_time_ms(e.id))));
}

const struct route routes_events[] = { { "GET", "/events/:id/outcome",
					   outcome_run, ROUTE_READ },
	{ "POST", "/events/send", send_run,
	    ROUTE_WRITE | ROUTE_SENDING | ROUTE_BODY, send_parse },
	{ "POST", "/events/send/batch", batch_run,
	    ROUTE_WRITE | ROUTE_SENDING | ROUTE_BODY, batch_parse, NULL,
	    BATCH_BODY_MAX },
	{ NULL } };
