/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Durations in words: "30 minutes", "1 day and 2 hours".
 */
#pragma once

#include "base/defs.h"

struct fault;

/* The longest a delay or a wait may take: 30 days. */
#define DURATION_STEP_MAX_MS INT64_C(2592000000)

/*
 * Reads one or more terms, a number (decimals are fine) and a unit from seconds
 * to weeks each; blanks, a comma or "and" may stand between them. The sum,
 * rounded to milliseconds, must be above 0 and at most max_ms (0 or more). 0,
 * -1 with fault_r.
 */
int duration_parse(const char *text, int64_t max_ms, int64_t *ms_r,
    struct fault *fault_r);

/* The duration in words, the largest unit first: "1 week 5 days", "0.250
 * seconds". It reads back as the same, 0 apart. */
enum { DURATION_TEXT_LEN = 96 };
char *duration_text(int64_t ms, char out[DURATION_TEXT_LEN]);
