/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The logbook, as it is asked for.
 */
#include <string.h>

#include "api/call.h"
#include "api/logbook.h"
#include "base/id.h"
#include "base/json.h"
#include "base/utf8.h"

static json_t *
summary_json(const void *item)
{
	const struct log_entry *e = item;
	return json_pack("{s:o, s:o, s:s, s:s, s:i, s:s?}", "id",
	    json_id(e->id), "created_at", json_time(id_time_ms(e->id)),
	    "endpoint", e->endpoint, "method", e->method, "response_status",
	    e->status, "user_agent", e->user_agent);
}

/* A body that is kept in part, or is no JSON: what is known of it. */
static json_t *
beginning_json(struct arena *a, const struct logged_body *b)
{
	char *text = arena_strndup(a, b->text != NULL ? b->text : "", b->len);
	text[utf8_valid_prefix(text, strlen(text))] = '\0';
	return json_pack("{s:b, s:I, s:s}", "truncated", b->len < b->whole,
	    "bytes", (json_int_t)b->whole, "begins", text);
}

static json_t *
body_json(struct arena *a, const struct logged_body *b)
{
	struct fault ignored;
	json_t *v = NULL;
	if (b->whole == 0)
		return json_null();
	if (b->len == b->whole)
		v = json_parse(a, b->text, b->len, &ignored);
	return v != NULL ? json_incref(v) : beginning_json(a, b);
}

static int
list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct list list;
	(void)t, (void)fault_r;
	logbook_list(c->api->logbook, c->arena, &c->page, &list);
	return call_list(c, &list, sizeof(struct log_entry), summary_json);
}

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	int64_t id;
	(void)t;
	if (call_text_id(c->params[0], "logId", "Log", &id, fault_r) != 0)
		return -1;
	const struct log_entry *e = logbook_get(c->api->logbook, id);
	if (e == NULL)
		return not_found(fault_r, "Log");
	json_t *o = summary_json(e);
	json_object_update_new(o,
	    json_pack("{s:s, s:o, s:o}", "object", "log", "request_body",
		body_json(c->arena, &e->request), "response_body",
		body_json(c->arena, &e->response)));
	return call_json(c, 200, o);
}

const struct route routes_logs[] = {
	{ "GET", "/logs", list_run, ROUTE_LOOP | ROUTE_QUIET, call_parse_page },
	{ "GET", "/logs/:id", get_run, ROUTE_LOOP | ROUTE_QUIET }, { NULL }
};
