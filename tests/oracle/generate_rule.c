/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chance, small sets, and random rules.
 */
#include "tests/oracle/generate_private.h"

#include <string.h>

/* A counter, well stirred. */
static uint64_t
roll(struct dice *d)
{
	uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

int
dice_below(struct dice *d, int n)
{
	return (int)(roll(d) % (uint64_t)n);
}

bool
dice_percent(struct dice *d, int percent)
{
	return dice_below(d, 100) < percent;
}

/* ---- small sets -------------------------------------------------------- */

const char *
some_event(struct dice *d)
{
	static const char *const names[] = { "go", "go.on", "stop", "note" };
	return dice_pick(d, names);
}

const char *
some_heard_event(struct dice *d)
{
	static const char *const ours[] = { "resend:email.opened",
		"resend:email.clicked", "resend:contact.updated",
		"resend:contact.updated", "resend:contact.updated",
		"resend:contact.created", "resend:segment.joined",
		"resend:segment.left", "resend:contact.unsubscribed" };
	return dice_percent(d, 70) ? some_event(d) : dice_pick(d, ours);
}

const char *
some_duration(struct dice *d)
{
	static const char *const durations[] = { "1 second", "10 seconds",
		"30s", "0.5 minutes", "1 minute", "1 minute",
		"1 minute 30 seconds", "5m", "1 hour" };
	return dice_pick(d, durations);
}

json_t *
some_value(struct dice *d, bool null)
{
	switch (dice_below(d, null ? 6 : 5)) {
	case 0:
		return json_string("a");
	case 1:
		return json_string("b");
	case 2:
		return json_integer(1);
	case 3:
		return json_integer(2);
	case 4:
		return json_true();
	default:
		return json_null();
	}
}

json_t *
some_payload(struct dice *d)
{
	static const char *const keys[] = { "a", "b", "k" };
	json_t *payload = json_object();
	for (int i = 0; i < 3; i++)
		if (dice_percent(d, 70))
			json_object_set_new(payload, keys[i],
			    some_value(d, true));
	return payload;
}

json_t *
some_fields(struct dice *d)
{
	json_t *fields = json_object(), *properties = json_object();
	if (dice_percent(d, 30))
		json_object_set_new(fields, "first_name",
		    dice_percent(d, 70) ? json_string("a") : json_null());
	if (dice_percent(d, 20))
		json_object_set_new(fields, "unsubscribed",
		    json_boolean(dice_percent(d, 50)));
	if (dice_percent(d, 80))
		json_object_set_new(properties, "plan", some_value(d, true));
	if (dice_percent(d, 40))
		json_object_set_new(properties, "n", some_value(d, true));
	json_object_set_new(fields, "properties", properties);
	return fields;
}

json_t *
some_segment(struct dice *d, bool by_hand)
{
	int i = d->segments > 0 ? dice_below(d, d->segments) : 0;
	unsigned all = by_hand ? d->by_hand : (1U << d->segments) - 1;
	if (all == 0)
		return NULL;
	while ((all & (1U << i)) == 0)
		i = (i + 1) % d->segments;
	return json_sprintf("@segment%d", i);
}

/* ---- tests ------------------------------------------------------------- */

static const char *
some_field(struct dice *d, int fields)
{
	static const char *const names[][4] = {
		{ "contact.properties.plan", "contact.properties.n",
		    "contact.first_name", "contact.unsubscribed" },
		{ "event.a", "event.b", "event.k", "event.a" },
		{ "wait_events.go.a", "wait_events.go.on.a",
		    "wait_events.note.b", "wait_events.stop.a" },
	};
	int i = dice_below(d, 3);
	while ((fields & (1 << i)) == 0)
		i = (i + 1) % 3;
	return names[i][dice_below(d, 4)];
}

/* An array of n values. */
static json_t *
some_values(struct dice *d, int n)
{
	json_t *values = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(values, some_value(d, false));
	return values;
}

/* A test of Resend's form. */
static json_t *
some_test(struct dice *d, int fields)
{
	static const char *const bare[] = { "exists", "not_exists", "is_empty",
		"is_not_empty" };
	static const char *const of_number[] = { "gt", "gte", "lt", "lte" };
	static const char *const of_text[] = { "contains", "not_contains",
		"starts_with", "ends_with" };
	const char *field = some_field(d, fields), *op;
	switch (dice_below(d, 8)) {
	case 0:
		op = dice_pick(d, bare);
		return json_pack("{s:s,s:s,s:s}", "type", "rule", "field",
		    field, "operator", op);
	case 1:
		op = dice_pick(d, of_number);
		return json_pack("{s:s,s:s,s:s,s:i}", "type", "rule", "field",
		    field, "operator", op, "value", 1 + dice_below(d, 2));
	case 2:
		op = dice_pick(d, of_text);
		return json_pack("{s:s,s:s,s:s,s:s}", "type", "rule", "field",
		    field, "operator", op, "value",
		    dice_percent(d, 50) ? "a" : "b");
	case 3:
		op = dice_percent(d, 50) ? "in" : "not_in";
		return json_pack("{s:s,s:s,s:s,s:o}", "type", "rule", "field",
		    field, "operator", op, "value", some_values(d, 2));
	default:
		op = dice_percent(d, 60) ? "eq" : "neq";
		return json_pack("{s:s,s:s,s:s,s:o}", "type", "rule", "field",
		    field, "operator", op, "value", some_value(d, true));
	}
}

/* One of AutoSend's form. */
static json_t *
some_condition(struct dice *d, int fields)
{
	static const char *const of_text[] = { "equals", "not_equals",
		"contains", "not_contains", "starts_with", "ends_with" };
	static const char *const of_number[] = { "equals", "not_equals",
		"greater_than", "less_than" };
	const char *field = some_field(d, fields), *op;
	int low;
	if (dice_percent(d, 30) &&
	    strcmp(field, "contact.properties.plan") == 0)
		field = dice_percent(d, 50) ? "customFields.plan" : "plan";
	switch (dice_below(d, 6)) {
	case 0:
		op = dice_percent(d, 50) ? "is_empty" : "is_not_empty";
		return json_pack("{s:s,s:s}", "field", field, "operator", op);
	case 1:
		op = dice_pick(d, of_number);
		return json_pack("{s:s,s:s,s:i,s:s}", "field", field,
		    "operator", op, "value", 1 + dice_below(d, 2), "fieldType",
		    "number");
	case 2:
		op = dice_percent(d, 50) ? "equals" : "not_equals";
		return json_pack("{s:s,s:s,s:b,s:s}", "field", field,
		    "operator", op, "value", dice_below(d, 2), "fieldType",
		    "boolean");
	case 3:
		low = dice_below(d, 3);
		return json_pack("{s:s,s:s,s:[i,i],s:s}", "field", field,
		    "operator", "between", "value", low, dice_below(d, 3),
		    "fieldType", "number");
	default:
		op = dice_pick(d, of_text);
		return json_pack("{s:s,s:s,s:s,s:s}", "field", field,
		    "operator", op, "value", dice_percent(d, 50) ? "a" : "b",
		    "fieldType", "string");
	}
}

json_t *
some_rule(struct dice *d, int fields)
{
	if (dice_percent(d, 70))
		return some_test(d, fields);
	if (dice_percent(d, 30))
		return json_pack("{s:s,s:o}", "type", "not", "rule",
		    some_rule(d, fields));
	json_t *a = some_rule(d, fields), *b = some_rule(d, fields);
	return json_pack("{s:s,s:[o,o]}", "type",
	    dice_percent(d, 50) ? "and" : "or", "rules", a, b);
}

json_t *
some_filter(struct dice *d, int fields)
{
	if (dice_percent(d, 60))
		return some_rule(d, fields);
	json_t *items = json_array();
	int n = 1 + dice_below(d, 2);
	for (int i = 0; i < n; i++)
		json_array_append_new(items, some_condition(d, fields));
	const char *how = dice_percent(d, 50) ? "AND" : "OR";
	return json_pack("{s:s,s:o}", "logicalOperator", how,
	    dice_percent(d, 70) ? "conditions" : "groups", items);
}
