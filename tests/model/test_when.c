/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moments as people write them, over a now that stands still; zones, and the
 * nights in which clocks are set.
 */
#include "model/when.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "model/date.h"
#include "model/zone.h"
#include "tests/tap.h"

static int64_t
at(const char *iso)
{
	int64_t ms = 0;
	bool date_only;
	if (date_parse(iso, &ms, &date_only) != 1)
		ok(false, "the test's own date: %s", iso);
	return ms;
}

static void
reads(const char *now, const char *text, const char *expected)
{
	char got[CLOCK_ISO_LEN], want[CLOCK_ISO_LEN];
	struct fault f = { 0 };
	int64_t ms;
	if (when_parse(text, at(now), WHEN_MAIL_MAX_MS, &ms, &f) != 0) {
		ok(false, "%s: %s", text, f.text);
		return;
	}
	is(clock_iso(ms, got), clock_iso(at(expected), want), text);
}

/* A Tuesday. */
#define NOW "2026-11-24T14:30:00Z"

static void
test_spans(void)
{
	static const char *const cases[][2] = {
		{ "in 1 min", "2026-11-24T14:31:00Z" },
		{ "in 2 hours", "2026-11-24T16:30:00Z" },
		{ "IN 2 Hours", "2026-11-24T16:30:00Z" },
		{ "in 1 hour and 15 minutes", "2026-11-24T15:45:00Z" },
		{ "in an hour", "2026-11-24T15:30:00Z" },
		{ "in a minute", "2026-11-24T14:31:00Z" },
		{ "in two days", "2026-11-26T14:30:00Z" },
		{ "in 1 week", "2026-12-01T14:30:00Z" },
		{ "in 30 days", "2026-12-24T14:30:00Z" },
		{ "  in 5m  ", "2026-11-24T14:35:00Z" },
		{ "3 days from now", "2026-11-27T14:30:00Z" },
		{ "now", "2026-11-24T14:30:00Z" },
	};
	for (size_t i = 0; i < N_OF(cases); i++)
		reads(NOW, cases[i][0], cases[i][1]);
}

static void
test_dates(void)
{
	static const char *const cases[][2] = {
		{ "2026-12-01T09:00:00Z", "2026-12-01T09:00:00Z" },
		{ "2026-12-01T09:00:00.250Z", "2026-12-01T09:00:00.250Z" },
		{ "2026-12-01T09:00:00+02:00", "2026-12-01T07:00:00Z" },
		{ "2026-12-01 09:00", "2026-12-01T09:00:00Z" },
		{ "2026-12-01", "2026-12-01T00:00:00Z" },
		{ " 2026-12-01", "2026-12-01T00:00:00Z" },
		{ "2026-12-01 at 9am", "2026-12-01T09:00:00Z" },
		{ "2026-12-01 9:30 pm ET", "2026-12-02T02:30:00Z" },
		{ "Dec 1", "2026-12-01T12:00:00Z" },
		{ "Dec. 1st at 8:15am", "2026-12-01T08:15:00Z" },
		{ "December 1, 2026 08:15", "2026-12-01T08:15:00Z" },
		{ "1 December", "2026-12-01T12:00:00Z" },
		{ "the 1st of December at noon", "2026-12-01T12:00:00Z" },
		{ "9am on Dec 1", "2026-12-01T09:00:00Z" },
		/* of the scheduling client's words */
		{ "2026-11-24T14:29:30Z", "2026-11-24T14:30:00Z" },
	};
	for (size_t i = 0; i < N_OF(cases); i++)
		reads(NOW, cases[i][0], cases[i][1]);
	reads("2026-12-24T10:00:00Z", "Jan 3 at 9am", "2027-01-03T09:00:00Z");
	reads("2028-02-10T10:00:00Z", "Feb 29", "2028-02-29T12:00:00Z");
}

