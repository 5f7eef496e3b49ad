/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/variable.h"

#include "base/fault.h"
#include "model/scalar.h"

static bool
is_string(const json_t *v)
{
	return json_is_string(v);
}

static bool
is_number(const json_t *v)
{
	return json_is_number(v);
}

static bool
is_boolean(const json_t *v)
{
	return json_is_boolean(v);
}

static bool
is_object(const json_t *v)
{
	return json_is_object(v);
}

static bool
is_list(const json_t *v)
{
	return json_is_array(v);
}

static bool
passes_as_string(const json_t *v)
{
	return !json_is_object(v) && !json_is_array(v);
}

static bool
passes_as_number(const json_t *v)
{
	double number;
	return scalar_number(v, &number) == 1;
}

static bool
passes_as_boolean(const json_t *v)
{
	bool truth;
	return scalar_bool(v, &truth) == 1;
}

static const struct type {
	const char *name, *article;
	bool (*is)(const json_t *);
	bool (*passes)(const json_t *);
} types[] = {
	{ "string", "a", is_string, passes_as_string },
	{ "number", "a", is_number, passes_as_number },
	{ "boolean", "a", is_boolean, passes_as_boolean },
	{ "object", "an", is_object, is_object },
	{ "list", "a", is_list, is_list },
};

/* The type of that name; NULL if there is none. */
static const struct type *
type_find(const char *name)
{
	for (size_t i = 0; name != NULL && i < N_OF(types); i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

bool
variable_type_known(const char *type)
{
	return type_find(type) != NULL;
}

bool
variable_is(const char *type, const json_t *v)
{
	const struct type *t = type_find(type);
	return t != NULL && t->is(v);
}

/* True if the value is looked up where it is used. */
static bool
is_path(const json_t *v)
{
	return json_object_size(v) == 1 &&
	    json_is_string(json_object_get(v, "var"));
}

int
variables_check(struct arena *a, const json_t *declared, const json_t *values,
    struct fault *fault_r)
{
	const json_t *item;
	size_t i;
	json_array_foreach (declared, i, item) {
		const char *key =
		    json_string_value(json_object_get(item, "key"));
		const struct type *t =
		    type_find(json_string_value(json_object_get(item, "type")));
		const json_t *v =
		    key != NULL ? json_object_get(values, key) : NULL;
		if (t == NULL || v == NULL || json_is_null(v) || is_path(v) ||
		    t->passes(v))
			continue;
		return fault(fault_r, FAULT_INVALID,
		    "`template.variables.%s` must be %s %s, not %s.", key,
		    t->article, t->name, scalar_show(a, v));
	}
	return 0;
}
