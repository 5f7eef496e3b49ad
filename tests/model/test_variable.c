/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the variables of a template may be given.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "model/variable.h"
#include "tests/tap.h"

/* A value for a variable of a type; what is said of it, NULL: it is taken. */
static const struct {
	const char *type, *value, *said;
} cases[] = {
	{ "string", "\"x\"", NULL },
	{ "string", "5", NULL },
	{ "string", "true", NULL },
	{ "string", "null", NULL },
	{ "string", "{\"a\":1}", "must be a string, not {\"a\":1}." },
	{ "string", "[1]", "must be a string, not [1]." },
	{ "number", "5", NULL },
	{ "number", "-1.5e3", NULL },
	{ "number", "\"99\"", NULL },
	{ "number", "\"x\"", "must be a number, not \"x\"." },
	{ "number", "\"\"", "must be a number, not \"\"." },
	{ "number", "\"1 \"", "must be a number, not \"1 \"." },
	{ "number", "true", "must be a number, not true." },
	{ "boolean", "false", NULL },
	{ "boolean", "\"true\"", NULL },
	{ "boolean", "\"yes\"", "must be a boolean, not \"yes\"." },
	{ "object", "{}", NULL },
	{ "object", "\"{}\"", "must be an object, not \"{}\"." },
	{ "list", "[]", NULL },
	{ "list", "{}", "must be a list, not {}." },
	{ "number", "{\"var\":\"contact.age\"}", NULL },
	{ "number", "{\"var\":5}", "must be a number, not {\"var\":5}." },
	{ "colour", "[]", NULL },
};

/* What variables_check() says of a value; NULL: it is taken. */
static const char *
said(struct arena *a, const char *type, const char *value)
{
	struct fault f = { 0 };
	const char *declared = arena_printf(a,
		       "[{\"key\":\"N\",\"type\":\"%s\"}]", type),
		   *given = arena_printf(a, "{\"N\":%s,\"other\":[]}", value);
	int rc =
	    variables_check(a, json_parse(a, declared, strlen(declared), &f),
		json_parse(a, given, strlen(given), &f), &f);
	return rc == 0 ? NULL : arena_strdup(a, f.text);
}

int
main(void)
{
	struct arena *a = arena_new();
	for (size_t i = 0; i < N_OF(cases); i++)
		is(said(a, cases[i].type, cases[i].value),
		    cases[i].said == NULL
			? NULL
			: arena_printf(a, "`template.variables.N` %s",
			      cases[i].said),
		    arena_printf(a, "%s as a %s", cases[i].value,
			cases[i].type));
	struct fault f;
	ok(variables_check(a, NULL, NULL, &f) == 0, "nothing is declared");
	ok(variable_is("number", json_parse(a, "5", 1, &f)) &&
		!variable_is("number", json_parse(a, "\"5\"", 3, &f)),
	    "a fallback is of its type as it stands");
	ok(variable_type_known("list") && !variable_type_known("colour"),
	    "there are five types");
	arena_free(a);
	return tap_done();
}
