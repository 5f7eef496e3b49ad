/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where ways through a graph lead. A step of a lane may lead to where the lane
 * merges, by the lane's end or by its guard, so that counts as an edge.
 */
#include <string.h>

#include "base/fault.h"
#include "model/automation.h"

/* Steps, a bit each: a graph of 150 may have 1500 lanes, and each is walked. */
struct set {
	uint64_t bits[(GRAPH_STEPS_MAX + 63) / 64];
};

struct edges {
	int n;
	struct set leads[GRAPH_STEPS_MAX];
};

static void
put(struct set *s, int step)
{
	s->bits[step / 64] |= UINT64_C(1) << step % 64;
}

static bool
has(const struct set *s, int step)
{
	return s->bits[step / 64] >> step % 64 & 1;
}

/* Takes one out of the set; -1: it is empty. */
static int
take(struct set *s)
{
	for (size_t i = 0; i < N_OF(s->bits); i++) {
		if (s->bits[i] == 0)
			continue;
		int bit = __builtin_ctzll(s->bits[i]);
		s->bits[i] &= s->bits[i] - 1;
		return (int)i * 64 + bit;
	}
	return -1;
}

/* What connections and branches say. */
static void
collect(const struct graph *g, struct edges *e)
{
	memset(e, 0, sizeof(*e));
	e->n = g->n_steps;
	for (int i = 0; i < g->n_connections; i++)
		put(&e->leads[g->connections[i].from], g->connections[i].to);
	for (int s = 0; s < g->n_steps; s++) {
		const struct step *step = &g->steps[s];
		for (int i = 0; i < step->n_lanes; i++) {
			if (step->lanes[i].to >= 0)
				put(&e->leads[s], step->lanes[i].to);
			if (step->lanes[i].merge_to >= 0)
				put(&e->leads[s], step->lanes[i].merge_to);
		}
	}
}

/* What can be reached from a step without passing `not`. */
static struct set
reach(const struct edges *e, int from, int not )
{
	struct set found = { { 0 } }, left = { { 0 } };
	if (from != not )
		put(&found, from);
	left = found;
	for (int s = take(&left); s >= 0; s = take(&left)) {
		struct set on = e->leads[s];
		if (not >= 0)
			on.bits[not / 64] &= ~(UINT64_C(1) << not % 64);
		for (size_t i = 0; i < N_OF(on.bits); i++) {
			left.bits[i] |= on.bits[i] & ~found.bits[i];
			found.bits[i] |= on.bits[i];
		}
	}
	return found;
}

/* Adds the edges from a lane's steps to where it merges. */
static void
add_merges(const struct graph *g, const struct edges *base, struct edges *e)
{
	for (int s = 0; s < g->n_steps; s++)
		for (int i = 0; i < g->steps[s].n_lanes; i++) {
			const struct lane *l = &g->steps[s].lanes[i];
			if (l->to < 0 || l->merge_to < 0)
				continue;
			struct set inside = reach(base, l->to, l->merge_to);
			for (int from = take(&inside); from >= 0;
			     from = take(&inside))
				put(&e->leads[from], l->merge_to);
		}
}

enum { MARK_NEW, MARK_OPEN, MARK_DONE };

/* A step at which a way from here comes back to itself; -1: none does. */
static int
find_cycle(const struct edges *e, int step, char *mark)
{
	struct set on = e->leads[step];
	mark[step] = MARK_OPEN;
	for (int to = take(&on); to >= 0; to = take(&on)) {
		if (mark[to] == MARK_DONE)
			continue;
		int at = mark[to] == MARK_OPEN ? to : find_cycle(e, to, mark);
		if (at >= 0)
			return at;
	}
	mark[step] = MARK_DONE;
	return -1;
}

/* 0, or -1 with fault_r. */
static int
refuse_cycles(const struct graph *g, const struct edges *e,
    struct fault *fault_r)
{
	char mark[GRAPH_STEPS_MAX] = { MARK_NEW };
	for (int i = 0; i < g->n_steps; i++) {
		int at = mark[i] == MARK_NEW ? find_cycle(e, i, mark) : -1;
		if (at >= 0)
			return fault(fault_r, FAULT_INVALID,
			    "Step `%s`: the connections form a cycle through "
			    "it; each way must end.",
			    g->steps[at].key);
	}
	return 0;
}

int
graph_check_acyclic(const struct graph *g, struct fault *fault_r)
{
	struct edges base, all;
	collect(g, &base);
	/* What is said to lead in a circle is refused before what follows. */
	if (refuse_cycles(g, &base, fault_r) != 0)
		return -1;
	all = base;
	add_merges(g, &base, &all);
	return refuse_cycles(g, &all, fault_r);
}

int
graph_unreachable(const struct graph *g)
{
	struct edges e;
	collect(g, &e);
	struct set found = reach(&e, g->trigger, -1);
	for (int i = 0; i < g->n_steps; i++)
		if (!has(&found, i))
			return i;
	return -1;
}
