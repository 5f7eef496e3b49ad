/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Letters into MIME messages. GMime encodes the parts. The frame around them
 * never varies but in a few values and is written here: building GMime's tree
 * of objects for every message costs more than all the rest (tests/bench/
 * compose prints by how much).
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
#include "mail/body.h"
#include "mail/field.h"
#include "mail/header.h"
#include "model/address.h"

enum { URL_MAX = 850 };

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

/* A field of addresses joined by commas, names and all. */
static int
addresses_write(struct buf *out, struct arena *a, const char *field,
    const char *text, struct fault *fault_r)
{
	struct address *list;
	int n;
	if (address_list_parse(a, text, &list, &n, fault_r) < 0)
		return fault_at(fault_r, "%s", field);
	header_addresses(out, field, list, n);
	return 0;
}

/* To and Cc; where nobody may be named, To says so (RFC 5322, 3.6.3). */
static int
recipients_write(struct buf *out, struct arena *a, const struct letter *l,
    struct fault *fault_r)
{
	if (l->to_all == NULL) {
		if (address_write(out, a, "To", l->to, true, fault_r) < 0)
			return -1;
	} else if (l->to_all[0] == '\0') {
		buf_str(out, "To: undisclosed-recipients:;\r\n");
	} else if (addresses_write(out, a, "To", l->to_all, fault_r) < 0) {
		return -1;
	}
	return l->cc != NULL ? addresses_write(out, a, "Cc", l->cc, fault_r)
			     : 0;
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
			percent_put(out, (unsigned char)*p);
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
	    recipients_write(out, a, l, fault_r) < 0 ||
	    header_text(out, "Subject", l->subject, fault_r) < 0 ||
	    header_plain(out, "Date", clock_mail(l->date_ms, date), fault_r) <
		0 ||
	    message_id_write(out, a, l->message_id, fault_r) < 0)
		return -1;
	buf_str(out, "MIME-Version: 1.0\r\n");
	return 0;
}

/* True if we write that field and no app has in its place. */
static bool
is_ours(const struct letter *l, const char *field)
{
	return !field_among(field, l->fields, l->n_fields);
}

/* The fields of lists and automata, each if asked for. */
static int
bulk_header_write(struct buf *out, struct arena *a, const struct letter *l,
    struct fault *fault_r)
{
	if (l->unsubscribe_url != NULL &&
	    unsubscribe_write(out, a, l, fault_r) < 0)
		return -1;
	if (l->list_id != NULL && is_ours(l, "List-Id") &&
	    header_list_id(out, "List-Id", l->list_id, fault_r) < 0)
		return -1;
	if (l->reply_to != NULL &&
	    addresses_write(out, a, "Reply-To", l->reply_to, fault_r) < 0)
		return -1;
	if (l->feedback_id != NULL && is_ours(l, "Feedback-ID") &&
	    header_plain(out, "Feedback-ID", l->feedback_id, fault_r) < 0)
		return -1;
	if (l->auto_generated && is_ours(l, "Auto-Submitted"))
		buf_str(out, "Auto-Submitted: auto-generated\r\n");
	if (l->precedence != NULL && is_ours(l, "Precedence") &&
	    header_plain(out, "Precedence", l->precedence, fault_r) < 0)
		return -1;
	return 0;
}

/* What an app added, but where one of ours stands that it may not replace. */
static int
own_header_write(struct buf *out, const struct letter *l, struct fault *fault_r)
{
	for (int i = 0; i < l->n_fields; i++) {
		const struct letter_field *f = &l->fields[i];
		if (field_is_unsubscribe(f->name) && l->unsubscribe_url != NULL)
			continue;
		if (field_check(f->name, f->value, fault_r) < 0 ||
		    header_other(out, f->name, f->value, fault_r) < 0)
			return -1;
	}
	return 0;
}

int
letter_compose(const struct letter *l, struct buf *out, struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct body body;
	size_t before = out->len;
	int rc = -1;
	if (body_init(&body, l, fault_r) < 0 ||
	    main_header_write(out, a, l, fault_r) < 0)
		goto out;
	body_write_header(out, &body);
	if (bulk_header_write(out, a, l, fault_r) < 0 ||
	    own_header_write(out, l, fault_r) < 0)
		goto out;
	buf_add(out, "\r\n", 2);
	rc = body_write(out, &body, fault_r);
out:
	if (rc < 0 && out->len > before) {
		out->len = before;
		out->data[before] = '\0';
	}
	body_free(&body);
	arena_free(a);
	return rc;
}
