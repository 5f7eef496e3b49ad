/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/property.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/utf8.h"
#include "model/scalar.h"

int
property_key_check(const char *key, struct fault *fault_r)
{
	size_t n = strlen(key);
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)key[i]) && key[i] != '_')
			n = 0;
	return n > 0 && n <= PROPERTY_KEY_MAX
	    ? 0
	    : fault(fault_r, FAULT_INVALID,
		  "a key must have 1 to %d letters, digits or underscores.",
		  PROPERTY_KEY_MAX);
}

bool
property_is_too_long(const json_t *v)
{
	const char *s = json_is_string(v) ? json_string_value(v) : "";
	int n = 0;
	while (*s != '\0' && n <= PROPERTY_TEXT_MAX) {
		utf8_next(&s);
		n++;
	}
	return n > PROPERTY_TEXT_MAX;
}

int
property_value_check(const char *key, const json_t *v, struct fault *fault_r)
{
	if (json_is_object(v) || json_is_array(v))
		return fault(fault_r, FAULT_INVALID,
		    "`properties.%s` must be a string, a number, a boolean or "
		    "null.",
		    key);
	if (property_is_too_long(v))
		return fault(fault_r, FAULT_INVALID,
		    "`properties.%s` may have at most %d characters.", key,
		    PROPERTY_TEXT_MAX);
	return 0;
}

/* What a type is called, and how a value becomes one of it. */
static const struct {
	const char *what;
	json_t *(*read)(json_t *);
} types_known[PROPERTY_TYPE_COUNT] = {
	[PROPERTY_STRING] = { "a string", scalar_as_string },
	[PROPERTY_NUMBER] = { "a number", scalar_as_number },
	[PROPERTY_BOOLEAN] = { "a boolean", scalar_as_boolean },
};

static void
decref(void *v)
{
	json_decref(v);
}

json_t *
property_fit(struct arena *a, const json_t *types, const char *key, json_t *v,
    struct fault *fault_r)
{
	const json_t *type = json_object_get(types, key);
	json_int_t n = json_integer_value(type);
	if (type == NULL || json_is_null(v) || n < 0 ||
	    n >= PROPERTY_TYPE_COUNT)
		return v;
	json_t *fitted = types_known[n].read(v);
	if (fitted == NULL)
		fault(fault_r, FAULT_INVALID,
		    "The property `%s` must be %s, not %s.", key,
		    types_known[n].what, scalar_show(a, v));
	else
		arena_own(a, fitted, decref);
	return fitted;
}

/* The object a text is; an empty one for NULL. NULL with fault_r. */
static json_t *
read_all(struct arena *a, const char *text, struct fault *fault_r)
{
	return json_parse(a, text != NULL ? text : "{}",
	    text != NULL ? strlen(text) : 2, fault_r);
}

int
property_fit_all(struct arena *a, const json_t *types, const char *before,
    const char **properties, struct fault *fault_r)
{
	const char *key;
	json_t *v;
	if (*properties == NULL ||
	    (before != NULL && strcmp(before, *properties) == 0))
		return 0;
	json_t *was = read_all(a, before, fault_r);
	json_t *is = read_all(a, *properties, fault_r);
	if (was == NULL || is == NULL)
		return -1;
	json_t *out = json_copy(is);
	arena_own(a, out, decref);
	json_object_foreach (is, key, v) {
		const json_t *old = json_object_get(was, key);
		json_t *fitted = old != NULL && json_equal(old, v)
		    ? v
		    : property_fit(a, types, key, v, fault_r);
		if (fitted == NULL)
			return -1;
		if (fitted != v)
			json_object_set(out, key, fitted);
	}
	if (!json_equal(is, out))
		*properties = json_text(a, out);
	return 0;
}

int
properties_merge(struct arena *a, const json_t *given, const char **text,
    struct fault *fault_r)
{
	json_t *all = *text == NULL ? NULL : json_loads(*text, 0, NULL);
	const char *key;
	json_t *value;
	if (all == NULL)
		all = json_object();
	size_t before = json_object_size(all);
	json_object_foreach ((json_t *)given, key, value) {
		if (json_is_null(value))
			json_object_del(all, key);
		else
			json_object_set(all, key, value);
	}
	size_t n = json_object_size(all);
	*text = n > 0 ? json_text(a, all) : NULL;
	json_decref(all);
	return n <= PROPERTIES_MAX || n <= before
	    ? 0
	    : fault(fault_r, FAULT_INVALID,
		  "A contact may have at most %d properties, not %zu.",
		  PROPERTIES_MAX, n);
}
