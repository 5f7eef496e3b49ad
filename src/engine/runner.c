/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run moves in memory until it rests or ends, and is then written once: the
 * steps behind it, and where it stands. A long way is cut into slices, so that
 * no single work holds the writer for long; the run rests between two of them,
 * due at once.
 */
#include "engine/runner.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "engine/catalog.h"
#include "engine/step.h"
#include "store/automations.h"
#include "store/contacts.h"
#include "store/flows.h"

enum { SLICE_STEPS = 50 };

static const struct step_type *const step_types[] = {
	&step_trigger,
	&step_send_email,
};

const struct step_type *
step_type_find(const char *name)
{
	for (size_t i = 0; i < N_OF(step_types); i++)
		if (strcmp(step_types[i]->name, name) == 0)
			return step_types[i];
	return NULL;
}

/* The error of a step as the API shows it. */
static const char *
error_json(struct arena *a, const char *name, const char *text)
{
	struct buf b = { 0 };
	buf_str(&b, "{\"name\":");
	json_put_string(&b, name);
	buf_str(&b, ",\"message\":");
	json_put_string(&b, text);
	buf_char(&b, '}');
	const char *json = arena_memdup(a, b.data, b.len + 1);
	buf_free(&b);
	return json;
}

/* Writes the step behind the run into its history. */
static int
note_step(struct step_call *c, const struct step_next *next,
    struct fault *fault_r)
{
	static const enum step_status statuses[] = {
		[STEP_GO] = STEP_COMPLETED,
		[STEP_SKIP] = STEP_SKIPPED,
		[STEP_END] = STEP_COMPLETED,
		[STEP_FAIL] = STEP_FAILED,
	};
	struct run_step s = { .seq = c->run->seq,
		.step = c->run->step,
		.status = statuses[next->what],
		.started_ms = c->run->entered_ms,
		.finished_ms = c->now_ms,
		.output = next->output };
	if (next->what == STEP_FAIL)
		s.error =
		    error_json(c->arena, next->error_name, next->error_text);
	c->run->seq++;
	/* The trigger's row would say what the run itself says. */
	if (c->run->step == c->flow->graph->trigger)
		return 0;
	return store_step_insert(c->txn, c->run, &s, fault_r);
}

static void
end_run(struct run *r, enum run_status status, const char *reason,
    int64_t now_ms)
{
	r->status = status;
	r->reason = reason;
	r->finished_ms = now_ms;
	r->due_ms = 0;
}

/* Does one step; the run stands at the next one, rests or has ended. */
static int
do_step(struct step_call *c, bool resumed, struct fault *fault_r)
{
	struct run *r = c->run;
	struct step_next next = { .what = STEP_GO };
	c->step = &c->flow->graph->steps[r->step];
	c->config = c->flow->configs[r->step];
	const struct step_type *type = step_type_find(c->step->type);
	int (*act)(struct step_call *, struct step_next *, struct fault *) =
	    resumed ? type->resume : type->enter;
	if (act != NULL && act(c, &next, fault_r) != 0)
		return -1;
	if (next.what == STEP_REST) {
		r->due_ms = next.until_ms;
		return 0;
	}
	if (note_step(c, &next, fault_r) != 0)
		return -1;
	int to = next.what == STEP_GO || next.what == STEP_SKIP
	    ? graph_next(c->flow->graph, r->step, next.out)
	    : -1;
	if (next.what == STEP_FAIL)
		end_run(r, RUN_FAILED, next.error_name, c->now_ms);
	else if (to < 0)
		end_run(r, RUN_COMPLETED, NULL, c->now_ms);
	else
		r->step = to;
	r->entered_ms = c->now_ms;
	return 0;
}

/*
 * Moves the run until it rests. resumed: it rested within its step; fresh: it
 * is to enter the step it stands at.
 */
static int
advance(struct step_call *c, bool resumed, struct fault *fault_r)
{
	struct run *r = c->run;
	for (int n = 0; r->status == RUN_RUNNING && r->due_ms == 0; n++) {
		if (n == SLICE_STEPS) {
			/* Rests before the step: entered in no moment yet. */
			r->due_ms = c->now_ms;
			r->entered_ms = 0;
			return 0;
		}
		if (do_step(c, resumed, fault_r) != 0)
			return -1;
		resumed = false;
	}
	return 0;
}

/* Tells the scheduler until when the run rests, if it does. */
static void
note_rest(struct engine *e, const struct run *r)
{
	if (r->due_ms != 0 &&
	    (e->batch_due_ms == 0 || r->due_ms < e->batch_due_ms))
		e->batch_due_ms = r->due_ms;
}

