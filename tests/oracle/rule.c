/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules: the condition grammar of either dialect, read anew each time.
 */
#include "tests/oracle/oracle_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- what both dialects compare with ----------------------------------- */

static bool
same(const json_t *x, const json_t *v)
{
	if (oracle_is_missing(x) || oracle_is_missing(v))
		return oracle_is_missing(x) && oracle_is_missing(v);
	if (json_is_number(x) && json_is_number(v))
		return json_number_value(x) == json_number_value(v);
	if (json_is_object(x) || json_is_array(x))
		return false;
	return json_equal(x, v) != 0;
}

static bool
member(const json_t *array, const json_t *v)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (same(json_array_get(array, i), v))
			return true;
	return false;
}

static bool
begins(const char *x, const char *v)
{
	return strncmp(x, v, strlen(v)) == 0;
}

static bool
ends(const char *x, const char *v)
{
	size_t n = strlen(x), m = strlen(v);
	return m <= n && strcmp(x + n - m, v) == 0;
}

static bool
has(const char *x, const char *v)
{
	return strstr(x, v) != NULL;
}

static bool
nothing_in(const json_t *x)
{
	return oracle_is_missing(x) ||
	    (json_is_string(x) && json_string_length(x) == 0) ||
	    (json_is_array(x) && json_array_size(x) == 0) ||
	    (json_is_object(x) && json_object_size(x) == 0);
}

/* ---- Resend's operators ------------------------------------------------ */

static bool
eq(const json_t *x, const json_t *v)
{
	return same(x, v);
}

static bool
gt(const json_t *x, const json_t *v)
{
	return json_is_number(x) && json_number_value(x) > json_number_value(v);
}

static bool
lt(const json_t *x, const json_t *v)
{
	return json_is_number(x) && json_number_value(x) < json_number_value(v);
}

static bool
gte(const json_t *x, const json_t *v)
{
	return json_is_number(x) && !lt(x, v);
}

static bool
lte(const json_t *x, const json_t *v)
{
	return json_is_number(x) && !gt(x, v);
}

/* Both are text and the test says yes. */
static bool
text(const json_t *x, const json_t *v, bool (*test)(const char *, const char *))
{
	return json_is_string(x) && json_is_string(v) &&
	    test(json_string_value(x), json_string_value(v));
}

static bool
contains(const json_t *x, const json_t *v)
{
	return json_is_array(x) ? member(x, v) : text(x, v, has);
}

static bool
starts_with(const json_t *x, const json_t *v)
{
	return text(x, v, begins);
}

static bool
ends_with(const json_t *x, const json_t *v)
{
	return text(x, v, ends);
}

static bool
missing(const json_t *x, const json_t *v)
{
	(void)v;
	return oracle_is_missing(x);
}

static bool
is_empty(const json_t *x, const json_t *v)
{
	(void)v;
	return nothing_in(x);
}

static bool
in(const json_t *x, const json_t *v)
{
	return member(v, x);
}

static bool
between(const json_t *x, const json_t *v)
{
	double a = json_number_value(json_array_get(v, 0));
	double b = json_number_value(json_array_get(v, 1));
	double n = json_number_value(x);
	return json_is_number(x) && ((a <= n && n <= b) || (b <= n && n <= a));
}

static const struct {
	const char *name;
	bool (*test)(const json_t *, const json_t *);
	bool negated;
} operators[] = {
	{ "eq", eq, false },
	{ "neq", eq, true },
	{ "gt", gt, false },
	{ "gte", gte, false },
	{ "lt", lt, false },
	{ "lte", lte, false },
	{ "contains", contains, false },
	{ "not_contains", contains, true },
	{ "starts_with", starts_with, false },
	{ "ends_with", ends_with, false },
	{ "exists", missing, true },
	{ "not_exists", missing, false },
	{ "is_empty", is_empty, false },
	{ "is_not_empty", is_empty, true },
	{ "in", in, false },
	{ "not_in", in, true },
	{ "between", between, false },
};

/* ---- AutoSend's -------------------------------------------------------- */

/* A number, also one written as text. */
static bool
number(const json_t *x, double *n_r)
{
	char *end;
	if (json_is_number(x)) {
		*n_r = json_number_value(x);
		return true;
	}
	if (!json_is_string(x) || json_string_length(x) == 0)
		return false;
	*n_r = strtod(json_string_value(x), &end);
	return *end == '\0';
}

/* 1 true, 0 false, -1 neither. */
static int
truth(const json_t *x)
{
	const char *s = json_string_value(x);
	double n = json_number_value(x);
	if (json_is_true(x) || (json_is_number(x) && n == 1) ||
	    (s != NULL && strcmp(s, "true") == 0))
		return 1;
	return json_is_false(x) || (json_is_number(x) && n == 0) ||
		(s != NULL && strcmp(s, "false") == 0)
	    ? 0
	    : -1;
}

