/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operators of both forms. The rules' own ones take values as they are
 * typed; a condition's take whatever can be read as the type it names.
 */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "model/rule_private.h"
#include "model/scalar.h"

/* Below, at or above 0 as a is below, at or above b. */
static int
compare_numbers(const json_t *a, const json_t *b)
{
	if (json_is_integer(a) && json_is_integer(b)) {
		json_int_t x = json_integer_value(a), y = json_integer_value(b);
		return (x > y) - (x < y);
	}
	double x = json_number_value(a), y = json_number_value(b);
	return (x > y) - (x < y);
}

/* The same scalar: of one type, and equal. NULL is null. */
static bool
is_same(const json_t *a, const json_t *b)
{
	if (a == NULL || json_is_null(a))
		return b == NULL || json_is_null(b);
	if (json_is_number(a) && json_is_number(b))
		return compare_numbers(a, b) == 0;
	return !json_is_array(a) && !json_is_object(a) && json_equal(a, b);
}

static bool
is_in(const json_t *list, const json_t *v)
{
	const json_t *item;
	size_t i;
	json_array_foreach (list, i, item)
		if (is_same(item, v))
			return true;
	return false;
}

static bool
equals(const struct rule_operand *o, const json_t *v)
{
	return is_same(o->value, v);
}

static bool
is_listed(const struct rule_operand *o, const json_t *v)
{
	return is_in(o->value, v);
}

static bool
is_above(const struct rule_operand *o, const json_t *v)
{
	return json_is_number(v) && compare_numbers(v, o->value) > 0;
}

static bool
is_at_least(const struct rule_operand *o, const json_t *v)
{
	return json_is_number(v) && compare_numbers(v, o->value) >= 0;
}

static bool
is_below(const struct rule_operand *o, const json_t *v)
{
	return json_is_number(v) && compare_numbers(v, o->value) < 0;
}

static bool
is_at_most(const struct rule_operand *o, const json_t *v)
{
	return json_is_number(v) && compare_numbers(v, o->value) <= 0;
}

static bool
is_between(const struct rule_operand *o, const json_t *v)
{
	double number = json_number_value(v);
	return json_is_number(v) && number >= o->low && number <= o->high;
}

/* A part of a string, or an element of an array. */
static bool
contains(const struct rule_operand *o, const json_t *v)
{
	if (json_is_array(v))
		return is_in(v, o->value);
	return json_is_string(v) && json_is_string(o->value) &&
	    memmem(json_string_value(v), json_string_length(v),
		json_string_value(o->value),
		json_string_length(o->value)) != NULL;
}

static bool
exists(const struct rule_operand *o, const json_t *v)
{
	(void)o;
	return v != NULL;
}

static bool
is_empty(const struct rule_operand *o, const json_t *v)
{
	(void)o;
	return v == NULL || (json_is_string(v) && json_string_length(v) == 0) ||
	    (json_is_array(v) && json_array_size(v) == 0) ||
	    (json_is_object(v) && json_object_size(v) == 0);
}

static bool
is_before(const struct rule_operand *o, const json_t *v)
{
	int64_t ms;
	bool date_only;
	return scalar_date(v, &ms, &date_only) == 1 && ms < o->from_ms;
}

static bool
is_after(const struct rule_operand *o, const json_t *v)
{
	int64_t ms;
	bool date_only;
	return scalar_date(v, &ms, &date_only) == 1 && ms > o->to_ms;
}

/* In the time meant, its ends counted in. */
static bool
is_within(const struct rule_operand *o, const json_t *v)
{
	int64_t ms;
	bool date_only;
	return scalar_date(v, &ms, &date_only) == 1 && ms >= o->from_ms &&
	    ms <= o->to_ms;
}

/* The text of what is not empty, else NULL. */
static const char *
full_text(const json_t *v, char room[SCALAR_TEXT_LEN], size_t *len_r)
{
	const char *text = v == NULL ? NULL : scalar_text(v, room, len_r);
	return text != NULL && *len_r > 0 ? text : NULL;
}

static bool
text_equals(const struct rule_operand *o, const json_t *v)
{
	char room[SCALAR_TEXT_LEN];
	size_t n;
	const char *text = full_text(v, room, &n);
	return text != NULL && n == o->text_len &&
	    memcmp(text, o->text, n) == 0;
}

