/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Add to segment, remove from segment: the contact comes in or goes out.
 */
#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "engine/entry.h"
#include "engine/people.h"
#include "engine/step.h"

struct segment_config {
	int64_t id;
};

static void *
segment_compile(struct arena *a, const struct step *s, struct fault *fault_r)
{
	struct segment_config *c = arena_alloc(a, sizeof(*c));
	int64_t *ids;
	int n = entry_read_segments(a, s->config, &ids, fault_r);
	if (n < 0) {
		fault_at(fault_r, "config");
		return NULL;
	}
	if (n != 1) {
		fault(fault_r, FAULT_INVALID,
		    "missing `config.segment_id`, the id of a "
		    "segment" CLIENT_SPELLING("`segmentId`") ".");
		return NULL;
	}
	c->id = ids[0];
	return c;
}

static int
segment_check(struct engine *e, struct txn *t, struct arena *a,
    const void *config, struct fault *fault_r)
{
	const struct segment_config *c = config;
	(void)e;
	return entry_check_segments(t, a, &c->id, 1, fault_r);
}

/* Changes the membership to what it is to be. */
static int
set(struct step_call *c, struct step_next *next, bool is_member,
    struct fault *fault_r)
{
	const struct segment_config *s = c->config;
	const struct cause cause = step_cause(c);
	struct fault why;
	int rc = people_segment_set(c->engine, c->txn, c->arena, c->contact,
	    s->id, is_member, &cause, c->now_ms, &why);
	if (rc < 0 && why.kind == FAULT_NOT_FOUND)
		return step_fail(c, next, "segment_not_found", why.text);
	if (rc < 0 && why.kind == FAULT_INVALID)
		return step_fail(c, next, "segment_computed", why.text);
	if (rc < 0) {
		*fault_r = why;
		return -1;
	}
	next->what = STEP_GO;
	next->output = rc ? "{\"changed\":true}" : "{\"changed\":false}";
	return 0;
}

static int
add_enter(struct step_call *c, struct step_next *next, struct fault *fault_r)
{
	return set(c, next, true, fault_r);
}

static int
remove_enter(struct step_call *c, struct step_next *next, struct fault *fault_r)
{
	return set(c, next, false, fault_r);
}

const struct step_type step_add_to_segment = {
	.name = "add_to_segment",
	.summary = "Puts the contact into a segment.",
	.outs = OUT(DEFAULT),
	.names = entry_segment_names,
	.compile = segment_compile,
	.check_enable = segment_check,
	.enter = add_enter,
};

const struct step_type step_remove_from_segment = {
	.name = "remove_from_segment",
	.summary = "Takes the contact out of a segment.",
	.outs = OUT(DEFAULT),
	.names = entry_segment_names,
	.compile = segment_compile,
	.check_enable = segment_check,
	.enter = remove_enter,
};
