/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp_reply.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/fault.h"
#include "base/utf8.h"

/* A line of a reply without its end: its code, if another follows, the words
 * behind the code. */
struct line {
	int code;
	bool is_last;
	const char *words;
	size_t len;
};

/* Takes the line [p, end) apart. 0, or -1 if it does not begin with a code. */
static int
line_parse(const char *p, const char *end, struct line *l)
{
	if (end > p && end[-1] == '\r')
		end--;
	if (end - p < 3 || p[0] < '2' || p[0] > '5' ||
	    !isdigit((uint8_t)p[1]) || !isdigit((uint8_t)p[2]))
		return -1;
	if (end - p > 3 && p[3] != ' ' && p[3] != '-')
		return -1;
	if (memchr(p, '\0', (size_t)(end - p)) != NULL)
		return -1;
	*l = (struct line){
		.code = (p[0] - '0') * 100 + (p[1] - '0') * 10 + p[2] - '0',
		.is_last = end - p == 3 || p[3] == ' ',
		.words = end - p > 4 ? p + 4 : end,
		.len = end - p > 4 ? (size_t)(end - p - 4) : 0,
	};
	return 0;
}

int
smtp_reply_parse(const char *bytes, size_t len, struct smtp_reply *reply_r,
    struct fault *f)
{
	size_t at = 0;
	int code = 0;
	while (at < len) {
		struct line l;
		const char *p = bytes + at, *end = memchr(p, '\n', len - at);
		size_t n = end == NULL ? len - at : (size_t)(end - p) + 1;
		if (n > SMTP_LINE_MAX)
			return fault(f, FAULT_INVALID,
			    "a reply has a line over %d octets", SMTP_LINE_MAX);
		if (at + n > SMTP_REPLY_MAX)
			return fault(f, FAULT_INVALID,
			    "a reply is over %d octets long", SMTP_REPLY_MAX);
		if (end == NULL)
			return 0;
		if (line_parse(p, end, &l) != 0)
			return fault(f, FAULT_INVALID,
			    "an answer is not a reply of SMTP");
		if (code != 0 && l.code != code)
			return fault(f, FAULT_INVALID,
			    "a reply changes its code from %d to %d", code,
			    l.code);
		code = l.code;
		at += n;
		if (l.is_last) {
			*reply_r = (struct smtp_reply){ code, bytes, at };
			return (int)at;
		}
	}
	return 0;
}

/* Moves *at to the next line of a whole reply. */
static bool
line_next(const struct smtp_reply *r, size_t *at, struct line *l)
{
	const char *p = r->bytes + *at;
	const char *end = *at < r->len ? memchr(p, '\n', r->len - *at) : NULL;
	if (end == NULL || line_parse(p, end, l) != 0)
		return false;
	*at += (size_t)(end - p) + 1;
	return true;
}

char *
smtp_reply_text(const struct smtp_reply *r, char out[SMTP_TEXT_LEN])
{
	size_t at = 0, n = 0;
	struct line l;
	while (line_next(r, &at, &l)) {
		if (n > 0 && n < SMTP_TEXT_LEN - 1)
			out[n++] = ' ';
		for (size_t i = 0; i < l.len && n < SMTP_TEXT_LEN - 1; i++) {
			uint8_t c = (uint8_t)l.words[i];
			out[n++] = c == '\t'        ? ' '
			    : c < 0x20 || c == 0x7f ? '?'
						    : l.words[i];
		}
	}
	out[n] = '\0';
	utf8_trim(out);
	return out;
}

/* The mechanisms behind AUTH that we know. */
static unsigned
auth_offers(const struct line *l, size_t at)
{
	static const struct {
		const char *word;
		unsigned offer;
	} known[] = {
		{ "PLAIN", SMTP_AUTH_PLAIN },
		{ "LOGIN", SMTP_AUTH_LOGIN },
	};
	unsigned found = 0;
	while (at < l->len) {
		const char *word = l->words + ++at;
		size_t n = 0;
		while (at + n < l->len && word[n] != ' ')
			n++;
		for (size_t i = 0; i < N_OF(known); i++)
			if (strlen(known[i].word) == n &&
			    strncasecmp(known[i].word, word, n) == 0)
				found |= known[i].offer;
		at += n;
	}
	return found;
}

unsigned
smtp_reply_offers(const struct smtp_reply *r)
{
	static const struct {
		const char *word;
		unsigned offer;
	} offers[] = {
		{ "PIPELINING", SMTP_PIPELINING },
		{ "CHUNKING", SMTP_CHUNKING },
		{ "DSN", SMTP_DSN },
		{ "8BITMIME", SMTP_8BITMIME },
		{ "SMTPUTF8", SMTP_SMTPUTF8 },
		{ "SIZE", SMTP_SIZE },
		{ "STARTTLS", SMTP_STARTTLS },
	};
	unsigned found = 0;
	size_t at = 0;
	struct line l;
	/* The first line is the greeting, not an offer. */
	if (!line_next(r, &at, &l))
		return 0;
	while (line_next(r, &at, &l)) {
		size_t n = 0;
		while (n < l.len && l.words[n] != ' ' && l.words[n] != '=')
			n++;
		for (size_t i = 0; i < N_OF(offers); i++)
			if (strlen(offers[i].word) == n &&
			    strncasecmp(offers[i].word, l.words, n) == 0)
				found |= offers[i].offer;
		if (n == 4 && strncasecmp(l.words, "AUTH", n) == 0)
			found |= auth_offers(&l, n);
	}
	return found;
}

bool
smtp_reply_is_personal(const struct smtp_reply *r)
{
	size_t at = 0;
	struct line l;
	if (!line_next(r, &at, &l) || l.len < 5)
		return false;
	const char *w = l.words;
	return (w[0] == '4' || w[0] == '5') && w[1] == '.' &&
	    (w[2] == '1' || w[2] == '2') && w[3] == '.' &&
	    isdigit((uint8_t)w[4]);
}

/* Copies the token of n bytes if it can be a queue id. */
static bool
id_take(const char *p, size_t n, char out[SMTP_QUEUE_ID_LEN])
{
	if (n == 0 || n >= SMTP_QUEUE_ID_LEN)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((uint8_t)p[i]) && strchr("-_.", p[i]) == NULL)
			return false;
	memcpy(out, p, n);
	out[n] = '\0';
	return true;
}

bool
smtp_queue_id(const char *text, char out[SMTP_QUEUE_ID_LEN])
{
	static const char *const before[] = { "queued as ", "OK id=" };
	for (size_t i = 0; i < N_OF(before); i++) {
		const char *p = strstr(text, before[i]);
		if (p == NULL)
			continue;
		p += strlen(before[i]);
		return id_take(p, strcspn(p, " "), out);
	}
	const char *end = strstr(text, " Message accepted for delivery");
	if (end == NULL)
		return false;
	const char *p = end;
	while (p > text && p[-1] != ' ')
		p--;
	return id_take(p, (size_t)(end - p), out);
}
