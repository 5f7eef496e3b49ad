/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests compare with: the value beside an operator, checked and kept in
 * the form the test needs.
 */
#include "base/arena.h"
#include "model/date.h"
#include "model/rule_private.h"
#include "model/scalar.h"

static void
decref(void *p)
{
	json_decref(p);
}

/* Keeps a copy, so that the rule shares nothing with the JSON. */
static bool
keep(struct arena *a, const json_t *v, struct rule_operand *o)
{
	json_t *copy = json_deep_copy(v);
	arena_own(a, copy, decref);
	o->value = copy;
	return true;
}

static bool
is_scalar(const json_t *v)
{
	return !json_is_object(v) && !json_is_array(v);
}

static bool
read_scalar(struct arena *a, const json_t *v, struct rule_operand *o)
{
	return is_scalar(v) && keep(a, v, o);
}

static bool
read_member(struct arena *a, const json_t *v, struct rule_operand *o)
{
	return !json_is_null(v) && read_scalar(a, v, o);
}

static bool
read_number(struct arena *a, const json_t *v, struct rule_operand *o)
{
	return json_is_number(v) && keep(a, v, o);
}

static bool
read_list(struct arena *a, const json_t *v, struct rule_operand *o)
{
	const json_t *item;
	size_t i;
	if (!json_is_array(v) || json_array_size(v) == 0)
		return false;
	json_array_foreach (v, i, item)
		if (!is_scalar(item))
			return false;
	return keep(a, v, o);
}

/* Any scalar but null by its text. */
static bool
read_any_string(struct arena *a, const json_t *v, struct rule_operand *o)
{
	char room[SCALAR_TEXT_LEN];
	const char *text = scalar_text(v, room, &o->text_len);
	if (text != NULL)
		o->text = arena_strndup(a, text, o->text_len);
	return text != NULL;
}

static bool
read_string(struct arena *a, const json_t *v, struct rule_operand *o)
{
	return json_is_string(v) && read_any_string(a, v, o);
}

static bool
read_any_number(struct arena *a, const json_t *v, struct rule_operand *o)
{
	(void)a;
	int rc = scalar_number(v, &o->low);
	o->high = o->low;
	return rc == 1;
}

static bool
read_any_boolean(struct arena *a, const json_t *v, struct rule_operand *o)
{
	(void)a;
	return scalar_bool(v, &o->truth) == 1;
}

/* A date alone means all of its day. */
static bool
read_any_date(struct arena *a, const json_t *v, struct rule_operand *o)
{
	bool date_only;
	(void)a;
	if (scalar_date(v, &o->from_ms, &date_only) != 1)
		return false;
	o->to_ms = o->from_ms + (date_only ? DATE_DAY_MS - 1 : 0);
	return true;
}

static bool
read_date(struct arena *a, const json_t *v, struct rule_operand *o)
{
	return json_is_string(v) && read_any_date(a, v, o);
}

bool
rule_range(const json_t *v, const json_t **low_r, const json_t **high_r)
{
	static const char *const words[][2] = { { "from", "to" },
		{ "min", "max" } };
	*low_r = json_array_get(v, 0);
	*high_r = json_array_get(v, 1);
	if (json_is_array(v))
		return json_array_size(v) == 2;
	for (size_t i = 0; i < N_OF(words) && *low_r == NULL; i++) {
		*low_r = json_object_get(v, words[i][0]);
		*high_r = json_object_get(v, words[i][1]);
	}
	return *low_r != NULL && *high_r != NULL;
}

static bool
read_any_range(struct arena *a, const json_t *v, struct rule_operand *o)
{
	const json_t *low, *high;
	(void)a;
	if (!rule_range(v, &low, &high) || scalar_number(low, &o->low) != 1 ||
	    scalar_number(high, &o->high) != 1)
		return false;
	if (o->low > o->high) {
		double swap = o->low;
		o->low = o->high;
		o->high = swap;
	}
	return true;
}

static bool
read_range(struct arena *a, const json_t *v, struct rule_operand *o)
{
	const json_t *low, *high;
	return rule_range(v, &low, &high) && json_is_number(low) &&
	    json_is_number(high) && read_any_range(a, v, o);
}

/* Only bounds with no moment between them are swapped: from noon to the day is
 * to the end of that day. */
static bool
read_any_dates(struct arena *a, const json_t *v, struct rule_operand *o)
{
	const json_t *low, *high;
	struct rule_operand from, to;
	if (!rule_range(v, &low, &high) || !read_any_date(a, low, &from) ||
	    !read_any_date(a, high, &to))
		return false;
	bool swapped = from.from_ms > to.to_ms;
	o->from_ms = swapped ? to.from_ms : from.from_ms;
	o->to_ms = swapped ? from.to_ms : to.to_ms;
	return true;
}

static bool
read_dates(struct arena *a, const json_t *v, struct rule_operand *o)
{
	const json_t *low, *high;
	return rule_range(v, &low, &high) && json_is_string(low) &&
	    json_is_string(high) && read_any_dates(a, v, o);
}

static const struct taken {
	const char *text;
	bool (*read)(struct arena *, const json_t *, struct rule_operand *);
} takings[] = {
	[TAKES_NOTHING] = { "no value", NULL },
	[TAKES_SCALAR] = { "a string, number, boolean or null", read_scalar },
	[TAKES_MEMBER] = { "a string, number or boolean", read_member },
	[TAKES_STRING] = { "a string", read_string },
	[TAKES_NUMBER] = { "a number", read_number },
	[TAKES_LIST] = { "an array of strings, numbers, booleans or null",
	    read_list },
	[TAKES_DATE] = { "a date such as 2026-11-21 or 2026-11-21T08:00:00Z",
	    read_date },
	[TAKES_RANGE] = { "two numbers or two dates, [a, b]", read_range },
	[TAKES_DATES] = { "two numbers or two dates, [a, b]", read_dates },
	[TAKES_ANY_STRING] = { "a string", read_any_string },
	[TAKES_ANY_NUMBER] = { "a number", read_any_number },
	[TAKES_ANY_BOOLEAN] = { "true or false", read_any_boolean },
	[TAKES_ANY_DATE] = { "a date such as 2026-11-21 or "
			     "2026-11-21T08:00:00Z",
	    read_any_date },
	[TAKES_ANY_RANGE] = { "two numbers, [a, b]", read_any_range },
	[TAKES_ANY_DATES] = { "two dates, [a, b]", read_any_dates },
};

const char *
rule_takes_text(enum rule_takes takes)
{
	return takings[takes].text;
}

bool
rule_operand_read(struct arena *a, enum rule_takes takes, const json_t *v,
    struct rule_operand *o)
{
	return takings[takes].read == NULL || takings[takes].read(a, v, o);
}
