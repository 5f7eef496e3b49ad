/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an automation would do: POST /automations/{id}/simulate for one that
 * there is, POST /automations/simulate for one in the body.
 */
#include "engine/simulate.h"

#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/contact_body.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "engine/engine.h"
#include "engine/entry.h"
#include "model/address.h"
#include "model/automation.h"
#include "model/contact.h"
#include "model/duration.h"
#include "model/event.h"
#include "store/automations.h"
#include "store/contacts.h"

#define YEAR_MS    (INT64_C(365) * 24 * 3600 * 1000)
#define DEFAULT_MS (INT64_C(90) * 24 * 3600 * 1000)

struct simulate_input {
	struct simulation sim;
	struct contact contact; /* as far as it is known */
	int64_t contact_id;     /* 0: not said */
	const json_t *fields;   /* of the contact; or NULL */
};

/* ---- reading ------------------------------------------------------------- */

static int
read_payload(struct call *c, const json_t *o, const char **text_r,
    struct fault *fault_r)
{
	json_t *payload;
	int rc = json_get_object(o, "payload", &payload, fault_r);
	if (rc == 1)
		*text_r = json_text(c->arena, payload);
	return rc < 0 ? -1 : 0;
}

/* What would be refused of a contact is refused here. */
static int
check_fields(const json_t *o, struct fault *fault_r)
{
	struct contact_body ignored = { 0 };
	return contact_fields_read(o, &ignored, fault_r);
}

/* An event's name that an app may send. 1, 0 absent, -1 */
static int
read_event(const json_t *o, const char **name_r, struct fault *fault_r)
{
	int rc = json_get_string(o, "event", name_r, fault_r);
	return rc == 1 &&
		event_check_name(*name_r, "event", false, fault_r) != 0
	    ? -1
	    : rc;
}

/* Who it is: contact_id, email, or contact with an email and fields. */
static int
read_contact(struct call *c, struct simulate_input *in, struct fault *fault_r)
{
	const char *id, *email;
	json_t *o;
	int by_id = json_get_string(c->body, "contact_id", &id, fault_r);
	int by_email = json_get_string(c->body, "email", &email, fault_r);
	int by_fields = json_get_object(c->body, "contact", &o, fault_r);
	if (by_id < 0 || by_email < 0 || by_fields < 0)
		return -1;
	if (by_id + by_email + by_fields != 1)
		return fault(fault_r, FAULT_INVALID,
		    "Give exactly one of `contact_id`, `email` and "
		    "`contact`.");
	if (by_id) {
		if (id_from_uuid(id, &in->contact_id) == 1 ||
		    id_from_hex(id, &in->contact_id) == 1)
			return 0;
		return fault(fault_r, FAULT_PARAMETER,
		    "The `contact_id` must be a valid UUID.");
	}
	if (by_fields) {
		int64_t *segments;
		if (json_need_string(o, "email", &email, fault_r) != 0 ||
		    check_fields(o, fault_r) != 0 ||
		    (in->sim.n_segments = entry_read_segments(c->arena, o,
			 &segments, fault_r)) < 0)
			return fault_at(fault_r, "`contact`");
		in->sim.segments = segments;
		in->fields = o;
	}
	in->contact.email = email;
	in->contact.email_key = address_key(c->arena, email, fault_r);
	return in->contact.email_key != NULL ? 0 : fault_at(fault_r, "`email`");
}

static int
read_later(struct call *c, const json_t *o, struct simulated *s,
    struct fault *fault_r)
{
	const char *after;
	json_t *changes;
	if (!json_is_object(o))
		return fault(fault_r, FAULT_INVALID, "must be an object.");
	if (json_need_string(o, "after", &after, fault_r) != 0 ||
	    duration_parse(after, YEAR_MS, &s->after_ms, fault_r) != 0 ||
	    read_event(o, &s->event, fault_r) < 0 ||
	    json_get_object(o, "contact", &changes, fault_r) < 0 ||
	    check_fields(changes, fault_r) != 0 ||
	    read_payload(c, o, &s->payload, fault_r) != 0)
		return -1;
	s->changes = changes;
	if (json_object_get(changes, "email") != NULL)
		return fault(fault_r, FAULT_INVALID,
		    "the `email` of the contact cannot change in a "
		    "simulation.");
	if ((s->event != NULL) == (changes != NULL))
		return fault(fault_r, FAULT_INVALID,
		    "give one of `event` and `contact`, the fields that "
		    "change.");
	return 0;
}

