/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Headers and rows of an import: what a map says of columns, what is taken from
 * a row, and what is said of one that cannot be.
 */
#include "model/import.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/csv.h"
#include "base/fault.h"
#include "base/json.h"
#include "tests/tap.h"

/* A plan as a short text: separator, start, lines, columns, properties. */
static const char *
plan_shown(struct arena *a, const struct import_plan *p)
{
	const char *s = arena_printf(a, "%c%lld+%lld w%d e%d f%d l%d u%d",
	    p->separator == '\t' ? 'T' : p->separator, (long long)p->start,
	    (long long)p->line, p->n_columns, p->columns[IMPORT_EMAIL],
	    p->columns[IMPORT_FIRST_NAME], p->columns[IMPORT_LAST_NAME],
	    p->columns[IMPORT_UNSUBSCRIBED]);
	for (int i = 0; i < p->n_properties; i++)
		s = arena_printf(a, "%s %s=%d:%d", s, p->properties[i].key,
		    p->properties[i].column, (int)p->properties[i].type);
	if (p->has_cr)
		s = arena_printf(a, "%s CR", s);
	return s;
}

/* Makes a plan; what it is or, behind "!", what is wrong. */
static const char *
plan_of(struct arena *a, const char *text, const char *map,
    struct import_plan *p)
{
	struct fault f;
	size_t len = strlen(text);
	json_t *v = NULL;
	if (map != NULL && (v = json_parse(a, map, strlen(map), &f)) == NULL)
		return f.text[0] != '\0' ? "!not JSON" : "";
	return import_plan_make(a, arena_memdup(a, text, len + 1), len, v, p,
		   &f) == 0
	    ? plan_shown(a, p)
	    : arena_printf(a, "!%s", f.text);
}

static const struct {
	const char *what, *text, *map, *plan;
} plans[] = {
	{ "the address alone", "email\na@b.co\n", NULL,
	    ",6+1 w1 e0 f-1 l-1 u-1" },
	{ "every field, in any order",
	    "unsubscribed,last_name,x,email,first_name\r\n", NULL,
	    ",43+1 w5 e3 f4 l1 u0" },
	{ "a byte order mark, semicolons, blanks, no line end",
	    "\xef\xbb\xbf email ;first_name", NULL, ";21+0 w2 e0 f1 l-1 u-1" },
	{ "tabs and empty lines before", "\n\r\nemail\tlast_name\n", NULL,
	    "T19+3 w2 e0 f-1 l1 u-1" },
	{ "a map", "Mail,Given,Plan,Age,Off\n",
	    "{\"email\":\"Mail\",\"first_name\":\"Given\","
	    "\"unsubscribed\":\"Off\",\"properties\":{"
	    "\"plan\":{\"column\":\"Plan\"},"
	    "\"age\":{\"column\":\"Age\",\"type\":\"number\"},"
	    "\"off\":{\"column\":\"Off\",\"type\":\"boolean\"},"
	    "\"again\":\"Plan\"}}",
	    ",24+1 w5 e0 f1 l-1 u4 plan=2:0 age=3:1 off=4:2 again=2:0" },
	{ "names as the clients of JavaScript spell them", "a,b,c\n",
	    "{\"email\":\"a\",\"firstName\":\"b\",\"lastName\":\"c\"}",
	    ",6+1 w3 e0 f1 l2 u-1" },
	{ "null is nothing", "email\n", "{\"email\":null,\"properties\":null}",
	    ",6+1 w1 e0 f-1 l-1 u-1" },
	{ "a map beside a field's own name", "email,Mail\n",
	    "{\"email\":\"Mail\"}", ",11+1 w2 e1 f-1 l-1 u-1" },
	{ "a quoted header over two lines", "\"a\nb\",email\n", NULL,
	    ",12+2 w2 e1 f-1 l-1 u-1" },
	{ "two columns nobody asks for", "email,x,x\n", NULL,
	    ",10+1 w3 e0 f-1 l-1 u-1" },
	{ "lines that end with a CR", "\r\remail,x\ra@b.co,1\r", NULL,
	    ",10+3 w2 e0 f-1 l-1 u-1 CR" },
	{ "a line that names the separator",
	    "\xef\xbb\xbfsep=;\r\nemail;a,b,c\r\n", NULL,
	    ";23+2 w2 e0 f-1 l-1 u-1" },
	{ "in quotes, a tab", "\"SEP=\t\"\n\nemail\tx\n", NULL,
	    "T17+3 w2 e0 f-1 l-1 u-1" },
	{ "a bar and a CR", "sep=|\remail|x\r", NULL,
	    "|14+2 w2 e0 f-1 l-1 u-1 CR" },
	{ "a column that is named so", "sep=;,email\n", NULL,
	    ",12+1 w2 e1 f-1 l-1 u-1" },
	{ "another separator", "sep=:\nemail:x\n", NULL,
	    "!The first line says `sep=:`; what separates fields must be a "
	    "comma, a semicolon, a tab or a vertical bar." },
	{ "a separator and no header", "sep=;\n", NULL, "!The file is empty." },
	{ "nothing", "", NULL, "!The file is empty." },
	{ "empty lines", "\n\r\n\n", NULL, "!The file is empty." },
	{ "no address", "Email,name\n", NULL,
	    "!Missing `email` column: the file has `Email`, `name`, and no "
	    "`column_map.email` names one of these." },
	{ "two addresses", "email,email\n", NULL,
	    "!The file has two columns named `email`." },
	{ "a column that is not there", "email,Name\n",
	    "{\"first_name\":\"name\"}",
	    "!`column_map.first_name` names the column `name`, and the file "
	    "has only `email`, `Name`." },
	{ "a property's column that is not there", "email\n",
	    "{\"properties\":{\"plan\":{\"column\":\"Plan\"}}}",
	    "!`column_map.properties.plan` names the column `Plan`, and the "
	    "file has only `email`." },
	{ "a property without a column", "email\n",
	    "{\"properties\":{\"plan\":{\"type\":\"string\"}}}",
	    "!`column_map.properties.plan` must be the name of a column." },
	{ "another type", "email\n",
	    "{\"properties\":{\"plan\":{\"column\":\"email\","
	    "\"type\":\"date\"}}}",
	    "!`column_map.properties.plan.type` must be `string`, `number` or "
	    "`boolean`, not \"date\"." },
	{ "another field", "email\n", "{\"mail\":\"email\"}",
	    "!`column_map` has no field `mail`; it may have `email`, "
	    "`first_name`, `last_name`, `unsubscribed` and `properties`." },
	{ "a number for a column", "email\n", "{\"email\":0}",
	    "!`column_map.email` must be the name of a column." },
	{ "an array as a map", "email\n", "[]",
	    "!`column_map` must be a JSON object." },
	{ "an array of properties", "email\n", "{\"properties\":[]}",
	    "!`column_map.properties` must be an object of at most 200 keys "
	    "and their columns." },
	{ "a quote that stays open", "\"email\na@b.co\n", NULL,
	    "!The file has no header of at most 262144 bytes and 1000 "
	    "columns." },
};

