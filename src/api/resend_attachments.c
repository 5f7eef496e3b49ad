/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attachments of mail that was sent. They are had by a link that is signed and
 * works for an hour, as Resend's, or with a key.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "api/call.h"
#include "api/find.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/id.h"
#include "conf/conf.h"
#include "mail/token.h"
#include "model/email.h"
#include "store/blobs.h"
#include "store/direct.h"
#include "store/emails.h"

enum { LINK_MS = 3600 * 1000 };

/* ---- as JSON ----------------------------------------------------------- */

/* When a link that is made now is over. */
static int64_t
link_until(const struct call *c)
{
	return c->now_ms + LINK_MS;
}

/* What paths begin with: "" or "/" and more, without a slash at its end. */
static const char *
path_prefix(struct arena *a, const char *prefix)
{
	const char *path = "";
	while (*(prefix += strspn(prefix, "/")) != '\0') {
		size_t n = strcspn(prefix, "/");
		path = arena_printf(a, "%s/%.*s", path, (int)n, prefix);
		prefix += n;
	}
	return path;
}

/* Where the content is: at the name the request came by, behind the prefix if
 * it came behind that. */
static json_t *
link_json(struct call *c, const struct email_attachment *m)
{
	const struct conf *conf = c->api->conf;
	const char *host = http_header_get(c->req, "Host");
	bool is_tls = conf->api.tls_certificate != NULL &&
	    !http_request_peer(c->req)->is_unix;
	bool is_behind =
	    answer_segments(c->api, c->req) != http_segments(c->req);
	const struct token token = { .purpose = TOKEN_FILE,
		.email = m->email,
		.file = m->id,
		.until_ms = link_until(c) };
	char text[TOKEN_LEN];
	token_make(c->api->tokens, &token, text);
	return json_string(arena_printf(c->arena, "%s://%s%s/attachments/%s",
	    is_tls ? "https" : "http", host != NULL ? host : "localhost",
	    is_behind ? path_prefix(c->arena, conf->api_prefix) : "", text));
}

static json_t *
expires_json(struct call *c)
{
	char text[CLOCK_ISO_LEN];
	return json_string(clock_iso(link_until(c), text));
}

static json_t *
attachment_json(struct call *c, const struct email_attachment *m)
{
	return json_pack("{s:o, s:s?, s:s, s:s?, s:s, s:o, s:o, s:I}", "id",
	    json_id(m->id), "filename", m->name, "content_type", m->type,
	    "content_id", m->content_id, "content_disposition",
	    m->content_id != NULL ? "inline" : "attachment", "download_url",
	    link_json(c, m), "expires_at", expires_json(c), "size",
	    (json_int_t)m->size);
}

/* ---- routes ------------------------------------------------------------ */

/* An attachment of that mail. 0 or -1. */
static int
get_attachment(struct call *c, struct txn *t, int64_t email, int64_t id,
    struct email_attachment *m, struct fault *fault_r)
{
	int rc = store_attachment_get(t, c->arena, id, m, fault_r);
	if (rc < 0)
		return -1;
	return rc == 1 && m->email == email ? 0
					    : not_found(fault_r, "Attachment");
}

/* The attachment a path names. 0 or -1. */
static int
find_attachment(struct call *c, struct txn *t, struct email_attachment *m,
    struct fault *fault_r)
{
	struct email email;
	int64_t id;
	if (find_email(c, t, 0, &email, fault_r) != 0 ||
	    call_id(c, 1, "Attachment", &id, fault_r) != 0)
		return -1;
	return get_attachment(c, t, email.id, id, m, fault_r);
}

/* The attachment a link leads to. 0 or -1. */
static int
find_linked(struct call *c, struct txn *t, struct email_attachment *m,
    struct fault *fault_r)
{
	struct token token;
	struct email e;
	if (token_read(c->api->tokens, TOKEN_FILE, c->params[0], &token) != 1)
		return not_found(fault_r, "Attachment");
	if (token.until_ms <= c->now_ms)
		return fault(fault_r, FAULT_DENIED,
		    "The link has expired: it worked for an hour. Ask for the "
		    "attachment again.");
	int rc = store_email_get(t, c->arena, token.email, &e, fault_r);
	if (rc != 1)
		return rc < 0 ? -1 : not_found(fault_r, "Attachment");
	return get_attachment(c, t, token.email, token.file, m, fault_r);
}

