/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replies of an SMTP server (RFC 5321, 4.2), read from bytes. Pure.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct fault;

enum {
	SMTP_LINE_MAX = 4096,   /* one line of a reply, with its end */
	SMTP_REPLY_MAX = 16384, /* all lines of one */
	SMTP_TEXT_LEN = 512,
	SMTP_QUEUE_ID_LEN = 64,
};

/* What a server offers in its answer to EHLO. */
enum smtp_offer {
	SMTP_PIPELINING = 1 << 0,
	SMTP_CHUNKING = 1 << 1,
	SMTP_DSN = 1 << 2,
	SMTP_8BITMIME = 1 << 3,
	SMTP_SMTPUTF8 = 1 << 4,
	SMTP_SIZE = 1 << 5,
	SMTP_STARTTLS = 1 << 6,
	SMTP_AUTH_PLAIN = 1 << 7,
	SMTP_AUTH_LOGIN = 1 << 8,
};

/* One whole reply; the bytes are borrowed. */
struct smtp_reply {
	int code; /* 200 to 599 */
	const char *bytes;
	size_t len;
};

/*
 * Reads the reply the bytes begin with. Returns its length, 0 when more bytes
 * are needed, -1 with fault_r when this is no reply: no code, codes that
 * differ between its lines, a NUL, or too long.
 */
int smtp_reply_parse(const char *, size_t, struct smtp_reply *reply_r,
    struct fault *fault_r);

/* The words without the codes, lines joined by a blank, valid UTF-8, no
 * C0 controls; cut where the room ends. */
char *smtp_reply_text(const struct smtp_reply *, char out[SMTP_TEXT_LEN]);

/* The offers in an answer to EHLO. */
unsigned smtp_reply_offers(const struct smtp_reply *);

/*
 * True if a refusal is about this mailbox (enhanced status X.1.Y or X.2.Y, RFC
 * 3463) and so says nothing about how the server fares.
 */
bool smtp_reply_is_personal(const struct smtp_reply *);

/* The queue id in the words of a 250 at the end of data, as Postfix, Sendmail
 * and Exim put it. */
bool smtp_queue_id(const char *text, char out[SMTP_QUEUE_ID_LEN]);
