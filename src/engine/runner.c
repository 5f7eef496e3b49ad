/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run moves in memory until it rests or ends, and is then written once: the
 * steps behind it, and where it stands. A long way is cut into slices, so that
 * no single work holds the writer for long; the run rests between two of them,
 * due at once. So it does behind a step that caused an event, until the event
 * was applied.
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
#include "engine/hooks.h"
#include "engine/part.h"
#include "engine/policy.h"
#include "engine/schedule.h"
#include "engine/step.h"
#include "engine/tally.h"
#include "engine/walk.h"
#include "store/automations.h"
#include "store/contacts.h"
#include "store/jobs.h"
#include "store/runs.h"

enum { SLICE_STEPS = 50 };

/* ---- writing ----------------------------------------------------------- */

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
		[STEP_EXIT] = STEP_COMPLETED,
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

/* Ends the run in memory, and tells who wants to know. 0 or -1 */
static int
end_run(struct step_call *c, enum run_status status, const char *reason,
    struct fault *fault_r)
{
	static const enum hook_type types[RUN_STATUS_COUNT] = {
		[RUN_COMPLETED] = HOOK_RUN_COMPLETED,
		[RUN_FAILED] = HOOK_RUN_FAILED,
		[RUN_CANCELLED] = HOOK_RUN_EXITED,
	};
	struct run *r = c->run;
	r->status = status;
	r->reason = reason;
	r->finished_ms = c->now_ms;
	r->due_ms = 0;
	tally_ended(c->engine, r);
	return hooks_say_run(c->engine, c->txn, c->arena, types[status], r,
	    c->now_ms, fault_r);
}

/* Ends a run that rests within its step, which is cleared away. */
static int
end_resting(struct step_call *c, enum run_status status, const char *reason,
    struct fault *fault_r)
{
	struct run *r = c->run;
	const struct step *s = &c->flow->graph->steps[r->step];
	const struct step_type *type = step_type_find(s->type);
	const struct step_next skipped = { .what = STEP_SKIP,
		.output =
		    arena_printf(c->arena, "{\"reason\":\"%s\"}", reason) };
	bool is_within = r->entered_ms != 0 && r->status == RUN_RUNNING &&
	    r->step != c->flow->graph->trigger;
	c->step = s;
	c->config = c->flow->configs[r->step];
	if (is_within &&
	    ((type->leave != NULL && type->leave(c, fault_r) != 0) ||
		note_step(c, &skipped, fault_r) != 0))
		return -1;
	return end_run(c, status, reason, fault_r);
}

/* ---- moving ------------------------------------------------------------ */

/* When the run must have ended; 0: never. */
static int64_t
deadline(const struct step_call *c)
{
	int64_t most = c->flow->policy->max_duration_ms;
	return most == 0 ? 0 : id_time_ms(c->run->id) + most;
}

/* Rests within the step until a moment, if there is one. */
static void
rest(struct step_call *c, int64_t until_ms)
{
	int64_t last = deadline(c);
	c->run->due_ms =
	    until_ms == 0 || (last != 0 && last < until_ms) ? last : until_ms;
}

/* Rests before the step, due at once: entered in no moment yet. */
static void
rest_before(struct step_call *c)
{
	c->run->due_ms = c->now_ms;
	c->run->entered_ms = 0;
}

/* The contact as it is now; another step may have written it. */
static int
refresh_contact(struct step_call *c, struct fault *fault_r)
{
	unsigned now = c->engine->contact_writes;
	if (c->contact != NULL && c->contact_seen == now)
		return 0;
	int rc = store_contact_by_id(c->txn, c->arena, c->run->contact,
	    &c->contact_row, fault_r);
	c->contact = rc == 1 ? &c->contact_row : NULL;
	c->contact_seen = now;
	c->scope.contact = c->contact;
	c->scope.contact_json = NULL;
	return rc < 0 ? -1 : 0;
}

