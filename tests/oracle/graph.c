/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Graphs: finding one's way in the JSON of an automation.
 */
#include "tests/oracle/oracle_private.h"

#include <string.h>

const json_t *
oracle_graph_step_of(const json_t *graph, const char *key)
{
	size_t i;
	json_t *step;
	json_array_foreach (json_object_get(graph, "steps"), i, step)
		if (key != NULL && strcmp(oracle_text(step, "key"), key) == 0)
			return step;
	return NULL;
}

const char *
oracle_step_type(const json_t *step)
{
	return oracle_text(step, "type");
}

const json_t *
oracle_step_config(const json_t *step)
{
	return json_object_get(step, "config");
}

const json_t *
oracle_graph_trigger(const json_t *graph)
{
	size_t i;
	json_t *step;
	json_array_foreach (json_object_get(graph, "steps"), i, step)
		if (strcmp(oracle_step_type(step), "trigger") == 0)
			return step;
	return NULL;
}

const json_t *
oracle_graph_settings(const json_t *graph)
{
	return json_object_get(graph, "settings");
}

/* The step behind a connection of exactly that type. */
static const json_t *
connected(const json_t *graph, const json_t *step, const char *out)
{
	size_t i;
	json_t *c;
	json_array_foreach (json_object_get(graph, "connections"), i, c) {
		const char *type = oracle_text(c, "type");
		if (strcmp(oracle_text(c, "from"), oracle_text(step, "key")) ==
			0 &&
		    strcmp(type != NULL ? type : "default", out) == 0)
			return oracle_graph_step_of(graph,
			    oracle_text(c, "to"));
	}
	return NULL;
}

const json_t *
oracle_graph_way(const json_t *graph, const json_t *step, const char *out)
{
	const json_t *to = connected(graph, step, out);
	if (to == NULL && strcmp(out, "event_received") == 0)
		to = connected(graph, step, "default");
	return to;
}

/* ---- cycles ------------------------------------------------------------ */

enum { STEPS_MAX = 150 };

/* Which step leads to which. */
struct ways {
	int n;
	bool way[STEPS_MAX][STEPS_MAX];
};

static int
index_of(const json_t *graph, const char *key)
{
	const json_t *steps = json_object_get(graph, "steps");
	for (size_t i = 0; key != NULL && i < json_array_size(steps); i++)
		if (strcmp(oracle_text(json_array_get(steps, i), "key"), key) ==
		    0)
			return (int)i;
	return -1;
}

static void
join(struct ways *w, int from, int to)
{
	if (from >= 0 && to >= 0)
		w->way[from][to] = true;
}

/* Everything that can be reached from a step without passing another. */
static void
reach(const struct ways *w, int from, int without, bool *seen)
{
	if (from < 0 || from == without || seen[from])
		return;
	seen[from] = true;
	for (int i = 0; i < w->n; i++)
		if (w->way[from][i])
			reach(w, i, without, seen);
}

/* Calls for each lane of each branch. */
static void
each_lane(const json_t *graph, struct ways *w,
    void (*fn)(const json_t *, struct ways *, int, const json_t *))
{
	size_t i, k;
	json_t *step, *lane;
	json_array_foreach (json_object_get(graph, "steps"), i, step)
		json_array_foreach (json_object_get(oracle_step_config(step),
					"branches"),
		    k, lane)
			fn(graph, w, (int)i, lane);
}

/* From the branch into the lane, and past it. */
static void
lane_way(const json_t *graph, struct ways *w, int branch, const json_t *lane)
{
	join(w, branch, index_of(graph, oracle_text(lane, "to")));
	join(w, branch, index_of(graph, oracle_text(lane, "merge_to")));
}

/* From everything in the lane to where it merges. */
static void
lane_merge(const json_t *graph, struct ways *w, int branch, const json_t *lane)
{
	bool seen[STEPS_MAX] = { false };
	int to = index_of(graph, oracle_text(lane, "to"));
	int merge = index_of(graph, oracle_text(lane, "merge_to"));
	(void)branch;
	if (to < 0 || merge < 0)
		return;
	reach(w, to, merge, seen);
	for (int i = 0; i < w->n; i++)
		if (seen[i])
			join(w, i, merge);
}

static void
connect_all(const json_t *graph, struct ways *w)
{
	size_t i;
	json_t *c, *step;
	json_array_foreach (json_object_get(graph, "connections"), i, c)
		join(w, index_of(graph, oracle_text(c, "from")),
		    index_of(graph, oracle_text(c, "to")));
	json_array_foreach (json_object_get(graph, "steps"), i, step)
		join(w, (int)i,
		    index_of(graph,
			oracle_text(oracle_step_config(step), "otherwise")));
	each_lane(graph, w, lane_way);
}

bool
oracle_is_acyclic(const json_t *graph)
{
	struct ways ways = { .n = (int)json_array_size(
				 json_object_get(graph, "steps")) };
	struct ways merged, before = { .n = -1 };
	connect_all(graph, &ways);
	/* Where an inner lane merges is within the outer one. */
	for (merged = ways; memcmp(&merged, &before, sizeof(merged)) != 0;) {
		before = merged;
		each_lane(graph, &merged, lane_merge);
	}
	for (int i = 0; i < merged.n; i++) {
		bool seen[STEPS_MAX] = { false };
		for (int k = 0; k < merged.n; k++)
			if (merged.way[i][k])
				reach(&merged, k, -1, seen);
		if (seen[i])
			return false;
	}
	return true;
}
