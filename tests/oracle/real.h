/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A case played through the engine, in the rig that is up: what the
 * interpreter's play.h does, for the other side.
 */
#pragma once

#include "tests/oracle/play.h"

struct real;

/* Makes what there is; the play is borrowed. NULL, with rig.fault, when the
 * engine refuses something. */
struct real *real_new(const struct play *);
/* Deletes the automations and segments, so that the next case is alone. */
void real_free(struct real *);

/* Finds what the action is about, before the interpreter does it. */
void real_look_up(struct real *, const json_t *action);
/* Does what was looked up, at the rig's moment. */
void real_do(struct real *, char result[PLAY_RESULT_LEN]);
/* Wakes what is due until nothing is. */
void real_tick(void);
/* The caller owns it. */
json_t *real_picture(struct real *);
