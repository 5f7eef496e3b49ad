/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * One turn of a connection: reads when there is use for bytes, takes the steps
 * they allow, writes what is to be written. Every turn ends in conn_settle(),
 * the only place that sets what is watched and that ends the connection.
 */
#include "http/http_private.h"

size_t
conn_unsent(const struct conn *c)
{
	return c->out.len - c->out_at;
}

bool
conn_is_full(const struct conn *c)
{
	return conn_unsent(c) >= OUT_HIGH;
}

/* Counts the buffer of unsent answers. Over the budget a peer that does not
 * read has to go. */
static void
out_hold(struct conn *c)
{
	struct http_server *s = c->server;
	if (c->out.room <= c->out_held)
		return;
	hold(s, (int64_t)(c->out.room - c->out_held));
	c->out_held = c->out.room;
	if (s->held > s->limits.memory_budget)
		c->is_dead = true;
}

void
conn_out_release(struct conn *c)
{
	hold(c->server, -(int64_t)c->out_held);
	c->out_held = 0;
	c->write_due = NEVER;
	reply_buffer_put(c);
}

/* Sends what the peer takes. */
static void
flush(struct conn *c)
{
	int limit = c->server->limits.write_timeout_ms;
	bool moved = c->write_due == NEVER;
	while (conn_unsent(c) > 0) {
		ssize_t n =
		    io_write(c, c->out.data + c->out_at, conn_unsent(c));
		if (n == IO_GONE) {
			c->is_dead = true;
			return;
		}
		if (n < 0) {
			if (moved && limit > 0)
				c->write_due = c->server->now + limit;
			out_hold(c);
			return;
		}
		moved = true;
		c->out_at += (size_t)n;
	}
	conn_out_release(c);
}

/* Does all that the bytes at hand allow. */
static void
run(struct conn *c)
{
	c->is_busy = true;
	while (!c->is_dead) {
		if (step(c))
			continue;
		if (!conn_is_full(c))
			break;
		flush(c);
		if (conn_is_full(c))
			break;
	}
	c->is_busy = false;
}

/* True if bytes from the peer have a use now. */
static bool
wants_read(const struct conn *c)
{
	const struct http_request *r = c->req;
	if (c->is_dead || c->is_eof)
		return false;
	switch (c->state) {
	case CONN_IDLE:
	case CONN_HEAD:
		return !conn_is_full(c);
	case CONN_BODY:
		return !r->is_paused;
	case CONN_WAITING:
		return r->in_end + 1 < r->in_room;
	case CONN_CLOSING:
		return false;
	default:
		return true;
	}
}

/* Reads into the request's own buffer. */
static ssize_t
read_in(struct conn *c, size_t *room_r)
{
	if (c->req == NULL)
		c->req = request_get(c);
	struct http_request *r = c->req;
	size_t most = c->server->limits.head_max + 2;
	bool fits = true;
	if (c->state == CONN_HEAD && r->in_end + 1 >= r->in_room)
		fits = request_room(r,
		    2 * r->in_room < most ? 2 * r->in_room : most);
	if (!fits) {
		step_refuse(c, 503, "The server is short of memory.", true);
		return IO_AGAIN;
	}
	*room_r = r->in_room - 1 - r->in_end;
	ssize_t n = io_read(c, r->in + r->in_end, *room_r);
	if (n > 0) {
		r->in_end += (size_t)n;
	} else if (r->in_end == 0 && c->state == CONN_IDLE) {
		request_put(r);
		c->req = NULL;
	}
	return n;
}

/* Reads once, to where the bytes are wanted. */
static ssize_t
read_once(struct conn *c, size_t *room_r)
{
	struct http_request *r = c->req;
	int status;
	if (c->state == CONN_LINGER) {
		*room_r = SCRATCH;
		return io_read(c, c->server->scratch, SCRATCH);
	}
	if (c->state != CONN_BODY || r->head.is_chunked ||
	    r->mode == BODY_IN_PLACE || r->at < r->in_end)
		return read_in(c, room_r);
	char *p = body_room(r, room_r, &status);
	if (p == NULL) {
		step_refuse(c, status, "The server is short of memory.", false);
		return IO_AGAIN;
	}
	ssize_t n = io_read(c, p, *room_r);
	if (n > 0)
		step_body_read(c, (size_t)n);
	return n;
}

