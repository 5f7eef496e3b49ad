/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Branch: the first lane whose rule is true is taken, in the order written.
 */
#include "engine/step_branch.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"
#include "engine/step.h"
#include "model/rule.h"

static const struct json_name branch_names[] = { { "branches" },
	{ "otherwise" }, { NULL } };
static const struct json_name lane_names[] = { { "key" }, { "filter" },
	{ "applies_to" }, { "to" }, { "merge_to" }, { "label", "label" },
	{ NULL } };

struct branch_config {
	struct rule *filters[LANES_MAX];
};

const struct rule *
step_branch_filter(const void *config, int lane)
{
	return ((const struct branch_config *)config)->filters[lane];
}

static int
lane_check_written(struct json_place *p, const json_t *lane)
{
	return json_names_check(p, lane, lane_names) != 0
	    ? -1
	    : rule_check_names(p, lane, "filter");
}

static int
branch_check_written(struct json_place *p, const json_t *config)
{
	const json_t *lane;
	size_t i;
	json_array_foreach (json_object_get(config, "branches"), i, lane) {
		size_t at = json_place_enter(p, "branches[%zu]", i);
		if (lane_check_written(p, lane) != 0)
			return -1;
		json_place_leave(p, at);
	}
	return 0;
}

static void *
branch_compile(struct arena *a, const struct step *s, struct fault *fault_r)
{
	struct branch_config *c = arena_alloc(a, sizeof(*c));
	for (int i = 0; i < s->n_lanes; i++) {
		c->filters[i] = rule_compile(a, s->lanes[i].filter,
		    RULE_EVENT | RULE_CONTACT | RULE_WAIT_EVENTS, fault_r);
		if (c->filters[i] == NULL) {
			fault_at(fault_r, "branches[%d].filter", i);
			return NULL;
		}
	}
	return c;
}

static bool
branch_walk_paths(const void *config, bool (*fn)(void *arg, const char *path),
    void *arg)
{
	const struct branch_config *c = config;
	for (int i = 0; i < LANES_MAX && c->filters[i] != NULL; i++)
		if (!rule_walk_fields(c->filters[i], fn, arg))
			return false;
	return true;
}

static int
branch_enter(struct step_call *c, struct step_next *next, struct fault *fault_r)
{
	struct buf b = { 0 };
	(void)fault_r;
	next->what = STEP_GO;
	for (int i = 0; i < c->step->n_lanes && next->lane == NULL; i++)
		if (rule_true(step_branch_filter(c->config, i), scope_lookup,
			&c->scope))
			next->lane = &c->step->lanes[i];
	buf_str(&b, "{\"branch\":");
	json_put_string(&b, next->lane != NULL ? next->lane->key : NULL);
	buf_char(&b, '}');
	next->output = arena_memdup(c->arena, b.data, b.len + 1);
	buf_free(&b);
	return 0;
}

const struct step_type step_branch = {
	.name = "branch",
	.summary = "Takes the first lane whose rule is true.",
	.outs = OUT(DEFAULT),
	.names = branch_names,
	.check_written = branch_check_written,
	.compile = branch_compile,
	.walk_paths = branch_walk_paths,
	.enter = branch_enter,
};
