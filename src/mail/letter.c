/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Letters into MIME messages. GMime encodes the bodies. The frame around them
 * never varies but in a few values and is written here: building GMime's tree
 * of objects for every message costs more than all the rest (tests/bench/
 * compose prints by how much).
 *
 * Boundaries hold "=_", which quoted-printable and base64 never do and which
 * is what sends a part from 7bit to quoted-printable. So no part can hold its
 * boundary, whoever wrote it.
 */
#include "mail/letter.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <gmime/gmime.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "mail/header.h"
#include "model/address.h"

enum { LINE = 76, BOUNDARY_LEN = 32, URL_MAX = 850 };

/* One body, its line ends LF. */
struct part {
	const char *type; /* of "text/..." */
	const char *text;
	size_t len;
	GMimeContentEncoding encoding;
	struct buf made; /* holds the text if it had to be made */
};

struct parts {
	struct part list[2];
	int n;
};

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

/* Writes a part's body, encoded. */
static void
body_write(struct buf *out, const struct part *p)
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
	g_mime_encoding_init_encode(&coder, p->encoding);
	buf_reserve(&coded, g_mime_encoding_outlen(&coder, n));
	coded.len = g_mime_encoding_flush(&coder, s, n, coded.data);
	if (base64 && coded.len > 0 && coded.data[coded.len - 1] == '\n')
		coded.len--;
	lines_write(out, coded.data, coded.len, base64 ? NULL : qp_line_write);
	buf_free(&crlf);
	buf_free(&coded);
}

/* Writes the fields that say what a part is. */
static void
part_header_write(struct buf *out, const struct part *p)
{
	buf_str(out, "Content-Type: text/");
	buf_str(out, p->type);
	buf_str(out, "; charset=utf-8\r\nContent-Transfer-Encoding: ");
	buf_str(out, g_mime_content_encoding_to_string(p->encoding));
	buf_add(out, "\r\n", 2);
}

/* Adds a part, unless there is nothing in it. */
static int
part_add(struct parts *parts, const char *type, const char *text,
    struct fault *fault_r)
{
	size_t n = text == NULL ? 0 : strlen(text);
	if (n == 0)
		return 0;
	if (!utf8_valid(text, n))
		return fault(fault_r, FAULT_INVALID,
		    "The %s part is not valid UTF-8.", type);
	struct part *p = &parts->list[parts->n++];
	*p = (struct part){ .type = type, .text = text, .len = n };
	unify_line_ends(p);
	p->encoding = encoding_choose(p->text, p->len);
	return 0;
}

/* Fills the parts: text first, html last. */
static int
parts_make(const struct letter *l, struct parts *parts, struct fault *fault_r)
{
	struct buf made = { 0 };
	int rc = 0;
	if (l->text == NULL && l->html != NULL &&
	    utf8_valid(l->html, strlen(l->html)))
		letter_text_from_html(l->html, &made);
	rc = part_add(parts, "plain", l->text != NULL ? l->text : made.data,
	    fault_r);
	if (parts->n == 1 && parts->list[0].made.data == NULL)
		parts->list[0].made = made;
	else
		buf_free(&made);
	if (rc == 0)
		rc = part_add(parts, "html", l->html, fault_r);
	if (rc == 0 && parts->n == 0)
		rc = fault(fault_r, FAULT_MISSING,
		    "The message has neither html nor text.");
	return rc;
}

static void
parts_free(struct parts *parts)
{
	for (int i = 0; i < parts->n; i++)
		buf_free(&parts->list[i].made);
}

/* A boundary no part can hold, of its own for each message. */
static void
boundary_make(const char *message_id, char out[BOUNDARY_LEN])
{
	unsigned char digest[SHA256_LEN];
	sha256(message_id, strlen(message_id), digest);
	memcpy(out, "=_pf_", 5);
	base32_encode(digest, 15, out + 5);
}

/* Writes the fields of the body, which are those of its part if it is one. */
static void
content_header_write(struct buf *out, const struct parts *parts,
    const char *boundary)
{
	if (parts->n == 1) {
		part_header_write(out, &parts->list[0]);
		return;
	}
	buf_str(out, "Content-Type: multipart/alternative;\r\n boundary=\"");
	buf_str(out, boundary);
	buf_str(out, "\"\r\n");
}

/* Writes the body of the message. */
static void
content_write(struct buf *out, const struct parts *parts, const char *boundary)
{
	for (int i = 0; parts->n > 1 && i < parts->n; i++) {
		buf_add(out, "--", 2);
		buf_str(out, boundary);
		buf_add(out, "\r\n", 2);
		part_header_write(out, &parts->list[i]);
		buf_add(out, "\r\n", 2);
		body_write(out, &parts->list[i]);
		buf_add(out, "\r\n", 2);
	}
	if (parts->n > 1) {
		buf_add(out, "--", 2);
		buf_str(out, boundary);
		buf_add(out, "--\r\n", 4);
		return;
	}
	body_write(out, &parts->list[0]);
	if (out->data[out->len - 1] != '\n')
		buf_add(out, "\r\n", 2);
}

/* A field of one address, of which the name is left out if bare. */
static int
address_write(struct buf *out, struct arena *a, const char *field,
    const char *text, bool bare, struct fault *fault_r)
{
	struct address address;
	if (address_parse(a, text, &address, fault_r) < 0)
		return fault_at(fault_r, "%s", field);
	if (bare)
		address.name = NULL;
	header_addresses(out, field, &address, 1);
	return 0;
}

static int
reply_to_write(struct buf *out, struct arena *a, const char *text,
    struct fault *fault_r)
{
	struct address *list;
	int n;
	if (address_list_parse(a, text, &list, &n, fault_r) < 0)
		return fault_at(fault_r, "Reply-To");
	header_addresses(out, "Reply-To", list, n);
	return 0;
}

