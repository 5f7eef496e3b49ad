/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What came of a simulation, as a timeline.
 */
#pragma once

#include "engine/simulate.h"

struct past;

/* A new row, which the arena owns; good until the next one. */
struct simulated_row *timeline_add(struct timeline *, struct arena *,
    enum simulated_kind, int64_t at_ms);
/*
 * Adds to what the timeline has what the runs of the automation did, but those
 * of the past, why others did not begin, and the mails, as the scratch store
 * holds them; puts all in order and cuts it. 0 or -1.
 */
int simulate_tell(struct txn *, struct arena *, const struct graph *,
    int64_t automation, const struct past *, struct timeline *,
    struct fault *fault_r);