static void
test_plans(void)
{
	for (size_t i = 0; i < N_OF(plans); i++) {
		struct arena *a = arena_new();
		struct import_plan p, back;
		struct fault f = { 0 };
		const char *shown = plan_of(a, plans[i].text, plans[i].map, &p);
		is(shown, plans[i].plan, plans[i].what);
		if (shown[0] != '!') {
			is_int(import_plan_read(a, import_plan_text(a, &p),
				   &back, &f),
			    0, "it comes back from text");
			is(plan_shown(a, &back), shown, "as it was");
		}
		arena_free(a);
	}
}

static void
test_text(void)
{
	struct arena *a = arena_new();
	int64_t segments[] = { 5, INT64_MAX };
	struct topic_choice topics[] = { { 7, true }, { 8, false } };
	struct import_plan p = { .separator = '\t',
		.n_columns = 1,
		.segments = segments,
		.n_segments = 2,
		.topics = topics,
		.n_topics = 2,
		.skips = true };
	struct import_plan back;
	struct fault f;
	is_int(import_plan_read(a, import_plan_text(a, &p), &back, &f), 0,
	    "a plan with segments and topics");
	ok(back.n_segments == 2 && back.segments[1] == INT64_MAX,
	    "the segments");
	ok(back.n_topics == 2 && back.topics[0].topic == 7 &&
		back.topics[0].opted_in && !back.topics[1].opted_in,
	    "the topics");
	ok(back.skips && back.separator == '\t', "and the rest");
	is_int(import_plan_read(a, "{}", &back, &f), -1, "a damaged one");
	is(f.text, "The options of an import are damaged.", "is told");
	arena_free(a);
}

static const char header[] =
    "email,first_name,last_name,unsubscribed,plan,age,vip\n";
