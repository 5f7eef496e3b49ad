/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which properties contacts may have. Every change raises
 * txn_automations_version().
 */
#pragma once

#include "model/contact.h"
#include "store/list.h"

struct arena;
struct fault;
struct txn;

/* 1, 0 if the key is taken, -1 */
int store_property_insert(struct txn *, const struct contact_property *,
    struct fault *fault_r);
/* Its fallback; the rest never changes. 0 or -1. */
int store_property_update(struct txn *, const struct contact_property *,
    struct fault *fault_r);
/* The definition alone: contacts keep what they have. 1, 0, -1 */
int store_property_delete(struct txn *, int64_t id, struct fault *fault_r);
/* 1, 0, -1 */
int store_property_get(struct txn *, struct arena *, int64_t id,
    struct contact_property *, struct fault *fault_r);
int store_property_by_key(struct txn *, struct arena *, const char *key,
    struct contact_property *, struct fault *fault_r);
int store_property_list(struct txn *, struct arena *, const struct page *,
    struct list *list_r, struct fault *fault_r);
/* Every one, oldest first. */
int store_property_all(struct txn *, struct arena *, struct list *list_r,
    struct fault *fault_r);
