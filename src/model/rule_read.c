/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What both forms of a rule have in common when they are read: where we are in
 * the tree, its limits, and the parts of a test.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/utf8.h"
#include "model/rule_private.h"
#include "model/scalar.h"

int
rule_complain(struct rule_reading *r, enum fault_kind kind, const char *key,
    const char *fmt, ...)
{
	char what[sizeof(r->fault_r->text)];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	fault(r->fault_r, kind, "%s", what);
	if (key != NULL)
		return fault_at(r->fault_r, "%s%s%s", r->path,
		    r->path[0] == '\0' ? "" : ".", key);
	return r->path[0] == '\0' ? -1 : fault_at(r->fault_r, "%s", r->path);
}

int
rule_descend(struct rule_reading *r, const char *key, int i, rule_read *read,
    struct rule *part, const json_t *o)
{
	size_t n = strlen(r->path);
	snprintf(r->path + n, sizeof(r->path) - n, i < 0 ? "%s%s" : "%s%s[%d]",
	    n == 0 ? "" : ".", key, i);
	int rc = read(r, part, o);
	r->path[n] = '\0';
	return rc;
}

int
rule_open_group(struct rule_reading *r, struct rule *group, enum rule_kind kind,
    int n)
{
	if (r->depth == RULE_DEPTH_MAX)
		return rule_complain(r, FAULT_INVALID, NULL,
		    "Conditions are nested at most %d deep.", RULE_DEPTH_MAX);
	r->depth++;
	group->kind = kind;
	group->n = n;
	group->parts = arena_alloc(r->arena, (size_t)n * sizeof(struct rule));
	return 0;
}

int
rule_read_group(struct rule_reading *r, struct rule *group, enum rule_kind kind,
    const json_t *o, const char *key, rule_read *read)
{
	const json_t *list = json_object_get(o, key), *item;
	size_t i, n = json_array_size(list);
	if (n == 0)
		return rule_complain(r,
		    list == NULL ? FAULT_MISSING : FAULT_INVALID, key,
		    "Must be an array of at least one condition, not %s.",
		    scalar_show(r->arena, list));
	if (n > RULE_TESTS_MAX)
		return rule_complain(r, FAULT_INVALID, key,
		    "At most %d conditions are taken, not %zu.", RULE_TESTS_MAX,
		    n);
	if (rule_open_group(r, group, kind, (int)n) != 0)
		return -1;
	json_array_foreach (list, i, item)
		if (rule_descend(r, key, (int)i, read, &group->parts[i],
			item) != 0)
			return -1;
	r->depth--;
	return 0;
}

int
rule_need_string(struct rule_reading *r, const json_t *o, const char *key,
    const char **value_r)
{
	if (json_need_string(o, key, value_r, r->fault_r) == 0)
		return 0;
	return r->path[0] == '\0' ? -1 : fault_at(r->fault_r, "%s", r->path);
}

int
rule_set_field(struct rule_reading *r, struct rule *test, const char *written,
    const char *meant)
{
	size_t n = strlen(meant);
	if (n > RULE_FIELD_MAX || utf8_has_control(meant, n))
		return rule_complain(r, FAULT_INVALID, "field",
		    "`%.80s` is longer than %d bytes or holds a control "
		    "character.",
		    written, RULE_FIELD_MAX);
	if (!rule_field_allowed(meant, r->spaces))
		return rule_complain(r, FAULT_INVALID, "field",
		    "`%.80s` must begin with %s and name a field.", written,
		    rule_field_spaces(r->arena, r->spaces));
	test->field = arena_strdup(r->arena, meant);
	return 0;
}

int
rule_set_operand(struct rule_reading *r, struct rule *test, const json_t *value)
{
	const struct rule_operator *op = test->op;
	if (value == NULL && op->takes != TAKES_NOTHING)
		return rule_complain(r, FAULT_MISSING, NULL,
		    "Missing `value` field; `%s` takes %s.", op->name,
		    rule_takes_text(op->takes));
	if (!rule_operand_read(r->arena, op->takes, value, &test->operand))
		return rule_complain(r, FAULT_INVALID, "value",
		    "`%s` takes %s, not %s.", op->name,
		    rule_takes_text(op->takes), scalar_show(r->arena, value));
	if (op->takes == TAKES_LIST)
		r->n_values += json_array_size(value);
	if (r->n_values > RULE_VALUES_MAX)
		return rule_complain(r, FAULT_INVALID, "value",
		    "All lists together hold at most %d values.",
		    RULE_VALUES_MAX);
	return 0;
}

int
rule_open_test(struct rule_reading *r, struct rule *test)
{
	test->kind = RULE_TEST;
	if (++r->n_tests <= RULE_TESTS_MAX)
		return 0;
	return rule_complain(r, FAULT_INVALID, NULL,
	    "At most %d tests are taken.", RULE_TESTS_MAX);
}

const char *
rule_hint(struct rule_reading *r, enum rule_form form, int type,
    const char *word)
{
	const char *meant = rule_operator_meant(form, word);
	if (meant == NULL || rule_operator_find(form, type, meant) == NULL)
		return "";
	return arena_printf(r->arena, "; write `%s`", meant);
}
