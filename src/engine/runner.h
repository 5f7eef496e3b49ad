/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runner moves runs and alone writes their state.
 */
#pragma once

#include "engine/engine_private.h"

/* Starts a run of that flow and moves it until it rests or ends. 0 or -1. */
int runner_start(struct engine *, struct txn *, struct arena *,
    const struct flow *, const struct contact *, const struct event *,
    int64_t now_ms, struct fault *fault_r);
/* Wakes up to limit runs that are due. *n_r says how many. 0 or -1. */
int runner_wake(struct engine *, struct txn *, int64_t now_ms, int limit,
    int *n_r, struct fault *fault_r);
