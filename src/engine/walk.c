/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/walk.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "engine/step_branch.h"
#include "model/rule.h"

/* What a run may keep of the events it waited for, as JSON: it is read and
 * written whenever the run moves. */
enum { KEPT_MAX = 1 << 20 };

/* ---- the context ------------------------------------------------------- */

static void
decref(void *p)
{
	json_decref(p);
}

/* The stack of lanes, as pairs of numbers. 0, or -1 if it fits no graph. */
static int
read_lanes(struct step_call *c, const json_t *list)
{
	const struct graph *g = c->flow->graph;
	size_t n = json_array_size(list) / 2;
	if (n > GRAPH_STEPS_MAX)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct lane_at at = {
			.branch = (int)json_integer_value(
			    json_array_get(list, 2 * i)),
			.lane = (int)json_integer_value(
			    json_array_get(list, 2 * i + 1)),
		};
		if (at.branch < 0 || at.branch >= g->n_steps || at.lane < 0 ||
		    at.lane >= g->steps[at.branch].n_lanes)
			return -1;
		c->lanes[c->n_lanes++] = at;
	}
	return 0;
}

int
walk_load(struct step_call *c, struct fault *fault_r)
{
	const char *text = c->run->context;
	json_t *o;
	if (c->has_context)
		return 0;
	c->has_context = true;
	if (text == NULL)
		return 0;
	if ((o = json_parse(c->arena, text, strlen(text), fault_r)) == NULL)
		return -1;
	c->waited = json_object_get(o, "waited");
	c->scope.waited = c->waited;
	if (read_lanes(c, json_object_get(o, "lanes")) != 0)
		return fault(fault_r, FAULT_INTERNAL,
		    "Its lanes are none of its version's.");
	return 0;
}

void
walk_save(struct step_call *c)
{
	if (!c->context_changed)
		return;
	json_t *o = json_object(), *lanes = json_array();
	for (int i = 0; i < c->n_lanes; i++) {
		json_array_append_new(lanes, json_integer(c->lanes[i].branch));
		json_array_append_new(lanes, json_integer(c->lanes[i].lane));
	}
	if (c->waited != NULL)
		json_object_set(o, "waited", c->waited);
	if (c->n_lanes > 0)
		json_object_set(o, "lanes", lanes);
	c->run->context =
	    json_object_size(o) > 0 ? json_text(c->arena, o) : NULL;
	json_decref(lanes);
	json_decref(o);
	c->context_changed = false;
}

bool
walk_keep_event(struct step_call *c, const char *name, const char *payload)
{
	struct fault ignored;
	json_t *v = payload == NULL
	    ? NULL
	    : json_parse(c->arena, payload, strlen(payload), &ignored);
	json_t *all = c->waited != NULL ? json_copy(c->waited) : json_object();
	arena_own(c->arena, all, decref);
	json_object_set_new(all, name,
	    v != NULL ? json_incref(v) : json_object());
	bool fits = v == NULL || json_text_len(all) <= KEPT_MAX;
	if (!fits)
		json_object_set_new(all, name, json_object());
	c->waited = all;
	c->scope.waited = all;
	c->context_changed = true;
	return fits;
}

/* ---- ways -------------------------------------------------------------- */

static const struct lane *
lane_of(const struct step_call *c, int i)
{
	const struct lane_at *at = &c->lanes[i];
	return &c->flow->graph->steps[at->branch].lanes[at->lane];
}

/* Leaves that lane and those inside it. */
static void
leave_lanes(struct step_call *c, int from)
{
	if (from < c->n_lanes)
		c->context_changed = true;
	c->n_lanes = from;
}

/* The end of a way: the innermost lane's merge, or the run's end. */
static int
way_end(struct step_call *c)
{
	if (c->n_lanes == 0)
		return -1;
	int to = lane_of(c, c->n_lanes - 1)->merge_to;
	leave_lanes(c, c->n_lanes - 1);
	return to;
}

/* Into a lane, which begins at its first step or merges at once. */
static int
into_lane(struct step_call *c, const struct lane *l)
{
	if (l->to < 0)
		return l->merge_to >= 0 ? l->merge_to : way_end(c);
	c->lanes[c->n_lanes++] = (struct lane_at){ .branch = c->run->step,
		.lane = (int)(l - c->step->lanes) };
	c->context_changed = true;
	return l->to;
}

int
walk_behind(struct step_call *c, const struct step_next *next)
{
	if (next->lane != NULL)
		return into_lane(c, next->lane);
	int to = graph_next(c->flow->graph, c->run->step, next->out);
	return to >= 0 ? to : way_end(c);
}

/* The outermost lane that merges at that step; -1: none does. */
static int
merging(const struct step_call *c, int step)
{
	for (int i = 0; i < c->n_lanes; i++)
		if (lane_of(c, i)->merge_to == step)
			return i;
	return -1;
}

/* The outermost lane whose guard does not hold any more; -1: all do. */
static int
broken_guard(struct step_call *c)
{
	for (int i = 0; i < c->n_lanes; i++) {
		const struct lane_at *at = &c->lanes[i];
		if (lane_of(c, i)->is_guarded &&
		    !rule_true(step_branch_filter(c->flow->configs[at->branch],
				   at->lane),
			scope_lookup, &c->scope))
			return i;
	}
	return -1;
}

int
walk_arrive(struct step_call *c, struct fault *fault_r)
{
	if (walk_load(c, fault_r) != 0)
		return -1;
	for (;;) {
		int out = merging(c, c->run->step);
		if (out >= 0)
			leave_lanes(c, out);
		int broken = broken_guard(c);
		if (broken < 0)
			return 0;
		int to = lane_of(c, broken)->merge_to;
		leave_lanes(c, broken);
		if (to < 0)
			return 1;
		c->run->step = to;
	}
}
