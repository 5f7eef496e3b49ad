/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exit: the run ends here, before its way does.
 */
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/utf8.h"
#include "engine/step.h"

enum { REASON_MAX = 100 };

struct exit_config {
	const char *reason;
};

static const struct json_name exit_names[] = { { "reason" }, { NULL } };

static void *
exit_compile(struct arena *a, const struct step *s, struct fault *fault_r)
{
	struct exit_config *c = arena_alloc(a, sizeof(*c));
	const char *reason;
	int rc = json_get_string(s->config, "reason", &reason, fault_r);
	if (rc < 0)
		return NULL;
	c->reason = rc == 1 ? arena_strdup(a, reason) : "exit_step";
	size_t n = strlen(c->reason);
	if (n == 0 || n > REASON_MAX || utf8_has_control(c->reason, n)) {
		fault(fault_r, FAULT_INVALID,
		    "`config.reason` must have 1 to %d bytes and no control "
		    "characters.",
		    REASON_MAX);
		return NULL;
	}
	return c;
}

static int
exit_enter(struct step_call *c, struct step_next *next, struct fault *fault_r)
{
	const struct exit_config *x = c->config;
	(void)fault_r;
	next->what = STEP_EXIT;
	next->reason = x->reason;
	return 0;
}

const struct step_type step_exit = {
	.name = "exit",
	.summary = "Ends the run, with a reason.",
	.outs = OUT(DEFAULT),
	.names = exit_names,
	.compile = exit_compile,
	.enter = exit_enter,
};
