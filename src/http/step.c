/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The steps of a request: its head is looked at, the owner says what it wants,
 * the body comes, the owner is told, the answer ends it. One request at a time
 * is under way on a connection; what was pipelined behind it waits.
 */
#include <assert.h>
#include <string.h>

#include "http/http_private.h"

static const struct {
	int status;
	const char *sentence;
} refusals[] = {
	{ 413, "The body is larger than this endpoint takes." },
	{ 414, "The request target has too many segments." },
	{ 503, "The server is short of memory or disk; try again." },
	{ 400, "The request target is malformed." },
};

static const char *
sentence_of(int status)
{
	for (size_t i = 0; i < N_OF(refusals); i++)
		if (refusals[i].status == status)
			return refusals[i].sentence;
	return http_status_text(status);
}

/* A moment from now, or never if the limit is off. */
static int64_t
from_now(const struct conn *c, int limit_ms)
{
	return limit_ms > 0 ? c->server->now + limit_ms : NEVER;
}

void
step_body_due(struct conn *c)
{
	const struct http_request *r = c->req;
	int limit = c->server->limits.body_timeout_ms;
	c->read_due = r->is_paused || limit <= 0
	    ? NEVER
	    : r->since + limit + (r->taken >> 16) * 1000;
}

/* The request is over; the next one's first bytes may be here already. */
static void
end(struct conn *c)
{
	struct http_request *r = c->req;
	if (r->in_end > r->at) {
		request_next(r);
	} else {
		request_put(r);
		c->req = NULL;
	}
	c->is_first = false;
	c->state = CONN_IDLE;
	c->read_due = from_now(c, c->server->limits.idle_timeout_ms);
}

void
step_answered(struct conn *c)
{
	struct http_request *r = c->req;
	r->accepted = false;
	if (!r->keeps) {
		c->must_linger = !r->is_whole || r->in_end > r->at;
		c->state = CONN_CLOSING;
		c->read_due = NEVER;
		request_put(r);
		c->req = NULL;
	} else if (!r->is_whole) {
		r->mode = BODY_DROP;
		r->is_paused = false;
		c->state = CONN_BODY;
		r->since = c->server->now;
		step_body_due(c);
	} else {
		end(c);
	}
}

void
step_abandon(struct http_request *r)
{
	const struct http_handler *h = &r->listener->handler;
	bool accepted = r->accepted && !r->answered;
	r->accepted = false;
	r->answered = true;
	if (accepted && h->abandoned != NULL)
		h->abandoned(h->arg, r);
}

void
step_refuse(struct conn *c, int status, const char *sentence, bool final)
{
	struct http_request *r = c->req;
	r->keeps = !final && reply_keeps(r);
	if (final)
		r->is_whole = false;
	reply_error(c, r, r->keeps, status, sentence);
	step_abandon(r);
	step_answered(c);
}

/* The whole request is here: hands it to the owner. */
static void
ready(struct conn *c)
{
	struct http_request *r = c->req;
	const struct http_handler *h = &r->listener->handler;
	r->accepted = false;
	r->is_whole = r->is_ready = true;
	c->state = CONN_WAITING;
	c->read_due = NEVER;
	h->ready(h->arg, r);
	if (r->answered)
		step_answered(c);
}

/* What can be refused before the owner is asked. Status, sentence; or 0. */
static int
check(struct http_request *r, const char **sentence_r)
{
	const struct listener *l = r->listener;
	const struct http_head *h = &r->head;
	const char *const *hosts = (const char *const *)l->hosts;
	int status = request_segments(r);
	*sentence_r = sentence_of(status);
	if (status != 0)
		return status;
	if (h->expects_other) {
		*sentence_r = "The only expectation met is 100-continue.";
		return 417;
	}
	*sentence_r = "This server does not go by that Host.";
	if (!l->check_host || l->is_unix)
		return 0;
	if (h->has_host &&
	    !http_host_is_ours(r->in + h->host, strlen(r->in + h->host), hosts))
		return 403;
	if (h->is_absolute &&
	    !http_host_is_ours(r->in + h->authority, h->authority_len, hosts))
		return 403;
	return 0;
}

/* Makes room behind the head, while nobody holds pointers into it. False if
 * the budget does not allow it. */
static bool
make_room(struct http_request *r)
{
	size_t head = r->head.line;
	if (r->is_whole)
		return true;
	if (r->left > 0 && r->left + (int64_t)head < IN_BODY)
		return request_room(r, head + (size_t)r->left + 1);
	return request_room(r, head + IN_SPARE);
}

