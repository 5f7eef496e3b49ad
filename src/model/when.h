/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A moment ahead, as people write it.
 */
#pragma once

#include "base/defs.h"

struct fault;

/* How far ahead a mail may be scheduled. */
#define WHEN_MAIL_MAX_MS INT64_C(2592000000)

/*
 * Reads the whole text as a moment ahead of now:
 *   a date and time as date_parse() has it;
 *   "in 1 min", "in 2 hours and 5 minutes", "in an hour", "3 days from now";
 *   a day ("today", "tomorrow", "Friday", "next Monday", "Dec 24",
 *   "24 December 2026", "2026-12-24", "in 3 days", "next week"), a time ("9am",
 *   "at 15:30", "noon"), or both, in any order, with or without a zone
 *   (model/zone.h), which is UTC if none is named.
 * A day without a time means noon; a time without a day the next such time; a
 * weekday the next one that lies ahead. What lies less than a minute in the
 * past is now. 0, or -1 with fault_r.
 */
int when_parse(const char *text, int64_t now_ms, int64_t max_ms, int64_t *ms_r,
    struct fault *fault_r);