static void
test_days(void)
{
	static const char *const cases[][2] = {
		{ "today at 5pm", "2026-11-24T17:00:00Z" },
		{ "tomorrow", "2026-11-25T12:00:00Z" },
		{ "tomorrow at 9am", "2026-11-25T09:00:00Z" },
		{ "tomorrow at 9 am", "2026-11-25T09:00:00Z" },
		{ "tomorrow at 9 a.m.", "2026-11-25T09:00:00Z" },
		{ "9am tomorrow", "2026-11-25T09:00:00Z" },
		{ "tomorrow morning", "2026-11-25T09:00:00Z" },
		{ "tomorrow, 12am", "2026-11-25T00:00:00Z" },
		{ "tomorrow 12pm", "2026-11-25T12:00:00Z" },
		{ "tomorrow at 15:30:20", "2026-11-25T15:30:20Z" },
		{ "tomorrow at midnight", "2026-11-25T00:00:00Z" },
		{ "tonight", "2026-11-24T20:00:00Z" },
		{ "Friday at 3pm", "2026-11-27T15:00:00Z" },
		{ "Friday at 3pm ET", "2026-11-27T20:00:00Z" },
		{ "fri 3pm pt", "2026-11-27T23:00:00Z" },
		{ "on Thursday", "2026-11-26T12:00:00Z" },
		{ "this Friday", "2026-11-27T12:00:00Z" },
		{ "next Friday", "2026-11-27T12:00:00Z" },
		/* today is one */
		{ "Tuesday at 6pm", "2026-11-24T18:00:00Z" },
		{ "Tuesday at 9am", "2026-12-01T09:00:00Z" },
		{ "next Tuesday at 6pm", "2026-12-01T18:00:00Z" },
		{ "next week", "2026-12-01T12:00:00Z" },
		{ "next week at 8am", "2026-12-01T08:00:00Z" },
		{ "in 3 days at 10am", "2026-11-27T10:00:00Z" },
		{ "in 2 weeks at 10:00 CET", "2026-12-08T09:00:00Z" },
		/* a time alone is the next such */
		{ "at 3pm", "2026-11-24T15:00:00Z" },
		{ "9am", "2026-11-25T09:00:00Z" },
		{ "noon", "2026-11-25T12:00:00Z" },
		{ "14:30", "2026-11-25T14:30:00Z" },
		/* a day there is not a day here */
		{ "today at 11pm PT", "2026-11-25T07:00:00Z" },
		{ "tomorrow at 1am JST", "2026-11-24T16:00:00Z" },
	};
	for (size_t i = 0; i < N_OF(cases); i++)
		reads(NOW, cases[i][0], cases[i][1]);
	reads("2026-11-24T23:30:00Z", "tomorrow at 9am JST",
	    "2026-11-26T00:00:00Z");
}

static void
test_zones(void)
{
	static const char *const cases[][2] = {
		{ "tomorrow at 9am UTC", "2026-11-25T09:00:00Z" },
		{ "tomorrow at 9am Z", "2026-11-25T09:00:00Z" },
		{ "tomorrow at 9am GMT", "2026-11-25T09:00:00Z" },
		{ "tomorrow at 9am EST", "2026-11-25T14:00:00Z" },
		{ "tomorrow at 9am EDT", "2026-11-25T13:00:00Z" },
		{ "tomorrow at 9am Eastern time", "2026-11-25T14:00:00Z" },
		{ "tomorrow at 9am CT", "2026-11-25T15:00:00Z" },
		{ "tomorrow at 9am +05:30", "2026-11-25T03:30:00Z" },
		{ "tomorrow at 9am utc+2", "2026-11-25T07:00:00Z" },
		{ "tomorrow at 9am GMT-0330", "2026-11-25T12:30:00Z" },
		{ "tomorrow at 9am Europe/Berlin", "2026-11-25T08:00:00Z" },
		{ "tomorrow at 9am america/los_angeles",
		    "2026-11-25T17:00:00Z" },
		/* where it is the 25th already */
		{ "tomorrow at 9am Australia/Sydney", "2026-11-25T22:00:00Z" },
		{ "tomorrow at 9am Pacific/Auckland", "2026-11-25T20:00:00Z" },
	};
	for (size_t i = 0; i < N_OF(cases); i++)
		reads(NOW, cases[i][0], cases[i][1]);
}

