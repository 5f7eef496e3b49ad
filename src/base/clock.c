/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

int64_t
clock_now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
clock_mono_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Broken-down UTC of a moment; its milliseconds come back. */
static int
broken_down(int64_t ms, struct tm *tm_r)
{
	int64_t s = ms / 1000, rest = ms % 1000;
	if (rest < 0) {
		rest += 1000;
		s--;
	}
	time_t t = (time_t)s;
	if (gmtime_r(&t, tm_r) == NULL || tm_r->tm_year > 8099)
		*tm_r =
		    (struct tm){ .tm_year = 8099, .tm_mon = 11, .tm_mday = 31 };
	return (int)rest;
}

char *
clock_sql(int64_t ms, char out[CLOCK_SQL_LEN])
{
	struct tm tm;
	int rest = broken_down(ms, &tm);
	snprintf(out, CLOCK_SQL_LEN, "%04d-%02d-%02d %02d:%02d:%02d.%03d+00",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, rest);
	return out;
}

char *
clock_iso(int64_t ms, char out[CLOCK_ISO_LEN])
{
	struct tm tm;
	int rest = broken_down(ms, &tm);
	snprintf(out, CLOCK_ISO_LEN, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, rest);
	return out;
}

char *
clock_mail(int64_t ms, char out[CLOCK_MAIL_LEN])
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct tm tm;
	broken_down(ms, &tm);
	snprintf(out, CLOCK_MAIL_LEN, "%s, %02d %s %04d %02d:%02d:%02d +0000",
	    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
	    tm.tm_hour, tm.tm_min, tm.tm_sec);
	return out;
}
