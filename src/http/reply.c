/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers: head and body are put into one buffer and leave in one write.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "http/http_private.h"

static const struct {
	int status;
	const char *text;
} statuses[] = {
	{ 100, "Continue" },
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 206, "Partial Content" },
	{ 207, "Multi-Status" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 402, "Payment Required" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Range Not Satisfiable" },
	{ 417, "Expectation Failed" },
	{ 421, "Misdirected Request" },
	{ 422, "Unprocessable Content" },
	{ 423, "Locked" },
	{ 424, "Failed Dependency" },
	{ 425, "Too Early" },
	{ 426, "Upgrade Required" },
	{ 428, "Precondition Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 451, "Unavailable For Legal Reasons" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
	{ 507, "Insufficient Storage" },
};

const char *
http_status_text(int status)
{
	for (size_t i = 0; i < N_OF(statuses); i++)
		if (statuses[i].status == status)
			return statuses[i].text;
	return "Unknown";
}

/* The Date header's line, made anew once a second. */
static const char *
date_line(struct http_server *s)
{
	char when[CLOCK_MAIL_LEN];
	if (s->date_second != s->now / 1000) {
		s->date_second = s->now / 1000;
		clock_mail(clock_now_ms(), when);
		/* "... +0000" is "... GMT" here (RFC 9110, 5.6.7). */
		snprintf(s->date, sizeof(s->date), "Date: %.*sGMT\r\n",
		    (int)strlen(when) - 5, when);
	}
	return s->date;
}

/* Adds text from outside this room; a control character becomes a blank, so
 * that a value cannot end its line. */
static void
add_clean(struct buf *b, const char *text)
{
	size_t from = b->len;
	buf_str(b, text);
	for (size_t i = from; i < b->len; i++)
		if ((unsigned char)b->data[i] < ' ' || b->data[i] == 0x7f)
			b->data[i] = ' ';
}

static void
add_field(struct buf *b, const char *name, const char *value)
{
	add_clean(b, name);
	buf_add(b, ": ", 2);
	add_clean(b, value);
	buf_add(b, "\r\n", 2);
}

static void
add_number(struct buf *b, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);
	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	buf_add(b, digits + at, sizeof(digits) - at);
}

/* The connection's output buffer, one from the stock if it has none. */
static struct buf *
buffer(struct conn *c)
{
	struct http_server *s = c->server;
	if (c->out.data == NULL && s->n_outs > 0)
		c->out = s->outs[--s->n_outs];
	return &c->out;
}

void
reply_buffer_put(struct conn *c)
{
	struct http_server *s = c->server;
	if (c->out.data == NULL)
		return;
	if (c->out.room <= OUT_KEPT && s->n_outs < STOCK_MAX) {
		buf_clear(&c->out);
		s->outs[s->n_outs++] = c->out;
		c->out = (struct buf){ 0 };
	} else {
		buf_free(&c->out);
	}
	c->out_at = 0;
}

void
reply_write(struct conn *c, const struct http_request *r, bool keep, int status,
    const char *content_type, const struct http_header *fields,
    const void *body, size_t len)
{
	struct buf *b = buffer(c);
	bool bodiless = status < 200 || status == 204 || status == 304;
	bool is_head = r != NULL && r->head.has_line &&
	    strcmp(http_method(r), "HEAD") == 0;
	buf_reserve(b, 256 + len);
	buf_add(b, "HTTP/1.1 ", 9);
	add_number(b, (uint64_t)status);
	buf_char(b, ' ');
	buf_str(b, http_status_text(status));
	buf_add(b, "\r\n", 2);
	buf_str(b, date_line(c->server));
	if (content_type != NULL)
		add_field(b, "Content-Type", content_type);
	for (; fields != NULL && fields->name != NULL; fields++)
		add_field(b, fields->name, fields->value);
	if (!keep)
		buf_str(b, "Connection: close\r\n");
	else if (r != NULL && r->head.minor == 0)
		buf_str(b, "Connection: keep-alive\r\n");
	if (!bodiless) {
		buf_str(b, "Content-Length: ");
		add_number(b, len);
		buf_add(b, "\r\n", 2);
	}
	buf_add(b, "\r\n", 2);
	if (!bodiless && !is_head)
		buf_add(b, body, len);
}

void
reply_error(struct conn *c, struct http_request *r, bool keep, int status,
    const char *sentence)
{
	static const struct http_header later[] = { { "Retry-After", "1" },
		{ NULL, NULL } };
	const struct http_handler *h = &c->listener->handler;
	struct buf *text = &c->server->error_text;
	const char *type = NULL;
	if (r != NULL && !r->head.has_line)
		r = NULL;
	buf_clear(text);
	if (h->error != NULL)
		type = h->error(h->arg, r, status, sentence, text);
	if (type == NULL) {
		type = "text/plain; charset=utf-8";
		buf_clear(text);
		buf_printf(text, "%s\n", sentence);
	}
	reply_write(c, r, keep, status, type, status == 503 ? later : NULL,
	    text->data, text->len);
}

/*
 * True if the connection can serve another request after this one: it may
 * need the rest of the body to be read, which must be short, of known length,
 * and really on its way.
 */
bool
reply_keeps(const struct http_request *r)
{
	const struct http_head *h = &r->head;
	if (r->server->is_draining || h->close ||
	    (h->minor == 0 && !h->keep_alive))
		return false;
	if (r->is_whole)
		return true;
	return !h->is_chunked && r->left <= DROP_MAX &&
	    (!h->expects_continue || r->continued);
}

void
http_reply(struct http_request *r, int status, const char *content_type,
    const struct http_header *fields, const void *body, size_t len)
{
	struct conn *c = r->conn;
	assert(!r->answered && status >= 200 && status <= 599);
	r->answered = true;
	if (c == NULL) {
		if (r->server != NULL)
			LIST_REMOVE(r, all);
		request_put(r);
		return;
	}
	timers_now(c->server);
	r->keeps = reply_keeps(r);
	reply_write(c, r, r->keeps, status, content_type, fields, body, len);
	conn_answered(c);
}

void
reply_continue(struct conn *c)
{
	buf_str(buffer(c), "HTTP/1.1 100 Continue\r\n\r\n");
}
