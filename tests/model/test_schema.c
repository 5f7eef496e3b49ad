/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/schema.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/utf8.h"
#include "tests/model/quoted.h"
#include "tests/tap.h"

#define A32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* What a value becomes as each type: "=" itself, NULL refused. */
static const struct row {
	const char *value, *string, *number, *boolean, *date;
} rows[] = {
	{ "null", "=", "=", "=", "=" },
	{ "'abc'", "=", NULL, NULL, NULL },
	{ "''", "=", NULL, NULL, NULL },
	{ "' 5'", "=", NULL, NULL, NULL },
	{ "'5'", "=", "5", NULL, NULL },
	{ "'-5'", "=", "-5", NULL, NULL },
	{ "'007'", "=", "7", NULL, NULL },
	{ "'49.9'", "=", "49.9", NULL, NULL },
	{ "'1e3'", "=", "1e3", NULL, NULL },
	{ "'1e999'", "=", NULL, NULL, NULL },
	{ "'9007199254740993'", "=", "9007199254740993", NULL, NULL },
	{ "'100000000000000000000'", "=", "1e20", NULL, NULL },
	{ "'1'", "=", "1", "true", NULL },
	{ "'0'", "=", "0", "false", NULL },
	{ "'true'", "=", NULL, "true", NULL },
	{ "'false'", "=", NULL, "false", NULL },
	{ "'TRUE'", "=", NULL, NULL, NULL },
	{ "'yes'", "=", NULL, NULL, NULL },
	{ "1", "'1'", "=", "true", "'1970-01-01T00:00:00.001Z'" },
	{ "0", "'0'", "=", "false", "'1970-01-01T00:00:00.000Z'" },
	{ "1.0", "'1'", "=", "true", "'1970-01-01T00:00:00.001Z'" },
	{ "2", "'2'", "=", NULL, "'1970-01-01T00:00:00.002Z'" },
	{ "-1", "'-1'", "=", NULL, "'1969-12-31T23:59:59.999Z'" },
	{ "49.9", "'49.9'", "=", NULL, "'1970-01-01T00:00:00.049Z'" },
	{ "1795219200000", "'1795219200000'", "=", NULL,
	    "'2026-11-21T00:00:00.000Z'" },
	{ "9999999999999999", "'9999999999999999'", "=", NULL, NULL },
	{ "true", "'true'", NULL, "=", NULL },
	{ "false", "'false'", NULL, "=", NULL },
	{ "'2026-11-21'", "=", NULL, NULL, "=" },
	{ "'2024-02-29'", "=", NULL, NULL, "=" },
	{ "'2026-02-29'", "=", NULL, NULL, NULL },
	{ "'2026-11-21T08:00:00+01:00'", "=", NULL, NULL, "=" },
	{ "'2026-11-21 08:00:00'", "=", NULL, NULL, "=" },
	{ "'21.11.2026'", "=", NULL, NULL, NULL },
	{ "[]", NULL, NULL, NULL, NULL },
	{ "['a']", NULL, NULL, NULL, NULL },
	{ "{}", NULL, NULL, NULL, NULL },
	{ "{'a':1}", NULL, NULL, NULL, NULL },
};

/* One value as one type, beside fields nobody declared or sent. */
static void
test_value(const char *value, const char *type, const char *expected)
{
	struct arena *a = arena_new();
	struct fault f = { 0 };
	json_t *schema = quoted_json(a,
	    arena_printf(a, "{'x':'%s','missing':'%s'}", type, type));
	json_t *payload =
	    quoted_json(a, arena_printf(a, "{'x':%s,'extra':[1]}", value));
	json_t *before = json_deep_copy(payload);
	json_t *o = schema_coerce(a, schema, payload, &f);
	if (expected == NULL)
		ok(o == NULL && f.kind == FAULT_INVALID &&
			strstr(f.text, "`x`") != NULL &&
			strstr(f.text, type) != NULL,
		    "%s is no %s: %s", value, type, f.text);
	else if (strcmp(expected, "=") == 0)
		ok(o == payload, "%s is a %s", value, type);
	else
		ok(o != payload &&
			json_equal(json_object_get(o, "x"),
			    quoted_json(a, expected)) &&
			json_array_size(json_object_get(o, "extra")) == 1 &&
			json_object_size(o) == 2,
		    "%s is %s as a %s", value, expected, type);
	ok(json_equal(before, payload), "the payload is as it was");
	json_decref(before);
	if (o != NULL)
		ok(schema_coerce(a, schema, o, &f) == o, "and now it fits");
	arena_free(a);
}

