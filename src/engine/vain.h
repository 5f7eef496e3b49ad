/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What steps of a graph say in vain of each other.
 */
#pragma once

struct fault;
struct graph;

/* Asked of a graph that is to be enabled, with its compiled configs: every way
 * may be gone, and every `wait_events.` path names an event that some step
 * awaits. 0 or -1. */
int vain_check(const struct graph *, void *const *configs,
    struct fault *fault_r);
