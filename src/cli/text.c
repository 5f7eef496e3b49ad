/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "cli/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

struct range {
	uint32_t first, last;
};

/* Controls, and the formats that hide text or turn its direction. Joiners
 * (U+200C, U+200D) are part of how some scripts spell, and stay. */
static const struct range unsafe[] = {
	{ 0x0000, 0x001f },
	{ 0x007f, 0x009f },
	{ 0x00ad, 0x00ad },
	{ 0x061c, 0x061c },
	{ 0x180e, 0x180e },
	{ 0x200b, 0x200b },
	{ 0x200e, 0x200f },
	{ 0x2028, 0x202e },
	{ 0x2060, 0x206f },
	{ 0xfeff, 0xfeff },
	{ 0xfff9, 0xfffb },
	{ 0xe0000, 0xe0fff },
};

/* Characters that stand on top of the one before. */
static const struct range narrow[] = {
	{ 0x0300, 0x036f },
	{ 0x0483, 0x0489 },
	{ 0x0591, 0x05bd },
	{ 0x0610, 0x061a },
	{ 0x064b, 0x065f },
	{ 0x0e31, 0x0e31 },
	{ 0x0e34, 0x0e3a },
	{ 0x0e47, 0x0e4e },
	{ 0x1ab0, 0x1aff },
	{ 0x1dc0, 0x1dff },
	{ 0x200c, 0x200d },
	{ 0x20d0, 0x20ff },
	{ 0xfe00, 0xfe0f },
	{ 0xfe20, 0xfe2f },
};

/* Characters of two columns (Unicode's East Asian width W and F). */
static const struct range wide[] = {
	{ 0x1100, 0x115f },
	{ 0x2e80, 0x303e },
	{ 0x3041, 0x4dbf },
	{ 0x4e00, 0xa4cf },
	{ 0xa960, 0xa97f },
	{ 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff },
	{ 0xfe30, 0xfe6f },
	{ 0xff00, 0xff60 },
	{ 0xffe0, 0xffe6 },
	{ 0x1f300, 0x1f64f },
	{ 0x1f680, 0x1f6ff },
	{ 0x1f900, 0x1faff },
	{ 0x20000, 0x3fffd },
};

/* True if the character lies in one of the n sorted ranges. */
static bool
in_ranges(uint32_t c, const struct range *r, size_t n)
{
	for (size_t i = 0; i < n && r[i].first <= c; i++)
		if (c <= r[i].last)
			return true;
	return false;
}

/* True if the character may be shown as it is. */
static bool
is_plain(uint32_t c, bool is_ascii)
{
	return !in_ranges(c, unsafe, N_OF(unsafe)) && (c < 0x80 || !is_ascii);
}

/* The letter of a control character that has a short escape, else 0. */
static char
short_escape(uint32_t c)
{
	static const char letters[] = { ['\b'] = 'b',
		['\f'] = 'f',
		['\n'] = 'n',
		['\r'] = 'r',
		['\t'] = 't' };
	return c < sizeof(letters) ? letters[c] : '\0';
}

void
cli_text_put(struct buf *b, const char *s, bool is_ascii)
{
	while (*s != '\0') {
		const char *from = s;
		uint32_t c = utf8_next(&s);
		if (is_plain(c, is_ascii))
			buf_add(b, from, (size_t)(s - from));
		else if (short_escape(c) != '\0')
			buf_printf(b, "\\%c", short_escape(c));
		else if (c < 0x80)
			buf_printf(b, "\\x%02x", (unsigned)c);
		else
			buf_printf(b, "\\u{%x}", (unsigned)c);
	}
}

/* The columns of one character. */
static int
char_width(uint32_t c)
{
	if (c < 0x300)
		return 1;
	if (in_ranges(c, narrow, N_OF(narrow)))
		return 0;
	return in_ranges(c, wide, N_OF(wide)) ? 2 : 1;
}

int
cli_text_width(const char *s)
{
	int n = 0;
	while (*s != '\0')
		n += char_width(utf8_next(&s));
	return n;
}

size_t
cli_text_fit(const char *s, int columns)
{
	const char *start = s, *end = s;
	for (int n = 0; *s != '\0'; end = s) {
		n += char_width(utf8_next(&s));
		if (n > columns)
			break;
	}
	return (size_t)(end - start);
}

/* Writes one UTF-16 unit or a pair of them as JSON escapes. */
static void
json_escape(struct buf *b, uint32_t c)
{
	if (c >= 0x10000) {
		c -= 0x10000;
		buf_printf(b, "\\u%04x", (unsigned)(0xd800 | c >> 10));
		c = 0xdc00 | (c & 0x3ff);
	}
	buf_printf(b, "\\u%04x", (unsigned)c);
}

static void
put_string(struct buf *b, const char *s, bool is_ascii)
{
	buf_char(b, '"');
	while (*s != '\0') {
		const char *from = s;
		uint32_t c = utf8_next(&s);
		if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", (char)c);
		else if (is_plain(c, is_ascii))
			buf_add(b, from, (size_t)(s - from));
		else if (short_escape(c) != '\0')
			buf_printf(b, "\\%c", short_escape(c));
		else
			json_escape(b, c);
	}
	buf_char(b, '"');
}

static void
put_real(struct buf *b, double v)
{
	char text[64];
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	buf_str(b, text);
	if (strpbrk(text, ".e") == NULL)
		buf_str(b, ".0");
}

/* Starts a line of that depth, or does nothing in compact text. */
static void
put_break(struct buf *b, int depth)
{
	if (depth != CLI_COMPACT)
		buf_printf(b, "\n%*s", depth * 2, "");
}

/* Writes what separates member number i from the one before. */
static void
put_next(struct buf *b, size_t i, int depth)
{
	if (i > 0)
		buf_char(b, ',');
	put_break(b, depth);
}

static void
put_object(struct buf *b, const json_t *v, int depth, bool is_ascii)
{
	int inner = depth == CLI_COMPACT ? depth : depth + 1;
	const char *key;
	json_t *member;
	size_t i = 0;
	buf_char(b, '{');
	json_object_foreach ((json_t *)v, key, member) {
		put_next(b, i++, inner);
		put_string(b, key, is_ascii);
		buf_str(b, depth == CLI_COMPACT ? ":" : ": ");
		cli_json_put(b, member, inner, is_ascii);
	}
	if (i > 0)
		put_break(b, depth);
	buf_char(b, '}');
}

static void
put_array(struct buf *b, const json_t *v, int depth, bool is_ascii)
{
	int inner = depth == CLI_COMPACT ? depth : depth + 1;
	size_t n = json_array_size(v);
	buf_char(b, '[');
	for (size_t i = 0; i < n; i++) {
		put_next(b, i, inner);
		cli_json_put(b, json_array_get(v, i), inner, is_ascii);
	}
	if (n > 0)
		put_break(b, depth);
	buf_char(b, ']');
}

void
cli_json_put(struct buf *b, const json_t *v, int depth, bool is_ascii)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		put_object(b, v, depth, is_ascii);
		break;
	case JSON_ARRAY:
		put_array(b, v, depth, is_ascii);
		break;
	case JSON_STRING:
		put_string(b, json_string_value(v), is_ascii);
		break;
	case JSON_INTEGER:
		buf_printf(b, "%lld", (long long)json_integer_value(v));
		break;
	case JSON_REAL:
		put_real(b, json_real_value(v));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		buf_str(b, json_is_true(v) ? "true" : "false");
		break;
	case JSON_NULL:
		buf_str(b, "null");
		break;
	}
}
