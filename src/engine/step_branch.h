/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lanes of a branch: its guards are asked again while a run is in one.
 */
#pragma once

struct rule;

/* The rule of a lane, of the branch step's compiled config. */
const struct rule *step_branch_filter(const void *config, int lane);
