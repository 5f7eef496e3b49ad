/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Single numbers that outlive a restart.
 */
#pragma once

#include "base/defs.h"

struct fault;
struct txn;

/* 1, 0 it was never set, -1 */
int store_setting_get(struct txn *, const char *name, int64_t *value_r,
    struct fault *fault_r);
int store_setting_put(struct txn *, const char *name, int64_t value,
    struct fault *fault_r);
