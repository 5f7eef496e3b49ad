/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delay: the run rests for a while, counted from the moment it came here.
 */
#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "engine/step.h"
#include "model/duration.h"

struct delay_config {
	int64_t ms;
};

static const struct json_name delay_names[] = { { "duration" }, { NULL } };

static void *
delay_compile(struct arena *a, const struct step *s, struct fault *fault_r)
{
	struct delay_config *c = arena_alloc(a, sizeof(*c));
	const char *text;
	int rc = json_get_string(s->config, "duration", &text, fault_r);
	if (rc == 0)
		fault(fault_r, FAULT_INVALID,
		    "missing `config.duration`, such as `3 days`.");
	if (rc != 1)
		return NULL;
	if (duration_parse(text, DURATION_STEP_MAX_MS, &c->ms, fault_r) == 0)
		return c;
	fault_at(fault_r, "`config.duration`");
	return NULL;
}

static int
delay_enter(struct step_call *c, struct step_next *next, struct fault *fault_r)
{
	const struct delay_config *d = c->config;
	(void)fault_r;
	next->what = STEP_REST;
	next->until_ms = c->now_ms + d->ms;
	return 0;
}

const struct step_type step_delay = {
	.name = "delay",
	.summary = "Rests for a while.",
	.outs = OUT(DEFAULT),
	.names = delay_names,
	.compile = delay_compile,
	.enter = delay_enter,
};
