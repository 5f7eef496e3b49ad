/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp_text.h"

#include <string.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "mail/inject.h"
#include "mail/smtp_reply.h"

enum {
	ADDRESS_MAX = 320, /* 64 octets, an @, 255 octets */
	ENVID_MAX = 100,   /* as xtext (RFC 3461, 4.4) */
};

/* True if any of the bytes is outside ASCII. */
static bool
has_eight_bit(const char *p, size_t n)
{
	uint64_t all = 0, word;
	size_t i = 0;
	for (; i + sizeof(word) <= n; i += sizeof(word)) {
		memcpy(&word, p + i, sizeof(word));
		all |= word;
	}
	for (; i < n; i++)
		all |= (uint8_t)p[i];
	return (all & UINT64_C(0x8080808080808080)) != 0;
}

/* One address of the envelope. */
static int
address_check(const char *a, struct smtp_needs *needs, struct fault *f)
{
	size_t n = strlen(a);
	if (n > ADDRESS_MAX)
		return fault(f, FAULT_INVALID,
		    "an address is over %d octets long", ADDRESS_MAX);
	for (size_t i = 0; i < n; i++) {
		uint8_t c = (uint8_t)a[i];
		if (c <= ' ' || c == 0x7f || c == '<' || c == '>')
			return fault(f, FAULT_INVALID,
			    "an address holds a control character, a blank or "
			    "an angle bracket");
	}
	if (has_eight_bit(a, n)) {
		needs->utf8 = true;
		if (!utf8_valid(a, n))
			return fault(f, FAULT_INVALID,
			    "an address is not valid UTF-8");
	}
	return 0;
}

/* How long text is as xtext; 0 if it is not printable ASCII. */
static size_t
xtext_len(const char *s)
{
	size_t n = 0;
	for (; *s != '\0'; s++) {
		if (*s < ' ' || *s > '~')
			return 0;
		n += *s == '+' || *s == '=' || *s == ' ' ? 3 : 1;
	}
	return n;
}

/* The data: lines that end in CRLF, no byte that could be taken for the end
 * of one in another way. */
static int
data_check(const char *data, size_t len, struct fault *f)
{
	const char *p = data, *end = data + len;
	if (memchr(data, '\0', len) != NULL)
		return fault(f, FAULT_INVALID, "the message holds a NUL");
	while (p < end) {
		size_t rest = (size_t)(end - p);
		const char *lf = memchr(p, '\n', rest);
		const char *cr =
		    memchr(p, '\r', lf == NULL ? rest : (size_t)(lf - p));
		if (lf != NULL && cr == NULL)
			return fault(f, FAULT_INVALID,
			    "the message holds a bare LF");
		if (cr != NULL && cr + 1 != lf)
			return fault(f, FAULT_INVALID,
			    "the message holds a bare CR");
		if (lf == NULL)
			return 0;
		p = lf + 1;
	}
	return 0;
}

int
smtp_job_check(const struct inject_job *job, struct smtp_needs *needs_r,
    struct fault *f)
{
	*needs_r = (struct smtp_needs){ 0 };
	if (address_check(job->sender, needs_r, f) != 0)
		return fault_at(f, "sender");
	if (job->recipients[0] == NULL)
		return fault(f, FAULT_INVALID, "there is no recipient");
	for (int i = 0; job->recipients[i] != NULL; i++) {
		if (job->recipients[i][0] == '\0')
			return fault(f, FAULT_INVALID,
			    "recipient %d: an address is empty", i + 1);
		if (address_check(job->recipients[i], needs_r, f) != 0)
			return fault_at(f, "recipient %d", i + 1);
	}
	if (job->envid != NULL && job->envid[0] != '\0') {
		size_t n = xtext_len(job->envid);
		if (n == 0 || n > ENVID_MAX)
			return fault(f, FAULT_INVALID,
			    "the envelope id is not printable ASCII of at most "
			    "%d octets",
			    ENVID_MAX);
	}
	if (job->len == 0)
		return fault(f, FAULT_INVALID, "the message is empty");
	needs_r->eight_bit = has_eight_bit(job->data, job->len);
	needs_r->line_end = job->data[job->len - 1] != '\n';
	return data_check(job->data, job->len, f);
}

int
smtp_job_fits(const struct smtp_needs *needs, unsigned offers, struct fault *f)
{
	if (needs->utf8 && !(offers & SMTP_SMTPUTF8))
		return fault(f, FAULT_INVALID,
		    "an address needs SMTPUTF8, which the server does not "
		    "offer");
	if (needs->eight_bit && !(offers & SMTP_8BITMIME))
		return fault(f, FAULT_INVALID,
		    "the message has 8-bit text, and the server does not "
		    "offer 8BITMIME");
	return 0;
}

void
smtp_put_xtext(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		uint8_t c = (uint8_t)*s;
		if (c <= ' ' || c > '~' || c == '+' || c == '=')
			buf_printf(b, "+%02X", c);
		else
			buf_char(b, *s);
	}
}

void
smtp_put_mail(struct buf *b, const struct inject_job *job,
    const struct smtp_needs *needs, unsigned offers)
{
	buf_str(b, "MAIL FROM:<");
	buf_str(b, job->sender);
	buf_char(b, '>');
	if (offers & SMTP_SIZE)
		buf_printf(b, " SIZE=%zu",
		    job->len + (needs->line_end ? 2 : 0));
	if (needs->eight_bit)
		buf_str(b, " BODY=8BITMIME");
	if (needs->utf8)
		buf_str(b, " SMTPUTF8");
	if (offers & SMTP_DSN) {
		buf_str(b, " RET=HDRS");
		if (job->envid != NULL && job->envid[0] != '\0') {
			buf_str(b, " ENVID=");
			smtp_put_xtext(b, job->envid);
		}
	}
	buf_str(b, "\r\n");
}

void
smtp_put_rcpt(struct buf *b, const char *address, unsigned offers)
{
	buf_str(b, "RCPT TO:<");
	buf_str(b, address);
	buf_char(b, '>');
	if (offers & SMTP_DSN) {
		buf_str(b, " NOTIFY=FAILURE,DELAY");
		/* The type of a non-ASCII one would be utf-8 (RFC 6533), which
		 * servers without that reject: the address alone does. */
		if (!has_eight_bit(address, strlen(address))) {
			buf_str(b, " ORCPT=rfc822;");
			smtp_put_xtext(b, address);
		}
	}
	buf_str(b, "\r\n");
}

/* The next line from p on that begins with a dot; NULL if there is none. The
 * first byte begins a line. */
static const char *
dot_find(const char *p, const char *begin, const char *end)
{
	while (p < end && (p = memchr(p, '.', (size_t)(end - p))) != NULL) {
		if (p == begin || p[-1] == '\n')
			return p;
		p++;
	}
	return NULL;
}

bool
smtp_data_has_dot(const char *data, size_t len)
{
	return dot_find(data, data, data + len) != NULL;
}

void
smtp_put_stuffed(struct buf *b, const char *data, size_t len)
{
	const char *p = data, *end = data + len, *dot;
	while ((dot = dot_find(p, data, end)) != NULL) {
		buf_add(b, p, (size_t)(dot - p));
		buf_str(b, "..");
		p = dot + 1;
	}
	buf_add(b, p, (size_t)(end - p));
}