static int
by_time(const void *a, const void *b)
{
	const struct simulated *x = a, *y = b;
	return (x->after_ms > y->after_ms) - (x->after_ms < y->after_ms);
}

static int
read_events(struct call *c, struct simulation *s, struct fault *fault_r)
{
	json_t *list, *item;
	size_t i;
	int rc = json_get_array(c->body, "events", &list, fault_r);
	if (rc <= 0)
		return rc;
	if (json_array_size(list) > SIMULATED_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "`events` may have at most %d elements.", SIMULATED_MAX);
	s->later = arena_alloc(c->arena,
	    (json_array_size(list) + 1) * sizeof(*s->later));
	json_array_foreach (list, i, item)
		if (read_later(c, item, &s->later[s->n_later++], fault_r) != 0)
			return fault_at(fault_r, "events[%zu]", i);
	qsort(s->later, (size_t)s->n_later, sizeof(*s->later), by_time);
	return 0;
}

static int
simulate_parse(struct call *c, struct fault *fault_r)
{
	struct simulate_input *in = c->input =
	    arena_alloc(c->arena, sizeof(*in));
	const char *span;
	if (!json_is_object(c->body))
		return fault(fault_r, FAULT_INVALID,
		    "The body must be a JSON object.");
	in->sim.for_ms = DEFAULT_MS;
	if (read_contact(c, in, fault_r) != 0 ||
	    read_payload(c, c->body, &in->sim.payload, fault_r) != 0 ||
	    read_event(c->body, &in->sim.event, fault_r) < 0 ||
	    json_get_string(c->body, "for", &span, fault_r) < 0 ||
	    read_events(c, &in->sim, fault_r) < 0)
		return -1;
	if (span != NULL &&
	    duration_parse(span, YEAR_MS, &in->sim.for_ms, fault_r) != 0)
		return fault_at(fault_r, "`for`");
	return 0;
}

static int
given_parse(struct call *c, struct fault *fault_r)
{
	json_t *o;
	if (simulate_parse(c, fault_r) != 0)
		return -1;
	struct simulate_input *in = c->input;
	int rc = json_get_object(c->body, "automation", &o, fault_r);
	if (rc == 0)
		return fault(fault_r, FAULT_MISSING,
		    "Missing `automation` field.");
	if (rc < 0)
		return -1;
	const char *name;
	if (json_get_string(o, "name", &name, fault_r) < 0 ||
	    engine_check_written(c->arena, o, fault_r) != 0)
		return fault_at(fault_r, "`automation`");
	in->sim.name = name != NULL ? name : "simulated";
	in->sim.graph = graph_from_json(c->arena, o, fault_r);
	return in->sim.graph != NULL &&
		engine_check_graph(in->sim.graph, fault_r) == 0
	    ? 0
	    : -1;
}

/* ---- answering ------------------------------------------------------------
 */

static json_t *
row_json(const struct timeline *line, const struct simulated_row *r,
    int64_t began_ms)
{
	static const char *const kinds[] = { [SIM_EVENT] = "event",
		[SIM_CHANGE] = "change",
		[SIM_START] = "start",
		[SIM_STEP] = "step",
		[SIM_MAIL] = "mail",
		[SIM_END] = "end",
		[SIM_EXIT] = "exit",
		[SIM_NOTE] = "note" };
	char at[CLOCK_ISO_LEN], after[DURATION_TEXT_LEN];
	json_t *o = json_pack("{s:s, s:s, s:s}", "at", clock_iso(r->at_ms, at),
	    "after",
	    duration_text(r->at_ms > began_ms ? r->at_ms - began_ms : 0, after),
	    "kind", kinds[r->kind]);
	/* Another run than the first is named. */
	if (r->run != 0 && r->run != line->run.id)
		json_object_set_new(o, "run_id", json_id(r->run));
	if (r->step != NULL)
		json_object_set_new(o, "step", json_string(r->step));
	if (r->kind == SIM_STEP) {
		json_object_set_new(o, "type", json_string(r->type));
		json_object_set_new(o, "status",
		    json_string(step_status_name(r->status)));
	}
	if (r->text != NULL)
		json_object_set_new(o, "text", json_string(r->text));
	if (r->output != NULL)
		json_object_set_new(o, "output", json_text_value(r->output));
	if (r->kind == SIM_MAIL)
		json_object_set_new(o, "email",
		    json_pack("{s:s, s:s, s:s}", "from", r->from, "to", r->to,
			"subject", r->subject));
	return o;
}