/* What must be true before any step is entered; else the run has ended. */
static int
enter(struct step_call *c, struct fault *fault_r)
{
	struct run *r = c->run;
	const char *reason;
	if (refresh_contact(c, fault_r) != 0)
		return -1;
	if (c->contact == NULL)
		return end_run(c, RUN_CANCELLED, "contact_deleted", fault_r);
	if (r->step != c->flow->graph->trigger) {
		int rc = policy_exit_by_state(c->txn, c->flow->policy,
		    c->flow->entry, &c->scope, &reason, fault_r);
		if (rc == 1)
			return end_run(c, RUN_CANCELLED, reason, fault_r);
		if (rc != 0)
			return -1;
		rc = walk_arrive(c, fault_r);
		if (rc < 0 ||
		    (rc == 1 &&
			end_run(c, RUN_CANCELLED, "branch_guard_failed",
			    fault_r) != 0))
			return -1;
	}
	r->entered_ms = c->now_ms;
	return 0;
}

/* Does one step; the run stands at the next one, rests (1) or has ended. */
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
		rest(c, next.until_ms);
		return 1;
	}
	if (note_step(c, &next, fault_r) != 0)
		return -1;
	if (next.what == STEP_FAIL)
		return end_run(c, RUN_FAILED, next.error_name, fault_r);
	if (next.what == STEP_EXIT)
		return end_run(c, RUN_CANCELLED, next.reason, fault_r);
	int to = next.what == STEP_END ? -1 : walk_behind(c, &next);
	if (to < 0)
		return end_run(c, RUN_COMPLETED, NULL, fault_r);
	r->step = to;
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
	unsigned caused = c->engine->n_caused;
	int rc = 0;
	if (walk_load(c, fault_r) != 0)
		return -1;
	for (int n = 0; rc == 0 && r->status == RUN_RUNNING; n++) {
		if (!resumed &&
		    (c->holds || n == SLICE_STEPS ||
			c->engine->n_caused != caused)) {
			rest_before(c);
			break;
		}
		if (resumed ? refresh_contact(c, fault_r) != 0
			    : enter(c, fault_r) != 0)
			return -1;
		if (r->status == RUN_RUNNING)
			rc = do_step(c, resumed, fault_r);
		resumed = false;
	}
	walk_save(c);
	return rc < 0 ? -1 : 0;
}

/* ---- those that cannot go on -------------------------------------------- */

static void
log_damaged(const struct run *r, const struct fault *why)
{
	char id[ID_UUID_LEN];
	log_error("run %s damaged error=%s", id_uuid(r->id, id),
	    log_text(why->text));
}

/* One damaged run must not stop the others: what it did is undone, and it ends
 * as failed where it was. */
static int
give_up(struct step_call *c, const struct run *was, const struct fault *why,
    struct fault *fault_r)
{
	log_damaged(was, why);
	*c->run = *was;
	if (was->entered_ms == 0)
		c->run->entered_ms = c->now_ms;
	return end_run(c, RUN_FAILED, "damaged", fault_r);
}

/* Writes one that rested and could not go on: its step cannot clear away what
 * it waits for. */
static int
write_damaged(struct txn *t, const struct run *r, struct fault *fault_r)
{
	return store_wait_delete_run(t, r->contact, r->id, fault_r) != 0
	    ? -1
	    : store_run_update(t, r, fault_r);
}

/* ---- beginning and going on --------------------------------------------- */

/* Writes a new run as far as it gets, in a part of the transaction of its own.
 */
static int
begin_alone(struct step_call *c, struct fault *fault_r)
{
	struct run *r = c->run;
	const struct run was = *r;
	struct part part;
	struct fault why = { 0 };
	if (part_begin(c->engine, c->txn, &part, fault_r) != 0)
		return -1;
	int rc = advance(c, false, &why) != 0 ||
		store_run_insert(c->txn, r, &why) != 0
	    ? -1
	    : 0;
	rc = part_end(c->engine, c->txn, &part, rc, &why, fault_r);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	return give_up(c, &was, &why, fault_r) != 0
	    ? -1
	    : store_run_insert(c->txn, r, fault_r);
}

