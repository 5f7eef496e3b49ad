/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comma-separated values. A text's records are written down as "a|b/" and must
 * be the same however few bytes are at hand at a time.
 */
#include "base/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "tests/tap.h"

/* Writes a record down. */
static void
put_record(struct buf *out, const struct csv *c)
{
	if (c->n_fields > CSV_FIELDS_MAX) {
		buf_str(out, "many/");
		return;
	}
	for (int i = 0; i < c->n_fields; i++)
		buf_printf(out, "%s%s", i > 0 ? "|" : "", c->fields[i]);
	buf_str(out, c->is_open ? "?/" : "/");
}

/* The records of a text of which `step` bytes more come each time; behind them
 * its lines. */
static char *
records(const char *text, size_t len, char separator, size_t step)
{
	struct csv *c = xmalloc(sizeof(*c));
	struct buf out = { 0 };
	int64_t lines = 0;
	char *copy = xmalloc(len + 1);
	size_t at = 0, end = 0;
	enum csv_result r;
	memcpy(copy, text, len);
	csv_init(c, separator == 'R' ? ',' : separator, separator == 'R');
	do {
		char kept = copy[end];
		r = csv_next(c, copy + at, end - at, end == len);
		if (end < len && r != CSV_MORE)
			copy[end] = kept;
		if (r == CSV_MORE) {
			end = step < len - end ? end + step : len;
			continue;
		}
		if (r == CSV_RECORD)
			put_record(&out, c);
		else if (r == CSV_LONG)
			buf_str(&out, "long/");
		else if (r == CSV_REST && csv_place(c) == 0)
			buf_str(&out, "rest/");
		at += r == CSV_END ? 0 : c->used;
		lines += r == CSV_END ? 0 : c->lines;
	} while (r != CSV_END);
	if (c->is_open)
		buf_str(&out, "open/");
	buf_printf(&out, "%lld", (long long)lines);
	free(copy);
	free(c);
	return buf_take(&out);
}

static const struct {
	const char *what, *text, *out;
	char separator;
} table[] = {
	{ "nothing", "", "0", ',' },
	{ "LF", "a,b\nc,d\n", "a|b/c|d/2", ',' },
	{ "CR LF, none at the end", "a,b\r\nc,d", "a|b/c|d/1", ',' },
	{ "CR at the very end", "a\r", "a\r/0", ',' },
	{ "an empty line", "a\n\nb\r\n\r\n", "a//b//4", ',' },
	{ "empty fields", ",\n,,x", "|/||x/1", ',' },
	{ "quotes", "\"a\",\"b,c\"\n", "a|b,c/1", ',' },
	{ "a quote in quotes", "\"a\"\"b\"\"\",\"\"\"\"\n", "a\"b\"|\"/1",
	    ',' },
	{ "a line end in quotes", "\"a\nb\r\nc\",d\ne\n", "a\nb\r\nc|d/e/4",
	    ',' },
	{ "an empty quoted field", "\"\",\"\"\r\n", "|/1", ',' },
	{ "a quote within a field", "5\" pipe,a\"b\"\n", "5\" pipe|a\"b\"/1",
	    ',' },
	{ "something behind the quotes", "\"a\"b\"c\",d\n", "ab\"c\"|d/1",
	    ',' },
	{ "a blank before a quote", " \"a\",b\n", " \"a\"|b/1", ',' },
	{ "a quote that stays open", "a,\"b\nc", "a|b\nc?/1", ',' },
	{ "an open quote with nothing behind", "\"", "?/0", ',' },
	{ "a quote closed at the end", "\"a\"", "a/0", ',' },
	{ "a quoted CR before the end", "\"a\r\"\r\n", "a\r/1", ',' },
	{ "semicolons", "a;b,c;\"d;e\"\n", "a|b,c|d;e/1", ';' },
	{ "tabs", "a\tb\n", "a|b/1", '\t' },
	{ "a CR within a field", "a\rb,c\n", "a\rb|c/1", ',' },
	{ "CR alone", "a,b\rc,d\r", "a|b/c|d/2", 'R' },
	{ "CR alone, none at the end", "a\r\rb", "a//b/2", 'R' },
	{ "CR in quotes", "\"a\rb\",c\r\"d\"\re", "a\rb|c/d/e/3", 'R' },
	{ "CR, CR LF and LF", "a\rb\r\nc\nd", "a/b/c/d/3", 'R' },
	{ "UTF-8", "\xc3\xbc,\xe2\x82\xac\n", "\xc3\xbc|\xe2\x82\xac/1", ',' },
};

static void
test_table(void)
{
	for (size_t i = 0; i < N_OF(table); i++) {
		const char *text = table[i].text;
		size_t len = strlen(text), n_wrong = 0;
		for (size_t step = 1; step <= len; step++) {
			char *out =
			    records(text, len, table[i].separator, step);
			n_wrong += strcmp(out, table[i].out) != 0;
			free(out);
		}
		char *out = records(text, len, table[i].separator, len + 1);
		is(out, table[i].out, table[i].what);
		is_int(n_wrong, 0, "the same piece by piece");
		free(out);
	}
}

/* A text: n bytes of c, and something behind it. */
static char *
many(size_t n, char c, const char *before, const char *behind, size_t *len_r)
{
	struct buf b = { 0 };
	buf_str(&b, before);
	for (size_t i = 0; i < n; i++)
		buf_char(&b, c);
	buf_str(&b, behind);
	*len_r = b.len;
	return buf_take(&b);
}