static int
list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct list list;
	struct email email;
	if (find_email(c, t, 0, &email, fault_r) != 0 ||
	    store_attachment_list(t, c->arena, email.id, &c->page, &list,
		fault_r) != 0)
		return -1;
	const struct email_attachment *all = list.items;
	json_t *data = json_array();
	for (int i = 0; i < list.n; i++)
		json_array_append_new(data, attachment_json(c, &all[i]));
	return call_json(c, 200,
	    json_pack("{s:s, s:b, s:o}", "object", "list", "has_more",
		list.has_more, "data", data));
}

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct email_attachment m;
	if (find_attachment(c, t, &m, fault_r) != 0)
		return -1;
	json_t *o = attachment_json(c, &m);
	json_object_set_new(o, "object", json_string("attachment"));
	return call_json(c, 200, o);
}

/* Reads a file of that size into the answer. 0 or -1. */
static int
read_content(struct buf *out, const char *path, size_t size,
    struct fault *fault_r)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *to = buf_reserve(out, size);
	size_t have = 0;
	ssize_t n = 1;
	while (fd >= 0 && have < size && n > 0) {
		n = read(fd, to + have, size - have);
		have += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0)
		close(fd);
	out->len += have;
	return fd >= 0 && have == size
	    ? 0
	    : fault(fault_r, FAULT_INTERNAL,
		  "The content of the attachment cannot be read.");
}

/* The name a browser keeps the file by: in ASCII as well as may be, for who
 * reads no other, and whole. */
static const char *
disposition(struct arena *a, const char *name)
{
	struct buf b = { 0 };
	buf_str(&b, "attachment; filename=\"");
	for (const char *p = name; *p != '\0'; p++)
		if (((unsigned char)*p & 0xc0) != 0x80)
			buf_char(&b,
			    *p < ' ' || *p > '~' || strchr("\"\\/%", *p) ? '_'
									 : *p);
	buf_str(&b, "\"; filename*=UTF-8''");
	for (const char *p = name; *p != '\0'; p++)
		percent_put(&b, (unsigned char)*p);
	const char *text = arena_strdup(a, b.data);
	buf_free(&b);
	return text;
}

/* Answers with a file. 0 or -1. */
static int
give(struct call *c, struct txn *t, const struct email_attachment *m,
    struct fault *fault_r)
{
	const struct conf *conf = c->api->conf;
	txn_let_go(t);
	if (read_content(&c->out, blob_path(c->arena, conf->state_dir, m->hash),
		(size_t)m->size, fault_r) != 0)
		return -1;
	c->status = 200;
	c->content_type = arena_strdup(c->arena, m->type);
	if (m->name != NULL)
		c->disposition = disposition(c->arena, m->name);
	return 0;
}

static int
content_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct email_attachment m;
	return find_attachment(c, t, &m, fault_r) == 0 ? give(c, t, &m, fault_r)
						       : -1;
}

static int
link_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct email_attachment m;
	return find_linked(c, t, &m, fault_r) == 0 ? give(c, t, &m, fault_r)
						   : -1;
}

const struct route routes_attachments[] = {
	{ "GET", "/emails/:id/attachments", list_run, ROUTE_READ,
	    call_parse_page },
	{ "GET", "/emails/:id/attachments/:attachment", get_run, ROUTE_READ },
	{ "GET", "/emails/:id/attachments/:attachment/content", content_run,
	    ROUTE_READ | ROUTE_FILE },
	{ "GET", "/attachments/:token", link_run,
	    ROUTE_READ | ROUTE_FILE | ROUTE_OPEN },
	{ NULL },
};
