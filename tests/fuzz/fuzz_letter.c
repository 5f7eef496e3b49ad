/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Five texts ended by NUL: From, Subject, html, text, Reply-To. A letter that
 * can be made is one message, and no more.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "mail/letter.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Aborts when the octets could be taken for anything but one message. */
static void
judge(const char *s, size_t n)
{
	size_t line = 0, n_from = 0;
	const char *body = strstr(s, "\r\n\r\n");
	if (strlen(s) != n || body == NULL || strcmp(s + n - 2, "\r\n") != 0)
		abort();
	for (const char *p = s; *p != '\0'; p++) {
		if ((*p == '\r') != (p[1] == '\n') || (p == s && *p == '\n'))
			abort();
		if (line == 0 &&
		    (*p == '.' ||
			(p > body && p[0] == 'F' &&
			    strncmp(p, "From ", 5) == 0)))
			abort();
		n_from += line == 0 && p < body && strncmp(p, "From:", 5) == 0;
		if (p > body && (unsigned char)*p >= 0x80)
			abort();
		line = *p == '\n' ? 0 : line + 1;
		if (line > 999 || (p > body + 2 && line > 79))
			abort();
	}
	if (n_from != 1)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *all = xcalloc(1, n + 1), *p = all, *end = all + n;
	const char *texts[5];
	struct buf out = { 0 };
	struct fault f;
	if (n > 0)
		memcpy(all, data, n);
	for (size_t i = 0; i < N_OF(texts); i++) {
		texts[i] = p;
		p += strlen(p);
		p += p < end;
	}
	struct letter l = {
		.from = texts[0],
		.to = "a@b.c",
		.subject = texts[1],
		.html = texts[2],
		.text = texts[3][0] != '\0' ? texts[3] : NULL,
		.reply_to = texts[4][0] != '\0' ? texts[4] : NULL,
		.message_id = "pf.a.b@c.d",
		.date_ms = 1700000000000,
	};
	if (letter_compose(&l, &out, &f) == 0)
		judge(out.data, out.len);
	else if (out.len != 0 || f.kind == FAULT_NONE)
		abort();
	buf_free(&out);
	free(all);
	return 0;
}
