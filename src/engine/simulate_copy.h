/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a simulation needs of the real store, in its own.
 */
#pragma once

#include "engine/simulate.h"

struct store;

/* Copies the contact and what it chose, and the templates, topics, segments and
 * properties that the graph or the contact have to do with. 0 or -1. */
int simulate_copy(struct txn *real, struct store *scratch, struct arena *,
    const struct simulation *, struct fault *fault_r);
