/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comma-separated values, and an import's header and rows. The first byte says
 * how many bytes come at a time; the records must be the same for all at once.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/csv.h"
#include "base/fault.h"
#include "model/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Reads all records; each is written down. */
static void
read_all(const char *text, size_t len, size_t step, struct csv *c,
    struct buf *out)
{
	char *copy = xmalloc(len + 1);
	size_t at = 0, end = step < len ? step : len;
	enum csv_result r;
	memcpy(copy, text, len);
	csv_init(c, csv_separator(text, len), csv_has_cr(text, len));
	while ((r = csv_next(c, copy + at, end - at, end == len)) != CSV_END) {
		if (r == CSV_MORE) {
			end = step < len - end ? end + step : len;
			continue;
		}
		if (c->used == 0 || c->used > end - at)
			abort();
		at += c->used;
		buf_printf(out, "%d %d:", (int)r, (int)c->lines);
		for (int i = 0;
		     r == CSV_RECORD && i < c->n_fields && i < CSV_FIELDS_MAX;
		     i++)
			buf_printf(out, "%s\1", c->fields[i]);
	}
	free(copy);
}

/* The text as an import's file: what is read must be text. */
static void
import_all(const char *text, size_t len, struct csv *c)
{
	struct arena *a = arena_new();
	char *copy = arena_memdup(a, text, len + 1);
	struct import_plan p;
	struct fault f;
	json_t *map = json_pack("{s:{s:s,s:{s:s,s:s}}}", "properties", "p", "p",
	    "n", "column", "n", "type", "number");
	if (import_plan_make(a, copy, len, map, &p, &f) != 0 &&
	    import_plan_make(a, arena_memdup(a, text, len + 1), len, NULL, &p,
		&f) != 0)
		goto out;
	copy = arena_memdup(a, text, len + 1);
	csv_init(c, p.separator, p.has_cr);
	for (size_t at = (size_t)p.start; at < len; at += c->used) {
		struct import_row row;
		struct contact who = { 0 };
		if (csv_next(c, copy + at, len - at, true) == CSV_RECORD &&
		    import_row_read(a, &p, c->fields, c->n_fields, &row, &f) ==
			0 &&
		    (row.email_key == NULL ||
			import_row_merge(a, &row, &who, &f) != 0))
			abort();
	}
out:
	json_decref(map);
	arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf whole = { 0 }, cut = { 0 };
	if (len < 1 || len > 65536)
		return 0;
	struct csv *c = xmalloc(sizeof(*c));
	char *text = xmalloc(len);
	memcpy(text, data + 1, len - 1);
	text[len - 1] = '\0';
	read_all(text, len - 1, len, c, &whole);
	read_all(text, len - 1, (size_t)data[0] % 32 + 1, c, &cut);
	if (whole.len != cut.len ||
	    (whole.len > 0 && memcmp(whole.data, cut.data, cut.len) != 0))
		abort();
	import_all(text, len - 1, c);
	buf_free(&whole);
	buf_free(&cut);
	free(text);
	free(c);
	return 0;
}
