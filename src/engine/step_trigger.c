/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trigger: where a run begins. It names the event that starts the automation.
 */
#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "engine/catalog.h"
#include "engine/step.h"

static void *
trigger_compile(struct arena *a, const struct step *s, struct fault *fault_r)
{
	struct trigger_config *c = arena_alloc(a, sizeof(*c));
	const char *name;
	int rc = json_get_string(s->config, "event_name", &name, fault_r);
	if (rc < 0) {
		fault_at(fault_r, "Step `%s`, config", s->key);
		return NULL;
	}
	if (rc == 0 || name[0] == '\0') {
		fault(fault_r, FAULT_INVALID,
		    "Step `%s`: missing "
		    "`config.event_name`, the event that starts the "
		    "automation (in CLI and SDK files write `eventName`).",
		    s->key);
		return NULL;
	}
	c->event_name = arena_strdup(a, name);
	return c;
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
	.compile = trigger_compile,
	.enter = trigger_enter,
};
