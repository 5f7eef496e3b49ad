/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A part of the work under way that can fail alone: then what it wrote, what it
 * caused and what it counted is undone, and the work goes on.
 */
#pragma once

#include "base/defs.h"

struct caused;
struct engine;
struct fault;
struct txn;

struct part {
	struct caused **caused;
	int counted;
};

int part_begin(struct engine *, struct txn *, struct part *,
    struct fault *fault_r);
/* rc is how it went: negative, it is undone for the reason why. 1 it is kept, 0
 * it was undone, -1 the work fails too: so it does when the store is away. */
int part_end(struct engine *, struct txn *, const struct part *, int rc,
    const struct fault *why, struct fault *fault_r);