static void
check_long(const char *what, char *text, size_t len, const char *expected)
{
	static const size_t steps[] = { 1000, 65536, CSV_RECORD_MAX };
	for (size_t i = 0; i < N_OF(steps); i++) {
		char *out = records(text, len, ',', steps[i]);
		is(out, expected, what);
		free(out);
	}
	free(text);
}

static void
test_long(void)
{
	size_t len;
	char *text = many(CSV_RECORD_MAX - 1, 'x', "", "\nb\n", &len);
	char *out = records(text, len, ',', len);
	ok(strlen(out) == CSV_RECORD_MAX + 3 &&
		strcmp(out + CSV_RECORD_MAX - 1, "/b/2") == 0,
	    "a record as long as one may be");
	free(out);
	free(text);
	text = many(CSV_RECORD_MAX + 9, 'x', "", "\nb\n", &len);
	check_long("a longer line is passed over", text, len, "long/rest/b/2");
	text = many(CSV_RECORD_MAX + 9, '\n', "a\n\"", "b\"\"\",c\nd\n", &len);
	check_long("and so is a longer field in quotes", text, len,
	    "a/long/rest/d/262156");
	text = many(CSV_RECORD_MAX + 9, 'x', "\"", "\nb\n", &len);
	check_long("to the end, if its quote is not closed", text, len,
	    "long/open/2");
	text = many(CSV_RECORD_MAX - 1, 'x', "\"", "", &len);
	check_long("also if that is where it gets too long", text, len,
	    "long/open/0");
	text = many(CSV_RECORD_MAX - 2, 'x', "\"", "\r\ny\"\r\nb\r\n", &len);
	check_long("a CR LF in quotes that is cut there is one line", text, len,
	    "long/rest/b/3");
	text = many((size_t)3 * CSV_RECORD_MAX, 'x', "a\n", "", &len);
	check_long("one that does not end", text, len, "a/long/1");
}

/* A reader that knows the place alone goes on as the first would have. */
static void
test_resume(void)
{
	size_t len, at = 0;
	char *text = many(CSV_RECORD_MAX + 9, 'x', "a,\"", "\nb\"\nc\n", &len);
	struct csv *c = xmalloc(sizeof(*c));
	csv_init(c, ',', false);
	is_int(csv_place(c), 0, "a record begins");
	is_int(csv_next(c, text, len, true), CSV_LONG, "one that is long");
	at = c->used;
	int place = csv_place(c);
	ok(place > 0, "its rest has a place");
	csv_init(c, ',', false);
	csv_resume(c, place);
	is_int(csv_next(c, text + at, len - at, true), CSV_REST,
	    "where another goes on");
	is_int(csv_place(c), 0, "to its end");
	at += c->used;
	is_int(csv_next(c, text + at, len - at, true), CSV_RECORD,
	    "behind which the next begins");
	is(c->fields[0], "c", "as it is");
	free(text);
	free(c);
}

static void
test_fields(void)
{
	size_t len;
	char *text = many(CSV_FIELDS_MAX - 1, ',', "", "\n", &len);
	struct csv *c = xmalloc(sizeof(*c));
	csv_init(c, ',', false);
	is_int(csv_next(c, text, len, true), CSV_RECORD, "a thousand fields");
	is_int(c->n_fields, CSV_FIELDS_MAX, "are told");
	ok(!csv_is_blank(c), "and are no empty line");
	free(text);
	text = many(CSV_FIELDS_MAX, ',', "", "\n", &len);
	csv_init(c, ',', false);
	is_int(csv_next(c, text, len, true), CSV_RECORD, "one more");
	is_int(c->n_fields, CSV_FIELDS_MAX + 1, "is told, too");
	free(text);
	free(c);
}

static void
test_separator(void)
{
	static const struct {
		const char *header;
		char separator;
	} headers[] = {
		{ "email", ',' },
		{ "email,name\n;;;;", ',' },
		{ "email;name", ';' },
		{ "email\tname", '\t' },
		{ "email;\"a,b,c\";name\r\n", ';' },
		{ "email,a;b,c", ',' },
		{ "a;b\tc\td\te", '\t' },
		{ "\"a\n;b\",c,d", ',' },
		{ "email,name\r;;;;", ',' },
		{ "", ',' },
	};
	for (size_t i = 0; i < N_OF(headers); i++)
		is_int(csv_separator(headers[i].header,
			   strlen(headers[i].header)),
		    headers[i].separator, "the separator a header says");
}

static void
test_has_cr(void)
{
	static const struct {
		const char *header;
		bool has_cr;
	} headers[] = { { "a,b\rc", true }, { "a\r", true },
		{ "a\r\nb", false }, { "a\nb\r", false },
		{ "\"a\rb\",c\n", false }, { "\"a\nb\",c\rd", true },
		{ "a", false }, { "", false } };
	for (size_t i = 0; i < N_OF(headers); i++)
		is_int(csv_has_cr(headers[i].header, strlen(headers[i].header)),
		    headers[i].has_cr, "whether a CR ends the lines");
}

int
main(void)
{
	test_table();
	test_long();
	test_resume();
	test_fields();
	test_separator();
	test_has_cr();
	return tap_done();
}
