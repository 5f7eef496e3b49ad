/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "engine/backlog.h"
#include "engine/catalog.h"
#include "engine/engine_private.h"
#include "engine/runner.h"
#include "engine/share.h"
#include "store/runs.h"

enum {
	SLICE_US = 5000, /* then the batch is written */
	CHUNK = 32,      /* of one automation, before it is another's turn */
};

struct queue {
	int64_t automation;
	int64_t due_ms; /* no run is due earlier; 0: none is due */
};

struct schedule {
	struct queue *queues; /* by automation */
	int n, room;
	int64_t turn; /* the automation whose turn it was, if time ran out */
	bool is_known;
};

struct schedule *
schedule_new(void)
{
	return xcalloc(1, sizeof(struct schedule));
}

void
schedule_free(struct schedule *s)
{
	if (s == NULL)
		return;
	free(s->queues);
	free(s);
}

void
schedule_forget(struct schedule *s)
{
	s->is_known = false;
}

/* Index of the first queue whose automation is that or behind it. */
static int
place(const struct schedule *s, int64_t automation)
{
	int low = 0, high = s->n;
	while (low < high) {
		int middle = (low + high) / 2;
		if (s->queues[middle].automation < automation)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The queue of an automation, made if there is none. */
static struct queue *
get(struct schedule *s, int64_t automation)
{
	int i = place(s, automation);
	if (i < s->n && s->queues[i].automation == automation)
		return &s->queues[i];
	if (s->n == s->room) {
		s->room = s->room == 0 ? 16 : s->room * 2;
		s->queues =
		    xrealloc(s->queues, (size_t)s->room * sizeof(*s->queues));
	}
	memmove(s->queues + i + 1, s->queues + i,
	    (size_t)(s->n - i) * sizeof(*s->queues));
	s->queues[i] = (struct queue){ .automation = automation };
	s->n++;
	return &s->queues[i];
}

void
schedule_note(struct schedule *s, const struct run *r)
{
	if (r->due_ms == 0)
		return;
	struct queue *q = get(s, r->automation);
	if (q->due_ms == 0 || r->due_ms < q->due_ms)
		q->due_ms = r->due_ms;
}

/* Reads every automation's earliest moment: one look into the index each. */
static int
load(struct schedule *s, struct txn *t, struct fault *fault_r)
{
	int64_t automation = 0, due_ms;
	int rc;
	s->n = 0;
	while ((rc = store_run_due_behind(t, automation, &automation, &due_ms,
		    fault_r)) == 1)
		get(s, automation)->due_ms = due_ms;
	s->is_known = rc == 0;
	return rc;
}

static bool
is_due(const struct queue *q, int64_t now_ms)
{
	return q->due_ms != 0 && q->due_ms <= now_ms;
}

bool
schedule_is_behind(const struct schedule *s, int64_t now_ms)
{
	for (int i = 0; i < s->n; i++)
		if (is_due(&s->queues[i], now_ms))
			return true;
	return !s->is_known;
}

/* What happened to a contact goes before what falls due of it, all of it. 1 it
 * has been done, 0 time was over before, -1 */
static int
settle(struct engine *e, struct txn *t, int64_t contact,
    const struct share *share, struct fault *fault_r)
{
	int rc;
	while ((rc = backlog_holds(e, t, contact, fault_r)) == 1) {
		if (backlog_work(e, t, contact, fault_r) != 0)
			return -1;
		if (share_is_over(share))
			return 0;
	}
	return rc < 0 ? -1 : 1;
}

/* Wakes a run that is still due: what one before caused may have moved it. */
static int
wake_one(struct engine *e, struct txn *t, struct arena *a, int64_t id,
    int64_t now_ms, const struct share *share, struct fault *fault_r)
{
	struct run r;
	int rc = store_run_get(t, a, id, &r, fault_r);
	if (rc == 1 && e->has_backlog) {
		rc = settle(e, t, r.contact, share, fault_r);
		if (rc == 1)
			rc = store_run_get(t, a, id, &r, fault_r);
	}
	if (rc != 1 || r.status != RUN_RUNNING || r.due_ms == 0 ||
	    r.due_ms > now_ms)
		return rc < 0 ? -1 : 0;
	rc = runner_wake(e, t, &r, now_ms, fault_r);
	accept_begin(e);
	/* Also what it caused, before the next one moves. */
	return rc != 0 || settle(e, t, r.contact, share, fault_r) < 0 ? -1 : 0;
}

/* Wakes some runs of one automation. */
static int
wake_some(struct engine *e, struct txn *t, int64_t automation, int64_t now_ms,
    const struct share *share, struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct list due;
	int rc = store_run_due(t, a, automation, now_ms, CHUNK, &due, fault_r);
	struct run *runs = due.items;
	for (int i = 0; rc == 0 && i < due.n; i++) {
		rc = wake_one(e, t, a, runs[i].id, now_ms, share, fault_r);
		if (share_is_over(share))
			break;
	}
	int64_t next_ms;
	if (rc == 0)
		rc = store_run_next_due(t, automation, &next_ms, fault_r);
	if (rc == 0)
		get(e->schedule, automation)->due_ms = next_ms;
	arena_free(a);
	return rc;
}

/* One round over the automations that have something due, from the one whose
 * turn it is. 1 if there was any, 0, -1 */
static int
round_of_all(struct engine *e, struct txn *t, int64_t now_ms,
    const struct share *share, struct fault *fault_r)
{
	struct schedule *s = e->schedule;
	int any = 0;
	for (int i = place(s, s->turn); i < s->n; i++) {
		int64_t automation = s->queues[i].automation;
		if (!is_due(&s->queues[i], now_ms) ||
		    catalog_is_paused(e->catalog, automation))
			continue;
		any = 1;
		if (wake_some(e, t, automation, now_ms, share, fault_r) != 0)
			return -1;
		i = place(s, automation);
		if (share_is_over(share)) {
			s->turn = automation + 1;
			return 1;
		}
	}
	any = any || s->turn != 0;
	s->turn = 0;
	return any;
}

int64_t
schedule_next(const struct engine *e)
{
	const struct schedule *s = e->schedule;
	int64_t next = 0;
	if (engine_is_paused(e, ENGINE_RUNS))
		return 0;
	for (int i = 0; i < s->n; i++) {
		const struct queue *q = &s->queues[i];
		if (q->due_ms != 0 && (next == 0 || q->due_ms < next) &&
		    !catalog_is_paused(e->catalog, q->automation))
			next = q->due_ms;
	}
	return next;
}

int
schedule_wake(struct engine *e, struct txn *t, int64_t now_ms,
    struct fault *fault_r)
{
	const struct share share = share_begin(t, SLICE_US);
	int rc;
	if (engine_is_paused(e, ENGINE_RUNS))
		return 0;
	if (!e->schedule->is_known && load(e->schedule, t, fault_r) != 0)
		return -1;
	/* Whom the batch paused or let go on, schedule_next() must know. */
	if (catalog_refresh(e, t, fault_r) != 0)
		return -1;
	do {
		rc = round_of_all(e, t, now_ms, &share, fault_r);
	} while (rc == 1 && !share_is_over(&share));
	return rc < 0 ? -1 : 0;
}
