/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes of contacts within a work: each keeps the events it causes, to be
 * applied by accept_caused(). What engine.h says of engine_contact_update() and
 * the like is true of these too.
 */
#pragma once

#include "engine/engine.h"

struct cause;
struct contact;

int people_create(struct engine *, struct txn *, struct arena *,
    struct contact *, const int64_t *segments, int n_segments,
    const struct cause *, int64_t now_ms, struct fault *fault_r);
int people_update(struct engine *, struct txn *, struct arena *,
    const struct contact *before, struct contact *after, const struct cause *,
    int64_t now_ms, struct fault *fault_r);
int people_delete(struct engine *, struct txn *, struct arena *,
    int64_t contact, const struct cause *, int64_t now_ms,
    struct fault *fault_r);
int people_segment_set(struct engine *, struct txn *, struct arena *,
    const struct contact *, int64_t segment, bool is_member,
    const struct cause *, int64_t now_ms, struct fault *fault_r);