int
runner_start(struct engine *e, struct txn *t, struct arena *a,
    const struct flow *flow, const struct contact *contact,
    const struct event *event, int64_t now_ms, int64_t *run_r,
    struct fault *fault_r)
{
	struct run r = { .id = txn_new_id(t, now_ms),
		.automation = flow->automation.num,
		.version = flow->version,
		.contact = contact->id,
		.event = event->id,
		.status = RUN_RUNNING,
		.step = flow->graph->trigger,
		.depth = event->depth,
		.payload = event->payload };
	struct step_call c = { .engine = e,
		.txn = t,
		.arena = a,
		.now_ms = now_ms,
		.flow = flow,
		.run = &r,
		.contact = contact,
		.contact_seen = e->contact_writes,
		.scope = { .arena = a,
		    .contact = contact,
		    .payload = event->payload },
		.holds = engine_is_paused(e, ENGINE_RUNS) };
	*run_r = r.id;
	tally_entered(e, &r);
	if (hooks_say_run(e, t, a, HOOK_RUN_STARTED, &r, now_ms, fault_r) !=
		0 ||
	    begin_alone(&c, fault_r) != 0)
		return -1;
	schedule_note(e->schedule, &r);
	e->batch_runs++;
	return 0;
}

/* What a run that rests is moved with. 0, or -1 with fault_r. */
static int
prepare(struct step_call *c, struct fault *fault_r)
{
	struct run *r = c->run;
	c->flow = catalog_version(c->engine, c->txn, r->version, fault_r);
	if (c->flow == NULL)
		return -1;
	if (r->step < 0 || r->step >= c->flow->graph->n_steps)
		return fault(fault_r, FAULT_INTERNAL,
		    "It stands at step %d, which is none.", r->step);
	c->scope = (struct scope){ .arena = c->arena, .payload = r->payload };
	if (r->payload != NULL &&
	    (c->scope.payload_json = json_parse(c->arena, r->payload,
		 strlen(r->payload), fault_r)) == NULL)
		return -1;
	return walk_load(c, fault_r) != 0 ? -1 : refresh_contact(c, fault_r);
}

/* Whether the run's automation is there no more, or stands still. */
static int
find_automation(struct step_call *c, bool *is_deleted_r, struct fault *fault_r)
{
	struct automation a;
	int rc = store_automation_by_num(c->txn, c->arena, c->run->automation,
	    &a, fault_r);
	if (rc == 0)
		return fault(fault_r, FAULT_INTERNAL,
		    "Its automation %lld is none.",
		    (long long)c->run->automation);
	*is_deleted_r = rc == 1 && a.enabled < 0;
	c->holds =
	    rc == 1 && (a.paused || engine_is_paused(c->engine, ENGINE_RUNS));
	return rc < 0 ? -1 : 0;
}

/* Whether the event that came is for the step the run rests in. */
static bool
hears(struct step_call *c)
{
	c->step = &c->flow->graph->steps[c->run->step];
	c->config = c->flow->configs[c->run->step];
	const struct step_type *type = step_type_find(c->step->type);
	return type->hears != NULL && type->hears(c, c->received);
}

/* Moves a run that rests, and writes where it stands then. */
static int
move(struct step_call *c, struct fault *fault_r)
{
	struct run *r = c->run;
	bool resumed = r->entered_ms != 0, is_deleted = false;
	if (prepare(c, fault_r) != 0 ||
	    find_automation(c, &is_deleted, fault_r) != 0)
		return -1;
	c->stays = c->received != NULL && !hears(c);
	if (c->stays)
		return 0;
	int64_t last = deadline(c);
	const char *reason = c->contact == NULL ? "contact_deleted"
	    : is_deleted                        ? "automation_deleted"
						: NULL;
	/* One of very many that were cancelled, and whose turn to end has not
	 * come yet. */
	if (reason == NULL && c->engine->has_jobs &&
	    store_job_cancels(c->txn, c->arena, r->automation, r->contact,
		r->id, &reason, fault_r) < 0)
		return -1;
	if (reason == NULL && last != 0 && c->now_ms >= last)
		reason = "max_duration";
	r->due_ms = 0;
	if (reason != NULL ? end_resting(c, RUN_CANCELLED, reason, fault_r) != 0
			   : advance(c, resumed, fault_r) != 0)
		return -1;
	return store_run_update(c->txn, r, fault_r);
}

