/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The public pages. GET shows and never changes anything; POST acts at once,
 * without cookie, login or redirect (RFC 8058, 3.1), when it says
 * List-Unsubscribe=One-Click or comes from the page's own button. Any token
 * that is not ours gets the same answer, whatever is wrong with it.
 */
#include <ctype.h>
#include <string.h>

#include "api/call.h"
#include "base/id.h"
#include "base/log.h"
#include "engine/engine.h"
#include "mail/token.h"
#include "model/address.h"
#include "model/contact.h"
#include "model/email.h"
#include "store/contacts.h"
#include "store/emails.h"

enum { FORM_MAX = 4096 };

/* What a link stands for. */
struct subject {
	struct token token;
	struct contact contact;
	bool has_contact;
	const char *stranger; /* who got the mail and is no contact; or NULL */
	const char *topic;    /* name; NULL: everything */
};

static const char page_head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, "
    "initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n"
    "<title>Subscription</title>\n<style>body{font:1rem/1.5 sans-serif;"
    "max-width:32rem;margin:3rem auto;padding:0 1rem}"
    "button{font:inherit;padding:.5rem 1rem}</style>\n</head>\n<body>\n"
    "<main>\n<h1>";
static const char page_tail[] = "</main>\n</body>\n</html>\n";

/* A stranger's text inside HTML. */
static void
put_escaped(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		switch (*s) {
		case '&':
			buf_str(b, "&amp;");
			break;
		case '<':
			buf_str(b, "&lt;");
			break;
		case '>':
			buf_str(b, "&gt;");
			break;
		case '"':
			buf_str(b, "&quot;");
			break;
		case '\'':
			buf_str(b, "&#39;");
			break;
		default:
			buf_char(b, *s);
		}
	}
}

/* "z***@e***": enough to recognise one's own, not to learn another's. */
static void
put_masked(struct buf *b, const char *address)
{
	const char *at = strrchr(address, '@');
	char first[2] = { address[0], '\0' };
	char domain[2] = { at != NULL ? at[1] : '\0', '\0' };
	if ((unsigned char)first[0] >= 0x80)
		first[0] = '\0';
	if ((unsigned char)domain[0] >= 0x80)
		domain[0] = '\0';
	put_escaped(b, first);
	buf_str(b, "***@");
	put_escaped(b, domain);
	buf_str(b, "***");
}

static int
unknown_link(struct call *c)
{
	c->status = 404;
	c->content_type = "text/html; charset=utf-8";
	buf_printf(&c->out,
	    "%sThis link is not valid</h1>\n<p>It may have "
	    "been cut off on its way. Please use the link in the mail "
	    "again.</p>\n%s",
	    page_head, page_tail);
	return 0;
}

/* Who the link is for. A contact that was deleted may have come back under
 * another id: the mail knows the address. It may also be an app's to somebody
 * who never was one. 1, 0, -1 */
static int
find_contact(struct call *c, struct txn *t, struct subject *s,
    struct fault *fault_r)
{
	struct email e;
	struct fault ignored;
	const char *key;
	int rc = s->token.contact == 0
	    ? 0
	    : store_contact_by_id(t, c->arena, s->token.contact, &s->contact,
		  fault_r);
	if (rc != 0 || s->token.email == 0)
		return rc;
	rc = store_email_get(t, c->arena, s->token.email, &e, fault_r);
	if (rc != 1 ||
	    (key = address_key(c->arena, e.recipient, &ignored)) == NULL)
		return rc < 0 ? -1 : 0;
	if (s->token.contact == 0)
		s->stranger = e.recipient;
	return store_contact_by_key(t, c->arena, key, &s->contact, fault_r);
}

/* Makes a contact of a stranger, so that there is somebody who does not want
 * mail. 0 or -1. */
static int
meet(struct call *c, struct txn *t, struct subject *s, struct fault *fault_r)
{
	const struct cause nobody = { 0 };
	if (s->has_contact || s->stranger == NULL)
		return 0;
	s->contact = (struct contact){ .email = s->stranger,
		.email_key = address_key(c->arena, s->stranger, fault_r) };
	if (s->contact.email_key == NULL ||
	    engine_contact_create(c->api->engine, t, c->arena, &s->contact,
		NULL, 0, &nobody, c->now_ms, fault_r) < 0)
		return -1;
	s->has_contact = true;
	return 0;
}

/* Reads the link. 1, 0 if it is not ours, -1 */
static int
read_link(struct call *c, struct txn *t, struct subject *s,
    struct fault *fault_r)
{
	struct topic topic;
	*s = (struct subject){ 0 };
	if (token_read(c->api->tokens, TOKEN_UNSUB, c->params[0], &s->token) !=
	    1)
		return 0;
	int rc = find_contact(c, t, s, fault_r);
	if (rc < 0)
		return -1;
	s->has_contact = rc == 1;
	if (s->token.topic != 0) {
		rc = store_topic_get(t, c->arena, s->token.topic, &topic,
		    fault_r);
		if (rc < 0)
			return -1;
		s->topic = rc == 1 ? topic.name : "this list";
	}
	return 1;
}

static int
show_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct subject s;
	struct buf *b = &c->out;
	int rc = read_link(c, t, &s, fault_r);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return unknown_link(c);
	c->status = 200;
	c->content_type = "text/html; charset=utf-8";
	buf_printf(b, "%sUnsubscribe</h1>\n<p>Stop sending ", page_head);
	if (s.topic != NULL) {
		buf_str(b, "mail about <strong>");
		put_escaped(b, s.topic);
		buf_str(b, "</strong>");
	} else {
		buf_str(b, "all mail of this kind");
	}
	if (s.has_contact) {
		buf_str(b, " to ");
		put_masked(b, s.contact.email);
	}
	buf_printf(b,
	    "?</p>\n<form method=\"post\">\n<input type=\"hidden\" "
	    "name=\"confirm\" value=\"1\">\n<button type=\"submit\">"
	    "Unsubscribe</button>\n</form>\n%s",
	    page_tail);
	return 0;
}

