/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where ways through a graph lead. A step of a lane may lead to where the lane
 * merges, by the lane's end or by its guard, so that counts as an edge.
 */
#include <string.h>

#include "base/fault.h"
#include "model/automation.h"

struct edges {
	int n;
	bool leads[GRAPH_STEPS_MAX][GRAPH_STEPS_MAX];
};

/* What connections and branches say. */
static void
collect(const struct graph *g, struct edges *e)
{
	memset(e, 0, sizeof(*e));
	e->n = g->n_steps;
	for (int i = 0; i < g->n_connections; i++)
		e->leads[g->connections[i].from][g->connections[i].to] = true;
	for (int s = 0; s < g->n_steps; s++) {
		const struct step *step = &g->steps[s];
		for (int i = 0; i < step->n_lanes; i++) {
			if (step->lanes[i].to >= 0)
				e->leads[s][step->lanes[i].to] = true;
			if (step->lanes[i].merge_to >= 0)
				e->leads[s][step->lanes[i].merge_to] = true;
		}
	}
}

/* Marks what can be reached from a step without passing `not`. */
static void
reach(const struct edges *e, int from, int not, bool *mark)
{
	if (from == not || mark[from])
		return;
	mark[from] = true;
	for (int to = 0; to < e->n; to++)
		if (e->leads[from][to])
			reach(e, to, not, mark);
}

/* Adds the edges from a lane's steps to where it merges. */
static void
add_merges(const struct graph *g, const struct edges *base, struct edges *e)
{
	for (int s = 0; s < g->n_steps; s++)
		for (int i = 0; i < g->steps[s].n_lanes; i++) {
			const struct lane *l = &g->steps[s].lanes[i];
			bool inside[GRAPH_STEPS_MAX] = { false };
			if (l->to < 0 || l->merge_to < 0)
				continue;
			reach(base, l->to, l->merge_to, inside);
			for (int from = 0; from < e->n; from++)
				if (inside[from])
					e->leads[from][l->merge_to] = true;
		}
}

enum { MARK_NEW, MARK_OPEN, MARK_DONE };

/* A step at which a way from here comes back to itself; -1: none does. */
static int
find_cycle(const struct edges *e, int step, char *mark)
{
	mark[step] = MARK_OPEN;
	for (int to = 0; to < e->n; to++) {
		if (!e->leads[step][to] || mark[to] == MARK_DONE)
			continue;
		int at = mark[to] == MARK_OPEN ? to : find_cycle(e, to, mark);
		if (at >= 0)
			return at;
	}
	mark[step] = MARK_DONE;
	return -1;
}

int
graph_check_acyclic(const struct graph *g, struct fault *fault_r)
{
	struct edges base, all;
	char mark[GRAPH_STEPS_MAX] = { 0 };
	collect(g, &base);
	all = base;
	add_merges(g, &base, &all);
	for (int i = 0; i < g->n_steps; i++) {
		int at = mark[i] == MARK_NEW ? find_cycle(&all, i, mark) : -1;
		if (at >= 0)
			return fault(fault_r, FAULT_INVALID,
			    "Step `%s`: the connections form a cycle through "
			    "it; each way must end.",
			    g->steps[at].key);
	}
	return 0;
}

int
graph_unreachable(const struct graph *g)
{
	struct edges e;
	bool mark[GRAPH_STEPS_MAX] = { false };
	collect(g, &e);
	reach(&e, g->trigger, -1, mark);
	for (int i = 0; i < g->n_steps; i++)
		if (!mark[i])
			return i;
	return -1;
}