/* The head is here: asks the owner. */
static void
begin(struct conn *c)
{
	struct http_request *r = c->req;
	const struct http_handler *h = &r->listener->handler;
	struct http_plan plan = { 0 };
	const char *sentence;
	int status;
	r->at = r->head.line;
	r->left = r->head.content_length > 0 ? r->head.content_length : 0;
	r->is_whole = r->left == 0 && !r->head.is_chunked;
	if ((status = check(r, &sentence)) != 0) {
		step_refuse(c, status, sentence, false);
		return;
	}
	if (!make_room(r)) {
		step_refuse(c, 503, sentence_of(503), false);
		return;
	}
	int yes = h->begin(h->arg, r, &plan);
	if (r->answered) {
		step_answered(c);
		return;
	}
	assert(yes == 0);
	(void)yes;
	r->accepted = true;
	r->owner = plan.owner;
	if (r->is_whole) {
		ready(c);
		return;
	}
	if ((status = body_begin(r, &plan)) != BODY_OK) {
		step_refuse(c, status, sentence_of(status), false);
		return;
	}
	if (r->head.expects_continue && r->in_end == r->at)
		reply_continue(c);
	r->continued = true;
	c->state = CONN_BODY;
	r->since = c->server->now;
	step_body_due(c);
}

/* Looks at what there is of a head. */
static bool
step_head(struct conn *c)
{
	struct http_request *r = c->req;
	const struct http_limits *limits = &c->server->limits;
	if (r == NULL || conn_is_full(c))
		return false;
	if (c->n_begun == TURN_MAX) {
		/* It goes on when the others have had their turn. */
		c->is_scheduled = true;
		return false;
	}
	if (c->state == CONN_IDLE) {
		size_t blank = http_head_blank(r->in, r->in_end);
		r->in_end -= blank;
		memmove(r->in, r->in + blank, r->in_end);
		if (r->in_end == 0) {
			request_put(r);
			c->req = NULL;
			return false;
		}
		if (r->in_end == 1 && r->in[0] == '\r')
			return false;
		c->state = CONN_HEAD;
		if (!c->is_first)
			c->read_due = from_now(c, limits->header_timeout_ms);
	}
	switch (http_head_feed(&r->head, r->in, r->in_end, limits->head_max)) {
	case HTTP_PARSE_DONE:
		c->n_begun++;
		begin(c);
		return true;
	case HTTP_PARSE_BAD:
		step_refuse(c, r->head.status, r->head.sentence, true);
		return true;
	default:
		return false;
	}
}

/* All bytes of the body were taken. */
static void
body_is_whole(struct conn *c)
{
	struct http_request *r = c->req;
	r->is_whole = true;
	if (r->answered) {
		end(c);
		return;
	}
	body_end(r);
	ready(c);
}

/* Hands n bytes on. False if that ended the body's coming. */
static bool
take(struct conn *c, const char *p, size_t n)
{
	struct http_request *r = c->req;
	int status = body_take(r, p, n);
	if (!r->head.is_chunked)
		r->left -= (int64_t)n;
	if (r->answered && r->mode != BODY_DROP) {
		step_answered(c);
		return false;
	}
	if (status != BODY_OK) {
		step_refuse(c, status, sentence_of(status), false);
		return false;
	}
	step_body_due(c);
	return true;
}

/* Takes what of a chunked body is in the buffer. */
static bool
step_chunks(struct conn *c)
{
	struct http_request *r = c->req;
	size_t used, piece = 0, len = 0, at = r->at;
	enum http_parse p = http_chunks_feed(&r->chunks, r->in + at,
	    r->in_end - at, &used, &piece, &len);
	r->at += used;
	if (p == HTTP_PARSE_PIECE && !take(c, r->in + at + piece, len))
		return true;
	if (p == HTTP_PARSE_BAD)
		step_refuse(c, 400, "The chunked body is malformed.", true);
	else if (p == HTTP_PARSE_DONE)
		body_is_whole(c);
	else if (r->at == r->in_end)
		r->at = r->in_end = r->head.line;
	return p != HTTP_PARSE_MORE;
}

/* Takes what of the body is in the buffer. */
static bool
step_body(struct conn *c)
{
	struct http_request *r = c->req;
	size_t n = r->in_end - r->at, at = r->at;
	if (r->is_paused)
		return false;
	if (r->head.is_chunked)
		return step_chunks(c);
	if ((int64_t)n > r->left)
		n = (size_t)r->left;
	if (r->mode == BODY_IN_PLACE) {
		if ((int64_t)n < r->left)
			return false;
		r->at += n;
		r->left = 0;
	} else if (n > 0) {
		r->at += n;
		if (r->left > (int64_t)n && r->at == r->in_end)
			r->at = r->in_end = r->head.line;
		if (!take(c, r->in + at, n))
			return true;
	}
	if (r->left == 0 && !r->is_paused)
		body_is_whole(c);
	else
		return false;
	return true;
}

void
step_body_read(struct conn *c, size_t n)
{
	struct http_request *r = c->req;
	if (r->mode == BODY_MEMORY) {
		body_took(r, n);
		r->left -= (int64_t)n;
		step_body_due(c);
	} else {
		take(c, c->server->scratch, n);
	}
}

bool
step(struct conn *c)
{
	switch (c->state) {
	case CONN_IDLE:
	case CONN_HEAD:
		return step_head(c);
	case CONN_BODY:
		return step_body(c);
	default:
		return false;
	}
}
