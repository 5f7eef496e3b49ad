/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/date.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "model/scalar.h"
#include "tests/tap.h"

/* What is read, shown again in UTC. */
static const struct good {
	const char *text, *iso;
	bool date_only;
} goods[] = {
	{ "2026-11-21", "2026-11-21T00:00:00.000Z", true },
	{ "1970-01-01", "1970-01-01T00:00:00.000Z", true },
	{ "1969-12-31", "1969-12-31T00:00:00.000Z", true },
	{ "0000-01-01", "0000-01-01T00:00:00.000Z", true },
	{ "0000-02-29", "0000-02-29T00:00:00.000Z", true },
	{ "0001-01-01", "0001-01-01T00:00:00.000Z", true },
	{ "9999-12-31", "9999-12-31T00:00:00.000Z", true },
	{ "2024-02-29", "2024-02-29T00:00:00.000Z", true },
	{ "2000-02-29", "2000-02-29T00:00:00.000Z", true },
	{ "1600-02-29", "1600-02-29T00:00:00.000Z", true },
	{ "2024-03-01", "2024-03-01T00:00:00.000Z", true },
	{ "2023-03-01", "2023-03-01T00:00:00.000Z", true },
	{ "1900-03-01", "1900-03-01T00:00:00.000Z", true },
	{ "2026-01-31", "2026-01-31T00:00:00.000Z", true },
	{ "2026-04-30", "2026-04-30T00:00:00.000Z", true },
	{ "2026-12-31", "2026-12-31T00:00:00.000Z", true },
	{ "2026-11-21T08:09:10Z", "2026-11-21T08:09:10.000Z", false },
	{ "2026-11-21t08:09:10z", "2026-11-21T08:09:10.000Z", false },
	{ "2026-11-21 08:09:10Z", "2026-11-21T08:09:10.000Z", false },
	{ "2026-11-21T08:09:10", "2026-11-21T08:09:10.000Z", false },
	{ "2026-11-21 08:09:10", "2026-11-21T08:09:10.000Z", false },
	{ "2026-11-21T08:09", "2026-11-21T08:09:00.000Z", false },
	{ "2026-11-21T08:09Z", "2026-11-21T08:09:00.000Z", false },
	{ "2026-11-21T08:09+02:00", "2026-11-21T06:09:00.000Z", false },
	{ "2026-11-21T08:09:10.5Z", "2026-11-21T08:09:10.500Z", false },
	{ "2026-11-21T08:09:10.5", "2026-11-21T08:09:10.500Z", false },
	{ "2026-11-21T08:09:10.05Z", "2026-11-21T08:09:10.050Z", false },
	{ "2026-11-21T08:09:10.123Z", "2026-11-21T08:09:10.123Z", false },
	{ "2026-11-21T08:09:10.123999Z", "2026-11-21T08:09:10.123Z", false },
	{ "2026-11-21 08:09:10.84216+00", "2026-11-21T08:09:10.842Z", false },
	{ "2026-11-21T08:09:10+00:00", "2026-11-21T08:09:10.000Z", false },
	{ "2026-11-21T08:09:10-00:00", "2026-11-21T08:09:10.000Z", false },
	{ "2026-11-21T08:09:10+01:30", "2026-11-21T06:39:10.000Z", false },
	{ "2026-11-21T08:09:10-01:30", "2026-11-21T09:39:10.000Z", false },
	{ "2026-11-21T08:09:10+0130", "2026-11-21T06:39:10.000Z", false },
	{ "2026-11-21T08:09:10-08", "2026-11-21T16:09:10.000Z", false },
	{ "2026-11-21T23:59:59.999+14:00", "2026-11-21T09:59:59.999Z", false },
	{ "2026-12-31T23:00:00-02:00", "2027-01-01T01:00:00.000Z", false },
	{ "2026-01-01T01:00:00+02:00", "2025-12-31T23:00:00.000Z", false },
	{ "2024-02-29T23:30:00-01:00", "2024-03-01T00:30:00.000Z", false },
	{ "2023-03-01T00:30:00+01:00", "2023-02-28T23:30:00.000Z", false },
	{ "2024-03-01T00:30:00+01:00", "2024-02-29T23:30:00.000Z", false },
	{ "2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z", false },
	{ "2016-12-31T23:59:60.9Z", "2017-01-01T00:00:00.000Z", false },
	{ "2016-12-31T15:59:60-08:00", "2017-01-01T00:00:00.000Z", false },
	{ "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z", false },
};

