/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever a server says: replies are read one after the other, and their
 * words are always clean text.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/fault.h"
#include "base/utf8.h"
#include "mail/smtp_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	struct smtp_reply r;
	struct fault f;
	char text[SMTP_TEXT_LEN], id[SMTP_QUEUE_ID_LEN];
	int n;
	while ((n = smtp_reply_parse(p, size, &r, &f)) > 0) {
		assert((size_t)n <= size && n <= SMTP_REPLY_MAX);
		assert(r.code >= 200 && r.code <= 599);
		smtp_reply_text(&r, text);
		for (const char *c = text; *c != '\0'; c++)
			assert((uint8_t)*c >= ' ' && *c != 0x7f);
		assert(utf8_valid(text, strlen(text)));
		if (smtp_queue_id(text, id))
			assert(id[0] != '\0' && strchr(id, ' ') == NULL);
		smtp_reply_offers(&r);
		smtp_reply_is_personal(&r);
		/* Any shorter beginning is no whole reply yet. */
		assert(smtp_reply_parse(p, (size_t)n - 1, &r, &f) <= 0);
		p += n;
		size -= (size_t)n;
	}
	return 0;
}
