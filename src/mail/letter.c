/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Letters into MIME messages. GMime encodes the parts. The frame around them
 * never varies but in a few values and is written here: building GMime's tree
 * of objects for every message costs more than all the rest (tests/bench/
 * compose prints by how much).
 *
 * A boundary holds "=_", which no part does, whoever wrote it (mail/part.h).
 */
#include "mail/letter.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "mail/header.h"
#include "mail/part.h"
#include "model/address.h"

enum { BOUNDARY_LEN = 32, URL_MAX = 850 };

struct parts {
	struct part list[2];
	int n;
	struct buf text; /* holds what was made from html */
};

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
	part_init(&parts->list[parts->n++], type, text, n);
	return 0;
}

/* Fills the parts: text first, html last. */
static int
parts_make(const struct letter *l, struct parts *parts, struct fault *fault_r)
{
	const char *text = l->text;
	if (text == NULL && l->html != NULL &&
	    utf8_valid(l->html, strlen(l->html))) {
		letter_text_from_html(l->html, &parts->text);
		text = parts->text.data;
	}
	if (part_add(parts, "plain", text, fault_r) < 0 ||
	    part_add(parts, "html", l->html, fault_r) < 0)
		return -1;
	return parts->n > 0 ? 0
			    : fault(fault_r, FAULT_MISSING,
				  "The message has neither html nor text.");
}

static void
parts_free(struct parts *parts)
{
	for (int i = 0; i < parts->n; i++)
		part_free(&parts->list[i]);
	buf_free(&parts->text);
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
		part_write_header(out, &parts->list[0]);
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
		part_write_header(out, &parts->list[i]);
		buf_add(out, "\r\n", 2);
		part_write_body(out, &parts->list[i]);
		buf_add(out, "\r\n", 2);
	}
	if (parts->n > 1) {
		buf_add(out, "--", 2);
		buf_str(out, boundary);
		buf_add(out, "--\r\n", 4);
		return;
	}
	part_write_body(out, &parts->list[0]);
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