/* Reads a few times, and does what the bytes allow in between. */
static void
read_on(struct conn *c)
{
	size_t room;
	for (int i = 0; i < READS_MAX && wants_read(c); i++) {
		if (c->n_begun == TURN_MAX)
			return;
		c->is_busy = true;
		ssize_t n = read_once(c, &room);
		c->is_busy = false;
		if (n == IO_AGAIN)
			return;
		if (n == IO_GONE)
			c->is_dead = true;
		if (n == 0)
			c->is_eof = true;
		run(c);
		if (n > 0 && (size_t)n < room && c->tls == NULL)
			return;
	}
}

void
conn_close_soon(struct conn *c)
{
	c->state = CONN_CLOSING;
	c->read_due = NEVER;
}

/* All is written. What the peer still sends is taken for a while, since
 * closing over unread bytes would take our answer away from it. */
static void
closing_done(struct conn *c)
{
	if (!c->is_eof && !c->must_linger)
		c->must_linger = io_read(c, c->server->scratch, SCRATCH) > 0;
	io_shutdown(c);
	if (c->is_eof || !c->must_linger) {
		c->is_dead = true;
		return;
	}
	c->state = CONN_LINGER;
	c->read_due = c->server->now + (c->is_over ? OVER_MS : LINGER_MS);
}

/* The peer sends no more: nothing can come of what is incomplete. */
static void
at_eof(struct conn *c)
{
	bool waits = c->is_scheduled || conn_is_full(c);
	switch (c->state) {
	case CONN_WAITING:
		c->is_dead = c->is_dead || io_is_gone(c);
		return;
	case CONN_BODY:
		waits = waits || c->req->is_paused;
		break;
	case CONN_CLOSING:
		return;
	default:
		break;
	}
	if (!waits)
		conn_close_soon(c);
}

/* Tells libevent what we wait for, when that has changed. */
static void
watch(struct conn *c)
{
	short what = 0;
	if (wants_read(c))
		what |= c->read_wants_write ? EV_READ | EV_WRITE : EV_READ;
	if (conn_unsent(c) > 0)
		what |= c->write_wants_read ? EV_READ : EV_WRITE;
	/* After its half-close a peer can still reset; level-triggered, its
	 * end would be reported for ever. */
	if (what == 0 && c->is_eof && c->state == CONN_WAITING)
		what = EV_READ | EV_ET;
	if (what == c->watched)
		return;
	c->watched = what;
	event_del(&c->event);
	event_assign(&c->event, c->server->base, c->fd,
	    (short)(what | EV_PERSIST), conn_event, c);
	if (what != 0)
		event_add(&c->event, NULL);
}

void
conn_settle(struct conn *c)
{
	if (!c->is_dead && conn_unsent(c) > 0)
		flush(c);
	if (!c->is_dead && c->is_eof)
		at_eof(c);
	if (c->server->is_draining && c->state == CONN_IDLE && !c->is_scheduled)
		conn_close_soon(c);
	if (!c->is_dead && c->state == CONN_CLOSING && conn_unsent(c) == 0)
		closing_done(c);
	if (c->is_dead) {
		conn_free(c);
		return;
	}
	watch(c);
	timers_set(c);
	/* Bytes that wait inside of us make no socket readable. */
	if (c->tls != NULL && wants_read(c) && SSL_pending(c->tls) > 0)
		c->is_scheduled = true;
	if (c->is_scheduled)
		event_active(&c->event, EV_READ, 0);
}

void
conn_event(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	(void)fd;
	timers_now(c->server);
	c->is_scheduled = false;
	c->n_begun = 0;
	if (conn_unsent(c) > 0 && ((what & EV_WRITE) || c->write_wants_read))
		flush(c);
	run(c);
	if ((what & EV_READ) || c->read_wants_write)
		read_on(c);
	conn_settle(c);
}
