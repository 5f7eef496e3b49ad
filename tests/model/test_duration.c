/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/duration.h"

#include <string.h>

#include "base/fault.h"
#include "base/utf8.h"
#include "tests/tap.h"

#define S INT64_C(1000)
#define M (60 * S)
#define H (60 * M)
#define D (24 * H)
#define W (7 * D)

/* What is taken, and what it reads back as. */
static const struct good {
	const char *text;
	int64_t ms;
	const char *again;
} goods[] = {
	{ "30 minutes", 30 * M, "30 minutes" },
	{ "1 hour", H, "1 hour" },
	{ "12 hours", 12 * H, "12 hours" },
	{ "1 day", D, "1 day" },
	{ "3 days", 3 * D, "3 days" },
	{ "1 week", W, "1 week" },
	{ "12 days", 12 * D, "1 week 5 days" },
	{ "30 days", 30 * D, "4 weeks 2 days" },
	{ "4 weeks 2 days", 30 * D, "4 weeks 2 days" },
	{ "2592000 seconds", 30 * D, "4 weeks 2 days" },
	{ "5m", 5 * M, "5 minutes" },
	{ "90s", 90 * S, "1 minute 30 seconds" },
	{ "36h", 36 * H, "1 day 12 hours" },
	{ "2d", 2 * D, "2 days" },
	{ "1w", W, "1 week" },
	{ "1 s", S, "1 second" },
	{ "1 sec", S, "1 second" },
	{ "2 secs", 2 * S, "2 seconds" },
	{ "1 second", S, "1 second" },
	{ "2 seconds", 2 * S, "2 seconds" },
	{ "1 m", M, "1 minute" },
	{ "1 min", M, "1 minute" },
	{ "2 mins", 2 * M, "2 minutes" },
	{ "1 minute", M, "1 minute" },
	{ "1 h", H, "1 hour" },
	{ "1 hr", H, "1 hour" },
	{ "2 hrs", 2 * H, "2 hours" },
	{ "2 hours", 2 * H, "2 hours" },
	{ "1 d", D, "1 day" },
	{ "2 days", 2 * D, "2 days" },
	{ "1 w", W, "1 week" },
	{ "2 weeks", 2 * W, "2 weeks" },
	{ "1 hours", H, "1 hour" },
	{ "2 hour", 2 * H, "2 hours" },
	{ "1 DAY", D, "1 day" },
	{ "3 HoUrS", 3 * H, "3 hours" },
	{ "1.5 hours", H + 30 * M, "1 hour 30 minutes" },
	{ "0.5 d", 12 * H, "12 hours" },
	{ "0.25 seconds", 250, "0.250 seconds" },
	{ "1.001s", 1001, "1.001 seconds" },
	{ "61.5 seconds", 61500, "1 minute 1.500 seconds" },
	{ "0.001 s", 1, "0.001 seconds" },
	{ "0.0004 s 0.0004 s", 1, "0.001 seconds" },
	{ "0.0016 s", 2, "0.002 seconds" },
	{ "007 days", 7 * D, "1 week" },
	{ "1 day 2 hours", D + 2 * H, "1 day 2 hours" },
	{ "1 day, 2 hours", D + 2 * H, "1 day 2 hours" },
	{ "1 day,2 hours", D + 2 * H, "1 day 2 hours" },
	{ "1 day and 2 hours", D + 2 * H, "1 day 2 hours" },
	{ "1 day, 2 hours, and 3 minutes", D + 2 * H + 3 * M,
	    "1 day 2 hours 3 minutes" },
	{ "1d AND 2h", D + 2 * H, "1 day 2 hours" },
	{ "2 hours 1 day", D + 2 * H, "1 day 2 hours" },
	{ "1h 1h", 2 * H, "2 hours" },
	{ "1d1h", D + H, "1 day 1 hour" },
	{ "1h30m", H + 30 * M, "1 hour 30 minutes" },
	{ "1 day2 hours", D + 2 * H, "1 day 2 hours" },
	{ "1.5h10.5s", H + 30 * M + 10500, "1 hour 30 minutes 10.500 seconds" },
	{ "  5   minutes  ", 5 * M, "5 minutes" },
	{ "5\tminutes", 5 * M, "5 minutes" },
	{ "0 days 1 hour", H, "1 hour" },
	{ "29 days 23 hours 59 minutes 59.999 seconds", 30 * D - 1,
	    "4 weeks 1 day 23 hours 59 minutes 59.999 seconds" },
};