/* "Message-ID: <id>"; the id is one of ours, or a caller's own. */
static int
message_id_write(struct buf *out, struct arena *a, const char *id,
    struct fault *fault_r)
{
	const char *at = strchr(id, '@');
	bool good = at != NULL && at > id && at[1] != '\0' &&
	    strchr(at + 1, '@') == NULL && strpbrk(id, " <>()\"\\,;") == NULL;
	if (!good)
		return fault(fault_r, FAULT_INVALID,
		    "Message-ID `%.100s` is not of the form left@right.", id);
	return header_plain(out, "Message-ID", arena_printf(a, "<%s>", id),
	    fault_r);
}

/* True for a URL that can stand between < and > and be told from the next. */
static bool
is_header_url(const char *url)
{
	size_t n = strlen(url);
	if ((strncasecmp(url, "https://", 8) != 0 &&
		strncasecmp(url, "http://", 7) != 0) ||
	    n > URL_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (url[i] <= ' ' || url[i] >= 0x7f ||
		    strchr("<>\"\\,", url[i]) != NULL)
			return false;
	return true;
}

/* "mailto:" of an address; the local part percent-encoded (RFC 6068). */
static int
mailto_write(struct buf *out, struct arena *a, const char *text,
    struct fault *fault_r)
{
	struct address address;
	if (address_parse(a, text, &address, fault_r) < 0)
		return fault_at(fault_r, "List-Unsubscribe");
	if (address_needs_utf8(address.mailbox) || address.domain[0] == '[')
		return fault(fault_r, FAULT_INVALID,
		    "List-Unsubscribe takes an ASCII address at a domain.");
	buf_str(out, "<mailto:");
	for (const char *p = address.mailbox; *p != '\0'; p++) {
		if (isalnum((unsigned char)*p) || p + 1 == address.domain ||
		    strchr("-._~+!$'*", *p) != NULL)
			buf_char(out, *p);
		else
			buf_printf(out, "%%%02X", (unsigned char)*p);
	}
	buf_str(out, "?subject=unsubscribe>");
	return 0;
}

/* The pair of RFC 8058. White space stands between the URLs only, not in them
 * (RFC 2369, 2), so that is where the field is folded. */
static int
unsubscribe_write(struct buf *out, struct arena *a, const struct letter *l,
    struct fault *fault_r)
{
	if (!is_header_url(l->unsubscribe_url))
		return fault(fault_r, FAULT_INVALID,
		    "List-Unsubscribe takes an https URL of at most %d "
		    "printable ASCII characters.",
		    URL_MAX);
	buf_printf(out, "List-Unsubscribe: <%s>", l->unsubscribe_url);
	if (l->unsubscribe_mailto != NULL) {
		buf_str(out, ",\r\n ");
		if (mailto_write(out, a, l->unsubscribe_mailto, fault_r) < 0)
			return -1;
	}
	buf_str(out,
	    "\r\nList-Unsubscribe-Post: "
	    "List-Unsubscribe=One-Click\r\n");
	return 0;
}

/* The fields of every message, in the order people expect. */
static int
main_header_write(struct buf *out, struct arena *a, const struct letter *l,
    struct fault *fault_r)
{
	char date[CLOCK_MAIL_LEN];
	if (address_write(out, a, "From", l->from, false, fault_r) < 0 ||
	    address_write(out, a, "To", l->to, true, fault_r) < 0 ||
	    header_text(out, "Subject", l->subject, fault_r) < 0 ||
	    header_plain(out, "Date", clock_mail(l->date_ms, date), fault_r) <
		0 ||
	    message_id_write(out, a, l->message_id, fault_r) < 0)
		return -1;
	buf_str(out, "MIME-Version: 1.0\r\n");
	return 0;
}

/* The fields of lists and automata, each if asked for. */
static int
bulk_header_write(struct buf *out, struct arena *a, const struct letter *l,
    struct fault *fault_r)
{
	if (l->unsubscribe_url != NULL &&
	    unsubscribe_write(out, a, l, fault_r) < 0)
		return -1;
	if (l->list_id != NULL &&
	    header_list_id(out, "List-Id", l->list_id, fault_r) < 0)
		return -1;
	if (l->reply_to != NULL &&
	    reply_to_write(out, a, l->reply_to, fault_r) < 0)
		return -1;
	if (l->feedback_id != NULL &&
	    header_plain(out, "Feedback-ID", l->feedback_id, fault_r) < 0)
		return -1;
	if (l->auto_generated)
		buf_str(out, "Auto-Submitted: auto-generated\r\n");
	if (l->precedence != NULL &&
	    header_plain(out, "Precedence", l->precedence, fault_r) < 0)
		return -1;
	return 0;
}

int
letter_compose(const struct letter *l, struct buf *out, struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct parts parts = { .n = 0 };
	char boundary[BOUNDARY_LEN];
	size_t before = out->len;
	int rc = -1;
	if (parts_make(l, &parts, fault_r) < 0 ||
	    main_header_write(out, a, l, fault_r) < 0)
		goto out;
	boundary_make(l->message_id, boundary);
	content_header_write(out, &parts, boundary);
	if (bulk_header_write(out, a, l, fault_r) < 0)
		goto out;
	buf_add(out, "\r\n", 2);
	content_write(out, &parts, boundary);
	rc = 0;
out:
	if (rc < 0) {
		out->len = before;
		if (out->data != NULL)
			out->data[before] = '\0';
	}
	parts_free(&parts);
	arena_free(a);
	return rc;
}
