/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Emails: what was written into the outbox and what became of it.
 */
#include <string.h>

#include "api/call.h"
#include "base/id.h"
#include "engine/engine.h"
#include "model/email.h"
#include "store/emails.h"

static json_t *
reply_to_json(const struct email *e)
{
	return e->reply_to == NULL ? json_array()
				   : json_pack("[s]", e->reply_to);
}

static json_t *
summary_json(const void *item)
{
	const struct email *e = item;
	int64_t due = e->status == EMAIL_QUEUED ? e->due_ms : 0;
	json_t *o = json_pack("{s:o, s:[s], s:s, s:o, s:s, s:[], s:[], s:o, "
			      "s:s, s:o}",
	    "id", json_id(e->id), "to", e->recipient, "from", e->sender,
	    "created_at", json_time(id_time_ms(e->id)), "subject", e->subject,
	    "bcc", "cc", "reply_to", reply_to_json(e), "last_event",
	    email_status_name(e->status), "scheduled_at", json_null());
	/* What became of it, beyond what Resend tells. */
	json_object_update_new(o,
	    json_pack("{s:s?, s:i, s:i, s:s?, s:o, s:o}", "queue_id",
		e->queue_id, "attempts",
		e->attempt < 0 ? -e->attempt : e->attempt, "code", e->code,
		"answer", e->answer, "settled_at", json_time(e->settled_ms),
		"next_attempt_at", json_time(due)));
	return o;
}

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct email e;
	struct rendered r = { 0 };
	struct fault why;
	int64_t id;
	if (call_id(c, 0, "Email", &id, fault_r) != 0)
		return -1;
	int rc = store_email_get(t, c->arena, id, &e, fault_r);
	if (rc != 1)
		return rc == 0 ? not_found(fault_r, "Email") : -1;
	/* A message that cannot be rendered any more is shown without. */
	if (engine_render(c->api->engine, t, c->arena, &e, &r, &why) != 0 &&
	    why.kind == FAULT_UNAVAILABLE) {
		*fault_r = why;
		return -1;
	}
	json_t *o = summary_json(&e);
	json_object_update_new(o,
	    json_pack("{s:s, s:s?, s:s?, s:s?, s:o, s:o,"
		      "s:o, s:[]}",
		"object", "email", "message_id", r.message_id, "html", r.html,
		"text", r.text, "topic_id", json_id(e.topic), "contact_id",
		json_id(e.contact), "run_id", json_id(e.run), "tags"));
	return call_json(c, 200, o);
}

static int
list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct list list;
	if (store_email_list(t, c->arena, &c->page, &list, fault_r) != 0)
		return -1;
	return call_list(c, &list, sizeof(struct email), summary_json);
}

const struct route routes_emails[] = { { "GET", "/emails", list_run, ROUTE_READ,
					   call_parse_page },
	{ "GET", "/emails/:id", get_run, ROUTE_READ }, { NULL } };
