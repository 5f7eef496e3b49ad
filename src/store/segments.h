/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Segments and who is in them.
 */
#pragma once

#include "model/contact.h"
#include "store/list.h"

struct arena;
struct fault;
struct txn;

/* Each change raises txn_automations_version(). 0 or -1. */
int store_segment_insert(struct txn *, const struct segment *,
    struct fault *fault_r);
int store_segment_update(struct txn *, const struct segment *,
    struct fault *fault_r);
/* The segment alone; its members go by store_segment_empty(). 1, 0, -1 */
int store_segment_delete(struct txn *, int64_t id, struct fault *fault_r);
/* 1, 0, -1 */
int store_segment_get(struct txn *, struct arena *, int64_t id,
    struct segment *, struct fault *fault_r);
int store_segment_list(struct txn *, struct arena *, const struct page *,
    struct list *list_r, struct fault *fault_r);
/* Every segment with a filter, in order of id. */
int store_segment_computed(struct txn *, struct arena *, struct list *list_r,
    struct fault *fault_r);

/* 1 it is a member, 0, -1 */
int store_member_has(struct txn *, int64_t segment, int64_t contact,
    struct fault *fault_r);
/* 1 if that changed something, 0 if not, -1 */
int store_member_insert(struct txn *, int64_t segment, int64_t contact,
    struct fault *fault_r);
int store_member_delete(struct txn *, int64_t segment, int64_t contact,
    struct fault *fault_r);
/* Removes up to limit members. How many, or -1. */
int store_segment_empty(struct txn *, int64_t segment, int limit,
    struct fault *fault_r);
/* Takes the contact out of all. 0 or -1. */
int store_member_forget(struct txn *, int64_t contact, struct fault *fault_r);
/* Members, newest contact first; items are struct contact. */
int store_member_list(struct txn *, struct arena *, int64_t segment,
    const struct page *, struct list *list_r, struct fault *fault_r);
/* Segments a contact is in, newest first; items are struct segment. */
int store_segments_of(struct txn *, struct arena *, int64_t contact,
    const struct page *, struct list *list_r, struct fault *fault_r);