static const char *const bads[] = { "", " ", "5", "m", "minutes", "5 x",
	"5 month", "5 years", "5 minutess", "five minutes", "-5 minutes",
	"+5 minutes", "0 minutes", "0", "0.0001 s", "1 day; 2 hours",
	"1 day & 1 hour", "1 day,, 2 hours", "1 day and", "1 day,", ", 1 day",
	"and 1 day", "1d1", "1d.5h", "1dh", "1 day and and 2 hours",
	"1 dayand 2 hours", "1..5 hours", "1.2.3 hours", ".5 hours", "5. hours",
	"1,5 hours", "1e3 s", "0x10 s", "inf s", "nan s", "infinity",
	"1 hour\n", "1\nhour", "1 hour x", "PT5M", "P1D", "31 days",
	"30 days 1 second", "2592000.001 s", "5 weeks", "721 hours",
	"99999999999999999999 weeks", "999999999999999999999999999999 s",
	"1000000000000000000000000000000000000000000000000000000000000 s",
	"1.0000000000000000000000000000000000000000000000000000000001 s",
	"5 min\xc3\xbctes", "\xd9\xa5 minutes" };

static void
test_goods(void)
{
	char text[DURATION_TEXT_LEN];
	struct fault f = { 0 };
	for (size_t i = 0; i < N_OF(goods); i++) {
		const struct good *g = &goods[i];
		int64_t ms = -1;
		is_int(duration_parse(g->text, DURATION_STEP_MAX_MS, &ms, &f),
		    0, g->text);
		is_int(ms, g->ms, g->text);
		is(duration_text(ms, text), g->again, g->text);
		is_int(duration_parse(text, DURATION_STEP_MAX_MS, &ms, &f), 0,
		    text);
		is_int(ms, g->ms, text);
	}
}

static void
test_bads(void)
{
	for (size_t i = 0; i < N_OF(bads); i++) {
		struct fault f = { 0 };
		int64_t ms = -1;
		is_int(duration_parse(bads[i], DURATION_STEP_MAX_MS, &ms, &f),
		    -1, bads[i]);
		ok(ms == 0 && f.kind == FAULT_INVALID &&
			utf8_valid(f.text, strlen(f.text)) &&
			strstr(f.text, "at most 30 days") != NULL,
		    "it says so: %s", f.text);
	}
}

/* The bound is the caller's, and named as its authors think of it. */
static void
test_bound(void)
{
	struct fault f;
	int64_t ms;
	is_int(duration_parse("365 days", 365 * D, &ms, &f), 0, "a year");
	is_int(duration_parse("2 days", D, &ms, &f), -1, "above a day");
	is(f.text, "`2 days` is too long; a duration is at most 1 day.",
	    "which it says");
	is_int(duration_parse("0 minutes", D, &ms, &f), -1, "nothing");
	is(f.text,
	    "`0 minutes` is no time at all; a duration is longer than nothing "
	    "and at most 1 day.",
	    "is no duration");
	is_int(duration_parse("0.0004 s", D, &ms, &f), -1, "hardly anything");
	ok(strstr(f.text, "no time at all") != NULL, "%s", f.text);
	is_int(duration_parse("0.0005 s", D, &ms, &f), 0, "a millisecond");
	is_int(duration_parse("soon", D, &ms, &f), -1, "a word");
	is(f.text,
	    "`soon` is not a duration such as `30 minutes` or `2 days`, at "
	    "most 1 day.",
	    "is told what a duration looks like");
	is_int(duration_parse("2 days", 90 * M, &ms, &f), -1, "above");
	ok(strstr(f.text, "at most 1 hour 30 minutes.") != NULL, "%s", f.text);
	is_int(duration_parse("15250284452 weeks", INT64_MAX, &ms, &f), 0,
	    "nearly all an integer holds");
	is_int(ms, 15250284452 * W, "no digit is lost");
	is_int(duration_parse("15250284453 weeks", INT64_MAX, &ms, &f), -1,
	    "more than it holds");
	is_int(duration_parse("1 s", 0, &ms, &f), -1, "nothing is allowed");
}

static void
test_text(void)
{
	static const struct {
		int64_t ms;
		const char *text;
	} texts[] = { { 0, "0 seconds" }, { 1, "0.001 seconds" },
		{ 999, "0.999 seconds" }, { 1000, "1 second" },
		{ 60000, "1 minute" }, { 59999, "59.999 seconds" },
		{ W + D + H + M + S, "1 week 1 day 1 hour 1 minute 1 second" },
		{ INT64_MAX,
		    "15250284452 weeks 3 days 7 hours 12 minutes 55.807 "
		    "seconds" } };
	char text[DURATION_TEXT_LEN];
	for (size_t i = 0; i < N_OF(texts); i++)
		is(duration_text(texts[i].ms, text), texts[i].text,
		    texts[i].text);
}

/* A text of any length ends as quickly as another. */
static void
test_long(void)
{
	enum { N = 1 << 20 };
	static char text[N + 1];
	static const char fills[] = "1. ,asm";
	struct fault f;
	int64_t ms;
	for (const char *c = fills; *c != '\0'; c++) {
		memset(text, *c, N);
		is_int(duration_parse(text, D, &ms, &f), -1, "a megabyte");
	}
	for (int i = 0; i + 3 <= N; i += 3)
		memcpy(text + i, "1s ", 3);
	is_int(duration_parse(text, D, &ms, &f), -1, "a megabyte of terms");
}

int
main(void)
{
	test_goods();
	test_bads();
	test_bound();
	test_text();
	test_long();
	return tap_done();
}
