/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conditions, {"rule":...,"values":{field:value,...}} or a rule alone: what is
 * taken asks only fields it may, answers the same twice and the opposite when
 * negated; what is not says why, as does a name that is unknown.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/json_names.h"
#include "base/utf8.h"
#include "model/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const json_t *
lookup(void *values, const char *field)
{
	return json_object_get(values, field);
}

static bool
is_event(void *arg, const char *field)
{
	(void)arg;
	return strncmp(field, "event.", 6) == 0 && field[6] != '\0';
}

/* Puts the rule under a negation; groups alone may then be too deep. */
static struct rule *
negate(struct arena *a, json_t *o, struct fault *f)
{
	if (json_object_get(o, "type") == NULL)
		return NULL;
	char *text =
	    arena_printf(a, "{\"type\":\"not\",\"rule\":%s}", json_text(a, o));
	json_t *not = json_parse(a, text, strlen(text), f);
	return not == NULL ? NULL : rule_compile(a, not, RULE_EVENT, f);
}

/* The walk over its names is over where it began, or says what is wrong. */
static void
check_names(const json_t *rule)
{
	struct fault f = { 0 };
	struct json_place p = { .path = "rule", .of = "", .fault_r = &f };
	bool good = rule_check_names(&p, rule, NULL) == 0;
	if (good ? strcmp(p.path, "rule") != 0
		 : f.text[0] == '\0' || !utf8_valid(f.text, strlen(f.text)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct fault f = { 0 }, ignored;
	json_t *o = json_parse(a, (const char *)data, n, &f);
	json_t *values = json_object_get(o, "values");
	json_t *written = values == NULL ? o : json_object_get(o, "rule");
	struct rule *rule =
	    o == NULL ? NULL : rule_compile(a, written, RULE_EVENT, &f);
	check_names(written);
	if (rule != NULL) {
		bool truth = rule_true(rule, lookup, values);
		struct rule *not = negate(a, written, &ignored);
		if (rule_true(rule, lookup, values) != truth ||
		    !rule_walk_fields(rule, is_event, NULL) ||
		    (not != NULL && rule_true(not, lookup, values) == truth))
			abort();
	} else if (f.text[0] == '\0' || !utf8_valid(f.text, strlen(f.text))) {
		abort();
	}
	arena_free(a);
	return 0;
}
