/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every operator of both forms with every kind of value.
 */
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "model/rule.h"
#include "tests/model/quoted.h"
#include "tests/tap.h"

/* What the field holds; missing is "". Groups as in the rows below. */
static const char *const values[] = { "", "null", "true", "false", "0", "1",
	"5", "5.0", "-1.5", "''", "'5'", "'abc'", "'true'", "[]",
	"['abc',5,true]", "{}", "{'a':1}", "'2026-11-21'",
	"'2026-11-21T12:00:00Z'", "1795219200000" };

/* Which of them an operator is true for. The columns: missing null, true false,
 * 0 1 5 5.0 -1.5, "" "5" "abc" "true", [] [...] {} {...}, three dates. The
 * operator named second is true for all the others. */
static const struct row {
	const char *operator, * opposite, *type, *value, *expected;
} rows[] = {
	{ "eq", "neq", NULL, "null", "11 00 00000 0000 0000 000" },
	{ "eq", "neq", NULL, "true", "00 10 00000 0000 0000 000" },
	{ "eq", "neq", NULL, "false", "00 01 00000 0000 0000 000" },
	{ "eq", "neq", NULL, "0", "00 00 10000 0000 0000 000" },
	{ "eq", "neq", NULL, "1", "00 00 01000 0000 0000 000" },
	{ "eq", "neq", NULL, "5", "00 00 00110 0000 0000 000" },
	{ "eq", "neq", NULL, "5.0", "00 00 00110 0000 0000 000" },
	{ "eq", "neq", NULL, "-1.5", "00 00 00001 0000 0000 000" },
	{ "eq", "neq", NULL, "''", "00 00 00000 1000 0000 000" },
	{ "eq", "neq", NULL, "'5'", "00 00 00000 0100 0000 000" },
	{ "eq", "neq", NULL, "'abc'", "00 00 00000 0010 0000 000" },
	{ "eq", "neq", NULL, "'Abc'", "00 00 00000 0000 0000 000" },
	{ "eq", "neq", NULL, "'true'", "00 00 00000 0001 0000 000" },
	{ "eq", "neq", NULL, "'2026-11-21'", "00 00 00000 0000 0000 100" },
	{ "gt", NULL, NULL, "-1.5", "00 00 11110 0000 0000 001" },
	{ "gt", NULL, NULL, "0", "00 00 01110 0000 0000 001" },
	{ "gt", NULL, NULL, "5", "00 00 00000 0000 0000 001" },
	{ "gt", NULL, NULL, "4.99", "00 00 00110 0000 0000 001" },
	{ "gte", NULL, NULL, "5", "00 00 00110 0000 0000 001" },
	{ "gte", NULL, NULL, "5.0", "00 00 00110 0000 0000 001" },
	{ "gte", NULL, NULL, "0", "00 00 11110 0000 0000 001" },
	{ "lt", NULL, NULL, "0", "00 00 00001 0000 0000 000" },
	{ "lt", NULL, NULL, "5", "00 00 11001 0000 0000 000" },
	{ "lte", NULL, NULL, "5", "00 00 11111 0000 0000 000" },
	{ "lte", NULL, NULL, "-1.5", "00 00 00001 0000 0000 000" },
	{ "contains", "not_contains", NULL, "'b'",
	    "00 00 00000 0010 0000 000" },
	{ "contains", "not_contains", NULL, "'abc'",
	    "00 00 00000 0010 0100 000" },
	{ "contains", "not_contains", NULL, "'ABC'",
	    "00 00 00000 0000 0000 000" },
	{ "contains", "not_contains", NULL, "''", "00 00 00000 1111 0000 110" },
	{ "contains", "not_contains", NULL, "'5'",
	    "00 00 00000 0100 0000 000" },
	{ "contains", "not_contains", NULL, "5", "00 00 00000 0000 0100 000" },
	{ "contains", "not_contains", NULL, "5.0",
	    "00 00 00000 0000 0100 000" },
	{ "contains", "not_contains", NULL, "true",
	    "00 00 00000 0000 0100 000" },
	{ "contains", "not_contains", NULL, "false",
	    "00 00 00000 0000 0000 000" },
	{ "starts_with", NULL, NULL, "'a'", "00 00 00000 0010 0000 000" },
	{ "starts_with", NULL, NULL, "'abc'", "00 00 00000 0010 0000 000" },
	{ "starts_with", NULL, NULL, "'abcd'", "00 00 00000 0000 0000 000" },
	{ "starts_with", NULL, NULL, "''", "00 00 00000 1111 0000 110" },
	{ "starts_with", NULL, NULL, "'2026'", "00 00 00000 0000 0000 110" },
	{ "ends_with", NULL, NULL, "'c'", "00 00 00000 0010 0000 000" },
	{ "ends_with", NULL, NULL, "'xabc'", "00 00 00000 0000 0000 000" },
	{ "ends_with", NULL, NULL, "''", "00 00 00000 1111 0000 110" },
	{ "ends_with", NULL, NULL, "'5'", "00 00 00000 0100 0000 000" },
	{ "exists", "not_exists", NULL, NULL, "00 11 11111 1111 1111 111" },
	{ "exists", "not_exists", NULL, "'x'", "00 11 11111 1111 1111 111" },
	{ "is_empty", "is_not_empty", NULL, NULL, "11 00 00000 1000 1010 000" },
	{ "is_empty", "is_not_empty", NULL, "[1]",
	    "11 00 00000 1000 1010 000" },
	{ "in", "not_in", NULL, "['abc',5]", "00 00 00110 0010 0000 000" },
	{ "in", "not_in", NULL, "[null]", "11 00 00000 0000 0000 000" },
	{ "in", "not_in", NULL, "['',true,false]",
	    "00 11 00000 1000 0000 000" },
	{ "before", NULL, NULL, "'2026-11-21'", "00 00 11111 0000 0000 000" },
	{ "before", NULL, NULL, "'2026-11-22'", "00 00 11111 0000 0000 111" },
	{ "before", NULL, NULL, "'2026-11-21T12:00:00Z'",
	    "00 00 11111 0000 0000 101" },
	{ "before", NULL, NULL, "'2026-11-21T13:00:00+01:00'",
	    "00 00 11111 0000 0000 101" },
	{ "after", NULL, NULL, "'2026-11-21'", "00 00 00000 0000 0000 000" },
	{ "after", NULL, NULL, "'2026-11-20'", "00 00 00000 0000 0000 111" },
	{ "after", NULL, NULL, "'2026-11-21T00:00:00Z'",
	    "00 00 00000 0000 0000 010" },
	{ "between", NULL, NULL, "[0,5]", "00 00 11110 0000 0000 000" },
	{ "between", NULL, NULL, "[5,0]", "00 00 11110 0000 0000 000" },
	{ "between", NULL, NULL, "[-1.5,0.5]", "00 00 10001 0000 0000 000" },
	{ "between", NULL, NULL, "['2026-11-21','2026-11-21']",
	    "00 00 00000 0000 0000 111" },
	{ "between", NULL, NULL, "['2026-11-22','2026-11-20']",
	    "00 00 00000 0000 0000 111" },
	{ "between", NULL, NULL, "['2026-11-21T12:00:00Z','2026-11-21']",
	    "00 00 00000 0000 0000 010" },
	{ "between", NULL, NULL, "['2026-11-21','2026-11-21T11:59:59Z']",
	    "00 00 00000 0000 0000 101" },
	{ "between", NULL, NULL, "['1970-01-01T00:00Z','1970-01-01T00:00Z']",
	    "00 00 10000 0000 0000 000" },

	{ "equals", "not_equals", "string", "'5'",
	    "00 00 00110 0100 0000 000" },
	{ "equals", "not_equals", "string", "5", "00 00 00110 0100 0000 000" },
	{ "equals", "not_equals", "string", "'5.0'",
	    "00 00 00000 0000 0000 000" },
	{ "equals", "not_equals", "string", "'-1.5'",
	    "00 00 00001 0000 0000 000" },
	{ "equals", "not_equals", "string", "'true'",
	    "00 10 00000 0001 0000 000" },
	{ "equals", "not_equals", "string", "true",
	    "00 10 00000 0001 0000 000" },
	{ "equals", "not_equals", "string", "''", "00 00 00000 0000 0000 000" },
	{ "equals", "not_equals", "string", "'abc'",
	    "00 00 00000 0010 0000 000" },
	{ "equals", "not_equals", "string", "'ABC'",
	    "00 00 00000 0000 0000 000" },
	{ "equals", "not_equals", "string", "' abc'",
	    "00 00 00000 0000 0000 000" },
	{ "contains", "not_contains", "string", "''",
	    "00 11 11111 0111 0000 111" },
	{ "contains", "not_contains", "string", "'5'",
	    "00 00 00111 0100 0000 001" },
	{ "contains", "not_contains", "string", "'b'",
	    "00 00 00000 0010 0000 000" },
	{ "contains", "not_contains", "string", "'al'",
	    "00 01 00000 0000 0000 000" },
	{ "starts_with", NULL, "string", "'t'", "00 10 00000 0001 0000 000" },
	{ "starts_with", NULL, "string", "'-'", "00 00 00001 0000 0000 000" },
	{ "starts_with", NULL, "string", "''", "00 11 11111 0111 0000 111" },
	{ "starts_with", NULL, "string", "'abcd'",
	    "00 00 00000 0000 0000 000" },
	{ "ends_with", NULL, "string", "'e'", "00 11 00000 0001 0000 000" },
	{ "ends_with", NULL, "string", "5", "00 00 00111 0100 0000 000" },
	{ "ends_with", NULL, "string", "''", "00 11 11111 0111 0000 111" },
	{ "is_empty", "is_not_empty", "string", NULL,
	    "11 00 00000 1000 1010 000" },
	{ "is_empty", "is_not_empty", "number", "'x'",
	    "11 00 00000 1000 1010 000" },
	{ "is_empty", "is_not_empty", "boolean", NULL,
	    "11 00 00000 1000 1010 000" },
	{ "is_empty", "is_not_empty", "date", "null",
	    "11 00 00000 1000 1010 000" },
	{ "equals", "not_equals", "number", "5", "00 00 00110 0100 0000 000" },
	{ "equals", "not_equals", "number", "'5'",
	    "00 00 00110 0100 0000 000" },
	{ "equals", "not_equals", "number", "'5.00'",
	    "00 00 00110 0100 0000 000" },
	{ "equals", "not_equals", "number", "0", "00 00 10000 0000 0000 000" },
	{ "equals", "not_equals", "number", "1", "00 00 01000 0000 0000 000" },
	{ "greater_than", NULL, "number", "0", "00 00 01110 0100 0000 001" },
	{ "greater_than", NULL, "number", "5", "00 00 00000 0000 0000 001" },
	{ "greater_than", NULL, "number", "'-2'", "00 00 11111 0100 0000 001" },
	{ "less_than", NULL, "number", "5", "00 00 11001 0000 0000 000" },
	{ "less_than", NULL, "number", "'5.1'", "00 00 11111 0100 0000 000" },
	{ "between", NULL, "number", "[0,5]", "00 00 11110 0100 0000 000" },
	{ "between", NULL, "number", "['5','0']", "00 00 11110 0100 0000 000" },
	{ "between", NULL, "number", "{'from':1,'to':5}",
	    "00 00 01110 0100 0000 000" },
	{ "between", NULL, "number", "{'min':1,'max':'4'}",
	    "00 00 01000 0000 0000 000" },
	{ "between", NULL, "number", "0,'valueTo':5",
	    "00 00 11110 0100 0000 000" },
	{ "between", NULL, "number", "0,'value2':'4'",
	    "00 00 11000 0000 0000 000" },
	{ "between", NULL, "number", "5,'value_to':0",
	    "00 00 11110 0100 0000 000" },
	{ "equals", "not_equals", "boolean", "true",
	    "00 10 01000 0001 0000 000" },
	{ "equals", "not_equals", "boolean", "'true'",
	    "00 10 01000 0001 0000 000" },
	{ "equals", "not_equals", "boolean", "1", "00 10 01000 0001 0000 000" },
	{ "equals", "not_equals", "boolean", "false",
	    "00 01 10000 0000 0000 000" },
	{ "equals", "not_equals", "boolean", "0", "00 01 10000 0000 0000 000" },
	{ "equals", "not_equals", "date", "'2026-11-21'",
	    "00 00 00000 0000 0000 111" },
	{ "equals", "not_equals", "date", "'2026-11-21T12:00:00Z'",
	    "00 00 00000 0000 0000 010" },
	{ "equals", "not_equals", "date", "1795219200000",
	    "00 00 00000 0000 0000 101" },
	{ "equals", "not_equals", "date", "'2026-11-20'",
	    "00 00 00000 0000 0000 000" },
	{ "before", NULL, "date", "'2026-11-21'", "00 00 11111 0000 0000 000" },
	{ "before", NULL, "date", "'2026-11-21T12:00:00.001Z'",
	    "00 00 11111 0000 0000 111" },
	{ "after", NULL, "date", "'2026-11-21'", "00 00 00000 0000 0000 000" },
	{ "after", NULL, "date", "5", "00 00 00000 0000 0000 111" },
	{ "between", NULL, "date", "['2026-11-21','2026-11-21']",
	    "00 00 00000 0000 0000 111" },
	{ "between", NULL, "date", "['2026-11-25','2026-11-01']",
	    "00 00 00000 0000 0000 111" },
	{ "between", NULL, "date",
	    "{'from':'2026-11-21T11:00:00Z','to':'2026-11-21'}",
	    "00 00 00000 0000 0000 010" },
	{ "between", NULL, "date", "'2026-11-20','valueTo':'2026-11-21'",
	    "00 00 00000 0000 0000 111" },
	{ "between", NULL, "date", "0,'value_2':4",
	    "00 00 11000 0000 0000 000" },
};

