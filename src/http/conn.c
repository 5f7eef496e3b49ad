/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection's beginning and end, and what happens to it from outside: a
 * moment has come, its owner answers, the server drains.
 */
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "http/http_private.h"

void
conn_timeout(struct conn *c)
{
	const char *late = "The request did not arrive in time.";
	bool is_arriving = (c->state == CONN_HEAD || c->state == CONN_BODY) &&
	    !c->req->answered;
	c->is_busy = true;
	if (c->write_due <= c->server->now)
		c->is_dead = true;
	else if (is_arriving)
		step_refuse(c, 408, late, true);
	else if (c->state == CONN_IDLE)
		conn_close_soon(c);
	else
		c->is_dead = true;
	c->is_busy = false;
	conn_settle(c);
}

void
conn_answered(struct conn *c)
{
	if (c->is_busy)
		return;
	step_answered(c);
	c->is_scheduled = c->req != NULL;
	conn_settle(c);
}

void
conn_resume(struct conn *c)
{
	struct http_request *r = c->req;
	if (c->is_busy || !r->is_paused)
		return;
	r->is_paused = false;
	r->since += timers_now(c->server) - r->paused_at;
	step_body_due(c);
	c->is_scheduled = true;
	conn_settle(c);
}

void
conn_drain(struct conn *c)
{
	if (c->is_busy || c->state != CONN_IDLE)
		return;
	timers_now(c->server);
	conn_settle(c);
}

/* Notes who the peer is. */
static void
peer_note(struct conn *c, const struct sockaddr *sa)
{
	socklen_t len = sizeof(c->peer.cred);
	c->family = sa->sa_family;
	if (c->listener->is_unix) {
		c->family = AF_UNIX;
		if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &c->peer.cred,
			&len) != 0)
			c->peer.cred = (struct ucred){ .uid = (uid_t)-1,
				.gid = (gid_t)-1 };
	} else if (sa->sa_family == AF_INET6) {
		c->peer.ip =
		    ((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;
	} else {
		const struct sockaddr_in *in = (const void *)sa;
		c->peer.ip.s6_addr[10] = c->peer.ip.s6_addr[11] = 0xff;
		memcpy(&c->peer.ip.s6_addr[12], &in->sin_addr, 4);
	}
}

/* Begins TLS on a new connection. */
static void
tls_begin(struct conn *c)
{
	if ((c->tls = SSL_new(c->listener->tls)) == NULL ||
	    SSL_set_fd(c->tls, c->fd) != 1)
		fatal("out of memory for a TLS session");
	SSL_set_accept_state(c->tls);
	SSL_set_options(c->tls, SSL_OP_NO_RENEGOTIATION);
	SSL_set_mode(c->tls,
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
}

void
conn_new(struct listener *l, int fd, const struct sockaddr *sa, bool over)
{
	struct http_server *s = l->server;
	struct conn *c = xcalloc(1, sizeof(*c));
	int on = 1, limit = s->limits.header_timeout_ms;
	c->server = s;
	c->listener = l;
	l->refs++;
	c->fd = fd;
	c->heap_at = -1;
	c->is_first = true;
	c->write_due = NEVER;
	c->read_due = limit > 0 ? s->now + limit : NEVER;
	event_assign(&c->event, s->base, fd, 0, conn_event, c);
	peer_note(c, sa);
	if (!l->is_unix)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (l->tls != NULL)
		tls_begin(c);
	TAILQ_INSERT_TAIL(&s->conns, c, all);
	s->n_conns++;
	if (over) {
		s->n_over++;
		c->is_over = c->must_linger = true;
		c->state = CONN_CLOSING;
		c->read_due = NEVER;
		reply_error(c, NULL, false, 503,
		    "The server has too many connections; try again.");
	}
	conn_settle(c);
}

void
conn_free(struct conn *c)
{
	struct http_server *s = c->server;
	struct http_request *r = c->req;
	c->is_busy = true;
	if (r != NULL && r->is_ready && !r->answered) {
		r->conn = NULL;
		LIST_INSERT_HEAD(&s->orphans, r, all);
	} else if (r != NULL) {
		step_abandon(r);
		request_put(r);
	}
	timers_remove(c);
	event_del(&c->event);
	SSL_free(c->tls);
	close(c->fd);
	conn_out_release(c);
	TAILQ_REMOVE(&s->conns, c, all);
	s->n_conns--;
	s->n_over -= c->is_over;
	listener_unref(c->listener);
	free(c);
}
