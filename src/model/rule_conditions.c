/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The form {"logicalOperator","conditions":[...]}: types are named beside the
 * operators, and fields have short names.
 */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/fault.h"
#include "model/rule_private.h"
#include "model/scalar.h"

/* A field's value under its name or its name in snake case. */
static const json_t *
get_either(const json_t *o, const char *name, const char *snake)
{
	const json_t *v = json_object_get(o, name);
	return v != NULL ? v : json_object_get(o, snake);
}

static const struct type {
	const char *name;
	int type;
	const char *what; /* has it */
} types[] = {
	{ "string", TYPE_STRING, "the string" },
	{ "number", TYPE_NUMBER, "the number" },
	{ "boolean", TYPE_BOOLEAN, "the boolean" },
	{ "date", TYPE_DATE, "the date" },
	{ "", TYPE_ANY, "the field" },
};

static const char *
type_text(int type)
{
	size_t i = 0;
	while (types[i].type != type)
		i++;
	return types[i].what;
}

/* The type a condition names, TYPE_ANY if it names none; -1 with a fault. */
static int
named_type(struct rule_reading *r, const json_t *o)
{
	const json_t *v = get_either(o, "fieldType", "field_type");
	const char *name = json_string_value(v);
	if (v == NULL || json_is_null(v))
		return TYPE_ANY;
	for (size_t i = 0; i < N_OF(types) && name != NULL; i++)
		if (types[i].type != TYPE_ANY &&
		    strcmp(types[i].name, name) == 0)
			return types[i].type;
	return rule_complain(r, FAULT_INVALID, "fieldType",
	    "%s is none of string, number, boolean, date.",
	    scalar_show(r->arena, v));
}

/* The type of a condition's value; of two values, that of the first. */
static int
value_type(const json_t *v)
{
	const json_t *low, *high;
	double number;
	if (json_is_number(v))
		return TYPE_NUMBER;
	if (json_is_boolean(v))
		return TYPE_BOOLEAN;
	if (!rule_range(v, &low, &high))
		return TYPE_STRING;
	return scalar_number(low, &number) == 1 ? TYPE_NUMBER : TYPE_DATE;
}

/* The operator for a type that nobody named: the value's type, or the first
 * that has such an operator. */
static const struct rule_operator *
guess_operator(const char *name, const json_t *value)
{
	int tried[] = { value_type(value), TYPE_NUMBER, TYPE_DATE,
		TYPE_STRING };
	const struct rule_operator *op = NULL;
	for (size_t i = 0; i < N_OF(tried) && op == NULL; i++)
		op = rule_operator_find(FORM_CONDITIONS, tried[i], name);
	return op;
}

static void
decref(void *p)
{
	json_decref(p);
}

/* The value of a condition; the upper bound of a range may stand beside it. */
static const json_t *
condition_value(struct rule_reading *r, const json_t *o, const char *name)
{
	const json_t *value = json_object_get(o, "value");
	const json_t *upper = get_either(o, "valueTo", "value_to");
	if (upper == NULL)
		upper = get_either(o, "value2", "value_2");
	if (upper == NULL || value == NULL || strcmp(name, "between") != 0 ||
	    json_is_array(value) || json_is_object(value))
		return value;
	json_t *both = json_pack("[O,O]", value, upper);
	arena_own(r->arena, both, decref);
	return both;
}

/* Finds the operator a condition means for a field of a type. */
static int
set_operator(struct rule_reading *r, struct rule *test, int type,
    const char *written, const char *name, const json_t *value)
{
	test->op = type == TYPE_ANY
	    ? guess_operator(name, value)
	    : rule_operator_find(FORM_CONDITIONS, type, name);
	if (test->op != NULL)
		return 0;
	return rule_complain(r, FAULT_INVALID, "operator",
	    "`%.40s` is no operator for %s `%.80s`, which takes %s%s.", name,
	    type_text(type), written,
	    rule_operator_names(r->arena, FORM_CONDITIONS, type),
	    rule_hint(r, FORM_CONDITIONS, type, name));
}

/* {"field","operator","value","fieldType"}. */
static int
read_test(struct rule_reading *r, struct rule *test, const json_t *o)
{
	const char *written, *name;
	int known, type = 0;
	if (rule_open_test(r, test) != 0 ||
	    rule_need_string(r, o, "field", &written) != 0 ||
	    rule_need_string(r, o, "operator", &name) != 0 ||
	    (type = named_type(r, o)) < 0)
		return -1;
	const json_t *value = condition_value(r, o, name);
	char *meant = rule_field_meant(r->arena, written, r->spaces, &known);
	if (rule_set_field(r, test, written, meant) != 0 ||
	    set_operator(r, test, type == TYPE_ANY ? known : type, written,
		name, value) != 0)
		return -1;
	return rule_set_operand(r, test, value);
}

/* {"logicalOperator","conditions"}; the key is that of the array. */
static int
read_conditions(struct rule_reading *r, struct rule *group, const json_t *o,
    const char *key)
{
	const json_t *v = get_either(o, "logicalOperator", "logical_operator");
	const char *word = json_is_string(v) ? json_string_value(v) : "";
	bool any = strcasecmp(word, "OR") == 0;
	if (v != NULL && !json_is_null(v) && !any &&
	    strcasecmp(word, "AND") != 0)
		return rule_complain(r, FAULT_INVALID, "logicalOperator",
		    "%s is neither AND nor OR.", scalar_show(r->arena, v));
	return rule_read_group(r, group, any ? RULE_OR : RULE_AND, o, key,
	    rule_read_condition);
}

const char *
rule_conditions_key(const json_t *o)
{
	if (json_object_get(o, "conditions") != NULL)
		return "conditions";
	return json_object_get(o, "groups") != NULL ? "groups" : NULL;
}

int
rule_read_condition(struct rule_reading *r, struct rule *rule, const json_t *o)
{
	const char *key = rule_conditions_key(o);
	if (!json_is_object(o))
		return rule_complain(r, FAULT_INVALID, NULL,
		    "A condition must be an object, not %s.",
		    scalar_show(r->arena, o));
	return key != NULL ? read_conditions(r, rule, o, key)
			   : read_test(r, rule, o);
}
