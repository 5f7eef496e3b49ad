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

/* A character outside of strings. */
static void
measure_one(struct json_measure *m, char c)
{
	if (c == '"') {
		m->bytes += STRING_BYTES;
		m->string = 0;
		m->in_string = true;
	} else if (c == '[' || c == '{') {
		m->bytes += c == '{' ? OBJECT_BYTES : ARRAY_BYTES;
		if (++m->depth > DEPTH_MAX)
			m->excess = "is nested deeper than 64 levels";
	} else if (c == ']' || c == '}') {
		m->depth--;
	} else if (c == ',') {
		m->bytes += VALUE_BYTES;
	}
	if (m->bytes > MEMORY_MAX)
		m->excess = "has too many values";
}

/* The rest of a string, or what is there of it. Where it ends. */
static const char *
measure_string(struct json_measure *m, const char *p, const char *end)
{
	const char *start = p;
	while (p < end && m->in_string) {
		if (m->is_escaped)
			m->is_escaped = false;
		else if (*p == '\\')
			m->is_escaped = true;
		else if (*p == '"')
			m->in_string = false;
		p++;
	}
	m->string += p - start;
	if (m->string > m->longest)
		m->longest = m->string;
	return p;
}

void
json_measure(struct json_measure *m, const char *p, size_t n)
{
	const char *end = p + n;
	m->bytes += (int64_t)n;
	while (p < end && m->excess == NULL)
		if (m->in_string)
			p = measure_string(m, p, end);
		else
			measure_one(m, *p++);
}

int
json_measure_check(const struct json_measure *m, struct fault *fault_r)
{
	return m->excess == NULL
	    ? 0
	    : fault(fault_r, FAULT_INVALID, "The JSON %s.", m->excess);
}

int64_t
json_measure_bytes(const struct json_measure *m)
{
	return m->bytes + m->longest;
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

/* A value that was read, or NULL: why it was not. */
static json_t *
parsed(struct arena *a, json_t *v, json_error_t *e, struct fault *fault_r)
{
	if (v == NULL)
		not_parsed(e, fault_r);
	else
		arena_own(a, v, decref);
	return v;
}

json_t *
json_parse(struct arena *a, const char *s, size_t n, struct fault *fault_r)
{
	struct json_measure m = { 0 };
	json_error_t e;
	json_measure(&m, s, n);
	if (json_measure_check(&m, fault_r) != 0)
		return NULL;
	json_t *v =
	    json_loadb(s, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	return parsed(a, v, &e, fault_r);
}

json_t *
json_parse_from(struct arena *a, json_source *source, void *arg,
    struct fault *fault_r)
{
	json_error_t e;
	json_t *v = json_load_callback(source, arg,
	    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	return parsed(a, v, &e, fault_r);
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
