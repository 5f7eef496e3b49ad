/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runner moves runs and alone writes their state.
 */
#pragma once

#include "engine/engine_private.h"

/* Starts a run of that flow and moves it until it rests, ends or has caused an
 * event; the event may be nobody's (id 0). 0 or -1. */
int runner_start(struct engine *, struct txn *, struct arena *,
    const struct flow *, const struct contact *, const struct event *,
    int64_t now_ms, int64_t *run_r, struct fault *fault_r);
/* Moves a run that is due. A damaged one fails alone. 0 or -1. */
int runner_wake(struct engine *, struct txn *, struct run *, int64_t now_ms,
    struct fault *fault_r);
/* Whether an event is for the step a run rests in, of that contact. 1, also for
 * a damaged run, which runner_deliver() sees to; 0, -1 */
int runner_hears(struct engine *, struct txn *, struct arena *, struct run *,
    const struct contact *, const struct event *, struct fault *fault_r);
/* An event has come that the run waits for; its payload is event->payload. 1 it
 * was for the run, 0 it was not, -1 */
int runner_deliver(struct engine *, struct txn *, struct run *,
    const struct event *, int64_t now_ms, struct fault *fault_r);
/* Ends a running run where it rests. 0 or -1. */
int runner_end(struct engine *, struct txn *, struct arena *, struct run *,
    enum run_status, const char *reason, int64_t now_ms, struct fault *fault_r);
/* Has a failed run enter its step anew, at once. 0 or -1. */
int runner_retry(struct engine *, struct txn *, struct run *, int64_t now_ms,
    struct fault *fault_r);
