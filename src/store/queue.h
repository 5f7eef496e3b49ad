/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The queue: emails that wait, and whether they may leave. A queue is held by
 * an operator, or because its database comes from a backup, whose mail may
 * have left since.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct fault;
struct txn;

int store_queue_held(struct txn *, bool *held_r, struct fault *fault_r);
int store_queue_hold(struct txn *, bool held, struct fault *fault_r);

struct queue_counts {
	int64_t waiting;  /* counted up to a limit */
	int64_t sending;  /* claimed: on their way, or left so by a crash */
	int64_t in_doubt; /* counted up to the same limit */
};
int store_queue_count(struct txn *, int limit, struct queue_counts *,
    struct fault *fault_r);
