/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "base/csv.h"

#include <string.h>

enum { FIELD, PLAIN, QUOTED, QUOTE, SKIPPED };

void
csv_init(struct csv *c, char separator)
{
	c->separator = separator;
	c->scanned = 0;
	c->state = FIELD;
	c->used = 0;
	c->n_fields = 0;
	c->is_open = false;
}

/* Whether the record's last byte is at hand: looks on from where it was. */
static bool
find_end(struct csv *c, const char *p, size_t len)
{
	size_t i = c->scanned;
	while (i < len) {
		char b = p[i++];
		if (c->state == QUOTED) {
			const char *q =
			    b == '"' ? p + i - 1 : memchr(p + i, '"', len - i);
			i = q != NULL ? (size_t)(q - p) + 1 : len;
			c->state = q != NULL ? QUOTE : QUOTED;
		} else if (b == '\n') {
			c->scanned = i;
			return true;
		} else if (b == '"' && c->state != PLAIN) {
			c->state = QUOTED;
		} else {
			c->state = b == c->separator ? FIELD : PLAIN;
		}
	}
	c->scanned = i;
	return false;
}

static int64_t
count_lines(const char *p, size_t n)
{
	int64_t lines = 0;
	for (size_t i = 0; i < n; i++)
		lines += p[i] == '\n';
	return lines;
}

/* Unquotes the field at p in place and returns where it ends; to is behind its
 * last byte then. */
static char *
unquote(const struct csv *c, char *p, const char *end, char **to_r)
{
	char *to = p++;
	for (; p < end; *to++ = *p++) {
		if (*p == '"' && (++p == end || *p != '"'))
			break;
	}
	while (p < end && *p != c->separator)
		*to++ = *p++;
	*to_r = to;
	return p;
}

/* Splits the record of n bytes, its line end not among them. */
static void
split(struct csv *c, char *p, size_t n)
{
	char *end = p + n, *to;
	c->n_fields = 0;
	for (;;) {
		char *field = p;
		if (p < end && *p == '"') {
			p = unquote(c, p, end, &to);
		} else {
			char *s = memchr(p, c->separator, (size_t)(end - p));
			p = to = s != NULL ? s : end;
		}
		bool is_last = p == end;
		*to = '\0';
		if (c->n_fields == CSV_FIELDS_MAX) {
			c->n_fields++;
			return;
		}
		c->fields[c->n_fields++] = field;
		if (is_last)
			return;
		p++;
	}
}

/* Takes the first n bytes without looking into them. */
static enum csv_result
pass_over(struct csv *c, enum csv_result what, const char *data, size_t n,
    int state)
{
	c->used = n;
	c->lines = count_lines(data, n);
	c->scanned = 0;
	c->state = state;
	return what;
}

/* Passes over the rest of a line that is too long. */
static enum csv_result
skip(struct csv *c, const char *data, size_t len)
{
	const char *lf = memchr(data, '\n', len);
	return lf != NULL
	    ? pass_over(c, CSV_REST, data, (size_t)(lf - data) + 1, FIELD)
	    : pass_over(c, CSV_REST, data, len, SKIPPED);
}

/* Passes over a record that is too long, up to its last line. */
static enum csv_result
too_long(struct csv *c, const char *data, size_t len)
{
	const char *lf = memrchr(data, '\n', len);
	return lf != NULL
	    ? pass_over(c, CSV_LONG, data, (size_t)(lf - data) + 1, FIELD)
	    : pass_over(c, CSV_LONG, data, len, SKIPPED);
}

enum csv_result
csv_next(struct csv *c, char *data, size_t len, bool is_last)
{
	if (len == 0)
		return is_last ? CSV_END : CSV_MORE;
	if (c->state == SKIPPED)
		return skip(c, data, len);
	bool ended =
	    find_end(c, data, len < CSV_RECORD_MAX ? len : CSV_RECORD_MAX);
	if (!ended && c->scanned == CSV_RECORD_MAX)
		return too_long(c, data, CSV_RECORD_MAX);
	if (!ended && !is_last)
		return CSV_MORE;
	c->is_open = !ended && c->state == QUOTED;
	c->used = c->scanned;
	c->lines = count_lines(data, c->used);
	size_t n = c->used - ended;
	n -= n > 0 && ended && data[n - 1] == '\r';
	split(c, data, n);
	c->scanned = 0;
	c->state = FIELD;
	return CSV_RECORD;
}

bool
csv_is_blank(const struct csv *c)
{
	return c->n_fields == 1 && c->fields[0][0] == '\0';
}

char
csv_separator(const char *p, size_t len)
{
	size_t commas = 0, semicolons = 0, tabs = 0;
	bool is_quoted = false;
	for (size_t i = 0; i < len && (is_quoted || p[i] != '\n'); i++) {
		is_quoted ^= p[i] == '"';
		if (is_quoted)
			continue;
		commas += p[i] == ',';
		semicolons += p[i] == ';';
		tabs += p[i] == '\t';
	}
	if (semicolons > commas && semicolons >= tabs)
		return ';';
	return tabs > commas ? '\t' : ',';
}
