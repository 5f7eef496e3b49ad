/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delivery: due email -> claim -> compose -> inject -> outcome. Claims are
 * made in the writer's batches and on disk before the first byte goes out;
 * composing is done by the store's composers; injection is the loop's.
 */
#pragma once

#include "engine/engine.h"

struct delivery;

struct delivery *delivery_new(struct engine *);
void delivery_free(struct delivery *);
int delivery_recover(struct delivery *, struct fault *fault_r);
int delivery_start(struct delivery *, struct event_base *,
    struct fault *fault_r);
void delivery_drain(struct delivery *);
bool delivery_idle(const struct delivery *);
void delivery_stop(struct delivery *);
void delivery_figures(const struct delivery *, struct engine_figures *);

/* Holds the queue, or lets it go, in that transaction; and once that is on
 * disk, on the loop. */
int delivery_hold(struct delivery *, struct txn *, bool held,
    struct fault *fault_r);
void delivery_held(struct delivery *, bool held);

/* An email that is due was written in this batch. */
void delivery_note_due(struct engine *);
/* In the batch's transaction: claims what there is room for, and tells when
 * something is due next (0: nothing). */
int delivery_claim(struct delivery *, struct txn *, int64_t now_ms,
    int64_t *next_ms_r, struct fault *fault_r);
/* The batch is on disk (or not): what was claimed goes out (or does not). */
void delivery_claimed(struct delivery *, bool committed);