static const json_t *
lookup(void *arg, const char *field)
{
	return strcmp(field, "event.x") == 0 ? arg : NULL;
}

/* A rule with the operator, in the form that has it. */
static struct rule *
compile(struct arena *a, const struct row *r, const char *operator)
{
	struct fault f = { 0 };
	const char *value =
	    r->value == NULL ? "" : arena_printf(a, ",'value':%s", r->value);
	const char *form = r->type == NULL
	    ? "'type':'rule'"
	    : arena_printf(a, "'fieldType':'%s'", r->type);
	struct rule *rule = rule_compile(a,
	    quoted_json(a,
		arena_printf(a, "{%s,'field':'event.x','operator':'%s'%s}",
		    form, operator, value)),
	    RULE_EVENT, &f);
	ok(rule != NULL, "%s %s %s is a rule %s", form, operator, value,
	    f.text);
	return rule;
}

static void
test_row(const struct row *r)
{
	struct arena *a = arena_new();
	struct rule *rule = compile(a, r, r->operator);
	struct rule *opposite =
	    r->opposite == NULL ? NULL : compile(a, r, r->opposite);
	const char *e = r->expected;
	for (size_t i = 0; i < N_OF(values) && rule != NULL; i++) {
		json_t *v = quoted_json(a, values[i]);
		e += *e == ' ';
		bool expected = *e++ == '1';
		ok(rule_true(rule, lookup, v) == expected,
		    "%s %s %s (%s) is %d", values[i], r->operator,
		    r->value == NULL ? "" : r->value,
		    r->type == NULL ? "" : r->type, expected);
		if (opposite != NULL)
			ok(rule_true(opposite, lookup, v) != expected,
			    "%s is not that", r->opposite);
	}
	ok(*e == '\0', "a column for each value");
	arena_free(a);
}

/* Integers are compared as integers where both are. */
static void
test_large(void)
{
	struct arena *a = arena_new();
	struct row r = { "eq", NULL, NULL, "9007199254740993", NULL };
	struct rule *eq = compile(a, &r, "eq"), *gt = compile(a, &r, "gt");
	ok(rule_true(eq, lookup, quoted_json(a, "9007199254740993")),
	    "the same");
	ok(!rule_true(eq, lookup, quoted_json(a, "9007199254740992")),
	    "another");
	ok(rule_true(gt, lookup, quoted_json(a, "9007199254740994")),
	    "a larger one");
	ok(!rule_true(gt, lookup, quoted_json(a, "9007199254740993")),
	    "not above");
	arena_free(a);
}

int
main(void)
{
	for (size_t i = 0; i < N_OF(rows); i++)
		test_row(&rows[i]);
	test_large();
	return tap_done();
}
