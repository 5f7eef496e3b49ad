/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Webhooks: which endpoint is told of what. The secret is shown to whoever may
 * manage webhooks, and stands in no list and no log.
 */
#include <string.h>

#include "api/call.h"
#include "api/find.h"
#include "base/encode.h"
#include "base/id.h"
#include "base/json.h"
#include "conf/conf.h"
#include "engine/engine.h"
#include "engine/hooks.h"
#include "model/hook.h"
#include "store/webhooks.h"

enum { WEBHOOKS_MAX = 100, SHOWN_MAX = 100 };

/* What a body says. */
struct webhook_body {
	const char *endpoint; /* NULL: not said */
	int64_t types;        /* 0: not said */
	bool enabled, has_status;
	unsigned char secret[HOOK_SECRET_LEN]; /* a new one */
};

/* ---- reading ----------------------------------------------------------- */

static int
read_endpoint(struct call *c, struct webhook_body *in, struct fault *fault_r)
{
	const struct conf *conf = c->api->conf;
	int rc = json_get_string(c->body, "endpoint", &in->endpoint, fault_r);
	return rc != 1 ? rc
		       : hook_check_endpoint(in->endpoint,
			     conf->webhooks_private, fault_r);
}

/* One name of the events; "all" is every type there is. */
static int
read_type(const json_t *item, size_t i, int64_t *types, struct fault *fault_r)
{
	const char *name = json_string_value(item);
	if (name == NULL)
		return fault(fault_r, FAULT_INVALID,
		    "events[%zu] must be a string.", i);
	int type = hook_type_find(name);
	if (type < 0 && strcmp(name, "all") != 0)
		return fault(fault_r, FAULT_INVALID,
		    "events[%zu]: there is no event type `%.*s`.", i, SHOWN_MAX,
		    name);
	*types |= type < 0 ? HOOK_ALL : HOOK_BIT(type);
	return 0;
}

static int
read_types(struct call *c, struct webhook_body *in, struct fault *fault_r)
{
	json_t *events, *item;
	size_t i;
	int rc = json_get_array(c->body, "events", &events, fault_r);
	if (rc != 1)
		return rc;
	if (json_array_size(events) == 0)
		return fault(fault_r, FAULT_INVALID,
		    "`events` must name at least one event type.");
	json_array_foreach (events, i, item)
		if (read_type(item, i, &in->types, fault_r) != 0)
			return -1;
	return 0;
}

static int
read_status(struct call *c, struct webhook_body *in, struct fault *fault_r)
{
	const char *word;
	int rc = json_get_string(c->body, "status", &word, fault_r);
	if (rc != 1)
		return rc;
	in->has_status = true;
	in->enabled = strcmp(word, "enabled") == 0;
	return in->enabled || strcmp(word, "disabled") == 0
	    ? 0
	    : fault(fault_r, FAULT_INVALID,
		  "The `status` field must be `enabled` or `disabled`, not "
		  "`%.*s`.",
		  SHOWN_MAX, word);
}

static int
create_parse(struct call *c, struct fault *fault_r)
{
	struct webhook_body *in = c->input = arena_alloc(c->arena, sizeof(*in));
	const char *endpoint;
	json_t *events;
	random_bytes(in->secret, sizeof(in->secret));
	return call_need_object(c, fault_r) != 0 ||
		json_need_string(c->body, "endpoint", &endpoint, fault_r) !=
		    0 ||
		json_need_array(c->body, "events", &events, fault_r) != 0 ||
		read_endpoint(c, in, fault_r) != 0 ||
		read_types(c, in, fault_r) != 0
	    ? -1
	    : 0;
}

static int
update_parse(struct call *c, struct fault *fault_r)
{
	struct webhook_body *in = c->input = arena_alloc(c->arena, sizeof(*in));
	if (call_need_object(c, fault_r) != 0 ||
	    read_endpoint(c, in, fault_r) != 0 ||
	    read_types(c, in, fault_r) != 0 || read_status(c, in, fault_r) != 0)
		return -1;
	if (in->endpoint == NULL && in->types == 0 && !in->has_status)
		return fault(fault_r, FAULT_INVALID,
		    "Give at least one of `endpoint`, `events` and `status`.");
	return 0;
}

static int
rotate_parse(struct call *c, struct fault *fault_r)
{
	struct webhook_body *in = c->input = arena_alloc(c->arena, sizeof(*in));
	(void)fault_r;
	random_bytes(in->secret, sizeof(in->secret));
	return 0;
}

/* ---- answering --------------------------------------------------------- */

static json_t *
secret_json(const struct webhook *w)
{
	char text[HOOK_SECRET_TEXT_LEN];
	return json_string(hook_secret_text(w->secret, text));
}

