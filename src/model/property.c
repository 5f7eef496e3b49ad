/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/property.h"

#include <ctype.h>
#include <string.h>

#include "base/fault.h"
#include "base/utf8.h"

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