static const char *const bads[] = { "", " ", "2026", "2026-11", "2026-1-1",
	"2026-11-2", "26-11-21", "2026-11-211", "12026-11-21", "+2026-11-21",
	"-2026-11-21", "2026/11/21", "20261121", "2026-13-01", "2026-00-01",
	"2026-01-00", "2026-01-32", "2026-02-29", "2026-02-30", "2023-02-29",
	"1900-02-29", "2100-02-29", "2026-04-31", "2026-06-31", "2026-09-31",
	"2026-11-31", "2026-11-21T", "2026-11-21 ", " 2026-11-21",
	"2026-11-21T08", "2026-11-21T08Z", "2026-11-21T8:09:10Z",
	"2026-11-21T08:9:10Z", "2026-11-21T08:09:1Z", "2026-11-21T24:00:00Z",
	"2026-11-21T23:60:00Z", "2026-11-21T08:09:60Z", "2026-11-21T23:59:61Z",
	"2026-11-21T23:59:60+01:00", "2026-11-21T08:09:10.Z",
	"2026-11-21T08:09:10,5Z", "2026-11-21T08:09:Z", "2026-11-21T08:09:10ZZ",
	"2026-11-21T08:09:10 Z", "2026-11-21T08:09:10+",
	"2026-11-21T08:09:10+1",
	"2026-11-21T08:09:10+01:", "2026-11-21T08:09:10+01:3",
	"2026-11-21T08:09:10+013", "2026-11-21T08:09:10+24:00",
	"2026-11-21T08:09:10+01:60", "2026-11-21T08:09:10+01:00x",
	"2026-11-21T08:09:10 UTC", "2026-11-21T08:09:10+01:00:00",
	"2026-11-21Z", "2026-11-21+01:00", "2026-11-21\n",
	"2026-11-21T08:09:10Z\n", "2026-W47-6", "2026-325", "Nov 21 2026",
	"now", "1767225600000", "2026-11-21\tT08:09", "2026-11-21  08:09" };

static void
test_goods(void)
{
	char iso[CLOCK_ISO_LEN];
	for (size_t i = 0; i < N_OF(goods); i++) {
		int64_t ms = 1;
		bool date_only = false;
		is_int(date_parse(goods[i].text, &ms, &date_only), 1,
		    goods[i].text);
		is(clock_iso(ms, iso), goods[i].iso, goods[i].text);
		is_int(date_only, goods[i].date_only, "with or without a time");
	}
}

static void
test_bads(void)
{
	for (size_t i = 0; i < N_OF(bads); i++) {
		int64_t ms;
		bool date_only;
		is_int(date_parse(bads[i], &ms, &date_only), 0, bads[i]);
	}
}

/* Every day from 1582 to 2400 follows the day before it. */
static void
test_calendar(void)
{
	char text[CLOCK_ISO_LEN];
	int64_t ms, first, wrong = 0;
	bool date_only;
	date_parse("1582-10-15", &first, &date_only);
	for (ms = first; ms < INT64_C(13601088000000); ms += DATE_DAY_MS) {
		int64_t read = 0;
		clock_iso(ms, text);
		text[10] = '\0';
		if (date_parse(text, &read, &date_only) != 1 || read != ms)
			wrong++;
	}
	is_int(wrong, 0, "eight centuries");
	date_parse("0000-01-01", &ms, &date_only);
	is_int(ms, DATE_MIN_MS, "the first moment");
	date_parse("9999-12-31T23:59:59.999Z", &ms, &date_only);
	is_int(ms, DATE_MAX_MS, "the last moment");
}

static json_t *
json(struct arena *a, const char *text)
{
	return json_parse(a, text, strlen(text), NULL);
}

