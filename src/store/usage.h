/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much there is. Contacts are counted up to an id, which goes on in slices
 * in quiet moments; what is newer is counted when it is asked for. So nobody
 * who writes a contact pays for the count, and nobody who asks waits for it.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct fault;
struct txn;

/* Counts on by up to that many contacts. How many they were, or -1. */
int store_contact_count_on(struct txn *, int rows, struct fault *fault_r);
/* *n_r contacts; *is_whole_r false: there are more, not counted yet. 0 or -1.
 */
int store_contact_count(struct txn *, int64_t *n_r, bool *is_whole_r,
    struct fault *fault_r);
/* 0 or -1. */
int store_segment_count(struct txn *, int64_t *n_r, struct fault *fault_r);
