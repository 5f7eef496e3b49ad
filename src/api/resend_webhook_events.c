/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a webhook was told and is owed, how each attempt went, and telling it
 * once more.
 */
#include "api/call.h"
#include "api/find.h"
#include "base/id.h"
#include "base/json.h"
#include "engine/hooks.h"
#include "model/hook.h"
#include "store/webhooks.h"

/* An event of the webhook that the path names. */
static int
find_event(struct call *c, struct txn *t, struct webhook *w,
    struct hook_event *e, struct fault *fault_r)
{
	static const char what[] = "Webhook event";
	int64_t id;
	if (find_webhook(c, t, 0, w, fault_r) != 0 ||
	    call_id(c, 1, what, &id, fault_r) != 0)
		return -1;
	int rc = store_hook_event_get(t, c->arena, id, e, fault_r);
	if (rc < 0)
		return -1;
	return rc == 1 && e->webhook == w->id ? 0 : not_found(fault_r, what);
}

/* A parse() for lists that are paged in one direction. */
static int
parse_forward(struct call *c, struct fault *fault_r)
{
	if (call_parse_page(c, fault_r) != 0)
		return -1;
	return c->page.before == 0
	    ? 0
	    : fault(fault_r, FAULT_INVALID,
		  "This list is paged by `after` alone, not by `before`.");
}

static json_t *
event_json(const void *item)
{
	const struct hook_event *e = item;
	return json_pack("{s:o, s:s, s:o, s:s}", "id", json_id(e->id), "type",
	    hook_type_name(e->type), "created_at", json_time(id_time_ms(e->id)),
	    "status", hook_status_name(e->status));
}

static int
list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct webhook w;
	struct list list;
	if (find_webhook(c, t, 0, &w, fault_r) != 0 ||
	    store_hook_event_list(t, c->arena, w.id, &c->page, &list,
		fault_r) != 0)
		return -1;
	return call_list(c, &list, sizeof(struct hook_event), event_json);
}

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct webhook w;
	struct hook_event e;
	if (find_event(c, t, &w, &e, fault_r) != 0)
		return -1;
	json_t *o = event_json(&e);
	json_object_update_new(o,
	    json_pack("{s:s, s:o, s:o}", "object", "webhook_event",
		"next_attempt_at", json_time(e.due_ms), "payload",
		json_text_value(e.payload)));
	return call_json(c, 200, o);
}

static json_t *
attempt_json(const void *item)
{
	const struct hook_attempt *h = item;
	return json_pack("{s:o, s:o, s:s?, s:o}", "id", json_id(h->id),
	    "http_status_code",
	    h->code == 0 ? json_null() : json_integer(h->code), "response",
	    h->response, "sent_at", json_time(h->sent_ms));
}

static int
attempts_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct webhook w;
	struct hook_event e;
	struct list list;
	if (find_event(c, t, &w, &e, fault_r) != 0 ||
	    store_hook_attempt_list(t, c->arena, e.id, &c->page, &list,
		fault_r) != 0)
		return -1;
	return call_list(c, &list, sizeof(struct hook_attempt), attempt_json);
}

/* Owed anew, with all its chances. */
static int
replay_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct webhook w;
	struct hook_event e;
	if (find_event(c, t, &w, &e, fault_r) != 0)
		return -1;
	if (!w.enabled)
		return fault(fault_r, FAULT_INVALID,
		    "The webhook is disabled: enable it to have its events "
		    "replayed.");
	e.status = HOOK_PENDING;
	e.attempt = 0;
	e.due_ms = c->now_ms;
	if (store_hook_event_update(t, &e, fault_r) != 0)
		return -1;
	hooks_note_due(c->api->engine);
	return call_object(c, 200, "webhook_event", e.id, NULL);
}

const struct route routes_webhook_events[] = {
	{ "GET", "/webhooks/:id/events", list_run, ROUTE_READ, parse_forward },
	{ "GET", "/webhooks/:id/events/:event", get_run, ROUTE_READ },
	{ "GET", "/webhooks/:id/events/:event/attempts", attempts_run,
	    ROUTE_READ, parse_forward },
	{ "POST", "/webhooks/:id/events/:event/replay", replay_run,
	    ROUTE_WRITE },
	{ NULL }
};
