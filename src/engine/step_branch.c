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

struct branch_config {
	struct rule *filters[LANES_MAX];
};

const struct rule *
step_branch_filter(const void *config, int lane)
{
	return ((const struct branch_config *)config)->filters[lane];
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
	.compile = branch_compile,
	.enter = branch_enter,
};
