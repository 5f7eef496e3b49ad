/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Suppressed addresses in the store. Of an erased contact's address only a
 * keyed hash stays: enough to know it again, and not to tell it.
 */
#pragma once

#include "model/suppression.h"
#include "store/list.h"

struct arena;
struct fault;
struct txn;

/* FAULT_CONFLICT if the address is there. 0 or -1. */
int store_suppression_insert(struct txn *, const struct suppression *,
    struct fault *fault_r);
/* 1, 0, -1 */
int store_suppression_by_id(struct txn *, struct arena *, int64_t id,
    struct suppression *, struct fault *fault_r);
/* Also finds one of which only the hash is left. 1, 0, -1 */
int store_suppression_by_key(struct txn *, struct arena *,
    const char *email_key, struct suppression *, struct fault *fault_r);
/* 1, 0, -1 */
int store_suppression_delete(struct txn *, int64_t id, struct fault *fault_r);
/* Of that origin, or of all if it is SUPPRESSION_ORIGIN_COUNT; items are
 * struct suppression. 0 or -1. */
int store_suppression_list(struct txn *, struct arena *,
    enum suppression_origin, const struct page *, struct list *list_r,
    struct fault *fault_r);
/* Puts its hash in the address's place, if it is suppressed. 0 or -1. */
int store_suppression_hide(struct txn *, const char *email_key,
    struct fault *fault_r);