static bool
text_contains(const struct rule_operand *o, const json_t *v)
{
	char room[SCALAR_TEXT_LEN];
	size_t n;
	const char *text = full_text(v, room, &n);
	return text != NULL && memmem(text, n, o->text, o->text_len) != NULL;
}

static bool
text_starts(const struct rule_operand *o, const json_t *v)
{
	char room[SCALAR_TEXT_LEN];
	size_t n;
	const char *text = full_text(v, room, &n);
	return text != NULL && n >= o->text_len &&
	    memcmp(text, o->text, o->text_len) == 0;
}

static bool
text_ends(const struct rule_operand *o, const json_t *v)
{
	char room[SCALAR_TEXT_LEN];
	size_t n;
	const char *text = full_text(v, room, &n);
	return text != NULL && n >= o->text_len &&
	    memcmp(text + n - o->text_len, o->text, o->text_len) == 0;
}

/* A string, and nothing that would have to be made one. */
static bool
string_starts(const struct rule_operand *o, const json_t *v)
{
	return json_is_string(v) && (o->text_len == 0 || text_starts(o, v));
}

static bool
string_ends(const struct rule_operand *o, const json_t *v)
{
	return json_is_string(v) && (o->text_len == 0 || text_ends(o, v));
}

static bool
number_between(const struct rule_operand *o, const json_t *v)
{
	double number;
	return scalar_number(v, &number) == 1 && number >= o->low &&
	    number <= o->high;
}

static bool
number_above(const struct rule_operand *o, const json_t *v)
{
	double number;
	return scalar_number(v, &number) == 1 && number > o->high;
}

static bool
number_below(const struct rule_operand *o, const json_t *v)
{
	double number;
	return scalar_number(v, &number) == 1 && number < o->low;
}

static bool
boolean_equals(const struct rule_operand *o, const json_t *v)
{
	bool truth;
	return scalar_bool(v, &truth) == 1 && truth == o->truth;
}

/* Where a name stands more than once, its lines follow each other. */
#define R FORM_RULES
#define C FORM_CONDITIONS
static const struct rule_operator operators[] = {
	{ "eq", R, TYPE_ANY, false, TAKES_SCALAR, equals },
	{ "neq", R, TYPE_ANY, true, TAKES_SCALAR, equals },
	{ "gt", R, TYPE_ANY, false, TAKES_NUMBER, is_above },
	{ "gte", R, TYPE_ANY, false, TAKES_NUMBER, is_at_least },
	{ "lt", R, TYPE_ANY, false, TAKES_NUMBER, is_below },
	{ "lte", R, TYPE_ANY, false, TAKES_NUMBER, is_at_most },
	{ "contains", R, TYPE_ANY, false, TAKES_MEMBER, contains },
	{ "not_contains", R, TYPE_ANY, true, TAKES_MEMBER, contains },
	{ "starts_with", R, TYPE_ANY, false, TAKES_STRING, string_starts },
	{ "ends_with", R, TYPE_ANY, false, TAKES_STRING, string_ends },
	{ "exists", R, TYPE_ANY, false, TAKES_NOTHING, exists },
	{ "not_exists", R, TYPE_ANY, true, TAKES_NOTHING, exists },
	{ "is_empty", R, TYPE_ANY, false, TAKES_NOTHING, is_empty },
	{ "is_not_empty", R, TYPE_ANY, true, TAKES_NOTHING, is_empty },
	{ "in", R, TYPE_ANY, false, TAKES_LIST, is_listed },
	{ "not_in", R, TYPE_ANY, true, TAKES_LIST, is_listed },
	{ "before", R, TYPE_ANY, false, TAKES_DATE, is_before },
	{ "after", R, TYPE_ANY, false, TAKES_DATE, is_after },
	{ "between", R, TYPE_NUMBER, false, TAKES_RANGE, is_between },
	{ "between", R, TYPE_DATE, false, TAKES_DATES, is_within },

	{ "equals", C, TYPE_STRING, false, TAKES_ANY_STRING, text_equals },
	{ "equals", C, TYPE_NUMBER, false, TAKES_ANY_NUMBER, number_between },
	{ "equals", C, TYPE_BOOLEAN, false, TAKES_ANY_BOOLEAN, boolean_equals },
	{ "equals", C, TYPE_DATE, false, TAKES_ANY_DATE, is_within },
	{ "not_equals", C, TYPE_STRING, true, TAKES_ANY_STRING, text_equals },
	{ "not_equals", C, TYPE_NUMBER, true, TAKES_ANY_NUMBER,
	    number_between },
	{ "not_equals", C, TYPE_BOOLEAN, true, TAKES_ANY_BOOLEAN,
	    boolean_equals },
	{ "not_equals", C, TYPE_DATE, true, TAKES_ANY_DATE, is_within },
	{ "contains", C, TYPE_STRING, false, TAKES_ANY_STRING, text_contains },
	{ "not_contains", C, TYPE_STRING, true, TAKES_ANY_STRING,
	    text_contains },
	{ "starts_with", C, TYPE_STRING, false, TAKES_ANY_STRING, text_starts },
	{ "ends_with", C, TYPE_STRING, false, TAKES_ANY_STRING, text_ends },
	{ "greater_than", C, TYPE_NUMBER, false, TAKES_ANY_NUMBER,
	    number_above },
	{ "less_than", C, TYPE_NUMBER, false, TAKES_ANY_NUMBER, number_below },
	{ "before", C, TYPE_DATE, false, TAKES_ANY_DATE, is_before },
	{ "after", C, TYPE_DATE, false, TAKES_ANY_DATE, is_after },
	{ "between", C, TYPE_NUMBER, false, TAKES_ANY_RANGE, number_between },
	{ "between", C, TYPE_DATE, false, TAKES_ANY_DATES, is_within },
	{ "is_empty", C, TYPE_ANY, false, TAKES_NOTHING, is_empty },
	{ "is_not_empty", C, TYPE_ANY, true, TAKES_NOTHING, is_empty },
};
#undef R
#undef C

