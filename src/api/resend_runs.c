/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs: looked at, started by hand, cancelled, retried.
 */
#include <string.h>

#include "api/call.h"
#include "api/find.h"
#include "api/run_json.h"
#include "base/json.h"
#include "engine/engine.h"
#include "model/address.h"
#include "model/automation.h"
#include "model/contact.h"
#include "store/contacts.h"
#include "store/runs.h"

/* ---- looking ----------------------------------------------------------- */

static int
list_parse(struct call *c, struct fault *fault_r)
{
	unsigned *set = c->input = arena_alloc(c->arena, sizeof(*set));
	const char *query = http_query_get(c->req, "status");
	char *rest = arena_strdup(c->arena, query), *word;
	*set = query == NULL ? ~0u : 0;
	while (rest != NULL && (word = strsep(&rest, ",")) != NULL) {
		int status = run_status_find(word);
		if (status < 0)
			return fault(fault_r, FAULT_INVALID,
			    "The `status` must be a list of running, "
			    "completed, failed, cancelled.");
		*set |= 1u << status;
	}
	return call_parse_page(c, fault_r);
}

static int
list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct automation a;
	struct list list;
	if (find_automation(c, t, 0, &a, fault_r) != 0 ||
	    store_run_list(t, c->arena, a.num, *(unsigned *)c->input, &c->page,
		&list, fault_r) != 0)
		return -1;
	return call_list(c, &list, sizeof(struct run), run_summary_json);
}

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct automation a;
	struct run r;
	if (find_automation(c, t, 0, &a, fault_r) != 0 ||
	    find_run(c, t, 1, &a, &r, fault_r) != 0)
		return -1;
	json_t *o = run_json(c, t, &r, fault_r);
	return o == NULL ? -1 : call_json(c, 200, o);
}

static int
of_contact_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct contact contact;
	struct list list;
	if (find_contact(c, t, 0, &contact, fault_r) != 0 ||
	    store_run_of_contact(t, c->arena, contact.id, &c->page, &list,
		fault_r) != 0)
		return -1;
	json_t *data = json_array();
	for (int i = 0; i < list.n; i++) {
		json_t *o =
		    run_named_json(c, t, (struct run *)list.items + i, fault_r);
		if (o == NULL) {
			json_decref(data);
			return -1;
		}
		json_array_append_new(data, o);
	}
	return call_json(c, 200,
	    json_pack("{s:s, s:b, s:o}", "object", "list", "has_more",
		list.has_more, "data", data));
}

/* ---- starting ---------------------------------------------------------- */

struct start {
	int64_t contact;   /* 0: by address */
	const char *email; /* NULL: by id */
	const char *email_key;
	const char *payload;
};

static int
start_parse(struct call *c, struct fault *fault_r)
{
	struct start *in = c->input = arena_alloc(c->arena, sizeof(*in));
	const char *id;
	json_t *payload;
	if (call_need_object(c, fault_r) != 0)
		return -1;
	int by_id = json_get_string(c->body, "contact_id", &id, fault_r);
	int by_email = by_id < 0
	    ? -1
	    : json_get_string(c->body, "email", &in->email, fault_r);
	if (by_email < 0 ||
	    json_get_object(c->body, "payload", &payload, fault_r) < 0)
		return -1;
	if (by_id + by_email != 1)
		return fault(fault_r, FAULT_INVALID,
		    "Give exactly one of `contact_id` and `email`.");
	if (payload != NULL && json_object_size(payload) > 0)
		in->payload = json_text(c->arena, payload);
	if (by_id)
		return call_text_id(id, "contact_id", "Contact", &in->contact,
		    fault_r);
	in->email_key = address_key(c->arena, in->email, fault_r);
	return in->email_key != NULL ? 0
				     : fault_at(fault_r, "The `email` field");
}