/* What a value is as a number, a boolean, text, milliseconds; NULL: nothing. */
static const struct scalar {
	const char *json, *number, *truth, *text, *ms;
} scalars[] = {
	{ "null", NULL, NULL, NULL, NULL },
	{ "[]", NULL, NULL, NULL, NULL },
	{ "[1]", NULL, NULL, NULL, NULL },
	{ "{}", NULL, NULL, NULL, NULL },
	{ "true", NULL, "1", "true", NULL },
	{ "false", NULL, "0", "false", NULL },
	{ "0", "0", "0", "0", "0" },
	{ "1", "1", "1", "1", "1" },
	{ "1.0", "1", "1", "1", "1" },
	{ "-1", "-1", NULL, "-1", "-1" },
	{ "5", "5", NULL, "5", "5" },
	{ "5.0", "5", NULL, "5", "5" },
	{ "-0.5", "-0.5", NULL, "-0.5", "0" },
	{ "49.9", "49.9", NULL, "49.9", "49" },
	{ "0.1", "0.1", NULL, "0.1", "0" },
	{ "1e2", "100", NULL, "100", "100" },
	{ "1e300", "1e+300", NULL, "1e300", NULL },
	{ "9007199254740993", "9.00719925474e+15", NULL, "9007199254740993",
	    NULL },
	{ "0.30000000000000004", "0.3", NULL, "0.30000000000000004", "0" },
	{ "253402300799999", "2.534023008e+14", NULL, "253402300799999",
	    "253402300799999" },
	{ "253402300800000", "2.534023008e+14", NULL, "253402300800000", NULL },
	{ "-62167219200000", "-6.21672192e+13", NULL, "-62167219200000",
	    "-62167219200000" },
	{ "-62167219200001", "-6.21672192e+13", NULL, "-62167219200001", NULL },
	{ "\"\"", NULL, NULL, "", NULL },
	{ "\"true\"", NULL, "1", "true", NULL },
	{ "\"false\"", NULL, "0", "false", NULL },
	{ "\"True\"", NULL, NULL, "True", NULL },
	{ "\"1\"", "1", NULL, "1", NULL },
	{ "\"0\"", "0", NULL, "0", NULL },
	{ "\"-0\"", "-0", NULL, "-0", NULL },
	{ "\"5\"", "5", NULL, "5", NULL },
	{ "\"-5.25\"", "-5.25", NULL, "-5.25", NULL },
	{ "\"007\"", "7", NULL, "007", NULL },
	{ "\"-007.5\"", "-7.5", NULL, "-007.5", NULL },
	{ "\"00\"", "0", NULL, "00", NULL },
	{ "\"1e3\"", "1000", NULL, "1e3", NULL },
	{ "\"1E+3\"", "1000", NULL, "1E+3", NULL },
	{ "\"1e-3\"", "0.001", NULL, "1e-3", NULL },
	{ "\"12345678901234567890\"", "1.23456789012e+19", NULL,
	    "12345678901234567890", NULL },
	{ "\"1e999\"", NULL, NULL, "1e999", NULL },
	{ "\"+5\"", NULL, NULL, "+5", NULL },
	{ "\" 5\"", NULL, NULL, " 5", NULL },
	{ "\"5 \"", NULL, NULL, "5 ", NULL },
	{ "\"5.\"", NULL, NULL, "5.", NULL },
	{ "\".5\"", NULL, NULL, ".5", NULL },
	{ "\"-\"", NULL, NULL, "-", NULL },
	{ "\"--5\"", NULL, NULL, "--5", NULL },
	{ "\"1e\"", NULL, NULL, "1e", NULL },
	{ "\"1e+\"", NULL, NULL, "1e+", NULL },
	{ "\"1,5\"", NULL, NULL, "1,5", NULL },
	{ "\"1.5.2\"", NULL, NULL, "1.5.2", NULL },
	{ "\"0x10\"", NULL, NULL, "0x10", NULL },
	{ "\"inf\"", NULL, NULL, "inf", NULL },
	{ "\"NaN\"", NULL, NULL, "NaN", NULL },
	{ "\"2026-11-21\"", NULL, NULL, "2026-11-21", "1795219200000" },
	{ "\"2026-11-21T00:00:01Z\"", NULL, NULL, "2026-11-21T00:00:01Z",
	    "1795219201000" },
	{ "\"2026-02-30\"", NULL, NULL, "2026-02-30", NULL },
};

static void
test_scalar(const struct scalar *s)
{
	struct arena *a = arena_new();
	char room[SCALAR_TEXT_LEN];
	json_t *v = json(a, s->json);
	double number;
	bool truth, date_only;
	int64_t ms;
	size_t n = 0;
	is(scalar_number(v, &number) ? arena_printf(a, "%.12g", number) : NULL,
	    s->number, s->json);
	is(scalar_bool(v, &truth) ? arena_printf(a, "%d", truth) : NULL,
	    s->truth, s->json);
	is(scalar_date(v, &ms, &date_only)
		? arena_printf(a, "%lld", (long long)ms)
		: NULL,
	    s->ms, s->json);
	const char *text = scalar_text(v, room, &n);
	is(text == NULL ? NULL : arena_strndup(a, text, n), s->text, s->json);
	ok(text == NULL || strlen(text) == n, "of the right length");
	arena_free(a);
}

static void
test_show(void)
{
	struct arena *a = arena_new();
	is(scalar_show(a, NULL), "nothing", "no value");
	is(scalar_show(a, json(a, "49.9")), "49.9", "a number");
	is(scalar_show(a, json(a, "\"a\\\"b\"")), "\"a\\\"b\"", "a string");
	is(scalar_show(a, json(a, "[1, {}]")), "[1,{}]", "an array");
	char *text = arena_alloc(a, 4003);
	memset(text, 'x', 4002);
	text[0] = text[4001] = '"';
	is_int(strlen(scalar_show(a, json(a, text))), 83, "a long one is cut");
	double number;
	bool truth, date_only;
	int64_t ms;
	ok(!scalar_number(NULL, &number) && !scalar_bool(NULL, &truth) &&
		!scalar_date(NULL, &ms, &date_only),
	    "no value is nothing");
	arena_free(a);
}

int
main(void)
{
	test_goods();
	test_bads();
	test_calendar();
	for (size_t i = 0; i < N_OF(scalars); i++)
		test_scalar(&scalars[i]);
	test_show();
	return tap_done();
}