/* The nights in which clocks are set. */
static void
test_summer(void)
{
	/* 8 March 2026: from 2 to 3 */
	reads("2026-03-07T12:00:00Z", "tomorrow at 1:59am ET",
	    "2026-03-08T06:59:00Z");
	reads("2026-03-07T12:00:00Z", "tomorrow at 3am ET",
	    "2026-03-08T07:00:00Z");
	reads("2026-03-07T12:00:00Z", "tomorrow at 2:30am ET",
	    "2026-03-08T07:30:00Z");
	reads("2026-03-07T12:00:00Z", "tomorrow at 9am ET",
	    "2026-03-08T13:00:00Z");
	/* 1 November 2026: 1 o'clock comes twice */
	reads("2026-10-31T12:00:00Z", "tomorrow at 1:30am ET",
	    "2026-11-01T05:30:00Z");
	reads("2026-10-31T12:00:00Z", "tomorrow at 2am ET",
	    "2026-11-01T07:00:00Z");
	reads("2026-10-31T12:00:00Z", "today at 9am ET",
	    "2026-10-31T13:00:00Z");
	/* 29 March and 25 October 2026, Europe */
	reads("2026-03-28T12:00:00Z", "tomorrow at 1:59am Europe/Paris",
	    "2026-03-29T00:59:00Z");
	reads("2026-03-28T12:00:00Z", "tomorrow at 3am Europe/Paris",
	    "2026-03-29T01:00:00Z");
	reads("2026-10-24T12:00:00Z", "tomorrow at 2:30am Europe/Paris",
	    "2026-10-25T00:30:00Z");
	reads("2026-10-24T12:00:00Z", "tomorrow at 9am Europe/London",
	    "2026-10-25T09:00:00Z");
	/* 5 April and 4 October 2026, Sydney */
	reads("2026-04-04T00:00:00Z", "tomorrow at 9am Australia/Sydney",
	    "2026-04-04T23:00:00Z");
	reads("2026-04-03T00:00:00Z", "tomorrow at 9am Australia/Sydney",
	    "2026-04-03T22:00:00Z");
	reads("2026-10-03T00:00:00Z", "tomorrow at 9am Australia/Sydney",
	    "2026-10-03T22:00:00Z");
}

static void
test_refused(void)
{
	static const struct {
		const char *text, *words;
	} cases[] = { { "", "is not a moment" }, { "soon", "is not a moment" },
		{ "tomorrow tomorrow", "is not a moment" },
		{ "9am 10am", "is not a moment" }, { "ET", "is not a moment" },
		{ "tomorrow at 25:00", "is not a moment" },
		{ "tomorrow at 13pm", "is not a moment" },
		{ "tomorrow at 0am", "is not a moment" },
		{ "tomorrow at 9", "is not a moment" },
		{ "tomorrow at 9:5", "is not a moment" },
		{ "tomorrow at 9:60", "is not a moment" },
		{ "tomorrow at 9am XYZ", "is not a moment" },
		{ "tomorrow at 9am ET PT", "is not a moment" },
		{ "Dec 32", "is not a moment" },
		{ "Feb 30", "is not a moment" },
		{ "2026-02-30", "is not a moment" },
		{ "in", "is not a moment" }, { "in 5", "is not a moment" },
		{ "in -5 minutes", "is not a moment" },
		{ "5 minutes ago", "is not a moment" },
		{ "2026-11-24T14:28:00Z", "lies in the past" },
		{ "today at 9am", "lies in the past" },
		{ "today", "lies in the past" },
		{ "yesterday", "is not a moment" },
		{ "2025-12-01", "lies in the past" },
		{ "in 31 days", "more than 30 days ahead" },
		{ "2027-01-01T00:00:00Z", "more than 30 days ahead" },
		{ "in 999999999999 weeks", "" },
		{ "\xff\xfe", "is not a moment" },
		{ "tomorrow at 9am \xc3\xa9", "is not a moment" } };
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct fault f = { 0 };
		int64_t ms;
		ok(when_parse(cases[i].text, at(NOW), WHEN_MAIL_MAX_MS, &ms,
		       &f) == -1 &&
			f.kind == FAULT_INVALID &&
			strstr(f.text, cases[i].words) != NULL,
		    "refused: %s", f.text);
	}
}

/* The calendar there and back. */
static void
test_calendar(void)
{
	int n_wrong = 0;
	for (int64_t day = -719528; day < 800000; day += 13) {
		struct date d = date_of_day(day);
		n_wrong += !date_exists(d.year, d.month, d.day) ||
		    date_day_number(d.year, d.month, d.day) != day;
	}
	is_int(n_wrong, 0, "every day comes back");
	is_int(date_weekday(0), 4, "1970 began on a Thursday");
	is_int(date_weekday(-5), 6, "and before it there were days, too");
}

int
main(void)
{
	test_spans();
	test_dates();
	test_days();
	test_zones();
	test_summer();
	test_refused();
	test_calendar();
	return tap_done();
}
