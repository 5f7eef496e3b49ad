/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "base/csv.h"

#include <string.h>

enum { FIELD, PLAIN, QUOTED, QUOTE, STATE_COUNT };

void
csv_init(struct csv *c, char separator, bool has_cr)
{
	c->separator = separator;
	c->has_cr = has_cr;
	c->scanned = 0;
	c->state = FIELD;
	c->is_long = false;
	c->used = 0;
	c->n_fields = 0;
	c->is_open = false;
}

int
csv_place(const struct csv *c)
{
	return c->is_long ? 1 + c->state : 0;
}

void
csv_resume(struct csv *c, int place)
{
	csv_init(c, c->separator, c->has_cr);
	if (place < 1 || place > STATE_COUNT)
		return;
	c->is_long = true;
	c->state = place - 1;
}

/* Whether the record's last byte is at hand: looks on from where it was, but
 * not behind the longest that one may be. */
static bool
find_end(struct csv *c, const char *p, size_t len, bool is_last)
{
	size_t i = c->scanned;
	size_t most = len < CSV_RECORD_MAX ? len : CSV_RECORD_MAX;
	while (i < most) {
		char b = p[i++];
		if (c->state == QUOTED) {
			const char *q =
			    b == '"' ? p + i - 1 : memchr(p + i, '"', most - i);
			i = q != NULL ? (size_t)(q - p) + 1 : most;
			c->state = q != NULL ? QUOTE : QUOTED;
		} else if (b == '\r' && c->has_cr && i == len && !is_last) {
			/* An LF may follow. */
			c->scanned = i - 1;
			return false;
		} else if (b == '\n' || (b == '\r' && c->has_cr)) {
			c->scanned = i + (b == '\r' && i < len && p[i] == '\n');
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

int64_t
csv_lines(const char *p, size_t n, bool has_cr)
{
	int64_t lines = 0;
	for (size_t i = 0; i < n; i++)
		lines += p[i] == '\n';
	for (size_t i = 0; has_cr && i < n; i++)
		lines += p[i] == '\r' && (i + 1 == n || p[i + 1] != '\n');
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

/* Takes what was looked at of a record that is too long. */
static enum csv_result
pass_over(struct csv *c, const char *data, size_t len, bool ended, bool is_last)
{
	enum csv_result what = c->is_long ? CSV_REST : CSV_LONG;
	size_t n = c->scanned;
	/* No CR is parted from its LF: lines are counted piece by piece. */
	n -= n > 0 && !ended && data[n - 1] == '\r' && (n < len || !is_last);
	c->scanned = 0;
	if (n == 0)
		return CSV_MORE;
	c->used = n;
	c->lines = csv_lines(data, n, c->has_cr);
	c->is_long = !ended;
	c->state = ended ? FIELD : c->state;
	return what;
}

enum csv_result
csv_next(struct csv *c, char *data, size_t len, bool is_last)
{
	if (len == 0) {
		c->is_open = c->is_long && c->state == QUOTED;
		return is_last ? CSV_END : CSV_MORE;
	}
	bool ended = find_end(c, data, len, is_last);
	if (c->is_long || (!ended && c->scanned == CSV_RECORD_MAX))
		return pass_over(c, data, len, ended, is_last);
	if (!ended && !is_last)
		return CSV_MORE;
	c->is_open = !ended && c->state == QUOTED;
	c->used = c->scanned;
	c->lines = csv_lines(data, c->used, c->has_cr);
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
	for (size_t i = 0; i < len; i++) {
		is_quoted ^= p[i] == '"';
		if (!is_quoted && (p[i] == '\n' || p[i] == '\r'))
			break;
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

bool
csv_has_cr(const char *p, size_t len)
{
	bool is_quoted = false;
	for (size_t i = 0; i < len; i++) {
		is_quoted ^= p[i] == '"';
		if (!is_quoted && (p[i] == '\n' || p[i] == '\r'))
			return p[i] == '\r' &&
			    (i + 1 == len || p[i + 1] != '\n');
	}
	return false;
}
