/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trigger: where a run begins. Its config says who gets in.
 */
#include "engine/entry.h"
#include "engine/step.h"

static const struct json_name trigger_names[] = { { "event_name" }, { "entry" },
	{ NULL } };

static void *
trigger_compile(struct arena *a, const struct step *s, struct fault *fault_r)
{
	return entry_compile(a, s->config, fault_r);
}

static int
trigger_check(struct engine *e, struct txn *t, struct arena *a,
    const void *config, struct fault *fault_r)
{
	(void)e;
	return entry_check(t, a, config, fault_r);
}

static int
trigger_enter(struct step_call *c, struct step_next *next,
    struct fault *fault_r)
{
	(void)c, (void)fault_r;
	next->what = STEP_GO;
	return 0;
}

const struct step_type step_trigger = {
	.name = "trigger",
	.summary = "Starts a run when its event arrives.",
	.outs = OUT(DEFAULT),
	.names = trigger_names,
	.check_written = entry_check_written,
	.compile = trigger_compile,
	.check_enable = trigger_check,
	.enter = trigger_enter,
};
