/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dates as people and programs write them, read as a moment.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

#define DATE_DAY_MS INT64_C(86400000)
/* What four digits of a year can say: 0000-01-01 to 9999-12-31, in UTC. */
#define DATE_MIN_MS INT64_C(-62167219200000)
#define DATE_MAX_MS INT64_C(253402300799999)

/*
 * Reads the whole text as a date ("2026-11-21") or a date and time (RFC 3339;
 * also with a blank for the T, without seconds, with an offset of hours alone,
 * or without an offset, which means UTC). The calendar is strict. Digits beyond
 * milliseconds are dropped; a leap second is the first moment after it.
 * 1 with the moment (midnight UTC for a date alone), 0 if it is no date.
 */
int date_parse(const char *text, int64_t *ms_r, bool *date_only_r);

/* Days since 1970-01-01 of a day of the calendar, and back. */
struct date {
	int year, month, day; /* from 1 */
};
int64_t date_day_number(int year, int month, int day);
struct date date_of_day(int64_t day);
/* True if the month has that day. */
bool date_exists(int year, int month, int day);
/* The day a moment is in, of UTC. */
int64_t date_day(int64_t ms);
/* 0 for Sunday. */
int date_weekday(int64_t day);
