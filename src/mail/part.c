/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parts: bodies of text, encoded by GMime and written line by line.
 */
#include "mail/part.h"

#include <stdbool.h>
#include <string.h>

#include <gmime/gmime.h>

enum { LINE = 76 };

/* Makes CR and CRLF the line end LF. */
static void
unify_line_ends(struct part *p)
{
	const char *s = p->text, *end = s + p->len, *cr;
	if (memchr(s, '\r', p->len) == NULL)
		return;
	struct buf made = { 0 };
	while ((cr = memchr(s, '\r', (size_t)(end - s))) != NULL) {
		buf_add(&made, s, (size_t)(cr - s));
		buf_char(&made, '\n');
		s = cr + 1 < end && cr[1] == '\n' ? cr + 2 : cr + 1;
	}
	buf_add(&made, s, (size_t)(end - s));
	p->made = made;
	p->text = made.data;
	p->len = made.len;
}

/* True if the line may travel as it is. */
static bool
is_line_plain(const char *s, size_t n)
{
	if (n > LINE ||
	    (n > 0 && (s[0] == '.' || s[n - 1] == ' ' || s[n - 1] == '\t')) ||
	    (n >= 5 && memcmp(s, "From ", 5) == 0))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 0x7f ||
		    ((unsigned char)s[i] < 0x20 && s[i] != '\t') ||
		    (s[i] == '=' && s[i + 1] == '_'))
			return false;
	return true;
}

/* 7bit for short lines of plain ASCII; else quoted-printable, or base64 where
 * more than a sixth is not ASCII. */
static GMimeContentEncoding
encoding_choose(const char *s, size_t n)
{
	const char *end = s + n;
	bool plain = true;
	size_t high = 0;
	while (plain && s < end) {
		const char *stop = memchr(s, '\n', (size_t)(end - s));
		if (stop == NULL)
			stop = end;
		plain = is_line_plain(s, (size_t)(stop - s));
		s = stop + 1;
	}
	if (plain)
		return GMIME_CONTENT_ENCODING_7BIT;
	for (s = end - n; s < end; s++)
		high += (unsigned char)*s >> 7;
	return high * 6 > n ? GMIME_CONTENT_ENCODING_BASE64
			    : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
}

void
part_init(struct part *p, const char *type, const char *text, size_t n)
{
	*p = (struct part){ .type = type, .text = text, .len = n };
	unify_line_ends(p);
	p->encoding = (int)encoding_choose(p->text, p->len);
}

void
part_free(struct part *p)
{
	buf_free(&p->made);
}

/* Writes a line of quoted-printable so that it neither begins in a way that
 * mail software takes for its own ("." and "From "), nor is over 76 octets,
 * which GMime's are by one when they end in a blank. */
static void
qp_line_write(struct buf *out, const char *s, size_t n)
{
	for (;;) {
		size_t column = 0;
		if (n > 0 &&
		    (*s == '.' || (n >= 5 && memcmp(s, "From ", 5) == 0))) {
			buf_str(out, *s == '.' ? "=2E" : "=46");
			s++;
			n--;
			column = 3;
		}
		if (column + n <= LINE)
			break;
		size_t cut = LINE - 1 - column;
		cut -= s[cut - 1] == '=' ? 1 : s[cut - 2] == '=' ? 2 : 0;
		buf_add(out, s, cut);
		buf_add(out, "=\r\n", 3);
		s += cut;
		n -= cut;
	}
	buf_add(out, s, n);
}

/* Writes lines with CRLF ends. */
static void
lines_write(struct buf *out, const char *s, size_t n,
    void (*line_write)(struct buf *, const char *, size_t))
{
	const char *end = s + n;
	buf_reserve(out, n + n / 32);
	while (s < end) {
		const char *stop = memchr(s, '\n', (size_t)(end - s));
		size_t len = (size_t)((stop == NULL ? end : stop) - s);
		if (line_write != NULL)
			line_write(out, s, len);
		else
			buf_add(out, s, len);
		if (stop != NULL)
			buf_add(out, "\r\n", 2);
		s += len + 1;
	}
}

void
part_write_body(struct buf *out, const struct part *p)
{
	struct buf crlf = { 0 }, coded = { 0 };
	const char *s = p->text;
	size_t n = p->len;
	if (p->encoding == GMIME_CONTENT_ENCODING_7BIT) {
		lines_write(out, s, n, NULL);
		return;
	}
	bool base64 = p->encoding == GMIME_CONTENT_ENCODING_BASE64;
	if (base64) {
		/* Line ends of text are CRLF also inside (RFC 2045, 6.8). */
		lines_write(&crlf, s, n, NULL);
		s = crlf.data;
		n = crlf.len;
	}
	GMimeEncoding coder;
	g_mime_encoding_init_encode(&coder, (GMimeContentEncoding)p->encoding);
	buf_reserve(&coded, g_mime_encoding_outlen(&coder, n));
	coded.len = g_mime_encoding_flush(&coder, s, n, coded.data);
	if (base64 && coded.len > 0 && coded.data[coded.len - 1] == '\n')
		coded.len--;
	lines_write(out, coded.data, coded.len, base64 ? NULL : qp_line_write);
	buf_free(&crlf);
	buf_free(&coded);
}

void
part_write_header(struct buf *out, const struct part *p)
{
	buf_str(out, "Content-Type: text/");
	buf_str(out, p->type);
	buf_str(out, "; charset=utf-8\r\nContent-Transfer-Encoding: ");
	buf_str(out,
	    g_mime_content_encoding_to_string(
		(GMimeContentEncoding)p->encoding));
	buf_add(out, "\r\n", 2);
}
