/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Branches: taking a lane, staying in it, leaving it.
 */
#include "tests/oracle/oracle_private.h"

#include <string.h>

static const char filter[] = "filter|filterCriteria|filter_criteria";

static const json_t *
merge_of(const struct oracle_run *r, const json_t *lane)
{
	return oracle_graph_step_of(r->automation->json,
	    oracle_text(lane, "merge_to"));
}

/* Stands before that step; NULL: the path ends at the branch. */
static void
turn(struct oracle_run *r, const json_t *step)
{
	if (step != NULL)
		r->step = step;
	else
		oracle_lanes_end(r);
}

static void
take(struct world *w, struct oracle_run *r, const json_t *lane)
{
	const json_t *to =
	    oracle_graph_step_of(r->automation->json, oracle_text(lane, "to"));
	if (to != NULL) {
		struct oracle_lane *l = oracle_get(w, sizeof(*l));
		l->branch = r->step;
		l->lane = lane;
		oracle_list_add(&r->lanes, l);
	}
	turn(r, to != NULL ? to : merge_of(r, lane));
}

/* The first lane whose filter is true. */
static const json_t *
choose(const struct oracle_run *r)
{
	const struct oracle_view v = oracle_run_view(r);
	size_t i;
	json_t *lane;
	json_array_foreach (json_object_get(oracle_step_config(r->step),
				"branches"),
	    i, lane)
		if (oracle_rule(oracle_any(lane, filter), &v))
			return lane;
	return NULL;
}

void
oracle_branch_do(struct world *w, struct oracle_run *r)
{
	const json_t *lane = choose(r);
	const char *otherwise =
	    oracle_text(oracle_step_config(r->step), "otherwise");
	oracle_run_note(w, r, "completed",
	    json_pack("{s:s?}", "branch", oracle_text(lane, "key")), NULL);
	if (lane != NULL)
		take(w, r, lane);
	else if (otherwise != NULL)
		turn(r, oracle_graph_step_of(r->automation->json, otherwise));
	else
		oracle_run_go(r, "default");
}

void
oracle_lanes_arrive(struct oracle_run *r)
{
	for (int i = 0; i < r->lanes.n; i++) {
		const struct oracle_lane *l = r->lanes.items[i];
		if (merge_of(r, l->lane) == r->step) {
			r->lanes.n = i;
			return;
		}
	}
}

/* A lane is left before its end: on where it merges, or out. */
static void
divert(struct oracle_run *r, int lane)
{
	const struct oracle_lane *l = r->lanes.items[lane];
	const json_t *merge = merge_of(r, l->lane);
	r->lanes.n = lane;
	if (merge != NULL)
		r->step = merge;
	else
		oracle_run_end(r, ORACLE_CANCELLED, "branch_guard_failed");
}

bool
oracle_lanes_guard(struct oracle_run *r)
{
	const struct oracle_view v = oracle_run_view(r);
	for (int i = 0; i < r->lanes.n; i++) {
		const struct oracle_lane *l = r->lanes.items[i];
		const char *applies = oracle_text(l->lane, "applies_to");
		if (applies != NULL &&
		    strcmp(applies, "all_branch_steps") == 0 &&
		    !oracle_rule(oracle_any(l->lane, filter), &v)) {
			divert(r, i);
			return false;
		}
	}
	return true;
}

void
oracle_lanes_end(struct oracle_run *r)
{
	const json_t *merge = NULL;
	if (r->lanes.n > 0) {
		const struct oracle_lane *l = r->lanes.items[--r->lanes.n];
		merge = merge_of(r, l->lane);
	}
	if (merge != NULL)
		r->step = merge;
	else
		oracle_run_end(r, ORACLE_COMPLETED, NULL);
}
