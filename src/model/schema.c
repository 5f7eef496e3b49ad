/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/schema.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "model/scalar.h"

/* A date's text as it is, milliseconds as ISO 8601. */
static json_t *
to_date(json_t *v)
{
	char text[CLOCK_ISO_LEN];
	int64_t ms;
	bool date_only;
	if (scalar_date(v, &ms, &date_only) != 1)
		return NULL;
	return json_is_string(v) ? json_incref(v)
				 : json_string(clock_iso(ms, text));
}

/* A type's word, what is said when a value is none, and its reading: a new
 * reference to the same value or to another one, NULL if there is none. */
static const struct type {
	const char *name;
	const char *what;
	json_t *(*read)(json_t *);
} types[] = {
	{ "string", "a string", scalar_as_string },
	{ "number", "a number", scalar_as_number },
	{ "boolean", "a boolean", scalar_as_boolean },
	{ "date", "a date such as 2026-11-21T08:00:00Z", to_date },
};

static const struct type *
type_find(const json_t *name)
{
	if (!json_is_string(name))
		return NULL;
	for (size_t i = 0; i < N_OF(types); i++)
		if (strcmp(types[i].name, json_string_value(name)) == 0)
			return &types[i];
	return NULL;
}

/* One field of a schema. */
static int
check_field(const char *field, const json_t *type, struct fault *fault_r)
{
	size_t n = strlen(field);
	if (n == 0 || n > SCHEMA_NAME_MAX || utf8_has_control(field, n))
		return fault(fault_r, FAULT_INVALID,
		    "The schema's field `%.80s` must have a name of 1 to %d "
		    "bytes and no control characters.",
		    field, SCHEMA_NAME_MAX);
	if (type_find(type) != NULL)
		return 0;
	if (!json_is_string(type))
		return fault(fault_r, FAULT_INVALID,
		    "The schema's field `%s` must be one of string, number, "
		    "boolean, date, as a string.",
		    field);
	return fault(fault_r, FAULT_INVALID,
	    "The schema's field `%s` must be one of string, number, boolean, "
	    "date, not `%.80s`.",
	    field, json_string_value(type));
}

int
schema_check(const json_t *schema, struct fault *fault_r)
{
	const char *field;
	json_t *type;
	if (!json_is_object(schema))
		return fault(fault_r, FAULT_INVALID,
		    "A schema must be an object such as "
		    "{\"plan\":\"string\",\"amount\":\"number\"}.");
	if (json_object_size(schema) > SCHEMA_FIELDS_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "A schema has at most %d fields, not %zu.",
		    SCHEMA_FIELDS_MAX, json_object_size(schema));
	json_object_foreach ((json_t *)schema, field, type)
		if (check_field(field, type, fault_r) != 0)
			return -1;
	return 0;
}

static void
decref(void *p)
{
	json_decref(p);
}

/* Puts a field's new value into *o, which becomes a copy at the first one. */
static void
change(struct arena *a, json_t **o, const json_t *payload, const char *field,
    json_t *value)
{
	if (*o == payload) {
		*o = json_copy(*o);
		arena_own(a, *o, decref);
	}
	json_object_set_new(*o, field, value);
}

json_t *
schema_coerce(struct arena *a, const json_t *schema, const json_t *payload,
    struct fault *fault_r)
{
	const char *field;
	json_t *name, *o = (json_t *)payload;
	if (!json_is_object(payload)) {
		fault(fault_r, FAULT_INVALID,
		    "The payload must be an object, not %s.",
		    scalar_show(a, payload));
		return NULL;
	}
	json_object_foreach ((json_t *)schema, field, name) {
		json_t *v = json_object_get(payload, field);
		const struct type *type = type_find(name);
		if (v == NULL || json_is_null(v) || type == NULL)
			continue;
		json_t *read = type->read(v);
		if (read == NULL) {
			fault(fault_r, FAULT_INVALID,
			    "The payload's field `%s` must be %s, not %s.",
			    field, type->what, scalar_show(a, v));
			return NULL;
		}
		if (read == v)
			json_decref(read);
		else
			change(a, &o, payload, field, read);
	}
	return o;
}