static int
answer(struct call *c, const struct timeline *line)
{
	json_t *rows = json_array();
	for (int i = 0; i < line->n; i++)
		json_array_append_new(rows,
		    row_json(line, &line->rows[i], c->now_ms));
	json_t *run = line->run.id == 0
	    ? json_null()
	    : json_pack("{s:s, s:s?, s:s?, s:o}", "status",
		  run_status_name(line->run.status), "exit_reason",
		  line->run.reason, "waits_at", line->waits_at, "completed_at",
		  json_time(line->run.finished_ms));
	return call_json(c, 200,
	    json_pack("{s:s, s:o, s:o}", "object", "simulation", "run", run,
		"timeline", rows));
}

/* The contact of the request, with what is known of it and what is given. */
static int
find_contact(struct call *c, struct txn *t, struct simulate_input *in,
    struct contact *who, struct fault *fault_r)
{
	*who = in->contact;
	int rc = in->contact_id != 0
	    ? store_contact_by_id(t, c->arena, in->contact_id, who, fault_r)
	    : store_contact_by_key(t, c->arena, in->contact.email_key, who,
		  fault_r);
	if (rc < 0)
		return -1;
	if (rc == 0 && in->contact_id != 0)
		return not_found(fault_r, "Contact");
	if (in->fields == NULL)
		return 0;
	return simulate_change(c->arena, who, in->fields, fault_r);
}

static int
simulate(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct simulate_input *in = c->input;
	struct contact who;
	struct timeline line;
	if (find_contact(c, t, in, &who, fault_r) != 0)
		return -1;
	in->sim.contact = &who;
	return engine_simulate(c->api->engine, t, c->arena, &in->sim, c->now_ms,
		   &line, fault_r) == 0
	    ? answer(c, &line)
	    : -1;
}

static int
simulate_known_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct simulate_input *in = c->input;
	struct automation a;
	const char *text;
	int64_t id;
	if (call_id(c, 0, "Automation", &id, fault_r) != 0)
		return -1;
	int rc = store_automation_by_id(t, c->arena, id, &a, fault_r);
	if (rc != 1)
		return rc == 0 ? not_found(fault_r, "Automation") : -1;
	if (store_graph_get(t, c->arena, a.version, &text, fault_r) != 1)
		return -1;
	json_t *o = json_parse(c->arena, text, strlen(text), fault_r);
	in->sim.name = a.name;
	in->sim.automation = a.num;
	in->sim.graph =
	    o != NULL ? graph_from_json(c->arena, o, fault_r) : NULL;
	return in->sim.graph != NULL ? simulate(c, t, fault_r) : -1;
}

static const struct json_name contact_names[] = { { "email" }, { "first_name" },
	{ "last_name" }, { "unsubscribed" }, { "properties" },
	ENTRY_SEGMENT_WORDS, { NULL } };
static const struct json_name change_names[] = { { "first_name" },
	{ "last_name" }, { "unsubscribed" }, { "properties" }, { NULL } };
static const struct json_name later_names[] = { { "after" }, { "event" },
	{ "payload" }, { "contact", NULL, change_names }, { NULL } };
#define FIELDS \
	{ "contact_id" }, { "email" }, { "contact", NULL, contact_names }, \
	    { "event" }, { "payload" }, { "for" }, \
	    { "events", NULL, later_names }, \
	{ \
		NULL \
	}
static const struct json_name fields[] = { FIELDS };
static const struct json_name given_fields[] = { { "automation" }, FIELDS };

const struct route routes_simulate[] = {
	{ "POST", "/automations/simulate", simulate, ROUTE_COMPUTE | ROUTE_BODY,
	    given_parse, .fields = given_fields },
	{ "POST", "/automations/:id/simulate", simulate_known_run,
	    ROUTE_COMPUTE | ROUTE_BODY, simulate_parse, .fields = fields },
	{ NULL },
};
