/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run's way through its graph: the lanes it is in, what it learned, and where
 * a way out leads to. What it keeps between two moves is the run's context.
 */
#pragma once

#include "engine/step.h"

/* Reads the run's context, once. 0, or -1 with fault_r when it is damaged. */
int walk_load(struct step_call *, struct fault *fault_r);
/* Writes it back into the run, if it changed. */
void walk_save(struct step_call *);
/*
 * Keeps what an awaited event carried. False if that would be more than a run
 * may keep in all: then it is as if the event had carried nothing.
 */
bool walk_keep_event(struct step_call *, const char *name, const char *payload);

/* The step behind a way out, -1 if the run is at its end. Goes into a lane,
 * and out of one at the end of its steps. */
int walk_behind(struct step_call *, const struct step_next *);
/*
 * The run comes to the step it stands at: lanes that merge there are left, and
 * a guard may send it elsewhere. 0 with run->step; 1 when a guard ends the run;
 * -1 with fault_r.
 */
int walk_arrive(struct step_call *, struct fault *fault_r);