/* ---- the form ---------------------------------------------------------- */

static bool
says_field(const char *name, size_t n_name, const char *value, size_t n_value)
{
	static const char *const accepted[][2] = {
		{ "List-Unsubscribe", "One-Click" },
		{ "confirm", "1" },
	};
	for (size_t i = 0; i < N_OF(accepted); i++)
		if (strlen(accepted[i][0]) == n_name &&
		    memcmp(accepted[i][0], name, n_name) == 0 &&
		    strlen(accepted[i][1]) == n_value &&
		    memcmp(accepted[i][1], value, n_value) == 0)
			return true;
	return false;
}

static bool
says_urlencoded(const char *p, size_t n)
{
	const char *end = p + n;
	while (p < end) {
		const char *amp = memchr(p, '&', (size_t)(end - p));
		const char *stop = amp != NULL ? amp : end;
		const char *eq = memchr(p, '=', (size_t)(stop - p));
		while (stop > p && isspace((unsigned char)stop[-1]))
			stop--;
		if (eq != NULL && eq < stop &&
		    says_field(p, (size_t)(eq - p), eq + 1,
			(size_t)(stop - eq - 1)))
			return true;
		p = amp != NULL ? amp + 1 : end;
	}
	return false;
}

/* The text up to the end of its line, without CR. */
static size_t
line_length(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));
	size_t n = (size_t)((nl != NULL ? nl : end) - p);
	return n > 0 && p[n - 1] == '\r' ? n - 1 : n;
}

/*
 * multipart/form-data, as far as one short field needs it: a header line with
 * name="...", an empty line, a line with the value. Lines may end in LF, the
 * last boundary may be missing.
 */
static bool
says_multipart(const char *p, size_t n)
{
	const char *end = p + n, *name = NULL;
	size_t n_name = 0;
	bool in_head = true;
	while (p < end) {
		size_t len = line_length(p, end);
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		if (len >= 2 && p[0] == '-' && p[1] == '-') {
			in_head = true;
			name = NULL;
		} else if (in_head && len == 0) {
			in_head = false;
		} else if (in_head) {
			const char *at = memmem(p, len, " name=\"", 7);
			const char *quote = at == NULL
			    ? NULL
			    : memchr(at + 7, '"', len - (size_t)(at + 7 - p));
			if (quote != NULL) {
				name = at + 7;
				n_name = (size_t)(quote - name);
			}
		} else if (name != NULL) {
			if (says_field(name, n_name, p, len))
				return true;
			name = NULL;
		}
		p = nl != NULL ? nl + 1 : end;
	}
	return false;
}

static int
act_parse(struct call *c, struct fault *fault_r)
{
	const char *type = http_header_get(c->req, "Content-Type");
	bool *agreed = c->input = arena_alloc(c->arena, sizeof(*agreed));
	(void)fault_r;
	*agreed =
	    type != NULL && strncasecmp(type, "multipart/form-data", 19) == 0
	    ? says_multipart(c->raw, c->raw_len)
	    : says_urlencoded(c->raw, c->raw_len);
	return 0;
}

static int
act_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct subject s;
	int rc = read_link(c, t, &s, fault_r), changed = 0;
	if (rc < 0)
		return -1;
	if (rc == 0)
		return unknown_link(c);
	c->content_type = "text/html; charset=utf-8";
	if (!*(bool *)c->input) {
		c->status = 400;
		buf_printf(&c->out,
		    "%sNothing was changed</h1>\n<p>The "
		    "request did not say that it unsubscribes.</p>\n%s",
		    page_head, page_tail);
		return 0;
	}
	/* Who is not known any more gets no more mail: it is done. */
	if (meet(c, t, &s, fault_r) != 0)
		return -1;
	if (s.has_contact &&
	    (changed =
		    engine_unsubscribe(c->api->engine, t, c->arena, &s.contact,
			s.token.topic, s.token.email, c->now_ms, fault_r)) < 0)
		return -1;
	if (changed) {
		s.token.contact = s.contact.id;
		c->result = arena_memdup(c->arena, &s.token, sizeof(s.token));
	}
	c->status = 200;
	buf_printf(&c->out, "%sYou are unsubscribed</h1>\n<p>No more mail ",
	    page_head);
	if (s.topic != NULL) {
		buf_str(&c->out, "about <strong>");
		put_escaped(&c->out, s.topic);
		buf_str(&c->out, "</strong> ");
	}
	buf_printf(&c->out, "will be sent to you.</p>\n%s", page_tail);
	return 0;
}

static void
act_after(struct call *c)
{
	const struct token *t = c->result;
	char contact[ID_UUID_LEN], email[ID_UUID_LEN], topic[ID_UUID_LEN];
	if (t == NULL)
		return;
	log_info("contact %s unsubscribed topic=%s email=%s",
	    id_uuid(t->contact, contact),
	    t->topic ? id_uuid(t->topic, topic) : "-",
	    t->email ? id_uuid(t->email, email) : "-");
}

const struct route routes_public[] = { { "GET", "/u/:token", show_run,
					   ROUTE_READ | ROUTE_PUBLIC },
	{ "POST", "/u/:token", act_run, ROUTE_WRITE | ROUTE_PUBLIC | ROUTE_RAW,
	    act_parse, act_after, FORM_MAX },
	{ NULL } };
