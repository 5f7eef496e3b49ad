/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "cli/output.h"

#include <ctype.h>
#include <errno.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/utf8.h"
#include "cli/text.h"

enum {
	CELL_MAX = 60, /* columns of a cell on a terminal, and of padding */
	CELL_GAP = 2,
};

void
cli_output_open(struct cli_output *o, bool is_json)
{
	bool is_utf8 = strcasecmp(nl_langinfo(CODESET), "UTF-8") == 0;
	*o = (struct cli_output){ .is_json = is_json };
	o->is_tty = isatty(STDOUT_FILENO) == 1;
	o->is_ascii = o->is_tty && !is_utf8;
	o->err_ascii = isatty(STDERR_FILENO) == 1 && !is_utf8;
}

int
cli_output_close(struct cli_output *o)
{
	if (fflush(stdout) != 0 && o->write_errno == 0)
		o->write_errno = errno;
	if (o->write_errno == 0)
		return 0;
	if (o->write_errno != EPIPE)
		cli_output_error(o, NULL, "write_error",
		    "cannot write to standard output: %s",
		    strerror(o->write_errno));
	return -1;
}

/* Writes the buffer to a stream and empties it. */
static void
spill(struct cli_output *o, struct buf *b, FILE *to)
{
	if (b->len > 0 && fwrite(b->data, 1, b->len, to) != b->len &&
	    to == stdout)
		o->write_errno = errno;
	buf_free(b);
}

void
cli_output_text(struct cli_output *o, const char *text)
{
	struct buf b = { 0 };
	buf_str(&b, text);
	spill(o, &b, stdout);
}

void
cli_output_json(struct cli_output *o, const json_t *v)
{
	struct buf b = { 0 };
	cli_json_put(&b, v, o->is_tty ? 0 : CLI_COMPACT, o->is_ascii);
	buf_char(&b, '\n');
	spill(o, &b, stdout);
}

/* True if every member of the array is a single value. */
static bool
is_plain_array(const json_t *v)
{
	if (!json_is_array(v))
		return false;
	for (size_t i = 0; i < json_array_size(v); i++)
		if (json_is_object(json_array_get(v, i)) ||
		    json_is_array(json_array_get(v, i)))
			return false;
	return true;
}

/* Writes a value as people read it: text without quotes, nothing as "-". */
static void
put_value(struct buf *b, const json_t *v, bool is_ascii)
{
	if (v == NULL || json_is_null(v)) {
		buf_char(b, '-');
	} else if (json_is_string(v)) {
		cli_text_put(b, json_string_value(v), is_ascii);
	} else if (is_plain_array(v)) {
		if (json_array_size(v) == 0)
			buf_char(b, '-');
		for (size_t i = 0; i < json_array_size(v); i++) {
			buf_str(b, i > 0 ? ", " : "");
			put_value(b, json_array_get(v, i), is_ascii);
		}
	} else {
		cli_json_put(b, v, CLI_COMPACT, is_ascii);
	}
}

void
cli_output_field(struct cli_output *o, const json_t *v)
{
	struct buf b = { 0 };
	put_value(&b, v, o->is_ascii);
	buf_char(&b, '\n');
	spill(o, &b, stdout);
}

/* Writes the pairs of an object whose own key, with its dot, is `prefix`. */
static void
put_pairs(struct cli_output *o, struct buf *b, const char *prefix,
    const json_t *object, const char *except)
{
	const char *key;
	json_t *v;
	json_object_foreach ((json_t *)object, key, v) {
		struct buf name = { 0 };
		if (except != NULL && strcmp(key, except) == 0)
			continue;
		buf_str(&name, prefix);
		cli_text_put(&name, key, o->is_ascii);
		if (json_object_size(v) > 0) {
			buf_char(&name, '.');
			put_pairs(o, b, name.data, v, NULL);
		} else {
			buf_printf(b, "%s: ", name.data);
			put_value(b, json_is_object(v) ? NULL : v, o->is_ascii);
			buf_char(b, '\n');
		}
		buf_free(&name);
	}
}

void
cli_output_pairs(struct cli_output *o, const json_t *object, const char *except)
{
	struct buf b = { 0 };
	json_t *rest = json_copy((json_t *)object);
	json_object_del(rest, "object");
	put_pairs(o, &b, "", rest, except);
	json_decref(rest);
	spill(o, &b, stdout);
}

/* The text of one cell; on a terminal cut to a width that can be read. */
static char *
cell(struct cli_output *o, const json_t *v)
{
	struct buf b = { 0 };
	put_value(&b, v, o->is_ascii);
	if (o->is_tty && b.len > 0 && cli_text_width(b.data) > CELL_MAX) {
		b.len = cli_text_fit(b.data, CELL_MAX - 3);
		buf_str(&b, "...");
	}
	return buf_take(&b);
}

/* Writes a line of cells, padded but for the last. */
static void
put_line(struct buf *b, const struct cli_table *t, char **cells, int n)
{
	buf_printf(b, "%*s", t->indent, "");
	for (int i = 0; i < n; i++) {
		buf_str(b, cells[i]);
		int pad = t->widths[i] - cli_text_width(cells[i]);
		if (i + 1 < n)
			buf_printf(b, "%*s", (pad > 0 ? pad : 0) + CELL_GAP,
			    "");
	}
	buf_char(b, '\n');
}

