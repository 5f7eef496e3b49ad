/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an attempt came to, and what follows from it.
 */
#pragma once

#include "model/hook.h"

struct arena;
struct fault;
struct txn;

struct outcome {
	struct hook_event event; /* as it was when it was sent */
	int64_t sent_ms;
	int code;             /* of HTTP; 0: there was no answer */
	const char *response; /* its begin, or why there was none */
};

/*
 * Writes the attempt down and says when the next one is due, or that there is
 * none; a webhook that did nothing but fail for days is disabled. What was
 * replayed meanwhile stays as it is, what is there no more is gone. 0 or -1.
 */
int outcome_note(struct txn *, struct arena *, const struct outcome *,
    int64_t now_ms, uint32_t random, struct fault *fault_r);
