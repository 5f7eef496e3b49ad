/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts of mail in their rows: each in its period, also in weeks in which
 * clocks are set.
 */
#include "api/metrics_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "model/date.h"
#include "model/email.h"
#include "store/mail_hours.h"
#include "tests/tap.h"

static int64_t
at(const char *iso)
{
	int64_t ms = 0;
	bool date_only;
	date_parse(iso, &ms, &date_only);
	return ms;
}

static struct metrics_wanted
wanted(const char *start, const char *end, enum granularity g, const char *zone)
{
	struct metrics_wanted w = { .start_ms = at(start),
		.end_ms = at(end),
		.granularity = g,
		.by_period = true };
	zone_find(zone, &w.zone);
	return w;
}

/* How many periods there are, and when the last of them begins. */
static void
periods(const char *start, const char *end, enum granularity g,
    const char *zone, int n, const char *last, const char *what)
{
	struct metrics_wanted w = wanted(start, end, g, zone);
	struct metrics_rows r = { .wanted = &w };
	char got[CLOCK_ISO_LEN], expected[CLOCK_ISO_LEN];
	metrics_add_periods(&r);
	is_int(r.n, n, what);
	is(clock_iso(r.n > 0 ? r.list[r.n - 1].period : 0, got),
	    clock_iso(at(last), expected), "up to the last");
	free(r.list);
}

static void
test_periods(void)
{
	periods("2026-03-06T12:00:00Z", "2026-03-12T12:00:00Z", DAILY, "UTC", 7,
	    "2026-03-12T00:00:00Z", "days");
	/* the 8th has 23 hours there */
	periods("2026-03-06T12:00:00Z", "2026-03-12T12:00:00Z", DAILY,
	    "America/New_York", 7, "2026-03-12T04:00:00Z",
	    "days, one of them short");
	/* the 1st has 25 */
	periods("2026-10-30T12:00:00Z", "2026-11-03T12:00:00Z", DAILY,
	    "America/New_York", 5, "2026-11-03T05:00:00Z",
	    "days, one of them long");
	periods("2026-10-30T12:20:00Z", "2026-10-31T12:20:00Z", HOURLY, "UTC",
	    25, "2026-10-31T12:00:00Z", "hours");
	periods("2026-10-20T00:00:00Z", "2026-11-10T00:00:00Z", WEEKLY,
	    "Europe/Berlin", 4, "2026-11-08T23:00:00Z",
	    "weeks begin on Mondays");
	periods("2026-01-31T00:00:00Z", "2027-03-01T00:00:01Z", MONTHLY, "UTC",
	    15, "2027-03-01T00:00:00Z", "months");
}

static void
test_counts(void)
{
	struct metrics_wanted w = wanted("2026-03-06T00:00:00Z",
	    "2026-03-09T00:00:00Z", DAILY, "UTC");
	struct metrics_rows r = { .wanted = &w };
	metrics_add_periods(&r);
	metrics_add(&r, at("2026-03-06T23:00:00Z"), "a.example", 0, METRIC_SENT,
	    2);
	metrics_add(&r, at("2026-03-08T00:00:00Z"), "a.example", 0, METRIC_SENT,
	    3);
	metrics_add(&r, at("2026-03-08T05:00:00Z"), "b.example", 0,
	    METRIC_FAILED, 1);
	is_int(r.n, 3, "no row is added");
	ok(r.list[0].counts[METRIC_SENT] == 2 &&
		r.list[1].counts[METRIC_SENT] == 0 &&
		r.list[2].counts[METRIC_SENT] == 3 &&
		r.list[2].counts[METRIC_FAILED] == 1,
	    "each count is in its day");
	ok(r.totals[METRIC_SENT] == 5 && r.totals[METRIC_FAILED] == 1,
	    "and in the totals");
	metrics_add(&r, at("2026-03-08T05:00:00Z"), "b.example", 0,
	    METRIC_COUNT, 1);
	is_int(r.n, 3, "what is no outcome is not counted");
	free(r.list);
	r = (struct metrics_rows){ .wanted = &w };
	w.by_domain = true;
	for (int i = 0; i < 6 * 24; i++)
		metrics_add(&r,
		    at("2026-03-06T00:00:00Z") + i % 72 * MAIL_HOUR_MS,
		    i < 72 ? "a.example" : "b.example", 0, METRIC_SENT, 1);
	metrics_sort(&r);
	is_int(r.n, 6, "a row for each day and domain");
	for (int i = 0; i < r.n; i++)
		ok(r.list[i].period ==
			    at("2026-03-06T00:00:00Z") + i / 2 * DATE_DAY_MS &&
			r.list[i].domain[0] == (i % 2 == 0 ? 'a' : 'b') &&
			r.list[i].counts[METRIC_SENT] == 24,
		    "in order of both, with what its hours have");
	free(r.list);
}

static void
test_values(void)
{
	int64_t counts[METRIC_COUNT] = { [METRIC_SENT] = 4,
		[METRIC_DELIVERED] = 3,
		[METRIC_BOUNCED] = 1 };
	struct email e = { .status = EMAIL_SENT };
	ok(metric_value(metric_find("sent"), counts) == 4, "a count");
	ok(metric_value(metric_find("delivery_rate"), counts) == 0.75 &&
		metric_value(metric_find("bounce_rate"), counts) == 0.25,
	    "rates");
	counts[METRIC_SENT] = 0;
	ok(metric_value(metric_find("delivery_rate"), counts) == 0,
	    "of nothing there is none");
	is_int(metric_find("luck"), -1, "what is none");
	is_int(metric_of_email(&e), METRIC_SENT, "a mail that was sent");
	e.status = EMAIL_SCHEDULED;
	is_int(metric_of_email(&e), METRIC_COUNT, "one that waits");
	for (int i = 0; metric_name(i) != NULL; i++)
		is_int(metric_find(metric_name(i)), i, metric_name(i));
}

int
main(void)
{
	test_periods();
	test_counts();
	test_values();
	return tap_done();
}
