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
/* What is tied to a contact that goes or has gone, but for a run: a slice of
 * it. 1 there is more, 0, -1 */
int people_forget(struct engine *, struct txn *, struct arena *,
    int64_t contact, int64_t but, int64_t now_ms, struct fault *fault_r);
/* Ends a slice of a contact's running runs, but for one and those behind an id,
 * and adds to *done_r. 1 there are more, 0, -1 */
int people_end_runs(struct engine *, struct txn *, struct arena *,
    int64_t contact, int64_t but, int64_t until, const char *reason,
    int64_t *done_r, int64_t now_ms, struct fault *fault_r);
/* A contact's choice of a topic, by the link of that mail if it is not 0. */
int people_topic_set(struct engine *, struct txn *, struct arena *,
    int64_t contact, int64_t topic, bool opted_in, int64_t email,
    int64_t now_ms, struct fault *fault_r);
int people_segment_set(struct engine *, struct txn *, struct arena *,
    const struct contact *, int64_t segment, bool is_member,
    const struct cause *, int64_t now_ms, struct fault *fault_r);
