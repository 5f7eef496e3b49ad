/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may come in again: an automation's re-entry rule, and why it kept a
 * contact out.
 */
#pragma once

#include "engine/engine_private.h"
#include "engine/entry.h"

struct scope;

/* A contact at an automation's door. */
struct admission {
	int64_t now_ms;
	int64_t key;             /* of the instance */
	enum skip_reason reason; /* SKIP_NONE: it may come in */
	unsigned contact_seen;   /* of engine->contact_writes, at the door */
};

/* Fills key and reason; contact 0 is a stranger. 0 or -1. */
int admit(struct engine *, struct txn *, const struct flow *, int64_t contact,
    struct scope *, struct admission *, struct fault *fault_r);
/* Keeps why it may not. 0 or -1. */
int admit_refused(struct txn *, const struct flow *, int64_t contact,
    int64_t event, const struct admission *, struct fault *fault_r);
/* It came in with that run. 0 or -1. */
int admit_entered(struct engine *, struct txn *, const struct flow *,
    int64_t contact, const struct admission *, int64_t run,
    struct fault *fault_r);
