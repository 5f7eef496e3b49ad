/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The script of a story, statement by statement; story.h says what there is.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"
#include "engine/engine.h"

extern struct play {
	int64_t automation;  /* whom pause and the like are about */
	bool restarts;       /* a new engine after every transaction */
	const char *who;     /* whom it is about */
	int round;           /* part of every address */
	struct accepted out; /* of the last event */
} play;
