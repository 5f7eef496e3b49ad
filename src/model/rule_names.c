/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names that objects of a rule have, in both of its forms.
 */
#include <string.h>

#include "base/json_names.h"
#include "model/rule_private.h"

static const struct json_name test_names[] = { { "type" }, { "field" },
	{ "operator" }, { "value" }, { NULL } };
static const struct json_name group_names[] = { { "type" }, { "rules" },
	{ NULL } };
static const struct json_name not_names[] = { { "type" }, { "rule" },
	{ NULL } };

static const struct json_name condition_names[] = { { "field" }, { "operator" },
	{ "value" }, { "value2" }, { "value_2", "value2" },
	{ "valueTo", "value2" }, { "value_to", "value2" }, { "fieldType" },
	{ "field_type", "fieldType" }, { "id", "id" }, { NULL } };
static const struct json_name conditions_names[] = { { "logicalOperator" },
	{ "logical_operator", "logicalOperator" }, { "conditions" },
	{ "groups", "conditions" }, { "id", "id" }, { NULL } };

typedef int check_names(struct json_place *, const json_t *);

/* The parts that stand under a key in an array. */
static int
check_parts(struct json_place *p, const json_t *o, const char *key,
    check_names *check)
{
	const json_t *part;
	size_t i;
	json_array_foreach (json_object_get(o, key), i, part) {
		size_t at = json_place_enter(p, "%s[%zu]", key, i);
		if (check(p, part) != 0)
			return -1;
		json_place_leave(p, at);
	}
	return 0;
}

/* A condition or a group of them. */
static int
check_condition(struct json_place *p, const json_t *o)
{
	const char *key = rule_conditions_key(o);
	if (key == NULL)
		return json_names_check(p, o, condition_names);
	return json_names_check(p, o, conditions_names) != 0
	    ? -1
	    : check_parts(p, o, key, check_condition);
}

/* An object with a "type"; what is wrong with that, its reader says. */
static int
check_rule(struct json_place *p, const json_t *o)
{
	const char *type = json_string_value(json_object_get(o, "type"));
	if (type == NULL)
		return 0;
	if (strcmp(type, "rule") == 0)
		return json_names_check(p, o, test_names);
	if (strcmp(type, "and") == 0 || strcmp(type, "or") == 0)
		return json_names_check(p, o, group_names) != 0
		    ? -1
		    : check_parts(p, o, "rules", check_rule);
	if (strcmp(type, "not") != 0)
		return 0;
	if (json_names_check(p, o, not_names) != 0)
		return -1;
	size_t at = json_place_enter(p, "rule");
	int rc = check_rule(p, json_object_get(o, "rule"));
	json_place_leave(p, at);
	return rc;
}

/* Tells the forms from each other; what is neither, compiling refuses. */
static int
check_either(struct json_place *p, const json_t *o)
{
	if (json_object_get(o, "type") != NULL)
		return check_rule(p, o);
	return rule_conditions_key(o) != NULL ||
		json_object_get(o, "operator") != NULL
	    ? check_condition(p, o)
	    : 0;
}

int
rule_check_names(struct json_place *p, const json_t *o, const char *key)
{
	if (key == NULL)
		return check_either(p, o);
	size_t at = json_place_enter(p, "%s", key);
	int rc = check_either(p, json_object_get(o, key));
	json_place_leave(p, at);
	return rc;
}