/* The same thing in the words of both forms and of others. */
static const struct meaning {
	const char *rules, *conditions;
	const char *others[4];
} meanings[] = {
	{ "eq", "equals", { "equal", "is", "=", "==" } },
	{ "neq", "not_equals", { "ne", "not_equal", "is_not", "!=" } },
	{ "gt", "greater_than", { "greater", ">" } },
	{ "gte", NULL,
	    { "greater_than_or_equal", "greater_than_or_equals", "ge", ">=" } },
	{ "lt", "less_than", { "less", "<" } },
	{ "lte", NULL,
	    { "less_than_or_equal", "less_than_or_equals", "le", "<=" } },
	{ "starts_with", "starts_with", { "begins_with" } },
	{ "not_contains", "not_contains", { "does_not_contain" } },
	{ "exists", "is_not_empty", { "is_set", "is_not_null" } },
	{ "not_exists", "is_empty", { "is_not_set", "is_null" } },
	{ "is_not_empty", "is_not_empty", { "not_empty" } },
};

const struct rule_operator *
rule_operator_find(enum rule_form form, int type, const char *name)
{
	for (size_t i = 0; i < N_OF(operators); i++) {
		const struct rule_operator *op = &operators[i];
		if (op->form == form && (op->types & type) != 0 &&
		    strcmp(op->name, name) == 0)
			return op;
	}
	return NULL;
}

char *
rule_operator_names(struct arena *a, enum rule_form form, int types)
{
	struct buf b = { 0 };
	const char *last = "";
	for (size_t i = 0; i < N_OF(operators); i++) {
		const struct rule_operator *op = &operators[i];
		if (op->form != form || (op->types & types) == 0 ||
		    strcmp(op->name, last) == 0)
			continue;
		buf_printf(&b, "%s%s", b.len > 0 ? ", " : "", op->name);
		last = op->name;
	}
	char *text = arena_strndup(a, b.data, b.len);
	buf_free(&b);
	return text;
}

/* True if a line has the word. */
static bool
means(const struct meaning *m, const char *word)
{
	if (strcmp(m->rules, word) == 0 ||
	    (m->conditions != NULL && strcmp(m->conditions, word) == 0))
		return true;
	for (size_t i = 0; i < N_OF(m->others) && m->others[i] != NULL; i++)
		if (strcmp(m->others[i], word) == 0)
			return true;
	return false;
}

const char *
rule_operator_meant(enum rule_form form, const char *word)
{
	for (size_t i = 0; i < N_OF(meanings); i++)
		if (means(&meanings[i], word))
			return form == FORM_RULES ? meanings[i].rules
						  : meanings[i].conditions;
	return NULL;
}
