/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A letter: what a message says, and the MIME message made of it by GMime.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct buf;
struct fault;

struct letter {
	const char *from;     /* "Name <a@b>" */
	const char *to;	      /* one address; the contact's */
	const char *reply_to; /* NULL, or addresses joined by ", " */
	const char *subject;  /* rendered, one line */
	const char *html;     /* rendered; NULL: none */
	const char *text;     /* NULL: made from html; "": no text part */
	const char *message_id; /* without <> */
	int64_t date_ms;
	/* Bulk headers; NULL: not sent. */
	const char *unsubscribe_url; /* https; adds List-Unsubscribe-Post too */
	const char *unsubscribe_mailto; /* address, without "mailto:" */
	const char *list_id;	/* "Name <label.domain>" or "<label.domain>" */
	const char *feedback_id;
	const char *precedence;
	bool auto_generated; /* Auto-Submitted: auto-generated */
};

/*
 * Appends the message, CRLF line ends only, no line over 998 octets, 7bit
 * only, no NUL. -1 with fault_r when a header cannot be made (bad address,
 * control character).
 */
int letter_compose(const struct letter *, struct buf *out,
    struct fault *fault_r);

/* Readable text of an HTML document, appended. */
void letter_text_from_html(const char *html, struct buf *out);