static const char map[] = "{\"properties\":{\"plan\":\"plan\","
			  "\"age\":{\"column\":\"age\",\"type\":\"number\"},"
			  "\"vip\":{\"column\":\"vip\",\"type\":\"boolean\"}}}";

static const char *
or_none(const char *s)
{
	return s != NULL ? s : "-";
}

/* What a row says, merged into a contact; behind "!" what is wrong. */
static const char *
row_of(struct arena *a, const char *text, struct contact *c)
{
	struct csv *csv = arena_alloc(a, sizeof(*csv));
	struct import_plan p;
	struct import_row row;
	struct fault f;
	if (plan_of(a, header, map, &p)[0] == '!')
		return "no plan";
	csv_init(csv, ',', false);
	size_t len = strlen(text);
	csv_next(csv, arena_memdup(a, text, len + 1), len, true);
	if (import_row_read(a, &p, csv->fields, csv->n_fields, &row, &f) != 0 ||
	    import_row_merge(a, &row, c, &f) != 0)
		return arena_printf(a, "!%s", f.text);
	return arena_printf(a, "%s %s %s %d %s", row.email_key,
	    or_none(c->first_name), or_none(c->last_name), c->unsubscribed,
	    or_none(c->properties));
}

static const struct {
	const char *what, *text, *out;
} rows[] = {
	{ "a short row", "A@B.co", "a@b.co - - 0 -" },
	{ "a full one", "a@b.co, Ann ,Lee,TRUE,pro,42,yes",
	    "a@b.co Ann Lee 1 {\"plan\":\"pro\",\"age\":42,\"vip\":true}" },
	{ "empty fields say nothing", "a@b.co,,,,,,", "a@b.co - - 0 -" },
	{ "numbers", "a@b.co,,,0,,-1.50", "a@b.co - - 0 {\"age\":-1.5}" },
	{ "a number with an exponent", "a@b.co,,,n,,1e3",
	    "a@b.co - - 0 {\"age\":1000}" },
	{ "empty fields behind the header's", "a@b.co,,,,,,,,",
	    "a@b.co - - 0 -" },
	{ "no address", ",Ann", "!The `email` is empty." },
	{ "a blank address", "  ,Ann", "!The `email` is empty." },
	{ "another thing for an address", "ann",
	    "!The `email`: `ann` is not a mail address: it has no @." },
	{ "neither true nor false", "a@b.co,,,maybe",
	    "!The `unsubscribed` must be true or false, not `maybe`." },
	{ "no number", "a@b.co,,,,,4 2",
	    "!The property `age` must be a number, not `4 2`." },
	{ "no boolean", "a@b.co,,,,,,2",
	    "!The property `vip` must be a boolean, not `2`." },
	{ "a control character in a name", "a@b.co,\"A\tn\"",
	    "!The `first_name` must have at most 255 bytes and no control "
	    "characters." },
	{ "a longer row", "a@b.co,,,,,,,x",
	    "!The row has 8 fields, the header 7." },
};

static void
test_rows(void)
{
	for (size_t i = 0; i < N_OF(rows); i++) {
		struct arena *a = arena_new();
		struct contact c = { 0 };
		is(row_of(a, rows[i].text, &c), rows[i].out, rows[i].what);
		arena_free(a);
	}
}

static void
test_merge(void)
{
	struct arena *a = arena_new();
	struct contact c = { .first_name = "Ann",
		.last_name = "Lee",
		.unsubscribed = true,
		.properties = "{\"plan\":\"free\",\"city\":\"Ulm\"}" };
	is(row_of(a, "a@b.co,,Poe,,pro", &c),
	    "a@b.co Ann Poe 1 {\"plan\":\"pro\",\"city\":\"Ulm\"}",
	    "what a row does not say stays");
	char text[2300] = "a@b.co,,,,";
	memset(text + strlen(text), 'x', 2000);
	c = (struct contact){ 0 };
	ok(row_of(a, text, &c)[0] == 'a', "a text of 2000 characters");
	text[strlen(text)] = 'x';
	is(row_of(a, text, &c),
	    "!The property `plan` must be a text of at most 2000 characters.",
	    "is the longest");
	arena_free(a);
}

static void
test_statuses(void)
{
	for (int i = 0; i < IMPORT_STATUS_COUNT; i++)
		is_int(import_status_find(
			   import_status_name((enum import_status)i)),
		    i, import_status_name((enum import_status)i));
	is_int(import_status_find("done"), -1, "another");
}

int
main(void)
{
	test_plans();
	test_text();
	test_rows();
	test_merge();
	test_statuses();
	return tap_done();
}
