/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"

/* About what values take in memory once they are read, beside their text; and
 * what all of a text may. The bytes of a file as an array of numbers fit. */
enum {
	DEPTH_MAX = 64,
	OBJECT_BYTES = 190,
	ARRAY_BYTES = 90,
	STRING_BYTES = 46,
	VALUE_BYTES = 40,
	MEMORY_MAX = 512 << 20
};

static void
decref(void *p)
{
	json_decref(p);
}

/* Behind the string that begins at i. */
static size_t
skip_string(const char *s, size_t n, size_t i)
{
	for (i++; i < n && s[i] != '"'; i++)
		i += s[i] == '\\';
	return i;
}

/* Why a text is not read, told before anything is made of it; NULL: it may be.
 * A few megabytes of empty objects would take gigabytes. */
static const char *
excess(const char *s, size_t n)
{
	int64_t bytes = (int64_t)n;
	int depth = 0;
	for (size_t i = 0; i < n; i++) {
		char c = s[i];
		if (c == '"') {
			bytes += STRING_BYTES;
			i = skip_string(s, n, i);
		} else if (c == '[' || c == '{') {
			bytes += c == '{' ? OBJECT_BYTES : ARRAY_BYTES;
			if (++depth > DEPTH_MAX)
				return "is nested deeper than 64 levels";
		} else if (c == ']' || c == '}') {
			depth--;
		} else if (c == ',') {
			bytes += VALUE_BYTES;
		}
		if (bytes > MEMORY_MAX)
			return "has too many values";
	}
	return NULL;
}

/* What is valid JSON, but cannot be taken; NULL: it is not valid. */
static const char *
objection(const json_error_t *e)
{
	switch (json_error_code(e)) {
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "A text holds \\u0000, which no text may";
	case json_error_numeric_overflow:
		return "A number is too large to be kept";
	default:
		return NULL;
	}
}

/* Says why text was not parsed. */
static int
not_parsed(json_error_t *e, struct fault *fault_r)
{
	const char *what = objection(e);
	char *near = strstr(e->text, " near ");
	if (near != NULL)
		*near = '\0';
	if (what != NULL)
		return fault(fault_r, FAULT_INVALID, "%s (line %d, column %d).",
		    what, e->line, e->column);
	return fault(fault_r, FAULT_INVALID,
	    "The body is not valid JSON (line %d, column %d): %s.", e->line,
	    e->column, e->text);
}

json_t *
json_parse(struct arena *a, const char *s, size_t n, struct fault *fault_r)
{
	json_error_t e;
	const char *why = excess(s, n);
	if (why != NULL) {
		fault(fault_r, FAULT_INVALID, "The JSON %s.", why);
		return NULL;
	}
	json_t *v =
	    json_loadb(s, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (v == NULL) {
		not_parsed(&e, fault_r);
		return NULL;
	}
	arena_own(a, v, decref);
	return v;
}

char *
json_text(struct arena *a, const json_t *v)
{
	char small[512];
	size_t n =
	    json_dumpb(v, small, sizeof(small), JSON_COMPACT | JSON_ENCODE_ANY);
	if (n <= sizeof(small))
		return arena_strndup(a, small, n);
	char *text = arena_alloc(a, n + 1);
	json_dumpb(v, text, n, JSON_COMPACT | JSON_ENCODE_ANY);
	return text;
}

size_t
json_text_len(const json_t *v)
{
	return json_dumpb(v, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
}

static const char *
type_name(int type)
{
	static const char *const names[] = { [JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",
		[JSON_INTEGER] = "an integer",
		[JSON_REAL] = "a number",
		[JSON_TRUE] = "a boolean",
		[JSON_FALSE] = "a boolean",
		[JSON_NULL] = "null" };
	return names[type];
}

/* 1 with a value of that type, 0 without one, -1 for another type. */
static int
get(const json_t *o, const char *field, int type, json_t **value_r,
    struct fault *fault_r)
{
	json_t *v = json_object_get(o, field);
	*value_r = NULL;
	if (v == NULL || json_is_null(v))
		return 0;
	int t = json_typeof(v);
	if (t == JSON_FALSE)
		t = JSON_TRUE;
	if (t != type)
		return fault(fault_r, FAULT_INVALID,
		    "The `%s` field must be %s, not %s.", field,
		    type_name(type), type_name(t));
	*value_r = v;
	return 1;
}

int
json_get_string(const json_t *o, const char *field, const char **value_r,
    struct fault *fault_r)
{
	json_t *v;
	int rc = get(o, field, JSON_STRING, &v, fault_r);
	*value_r = rc == 1 ? json_string_value(v) : NULL;
	return rc;
}

int
json_get_object(const json_t *o, const char *field, json_t **value_r,
    struct fault *fault_r)
{
	return get(o, field, JSON_OBJECT, value_r, fault_r);
}

int
json_get_array(const json_t *o, const char *field, json_t **value_r,
    struct fault *fault_r)
{
	return get(o, field, JSON_ARRAY, value_r, fault_r);
}

int
json_get_bool(const json_t *o, const char *field, bool *value_r,
    struct fault *fault_r)
{
	json_t *v;
	int rc = get(o, field, JSON_TRUE, &v, fault_r);
	*value_r = rc == 1 && json_is_true(v);
	return rc;
}

int
json_get_int(const json_t *o, const char *field, int64_t *value_r,
    struct fault *fault_r)
{
	json_t *v;
	int rc = get(o, field, JSON_INTEGER, &v, fault_r);
	*value_r = rc == 1 ? json_integer_value(v) : 0;
	return rc;
}

/* Turns "absent" into a fault. */
static int
need(int rc, const char *field, struct fault *fault_r)
{
	if (rc == 0)
		return fault(fault_r, FAULT_MISSING, "Missing `%s` field.",
		    field);
	return rc < 0 ? -1 : 0;
}

int
json_need_string(const json_t *o, const char *field, const char **value_r,
    struct fault *fault_r)
{
	return need(json_get_string(o, field, value_r, fault_r), field,
	    fault_r);
}

int
json_need_array(const json_t *o, const char *field, json_t **value_r,
    struct fault *fault_r)
{
	return need(json_get_array(o, field, value_r, fault_r), field, fault_r);
}

void
json_put_string(struct buf *b, const char *s)
{
	static const char short_escape[] = { ['\b'] = 'b',
		['\f'] = 'f',
		['\n'] = 'n',
		['\r'] = 'r',
		['\t'] = 't' };
	if (s == NULL) {
		buf_str(b, "null");
		return;
	}
	buf_char(b, '"');
	const char *from = s;
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
			continue;
		buf_add(b, from, (size_t)(s - from));
		from = s + 1;
		if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else if (c < sizeof(short_escape) && short_escape[c])
			buf_printf(b, "\\%c", short_escape[c]);
		else
			buf_printf(b, "\\u%04x", c);
	}
	buf_add(b, from, (size_t)(s - from));
	buf_char(b, '"');
}
