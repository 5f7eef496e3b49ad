/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is counted of mail. Counts are on disk by these numbers, so they stay;
 * rates follow from counts.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

enum mail_metric {
	METRIC_RECEIVED,
	METRIC_DELIVERED,
	METRIC_COMPLAINED,
	METRIC_SUPPRESSED,
	METRIC_BOUNCED,
	METRIC_BOUNCED_TRANSIENT,
	METRIC_BOUNCED_PERMANENT,
	METRIC_BOUNCED_UNDETERMINED,
	METRIC_OPENED,
	METRIC_CLICKED,
	METRIC_UNSUBSCRIBED,
	METRIC_DELAYED,
	METRIC_FAILED,
	METRIC_SENT,
	METRIC_UNIQUE_OPENED,
	METRIC_UNIQUE_CLICKED,
	METRIC_COUNT
};

struct email;

/* What an email counts as by what became of it; METRIC_COUNT: nothing yet. */
enum mail_metric metric_of_email(const struct email *);
/* Counts and rates as the API names them, from 0; NULL past the last. */
const char *metric_name(int i);
/* The place of a name, -1 if it is none. */
int metric_find(const char *name);
bool metric_is_rate(int i);
/* What it comes to; a rate is from 0 to 1. */
double metric_value(int i, const int64_t counts[METRIC_COUNT]);
