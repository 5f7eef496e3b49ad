/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever JSON a server answers: as text it has no control character, and as
 * JSON it has none but our line breaks, and reads back as the same value.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cli/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Writes a value and reads it back. */
static void
write_back(struct arena *a, const json_t *v, int depth, bool is_ascii)
{
	struct buf b = { 0 };
	struct fault f;
	cli_json_put(&b, v, depth, is_ascii);
	json_t *again = json_parse(a, b.data, b.len, &f);
	if (again == NULL || !json_equal(v, again))
		abort();
	for (size_t i = 0; i < b.len; i++)
		if (b.data[i] == '\n')
			b.data[i] = ' ';
	if (utf8_has_control(b.data, b.len))
		abort();
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct buf b = { 0 };
	struct fault f;
	json_t *v = json_parse(a, (const char *)data, n, &f);
	if (v != NULL) {
		write_back(a, v, CLI_COMPACT, false);
		write_back(a, v, 0, true);
	}
	if (utf8_valid((const char *)data, n) && memchr(data, 0, n) == NULL) {
		const char *text = arena_strndup(a, (const char *)data, n);
		cli_text_put(&b, text, n % 2 == 0);
		buf_str(&b, "");
		if (utf8_has_control(b.data, b.len) ||
		    cli_text_fit(b.data, cli_text_width(b.data)) != b.len)
			abort();
		buf_free(&b);
	}
	arena_free(a);
	return 0;
}
