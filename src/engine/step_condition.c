/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Condition: a rule over what the run can see picks the way.
 */
#include "engine/step.h"
#include "model/rule.h"

/* The config is the rule. */
static int
condition_check_written(struct json_place *p, const json_t *config)
{
	return rule_check_names(p, config, NULL);
}

static void *
condition_compile(struct arena *a, const struct step *s, struct fault *fault_r)
{
	return rule_compile(a, s->config,
	    RULE_EVENT | RULE_CONTACT | RULE_WAIT_EVENTS, fault_r);
}

static bool
condition_walk_paths(const void *config,
    bool (*fn)(void *arg, const char *path), void *arg)
{
	return rule_walk_fields(config, fn, arg);
}

static int
condition_enter(struct step_call *c, struct step_next *next,
    struct fault *fault_r)
{
	bool met = rule_true(c->config, scope_lookup, &c->scope);
	(void)fault_r;
	next->what = STEP_GO;
	next->out =
	    met ? CONNECTION_CONDITION_MET : CONNECTION_CONDITION_NOT_MET;
	next->output = met ? "{\"result\":true}" : "{\"result\":false}";
	return 0;
}

const struct step_type step_condition = {
	.name = "condition",
	.summary = "Goes one way if a rule is true, another if it is not.",
	.outs = OUT(CONDITION_MET) | OUT(CONDITION_NOT_MET),
	.check_written = condition_check_written,
	.compile = condition_compile,
	.walk_paths = condition_walk_paths,
	.enter = condition_enter,
};