/* Writes the names of the columns in capitals. */
static void
put_header(struct buf *b, struct cli_table *t, int n)
{
	char *names[CLI_COLUMNS_MAX];
	for (int i = 0; i < n; i++) {
		struct buf name = { 0 };
		for (const char *s = t->columns[i]; *s != '\0'; s++)
			buf_char(&name, (char)toupper((unsigned char)*s));
		names[i] = buf_take(&name);
	}
	put_line(b, t, names, n);
	for (int i = 0; i < n; i++)
		free(names[i]);
	t->has_header = true;
}

/* Makes a column at least as wide as the text, within reason. */
static void
widen(struct cli_table *t, int i, const char *text)
{
	int width = cli_text_width(text);
	if (width > CELL_MAX)
		width = CELL_MAX;
	if (width > t->widths[i])
		t->widths[i] = width;
}

void
cli_output_rows(struct cli_output *o, struct cli_table *t, const json_t *rows)
{
	struct buf b = { 0 };
	size_t n_rows = json_array_size(rows);
	int n = 0;
	while (n < CLI_COLUMNS_MAX && t->columns[n] != NULL) {
		widen(t, n, t->columns[n]);
		n++;
	}
	char **cells = xcalloc(n_rows * (size_t)n + 1, sizeof(*cells));
	for (size_t r = 0; r < n_rows; r++)
		for (int i = 0; i < n; i++) {
			char **c = &cells[r * (size_t)n + (size_t)i];
			*c = cell(o,
			    json_object_get(json_array_get(rows, r),
				t->columns[i]));
			widen(t, i, *c);
		}
	if (!t->has_header)
		put_header(&b, t, n);
	for (size_t r = 0; r < n_rows; r++)
		put_line(&b, t, cells + r * (size_t)n, n);
	for (size_t i = 0; i < n_rows * (size_t)n; i++)
		free(cells[i]);
	free(cells);
	spill(o, &b, stdout);
}

void
cli_output_list_start(struct cli_output *o)
{
	struct buf b = { 0 };
	buf_str(&b,
	    o->is_tty ? "{\n  \"object\": \"list\",\n  \"data\": ["
		      : "{\"object\":\"list\",\"data\":[");
	spill(o, &b, stdout);
}

void
cli_output_list_piece(struct cli_output *o, const json_t *rows, bool is_first)
{
	struct buf b = { 0 };
	for (size_t i = 0; i < json_array_size(rows); i++) {
		if (!is_first || i > 0)
			buf_char(&b, ',');
		buf_str(&b, o->is_tty ? "\n    " : "");
		cli_json_put(&b, json_array_get(rows, i),
		    o->is_tty ? 2 : CLI_COMPACT, o->is_ascii);
	}
	spill(o, &b, stdout);
}

void
cli_output_list_end(struct cli_output *o, bool has_more)
{
	struct buf b = { 0 };
	buf_str(&b, o->is_tty ? "\n  ],\n  \"has_more\": " : "],\"has_more\":");
	buf_str(&b, has_more ? "true" : "false");
	buf_str(&b, o->is_tty ? "\n}\n" : "}\n");
	spill(o, &b, stdout);
}

static char *sentence(const char *fmt, va_list) PRINTF(1, 0);

/* Formats a sentence; bytes that are no UTF-8 become '?'. */
static char *
sentence(const char *fmt, va_list ap)
{
	char *text;
	if (vasprintf(&text, fmt, ap) < 0)
		fatal("out of memory for a message");
	utf8_trim(text);
	return text;
}

void
cli_output_line(struct cli_output *o, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;
	va_start(ap, fmt);
	char *text = sentence(fmt, ap);
	va_end(ap);
	cli_text_put(&b, text, o->is_ascii);
	buf_char(&b, '\n');
	free(text);
	spill(o, &b, stdout);
}

void
cli_output_note(struct cli_output *o, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;
	if (o->is_json)
		return;
	va_start(ap, fmt);
	char *text = sentence(fmt, ap);
	va_end(ap);
	buf_str(&b, "postflow: ");
	cli_text_put(&b, text, o->err_ascii);
	buf_char(&b, '\n');
	free(text);
	spill(o, &b, stderr);
}

void
cli_output_error(struct cli_output *o, const json_t *error, const char *name,
    const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;
	va_start(ap, fmt);
	char *text = sentence(fmt, ap);
	va_end(ap);
	buf_str(&b, "postflow: ");
	cli_text_put(&b, text, o->err_ascii);
	buf_str(&b, " (");
	cli_text_put(&b, name, o->err_ascii);
	buf_str(&b, ")\n");
	if (o->is_json) {
		json_t *own =
		    json_pack("{s:s, s:s}", "message", text, "name", name);
		cli_json_put(&b, error != NULL ? error : own, CLI_COMPACT,
		    o->err_ascii);
		buf_char(&b, '\n');
		json_decref(own);
	}
	free(text);
	fflush(stdout);
	spill(o, &b, stderr);
}