/* The positive tests of numbers. */
static bool
number_test(const char *op, const json_t *x, const json_t *item)
{
	const json_t *v = json_object_get(item, "value");
	double n, a = 0, b = 0;
	if (!number(x, &n))
		return false;
	if (strcmp(op, "between") == 0)
		return number(json_array_get(v, 0), &a) &&
		    number(json_array_get(v, 1), &b) &&
		    ((a <= n && n <= b) || (b <= n && n <= a));
	if (!number(v, &a))
		return false;
	if (strcmp(op, "greater_than") == 0)
		return n > a;
	return strcmp(op, "less_than") == 0 ? n < a : n == a;
}

/* The positive tests of text. */
static bool
text_test(const char *op, const json_t *x, const json_t *v)
{
	char buf[64], want[64];
	const char *s = oracle_scalar(x, buf), *t = oracle_scalar(v, want);
	if (s == NULL || t == NULL)
		return false;
	if (strcmp(op, "equals") == 0)
		return strcmp(s, t) == 0;
	if (strcmp(op, "contains") == 0)
		return has(s, t);
	return strcmp(op, "starts_with") == 0 ? begins(s, t) : ends(s, t);
}

/* The type a test is made in. */
static const char *
field_type(const json_t *item)
{
	const char *type = oracle_text(item, "fieldType|field_type");
	const json_t *v = json_object_get(item, "value");
	if (type != NULL)
		return type;
	if (json_is_number(v))
		return "number";
	return json_is_boolean(v) ? "boolean" : "string";
}

/* One condition on a value that may be missing. */
static bool
item_test(const char *op, const json_t *x, const json_t *item)
{
	const char *type = field_type(item);
	bool empty = oracle_is_missing(x) ||
	    (json_is_string(x) && json_string_length(x) == 0);
	if (strcmp(op, "is_empty") == 0)
		return empty;
	if (strcmp(op, "is_not_empty") == 0)
		return !empty;
	if (begins(op, "not_"))
		return !item_test(strcmp(op, "not_equals") == 0 ? "equals"
								: "contains",
		    x, item);
	if (empty)
		return false;
	if (strcmp(type, "number") == 0)
		return number_test(op, x, item);
	if (strcmp(type, "boolean") == 0)
		return truth(x) >= 0 &&
		    truth(x) == truth(json_object_get(item, "value"));
	return text_test(op, x, json_object_get(item, "value"));
}

/* AutoSend's names of fields, as ours. */
static const char *
our_field(const char *field, char buf[128])
{
	static const struct {
		const char *theirs, *ours;
	} names[] = {
		{ "email", "contact.email" },
		{ "firstName", "contact.first_name" },
		{ "lastName", "contact.last_name" },
		{ "unsubscribed", "contact.unsubscribed" },
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(field, names[i].theirs) == 0)
			return names[i].ours;
	if (begins(field, "event.") || begins(field, "contact."))
		return field;
	if (begins(field, "eventProperties."))
		snprintf(buf, 128, "event.%s", field + 16);
	else if (begins(field, "customFields."))
		snprintf(buf, 128, "contact.properties.%s", field + 13);
	else
		snprintf(buf, 128, "contact.properties.%s", field);
	return buf;
}

/* ---- rules ------------------------------------------------------------- */

static bool
test(const json_t *rule, const struct oracle_view *v)
{
	const char *op = oracle_text(rule, "operator");
	const json_t *x = oracle_lookup(v, oracle_text(rule, "field"));
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (strcmp(operators[i].name, op) == 0)
			return operators[i].test(x,
				   json_object_get(rule, "value")) !=
			    operators[i].negated;
	abort();
}

/* Are all, or is any, of the rules true? */
static bool
group(const json_t *rules, bool all, const struct oracle_view *v)
{
	for (size_t i = 0; i < json_array_size(rules); i++)
		if (oracle_rule(json_array_get(rules, i), v) != all)
			return !all;
	return all;
}

/* AutoSend's form: a group, or one condition. */
static bool
conditions(const json_t *rule, const struct oracle_view *v)
{
	char buf[128];
	const json_t *items = oracle_any(rule, "conditions|groups");
	const char *how = oracle_text(rule, "logicalOperator|logical_operator");
	if (items != NULL)
		return group(items, how == NULL || strcasecmp(how, "OR") != 0,
		    v);
	return item_test(oracle_text(rule, "operator"),
	    oracle_lookup(v, our_field(oracle_text(rule, "field"), buf)), rule);
}

bool
oracle_rule(const json_t *rule, const struct oracle_view *v)
{
	if (rule == NULL)
		return true;
	const char *type = oracle_text(rule, "type");
	if (type == NULL)
		return conditions(rule, v);
	if (strcmp(type, "not") == 0)
		return !oracle_rule(json_object_get(rule, "rule"), v);
	if (strcmp(type, "rule") == 0)
		return test(rule, v);
	return group(json_object_get(rule, "rules"), strcmp(type, "and") == 0,
	    v);
}