/* Who is to enter; a stranger becomes a contact, as with an event. */
static int
find_starter(struct call *c, struct txn *t, const struct start *in,
    struct contact *contact, struct fault *fault_r)
{
	const struct cause asked = { 0 };
	int rc = in->email == NULL
	    ? store_contact_by_id(t, c->arena, in->contact, contact, fault_r)
	    : store_contact_by_key(t, c->arena, in->email_key, contact,
		  fault_r);
	if (rc != 0)
		return rc == 1 ? 0 : -1;
	if (in->email == NULL)
		return not_found(fault_r, "Contact");
	*contact =
	    (struct contact){ .email = in->email, .email_key = in->email_key };
	return engine_contact_create(c->api->engine, t, c->arena, contact, NULL,
		   0, &asked, c->now_ms, fault_r) < 0
	    ? -1
	    : 0;
}

static int
start_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct start *in = c->input;
	struct automation a;
	struct contact contact;
	int64_t run;
	if (find_automation(c, t, 0, &a, fault_r) != 0 ||
	    find_starter(c, t, in, &contact, fault_r) != 0 ||
	    engine_run_start(c->api->engine, t, c->arena, &a, &contact,
		in->payload, c->now_ms, &run, fault_r) != 0)
		return -1;
	return call_object(c, 201, "automation_run", run, NULL);
}

/* ---- ending and beginning anew ----------------------------------------- */

static int
answer_run(struct call *c, const struct run *r)
{
	return call_object(c, 200, "automation_run", r->id,
	    json_pack("{s:s}", "status", run_status_name(r->status)));
}

static int
cancel_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct automation a;
	struct run r;
	if (find_automation(c, t, 0, &a, fault_r) != 0 ||
	    find_run(c, t, 1, &a, &r, fault_r) != 0)
		return -1;
	int rc = engine_run_cancel(c->api->engine, t, c->arena, &r, c->now_ms,
	    fault_r);
	if (rc < 0)
		return -1;
	if (rc == 0 && r.status != RUN_CANCELLED)
		return fault(fault_r, FAULT_INVALID,
		    "The run has ended already: it is %s.",
		    run_status_name(r.status));
	return answer_run(c, &r);
}

static int
retry_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct automation a;
	struct run r;
	if (find_automation(c, t, 0, &a, fault_r) != 0 ||
	    find_run(c, t, 1, &a, &r, fault_r) != 0)
		return -1;
	int rc = engine_run_retry(c->api->engine, t, c->arena, &r, c->now_ms,
	    fault_r);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return fault(fault_r, FAULT_INVALID,
		    "Only a run that failed can be retried: this one is %s.",
		    run_status_name(r.status));
	return answer_run(c, &r);
}

static int
cancel_all_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct contact contact;
	if (find_contact(c, t, 0, &contact, fault_r) != 0)
		return -1;
	int64_t n;
	int rc = engine_runs_cancel(c->api->engine, t, c->arena, contact.id,
	    c->now_ms, &n, fault_r);
	return rc < 0
	    ? -1
	    : call_object(c, 200, "contact", contact.id,
		  json_pack("{s:I, s:b}", "cancelled", n, "has_more", rc == 1));
}

static const struct json_name start_fields[] = { { "email" }, { "contact_id" },
	{ "payload" }, { NULL } };

const struct route routes_runs[] = { { "GET", "/automations/:id/runs", list_run,
					 ROUTE_READ, list_parse },
	{ "POST", "/automations/:id/runs", start_run, ROUTE_WRITE | ROUTE_BODY,
	    start_parse, .fields = start_fields },
	{ "GET", "/automations/:id/runs/:run", get_run, ROUTE_READ },
	{ "POST", "/automations/:id/runs/:run/cancel", cancel_run,
	    ROUTE_WRITE },
	{ "POST", "/automations/:id/runs/:run/retry", retry_run, ROUTE_WRITE },
	{ "GET", "/contacts/:contact/runs", of_contact_run, ROUTE_READ,
	    call_parse_page },
	{ "POST", "/contacts/:contact/runs/cancel", cancel_all_run,
	    ROUTE_WRITE },
	{ NULL } };
