/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "api/run_json.h"

#include <string.h>

#include "api/find.h"
#include "base/id.h"
#include "model/automation.h"
#include "model/event.h"
#include "store/automations.h"
#include "store/events.h"
#include "store/runs.h"

json_t *
run_summary_json(const void *item)
{
	const struct run *r = item;
	return json_pack("{s:o, s:s, s:s?, s:o, s:o, s:o, s:o, s:o}", "id",
	    json_id(r->id), "status", run_status_name(r->status), "exit_reason",
	    r->reason, "contact_id", json_id(r->contact), "event_id",
	    json_id(r->event), "started_at", json_time(id_time_ms(r->id)),
	    "completed_at", json_time(r->finished_ms), "created_at",
	    json_time(id_time_ms(r->id)));
}

/* ---- steps ------------------------------------------------------------- */

static bool
is_type(const struct graph *g, int step, const char *type)
{
	return strcmp(g->steps[step].type, type) == 0;
}

/* How a step stands that has no history row. */
static enum step_status
implied_status(const struct run *r, const struct graph *g, int step)
{
	if (step == g->trigger)
		return STEP_COMPLETED;
	if (r->status != RUN_RUNNING)
		return r->status == RUN_COMPLETED ? STEP_SKIPPED : STEP_PENDING;
	if (step != r->step || r->entered_ms == 0)
		return STEP_PENDING;
	return is_type(g, step, "delay") || is_type(g, step, "wait_for_event")
	    ? STEP_WAITING
	    : STEP_RUNNING;
}

/* What a run that rests at the step waits for: an event, a moment, or both. */
static json_t *
waiting_for_json(const struct run *r, const struct graph *g, int step)
{
	const json_t *name =
	    json_object_get(g->steps[step].config, "event_name");
	bool for_event = is_type(g, step, "wait_for_event");
	return json_pack("{s:s?, s:o}", "event_name",
	    for_event ? json_string_value(name) : NULL, "until",
	    json_time(r->due_ms));
}

/* done: its history row, NULL if there is none. */
static json_t *
step_json(const struct run *r, const struct graph *g, int i,
    const struct run_step *done)
{
	/* A retry enters the step anew: what is behind it is the past. */
	bool is_here = r->status == RUN_RUNNING && i == r->step;
	if (is_here)
		done = NULL;
	enum step_status status =
	    done != NULL ? done->status : implied_status(r, g, i);
	int64_t began = id_time_ms(r->id);
	int64_t started = done != NULL ? done->started_ms
	    : i == g->trigger          ? began
	    : is_here                  ? r->entered_ms
				       : 0;
	int64_t finished = done != NULL ? done->finished_ms
	    : i == g->trigger           ? began
					: 0;
	json_t *o = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "key",
	    g->steps[i].key, "type", g->steps[i].type, "status",
	    step_status_name(status), "output",
	    json_text_value(done != NULL ? done->output : NULL), "error",
	    json_text_value(done != NULL ? done->error : NULL), "started_at",
	    json_time(started), "completed_at", json_time(finished),
	    "created_at", json_time(began));
	if (status == STEP_WAITING)
		json_object_set_new(o, "waiting_for",
		    waiting_for_json(r, g, i));
	return o;
}

json_t *
run_json(struct call *c, struct txn *t, const struct run *r,
    struct fault *fault_r)
{
	const struct run_step *done[GRAPH_STEPS_MAX] = { NULL };
	struct list history;
	struct graph *g = find_graph(c, t, r->version, fault_r);
	if (g == NULL ||
	    store_step_list(t, c->arena, r->id, &history, fault_r) != 0)
		return NULL;
	const struct run_step *rows = history.items;
	for (int i = 0; i < history.n; i++)
		if (rows[i].step >= 0 && rows[i].step < g->n_steps)
			done[rows[i].step] = &rows[i];
	json_t *steps = json_array();
	for (int i = 0; i < g->n_steps; i++)
		json_array_append_new(steps, step_json(r, g, i, done[i]));
	json_t *o = run_summary_json(r);
	json_object_set_new(o, "object", json_string("automation_run"));
	/* A damaged row may name a step that is none. */
	bool waits = r->step >= 0 && r->step < g->n_steps &&
	    implied_status(r, g, r->step) == STEP_WAITING;
	json_object_set_new(o, "waiting_for",
	    waits ? waiting_for_json(r, g, r->step) : json_null());
	json_object_set_new(o, "steps", steps);
	return o;
}

/* ---- beside what they are of ------------------------------------------- */

int
put_automation(struct call *c, struct txn *t, json_t *to, int64_t num,
    struct fault *fault_r)
{
	struct automation a = { 0 };
	if (store_automation_by_num(t, c->arena, num, &a, fault_r) < 0)
		return -1;
	json_object_set_new(to, "automation_id", json_id(a.id));
	return json_object_set_new(to, "automation",
	    a.name != NULL ? json_string(a.name) : json_null());
}

json_t *
run_named_json(struct call *c, struct txn *t, const struct run *r,
    struct fault *fault_r)
{
	json_t *o = run_summary_json(r);
	if (put_automation(c, t, o, r->automation, fault_r) == 0)
		return o;
	json_decref(o);
	return NULL;
}

json_t *
skip_json(struct call *c, struct txn *t, const struct skip *s,
    struct fault *fault_r)
{
	struct event e = { 0 };
	enum event_outcome ignored;
	if (s->event != 0 &&
	    store_event_get(t, c->arena, s->event, &e, &ignored, fault_r) < 0)
		return NULL;
	return json_pack("{s:o, s:o, s:s?, s:o, s:s?, s:s, s:s, s:o}", "id",
	    json_id(s->id), "contact_id", json_id(s->contact), "email", e.email,
	    "event_id", json_id(s->event), "event", e.name, "reason",
	    skip_reason_name(s->reason), "text", skip_reason_text(s->reason),
	    "created_at", json_time(id_time_ms(s->id)));
}