/* Moves one run, in a part of the transaction of its own. */
static int
move_alone(struct step_call *c, struct fault *fault_r)
{
	const struct run was = *c->run;
	struct part part;
	struct fault why = { 0 };
	if (part_begin(c->engine, c->txn, &part, fault_r) != 0)
		return -1;
	int rc = move(c, &why);
	rc = part_end(c->engine, c->txn, &part, rc, &why, fault_r);
	if (rc == 0) {
		rc = give_up(c, &was, &why, fault_r) != 0 ||
			write_damaged(c->txn, c->run, fault_r) != 0
		    ? -1
		    : 1;
	}
	if (rc == 1)
		schedule_note(c->engine->schedule, c->run);
	return rc < 0 ? -1 : 0;
}

/* The same with a memory of its own. 1 the run was moved, 0 it stays, -1 */
static int
move_with_arena(struct step_call *c, bool drains, struct fault *fault_r)
{
	c->arena = arena_new();
	int rc = move_alone(c, fault_r);
	if (rc == 0 && drains)
		rc = accept_caused(c->engine, c->txn, c->arena, c->now_ms,
		    fault_r);
	arena_free(c->arena);
	return rc != 0 ? -1 : !c->stays;
}

int
runner_wake(struct engine *e, struct txn *t, struct run *r, int64_t now_ms,
    struct fault *fault_r)
{
	struct step_call c = { .engine = e,
		.txn = t,
		.now_ms = now_ms,
		.run = r };
	return move_with_arena(&c, true, fault_r) < 0 ? -1 : 0;
}

int
runner_hears(struct engine *e, struct txn *t, struct arena *a, struct run *r,
    const struct contact *contact, const struct event *event,
    struct fault *fault_r)
{
	struct step_call c = { .engine = e,
		.txn = t,
		.arena = a,
		.run = r,
		.contact = contact,
		.received = event,
		.scope = { .arena = a, .contact = contact } };
	c.flow = catalog_version(e, t, r->version, fault_r);
	if (c.flow == NULL)
		return fault_r->kind == FAULT_UNAVAILABLE ? -1 : 1;
	if (r->step < 0 || r->step >= c.flow->graph->n_steps)
		return 1;
	return hears(&c);
}

int
runner_deliver(struct engine *e, struct txn *t, struct run *r,
    const struct event *event, int64_t now_ms, struct fault *fault_r)
{
	struct step_call c = { .engine = e,
		.txn = t,
		.now_ms = now_ms,
		.run = r,
		.received = event };
	return move_with_arena(&c, false, fault_r);
}

int
runner_end(struct engine *e, struct txn *t, struct arena *a, struct run *r,
    enum run_status status, const char *reason, int64_t now_ms,
    struct fault *fault_r)
{
	struct step_call c = { .engine = e,
		.txn = t,
		.arena = a,
		.now_ms = now_ms,
		.run = r };
	struct fault why = { 0 };
	bool good = prepare(&c, &why) == 0 &&
	    end_resting(&c, status, reason, &why) == 0;
	if (!good && why.kind == FAULT_UNAVAILABLE) {
		*fault_r = why;
		return -1;
	}
	if (good)
		return store_run_update(t, r, fault_r);
	/* Whom a damaged run is about can still be deleted. */
	log_damaged(r, &why);
	return end_run(&c, status, reason, fault_r) != 0
	    ? -1
	    : write_damaged(t, r, fault_r);
}

int
runner_retry(struct engine *e, struct txn *t, struct run *r, int64_t now_ms,
    struct fault *fault_r)
{
	r->status = RUN_RUNNING;
	r->reason = NULL;
	r->finished_ms = 0;
	r->entered_ms = 0;
	r->due_ms = now_ms;
	tally_retried(e, r);
	schedule_note(e->schedule, r);
	return store_run_update(t, r, fault_r);
}
