/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contact delete: the contact goes, and with it every run of it.
 */
#include "base/arena.h"
#include "engine/people.h"
#include "engine/step.h"

static const struct json_name delete_names[] = { { NULL } };

static void *
delete_compile(struct arena *a, const struct step *s, struct fault *fault_r)
{
	(void)s, (void)fault_r;
	return arena_alloc(a, 1);
}

static int
delete_enter(struct step_call *c, struct step_next *next, struct fault *fault_r)
{
	const struct cause cause = step_cause(c);
	next->what = STEP_END;
	return people_delete(c->engine, c->txn, c->arena, c->run->contact,
		   &cause, c->now_ms, fault_r) < 0
	    ? -1
	    : 0;
}

const struct step_type step_contact_delete = {
	.name = "contact_delete",
	.summary = "Deletes the contact and ends the run.",
	.outs = OUT(DEFAULT),
	.names = delete_names,
	.compile = delete_compile,
	.enter = delete_enter,
};
