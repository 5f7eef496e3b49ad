/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "mail/letter.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *html = xcalloc(1, n + 1);
	struct buf out = { 0 };
	if (n > 0)
		memcpy(html, data, n);
	if (utf8_valid(html, strlen(html)))
		letter_text_from_html(html, &out);
	for (size_t i = 0; i < out.len; i++)
		if ((unsigned char)out.data[i] < ' ' && out.data[i] != '\n')
			abort();
	if (out.len > 0 &&
	    (!utf8_valid(out.data, out.len) || out.data[out.len - 1] != '\n' ||
		strstr(out.data, "\n\n\n") != NULL))
		abort();
	buf_free(&out);
	free(html);
	return 0;
}
