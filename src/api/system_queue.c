/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The queue of mail: what waits in it, and holding it.
 */
#include <string.h>

#include "api/call.h"
#include "base/json.h"
#include "engine/doubt.h"
#include "engine/engine.h"
#include "store/emails.h"
#include "store/queue.h"

enum {
	COUNTED = 100000, /* more are not told apart */
	AT_ONCE = 200,    /* decided of in one request */
};

static json_t *
waiting_json(const void *item)
{
	const struct email *e = item;
	return json_pack("{s:o, s:s, s:s, s:i, s:i, s:i, s:s?, s:o}", "id",
	    json_id(e->id), "to", e->recipient, "subject", e->subject,
	    "attempts", e->attempt < 0 ? -e->attempt : e->attempt, "doubts",
	    e->doubts, "code", e->code, "answer", e->answer, "next_attempt_at",
	    json_time(e->due_ms));
}

/* The rows of a list as an array. */
static json_t *
rows_json(const struct list *list)
{
	const struct email *all = list->items;
	json_t *rows = json_array();
	for (int i = 0; i < list->n; i++)
		json_array_append_new(rows, waiting_json(&all[i]));
	return rows;
}

/* The two stops: the queue is held, injection is paused. */
static json_t *
queue_json(struct call *c, bool held)
{
	return json_pack("{s:s, s:b, s:b}", "object", "queue", "held", held,
	    "injection_paused",
	    engine_is_paused(c->api->engine, ENGINE_INJECTION));
}

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct queue_counts n;
	struct list list;
	bool held;
	if (store_queue_held(t, &held, fault_r) != 0 ||
	    store_queue_count(t, COUNTED, &n, fault_r) != 0 ||
	    store_email_waiting(t, c->arena, c->page.limit, &list, fault_r) !=
		0)
		return -1;
	json_t *o = queue_json(c, held);
	json_object_update_new(o,
	    json_pack("{s:I, s:I, s:I, s:b, s:o}", "queued",
		(json_int_t)n.waiting, "sending", (json_int_t)n.sending,
		"in_doubt", (json_int_t)n.in_doubt, "has_more", list.has_more,
		"data", rows_json(&list)));
	return call_json(c, 200, o);
}

/* Answers with what is true now. */
static int
hold(struct call *c, struct txn *t, bool held, struct fault *fault_r)
{
	if (engine_hold(c->api->engine, t, held, fault_r) != 0)
		return -1;
	c->result = c;
	return call_json(c, 200, queue_json(c, held));
}

static int
hold_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	return hold(c, t, true, fault_r);
}

static int
release_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	return hold(c, t, false, fault_r);
}

static void
hold_after(struct call *c)
{
	if (c->result != NULL)
		engine_held(c->api->engine, true);
}

static void
release_after(struct call *c)
{
	if (c->result != NULL)
		engine_held(c->api->engine, false);
}

/* ---- in doubt ------------------------------------------------------------
 */

static int
doubts_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct list list;
	if (store_email_in_doubt(t, c->arena, &c->page, &list, fault_r) != 0)
		return -1;
	return call_json(c, 200,
	    json_pack("{s:s, s:b, s:o}", "object", "list", "has_more",
		list.has_more, "data", rows_json(&list)));
}

/* The mail a path names, or some of all; those that are in doubt. 0 or -1. */
static int
find_doubts(struct call *c, struct txn *t, struct list *list_r,
    struct fault *fault_r)
{
	const struct page some = { .limit = AT_ONCE };
	int64_t id;
	if (strcmp(c->params[0], "all") == 0)
		return store_email_in_doubt(t, c->arena, &some, list_r,
		    fault_r);
	if (call_id(c, 0, "Email", &id, fault_r) != 0)
		return -1;
	struct email *e = arena_alloc(c->arena, sizeof(*e));
	int rc = store_email_get(t, c->arena, id, e, fault_r);
	if (rc != 1)
		return rc == 0 ? not_found(fault_r, "Email") : -1;
	if (e->status != EMAIL_IN_DOUBT)
		return fault(fault_r, FAULT_INVALID,
		    "The email is not in doubt; it is `%s`.",
		    email_status_name(e->status));
	*list_r = (struct list){ .items = e, .n = 1 };
	return 0;
}

static int
decide_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	int what = doubt_decision_find(c->params[1]), n = 0;
	struct list list;
	if (what < 0)
		return fault(fault_r, FAULT_NOT_FOUND,
		    "The requested endpoint does not exist");
	if (find_doubts(c, t, &list, fault_r) != 0)
		return -1;
	struct email *all = list.items;
	for (int i = 0; i < list.n; i++) {
		int rc = engine_doubt_decide(c->api->engine, t, c->arena,
		    &all[i], what, c->now_ms, fault_r);
		if (rc < 0)
			return -1;
		n += rc;
	}
	return call_json(c, 200,
	    json_pack("{s:s, s:i, s:b}", "object", "queue", "decided", n,
		"has_more", list.has_more));
}

const struct route routes_queue[] = { { "GET", "/queue", get_run, ROUTE_READ,
					  call_parse_page },
	{ "GET", "/queue/in-doubt", doubts_run, ROUTE_READ, call_parse_page },
	{ "POST", "/queue/in-doubt/:id/:decision", decide_run, ROUTE_WRITE },
	{ "POST", "/queue/hold", hold_run, ROUTE_WRITE | ROUTE_ESSENTIAL, NULL,
	    hold_after },
	{ "POST", "/queue/release", release_run, ROUTE_WRITE | ROUTE_ESSENTIAL,
	    NULL, release_after },
	{ NULL } };
