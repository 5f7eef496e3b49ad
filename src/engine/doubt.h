/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mail of which nobody knows whether the MTA has it: what somebody decides.
 */
#pragma once

#include "base/defs.h"

struct arena;
struct email;
struct engine;
struct fault;
struct txn;

enum doubt_decision {
	DOUBT_RESEND, /* a copy goes out */
	DOUBT_SENT,   /* the MTA has it */
	DOUBT_DROP,   /* it does not go out any more */
	DOUBT_DECISIONS
};

/* -1: no decision is called so. */
int doubt_decision_find(const char *name);
/* Of one that is in doubt. 1, 0 it is not any more, -1 */
int engine_doubt_decide(struct engine *, struct txn *, struct arena *,
    struct email *, enum doubt_decision, int64_t now_ms, struct fault *fault_r);
