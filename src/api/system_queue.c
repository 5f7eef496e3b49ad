/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The queue of mail: what waits in it, and holding it.
 */
#include "api/call.h"
#include "base/json.h"
#include "engine/engine.h"
#include "store/emails.h"
#include "store/queue.h"

enum { COUNTED = 100000 }; /* more are not told apart */

static json_t *
waiting_json(const void *item)
{
	const struct email *e = item;
	return json_pack("{s:o, s:s, s:s, s:i, s:i, s:s?, s:o}", "id",
	    json_id(e->id), "to", e->recipient, "subject", e->subject,
	    "attempts", e->attempt < 0 ? -e->attempt : e->attempt, "code",
	    e->code, "answer", e->answer, "next_attempt_at",
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
	    json_pack("{s:I, s:I, s:b, s:o}", "queued", (json_int_t)n.waiting,
		"sending", (json_int_t)n.sending, "has_more", list.has_more,
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

const struct route routes_queue[] = { { "GET", "/queue", get_run, ROUTE_READ,
					  call_parse_page },
	{ "POST", "/queue/hold", hold_run, ROUTE_WRITE | ROUTE_ESSENTIAL, NULL,
	    hold_after },
	{ "POST", "/queue/release", release_run, ROUTE_WRITE | ROUTE_ESSENTIAL,
	    NULL, release_after },
	{ NULL } };
