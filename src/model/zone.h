/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time zones as people name them in a request: the usual abbreviations, the
 * names of the larger places, and plain offsets. Rules are those in force now;
 * they are for moments some weeks from it.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

enum zone_rule {
	ZONE_FIXED,
	ZONE_US,
	ZONE_EU,
	ZONE_AU,
	ZONE_NZ,
};

struct zone {
	int standard_min; /* ahead of UTC, without summer time */
	enum zone_rule rule;
};

/* "ET", "UTC", "America/New_York", "+02:00", "UTC-5", in any case. */
bool zone_find(const char *name, struct zone *);
/* How far local time is ahead of UTC at a moment. */
int64_t zone_ahead_ms(const struct zone *, int64_t ms);
/* The moment of a local time. One that is skipped in spring is as much later;
 * of one that comes twice in autumn it is the first. */
int64_t zone_moment(const struct zone *, int64_t local_ms);