static void
test_payloads(void)
{
	struct arena *a = arena_new();
	struct fault f = { 0 };
	json_t *schema = quoted_json(a,
	    "{'plan':'string','amount':'number','paid':'boolean','at':'date'}");
	json_t *p = quoted_json(a, "{'plan':5,'amount':'7','paid':'1','at':0}");
	char *text = json_text(a, schema_coerce(a, schema, p, &f));
	is(text,
	    "{\"plan\":\"5\",\"amount\":7,\"paid\":true,"
	    "\"at\":\"1970-01-01T00:00:00.000Z\"}",
	    "all at once, in the order sent");
	p = quoted_json(a, "{}");
	ok(schema_coerce(a, schema, p, &f) == p, "nothing sent");
	ok(schema_coerce(a, NULL, p, &f) == p, "no schema");
	ok(schema_coerce(a, json_null(), p, &f) == p, "a schema of null");
	ok(schema_coerce(a, schema, quoted_json(a, "[1]"), &f) == NULL,
	    "an array");
	is(f.text, "The payload must be an object, not [1].", "is no payload");
	ok(schema_coerce(a, schema, NULL, &f) == NULL, "nothing is none");
	ok(schema_coerce(a, schema, quoted_json(a, "{'amount':'dear'}"), &f) ==
		NULL,
	    "no number");
	is(f.text,
	    "The payload's field `amount` must be a number, not \"dear\".",
	    "says field, type and value");
	arena_free(a);
}

/* A schema with n fields. */
static json_t *
wide(struct arena *a, int n)
{
	struct buf b = { 0 };
	for (int i = 0; i < n; i++)
		buf_printf(&b, "%s'f%d':'string'", i == 0 ? "{" : ",", i);
	buf_str(&b, "}");
	json_t *o = quoted_json(a, b.data);
	buf_free(&b);
	return o;
}

static void
test_check(void)
{
	static const char *const good[] = { "{}", "{'a':'string'}",
		"{'a':'number','b':'boolean','c':'date'}", "{'a.b':'date'}",
		"{'a b':'string'}", "{'\xc3\xbc':'string'}",
		"{'" A32 A32 "':'string'}" };
	static const char *const bad[] = { "null", "[]", "'string'", "5",
		"{'a':'text'}", "{'a':''}", "{'a':'String'}", "{'a':null}",
		"{'a':5}", "{'a':{}}", "{'a':['string']}",
		"{'a':{'type':'string'}}", "{'':'string'}",
		"{'a\\u0001':'string'}", "{'a\\n':'string'}",
		"{'a':'string','b':'float'}", "{'" A32 A32 "a':'string'}" };
	struct arena *a = arena_new();
	struct fault f = { 0 };
	for (size_t i = 0; i < N_OF(good); i++)
		is_int(schema_check(quoted_json(a, good[i]), &f), 0, good[i]);
	for (size_t i = 0; i < N_OF(bad); i++) {
		f = (struct fault){ 0 };
		is_int(schema_check(quoted_json(a, bad[i]), &f), -1, bad[i]);
		ok(f.kind == FAULT_INVALID &&
			utf8_valid(f.text, strlen(f.text)),
		    "%s", f.text);
	}
	is_int(schema_check(NULL, &f), -1, "no schema is none");
	is_int(schema_check(wide(a, SCHEMA_FIELDS_MAX), &f), 0, "50 fields");
	is_int(schema_check(wide(a, SCHEMA_FIELDS_MAX + 1), &f), -1, "51");
	is(f.text, "A schema has at most 50 fields, not 51.", "are too many");
	schema_check(quoted_json(a, "{'a':'text'}"), &f);
	is(f.text,
	    "The schema's field `a` must be one of string, number, boolean, "
	    "date, not `text`.",
	    "an unknown type is named");
	arena_free(a);
}

int
main(void)
{
	for (size_t i = 0; i < N_OF(rows); i++) {
		test_value(rows[i].value, "string", rows[i].string);
		test_value(rows[i].value, "number", rows[i].number);
		test_value(rows[i].value, "boolean", rows[i].boolean);
		test_value(rows[i].value, "date", rows[i].date);
	}
	test_payloads();
	test_check();
	return tap_done();
}
