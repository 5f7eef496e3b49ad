/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a simulation needs of the real store, in its own.
 */
#pragma once

#include "engine/simulate.h"
#include "store/list.h"

struct automation;
struct store;

/* What the contact did in the automation before: what a rule of re-entry asks.
 */
struct past {
	int64_t contact;
	struct list entries; /* of struct run_entry */
	struct run *runs;    /* those, the last one and the last that is live */
	int n_runs;
};

/* Copies the contact and what it chose, and the templates, topics, segments and
 * properties that the graph or the contact have to do with. 0 or -1. */
int simulate_copy(struct txn *real, struct store *scratch, struct arena *,
    const struct simulation *, struct fault *fault_r);
/* Reads the past of one that there is in an automation that there is; and
 * writes it as that of the automation there. 0 or -1. */
int simulate_read_past(struct txn *real, struct arena *,
    const struct simulation *, struct past *past_r, struct fault *fault_r);
int simulate_write_past(struct txn *scratch, const struct past *,
    const struct automation *, struct fault *fault_r);
