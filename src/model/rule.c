/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/rule.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "model/rule_private.h"
#include "model/scalar.h"

/* {"field","operator","value"} of a {"type":"rule"}. */
static int
read_test(struct rule_reading *r, struct rule *test, const json_t *o)
{
	const json_t *value = json_object_get(o, "value"), *low, *high;
	const char *field, *name;
	if (rule_open_test(r, test) != 0 ||
	    rule_need_string(r, o, "field", &field) != 0 ||
	    rule_need_string(r, o, "operator", &name) != 0 ||
	    rule_set_field(r, test, field, field) != 0)
		return -1;
	bool numbers = rule_range(value, &low, &high) && json_is_number(low);
	test->op = rule_operator_find(FORM_RULES,
	    numbers ? TYPE_NUMBER : TYPE_DATE, name);
	if (test->op == NULL)
		return rule_complain(r, FAULT_INVALID, "operator",
		    "`%.40s` is none of %s%s.", name,
		    rule_operator_names(r->arena, FORM_RULES, TYPE_ANY),
		    rule_hint(r, FORM_RULES, TYPE_ANY, name));
	return rule_set_operand(r, test, value);
}

/* An object with a "type". */
static int
rule_read_rule(struct rule_reading *r, struct rule *rule, const json_t *o)
{
	static const struct {
		const char *name;
		enum rule_kind kind;
	} kinds[] = { { "and", RULE_AND }, { "or", RULE_OR } };
	const char *type;
	if (!json_is_object(o))
		return rule_complain(r, FAULT_INVALID, NULL,
		    "A rule must be an object, not %s.",
		    scalar_show(r->arena, o));
	if (rule_need_string(r, o, "type", &type) != 0)
		return -1;
	if (strcmp(type, "rule") == 0)
		return read_test(r, rule, o);
	for (size_t i = 0; i < N_OF(kinds); i++)
		if (strcmp(kinds[i].name, type) == 0)
			return rule_read_group(r, rule, kinds[i].kind, o,
			    "rules", rule_read_rule);
	if (strcmp(type, "not") != 0)
		return rule_complain(r, FAULT_INVALID, "type",
		    "`%.80s` is none of rule, and, or, not.", type);
	if (rule_open_group(r, rule, RULE_NOT, 1) != 0 ||
	    rule_descend(r, "rule", -1, rule_read_rule, rule->parts,
		json_object_get(o, "rule")) != 0)
		return -1;
	r->depth--;
	return 0;
}

/* Tells the forms from each other; NULL if it is none. */
static rule_read *
form_of(const json_t *o)
{
	if (json_object_get(o, "type") != NULL)
		return rule_read_rule;
	return rule_conditions_key(o) != NULL ||
		json_object_get(o, "operator") != NULL
	    ? rule_read_condition
	    : NULL;
}

struct rule *
rule_compile(struct arena *a, const json_t *o, unsigned spaces,
    struct fault *fault_r)
{
	struct rule_reading r = { .arena = a,
		.spaces = spaces,
		.fault_r = fault_r };
	struct rule *rule = arena_alloc(a, sizeof(*rule));
	rule_read *read = form_of(o);
	if (read != NULL)
		return read(&r, rule, o) == 0 ? rule : NULL;
	fault(fault_r, FAULT_INVALID,
	    "A condition must be {\"type\":\"rule\",\"field\",\"operator\","
	    "\"value\"}, {\"type\":\"and\" or \"or\",\"rules\":[...]} or "
	    "{\"logicalOperator\":\"AND\" or \"OR\",\"conditions\":[{\"field\","
	    "\"operator\",\"value\",\"fieldType\"}]}, not %s.",
	    scalar_show(a, o));
	return NULL;
}

/* Looks the field of a test up and asks its operator. */
static bool
test_true(const struct rule *test, rule_lookup *lookup, void *arg)
{
	const json_t *v = lookup(arg, test->field);
	if (json_is_null(v))
		v = NULL;
	return test->op->holds(&test->operand, v) != test->op->negated;
}

bool
rule_true(const struct rule *rule, rule_lookup *lookup, void *arg)
{
	if (rule->kind == RULE_TEST)
		return test_true(rule, lookup, arg);
	if (rule->kind == RULE_NOT)
		return !rule_true(rule->parts, lookup, arg);
	bool any = rule->kind == RULE_OR;
	for (int i = 0; i < rule->n; i++)
		if (rule_true(&rule->parts[i], lookup, arg) == any)
			return any;
	return !any;
}

bool
rule_walk_fields(const struct rule *rule,
    bool (*fn)(void *arg, const char *field), void *arg)
{
	if (rule->kind == RULE_TEST)
		return fn(arg, rule->field);
	for (int i = 0; i < rule->n; i++)
		if (!rule_walk_fields(&rule->parts[i], fn, arg))
			return false;
	return true;
}
