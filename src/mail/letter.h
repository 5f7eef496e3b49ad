/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A letter: what a message says, and the MIME message made of it. The same
 * letter always gives the same bytes. Threads may compose at once; nothing has
 * to be called first.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct buf;
struct fault;

/* A file that goes along. */
struct letter_file {
	const char *path;
	int64_t size;
	const char *name; /* NULL: it has none */
	const char *type; /* as attachment_type_valid() has it */
	/* Content-ID without <>; NULL: none. With one it is shown within the
	 * html part, if there is one. */
	const char *id;
};

/* A field an app added, as field_check() has it. It takes the place of one of
 * the bulk headers below. */
struct letter_field {
	const char *name, *value;
};

struct letter {
	const char *from; /* "Name <a@b>" */
	const char *to;   /* one address; the contact's; name not sent */
	/* In its place: addresses joined by ", ", names and all; "": nobody is
	 * named. */
	const char *to_all;
	const char *cc;         /* the same, or NULL */
	const char *reply_to;   /* NULL, or addresses joined by ", " */
	const char *subject;    /* rendered, one line */
	const char *html;       /* rendered; NULL or "": none */
	const char *text;       /* NULL: made from html; "": no text part */
	const char *message_id; /* without <> */
	int64_t date_ms;
	/* Bulk headers; NULL: not sent. */
	const char *unsubscribe_url;    /* https, or http where it is this host;
					   adds List-Unsubscribe-Post too */
	const char *unsubscribe_mailto; /* address, without "mailto:"; taken
					   only along with the URL */
	const char *list_id; /* "Name <label.domain>" or "<label.domain>" */
	const char *feedback_id;
	const char *precedence;
	bool auto_generated; /* Auto-Submitted: auto-generated */
	const struct letter_field *fields;
	int n_fields;
	const struct letter_file *files;
	int n_files;
	/* Takes what is made so far away and leaves the buffer empty, each time
	 * much of a file has come together. 0, or -1 with fault_r. NULL: all
	 * of the message stays in the buffer. */
	int (*spill)(void *arg, struct buf *, struct fault *fault_r);
	void *spill_arg;
};

/*
 * Appends the message, CRLF line ends only, no line over 998 octets, 7bit
 * only, no NUL; no line of a body starts with a dot. The one exception to 7bit
 * are addresses whose local part is not ASCII (address_needs_utf8()): the
 * message may then go only where SMTPUTF8 is spoken. In bodies CR, LF and CRLF
 * are one kind of line end. -1 with fault_r when the letter says nothing, is
 * not valid UTF-8, a header cannot be made (bad address, control character,
 * too long), or a file cannot be read; out is then as before, unless something
 * was spilled.
 */
int letter_compose(const struct letter *, struct buf *out,
    struct fault *fault_r);

/*
 * Readable text of an HTML document (valid UTF-8), appended: paragraphs,
 * lists and lines as they are seen, links as "text (URL)", images as their
 * alt text, without what is not displayed; wrapped at 76 characters.
 */
void letter_text_from_html(const char *html, struct buf *out);