static json_t *
webhook_json(const void *item)
{
	const struct webhook *w = item;
	json_t *events = json_array();
	for (int i = 0; i < HOOK_TYPE_COUNT; i++)
		if (w->types & HOOK_BIT(i))
			json_array_append_new(events,
			    json_string(hook_type_name(i)));
	return json_pack("{s:o, s:s, s:o, s:s, s:o}", "id", json_id(w->id),
	    "endpoint", w->endpoint, "events", events, "status",
	    w->enabled ? "enabled" : "disabled", "created_at",
	    json_time(id_time_ms(w->id)));
}

/* ---- routes ------------------------------------------------------------ */

static int
create_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct webhook_body *in = c->input;
	const struct page all = { .limit = WEBHOOKS_MAX };
	struct list list;
	struct webhook w = { .endpoint = in->endpoint,
		.types = in->types,
		.enabled = true };
	if (store_webhook_list(t, c->arena, &all, &list, fault_r) != 0)
		return -1;
	if (list.n == WEBHOOKS_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "There are %d webhooks, and there can be no more.",
		    WEBHOOKS_MAX);
	w.id = txn_new_id(t, c->now_ms);
	memcpy(w.secret, in->secret, sizeof(w.secret));
	if (store_webhook_insert(t, &w, fault_r) != 0)
		return -1;
	return call_object(c, 201, "webhook", w.id,
	    json_pack("{s:o}", "signing_secret", secret_json(&w)));
}

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct webhook w;
	if (find_webhook(c, t, 0, &w, fault_r) != 0)
		return -1;
	json_t *o = webhook_json(&w);
	json_object_set_new(o, "object", json_string("webhook"));
	json_object_set_new(o, "signing_secret", secret_json(&w));
	return call_json(c, 200, o);
}

static int
list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct list list;
	if (store_webhook_list(t, c->arena, &c->page, &list, fault_r) != 0)
		return -1;
	return call_list(c, &list, sizeof(struct webhook), webhook_json);
}

static int
update_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct webhook_body *in = c->input;
	struct webhook w;
	if (find_webhook(c, t, 0, &w, fault_r) != 0)
		return -1;
	if (in->endpoint != NULL)
		w.endpoint = in->endpoint;
	if (in->types != 0)
		w.types = in->types;
	if (in->has_status)
		w.enabled = in->enabled;
	/* Another endpoint, or a repaired one, begins anew. */
	if (w.enabled)
		w.failing_ms = 0;
	w.updated_ms = c->now_ms;
	if (store_webhook_update(t, &w, fault_r) != 0)
		return -1;
	hooks_note_due(c->api->engine);
	return call_object(c, 200, "webhook", w.id, NULL);
}

static int
delete_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct webhook w;
	if (find_webhook(c, t, 0, &w, fault_r) != 0 ||
	    engine_webhook_delete(c->api->engine, t, w.id, c->now_ms, fault_r) <
		0)
		return -1;
	return call_object(c, 200, "webhook", w.id,
	    json_pack("{s:b}", "deleted", 1));
}

/* The old secret signs too for a while, so that nothing is refused until the
 * app has the new one. */
static int
rotate_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct webhook_body *in = c->input;
	struct webhook w;
	if (find_webhook(c, t, 0, &w, fault_r) != 0)
		return -1;
	memcpy(w.old_secret, w.secret, sizeof(w.old_secret));
	memcpy(w.secret, in->secret, sizeof(w.secret));
	w.old_until_ms = c->now_ms + HOOK_OLD_SECRET_MS;
	if (store_webhook_rotate(t, &w, fault_r) != 0)
		return -1;
	return call_object(c, 200, "webhook", w.id,
	    json_pack("{s:o}", "signing_secret", secret_json(&w)));
}

static const struct json_name fields[] = { { "endpoint" }, { "events" },
	{ NULL } };
static const struct json_name update_fields[] = { { "endpoint" }, { "events" },
	{ "status" }, { NULL } };

const struct route routes_webhooks[] = { { "POST", "/webhooks", create_run,
					     ROUTE_WRITE | ROUTE_BODY |
						 ROUTE_SECRET,
					     create_parse, .fields = fields },
	{ "GET", "/webhooks", list_run, ROUTE_READ, call_parse_page },
	{ "GET", "/webhooks/:id", get_run, ROUTE_READ | ROUTE_SECRET },
	{ "PATCH", "/webhooks/:id", update_run, ROUTE_WRITE | ROUTE_BODY,
	    update_parse, .fields = update_fields },
	{ "DELETE", "/webhooks/:id", delete_run, ROUTE_WRITE },
	{ "POST", "/webhooks/:id/signing-secret/rotate", rotate_run,
	    ROUTE_WRITE | ROUTE_SECRET, rotate_parse },
	{ NULL } };