int
runner_start(struct engine *e, struct txn *t, struct arena *a,
    const struct flow *flow, const struct contact *contact,
    const struct event *event, int64_t now_ms, struct fault *fault_r)
{
	struct run r = { .id = txn_new_id(t, now_ms),
		.automation = flow->automation.num,
		.version = flow->version,
		.contact = contact->id,
		.event = event->id,
		.status = RUN_RUNNING,
		.step = flow->graph->trigger,
		.entered_ms = now_ms,
		.payload = event->payload };
	struct step_call c = { .engine = e,
		.txn = t,
		.arena = a,
		.now_ms = now_ms,
		.flow = flow,
		.run = &r,
		.contact = contact,
		.depth = event->depth };
	if (advance(&c, false, fault_r) != 0 ||
	    store_run_insert(t, &r, fault_r) != 0)
		return -1;
	note_rest(e, &r);
	e->batch_runs++;
	return 0;
}

/* What a run that wakes is moved with. 0, or -1 with fault_r. */
static int
prepare(struct step_call *c, struct contact *contact,
    struct automation *automation, struct fault *fault_r)
{
	struct run *r = c->run;
	c->flow = catalog_version(c->engine, c->txn, r->version, fault_r);
	if (c->flow == NULL)
		return -1;
	if (r->step < 0 || r->step >= c->flow->graph->n_steps)
		return fault(fault_r, FAULT_INTERNAL,
		    "It stands at step %d, which is none.", r->step);
	int found =
	    store_contact_by_id(c->txn, c->arena, r->contact, contact, fault_r);
	if (found < 0)
		return -1;
	c->contact = found ? contact : NULL;
	int known = store_automation_by_num(c->txn, c->arena, r->automation,
	    automation, fault_r);
	if (known == 0)
		return fault(fault_r, FAULT_INTERNAL,
		    "Its automation %lld is none.", (long long)r->automation);
	if (known < 0)
		return -1;
	if (r->payload != NULL &&
	    (c->payload = json_parse(c->arena, r->payload, strlen(r->payload),
		 fault_r)) == NULL)
		return -1;
	return 0;
}

/* Moves a run that is due, and writes where it stands then. */
static int
move(struct step_call *c, struct fault *fault_r)
{
	struct contact contact;
	struct automation automation;
	struct run *r = c->run;
	bool resumed = r->entered_ms != 0;
	r->due_ms = 0;
	if (prepare(c, &contact, &automation, fault_r) != 0)
		return -1;
	if (!resumed)
		r->entered_ms = c->now_ms;
	if (c->contact == NULL)
		end_run(r, RUN_CANCELLED, "contact_deleted", c->now_ms);
	else if (automation.enabled < 0)
		end_run(r, RUN_CANCELLED, "automation_deleted", c->now_ms);
	else if (advance(c, resumed, fault_r) != 0)
		return -1;
	return store_run_update(c->txn, r, fault_r);
}

/* One damaged run must not stop the others: what it did is undone, and it ends
 * as failed. */
static int
give_up(struct step_call *c, const struct run *was, const struct fault *why,
    struct fault *fault_r)
{
	char id[ID_UUID_LEN];
	log_error("run %s damaged error=%s", id_uuid(was->id, id),
	    log_text(why->text));
	*c->run = *was;
	if (was->entered_ms == 0)
		c->run->entered_ms = c->now_ms;
	end_run(c->run, RUN_FAILED, "damaged", c->now_ms);
	return store_run_update(c->txn, c->run, fault_r);
}

/* Wakes one run, in a part of the transaction of its own. */
static int
wake(struct engine *e, struct txn *t, struct run *r, int64_t now_ms,
    struct fault *fault_r)
{
	const struct run was = *r;
	struct arena *a = arena_new();
	struct fault why = { 0 };
	struct step_call c = { .engine = e,
		.txn = t,
		.arena = a,
		.now_ms = now_ms,
		.run = r };
	int rc = txn_nested_begin(t, fault_r);
	if (rc == 0) {
		bool good = move(&c, &why) == 0;
		rc = txn_nested_end(t, good, fault_r);
		if (rc == 0 && !good && why.kind == FAULT_UNAVAILABLE) {
			*fault_r = why;
			rc = -1;
		} else if (rc == 0 && !good) {
			rc = give_up(&c, &was, &why, fault_r);
		}
	}
	note_rest(e, r);
	arena_free(a);
	return rc;
}

int
runner_wake(struct engine *e, struct txn *t, int64_t now_ms, int limit,
    int *n_r, struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct list due;
	int rc = store_run_due(t, a, now_ms, limit, &due, fault_r);
	struct run *runs = due.items;
	*n_r = rc == 0 ? due.n : 0;
	for (int i = 0; rc == 0 && i < due.n; i++)
		rc = wake(e, t, &runs[i], now_ms, fault_r);
	arena_free(a);
	return rc;
}
