/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Thousands of random things done to the server by clients who send sound and
 * broken requests in pieces, read or do not, half-close, reset, and by an owner
 * who answers when it likes. The same seed gives the same storm. At the end
 * nothing may be left: no connection, no byte counted, no request unaccounted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "http/http_private.h"
#include "tests/http/rig.h"
#include "tests/tap.h"

#define H "Host: a\r\n"

enum { CLIENTS = 30, ACTS = 40000 };

static const char *const scripts[] = {
	"GET /a HTTP/1.1\r\n" H "\r\n",
	"GET /later HTTP/1.1\r\n" H "\r\n",
	"GET /later HTTP/1.0\r\n\r\n",
	"\r\n\r\nGET /%2f/%zz?a=b+c HTTP/1.1\r\n" H "\r\n",
	"POST /later HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello",
	"POST /echo HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc",
	"POST /stream HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\nabcabcabc",
	"POST /stream HTTP/1.1\r\n" H
	"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\nabc\r\n0\r\n\r\n",
	"POST /echo HTTP/1.1\r\n" H
	"Transfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nA: b\r\n\r\n",
	"POST /refuse HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello",
	"POST /refuse HTTP/1.1\r\n" H "Content-Length: 500000\r\n\r\nhello",
	"POST /refuse HTTP/1.1\r\n" H
	"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	"POST /echo HTTP/1.1\r\n" H
	"Expect: 100-continue\r\nContent-Length: 2\r\n\r\nab",
	"POST /echo HTTP/1.1\r\n" H "Content-Length: 99999999\r\n\r\n",
	"GET /large HTTP/1.1\r\n" H "\r\n",
	"GET /a HTTP/1.1\r\n" H "Connection: close\r\n\r\n",
	"BAD\r\n",
	"GET / HTTP/2.0\r\n\r\n",
	"POST /echo HTTP/1.1\r\n" H "Content-Length: 3, 3\r\n\r\nabc",
};

struct client {
	int fd; /* -1: none */
	char text[160000];
	size_t len, at; /* of text; at was sent */
	bool is_shut;
};

static struct client clients[CLIENTS];
static uint64_t seed;
static int n_answered;

static unsigned
chance(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

/* Something more to send: a script, now and then with a byte changed, or one
 * that carries a large body. */
static void
write_text(struct client *c)
{
	size_t n = 0;
	for (unsigned i = 0, many = 1 + chance(5); i < many; i++)
		n += (size_t)snprintf(c->text + n, 1000, "%s",
		    scripts[chance(N_OF(scripts))]);
	if (chance(8) == 0)
		c->text[chance((unsigned)n)] = (char)chance(256);
	if (chance(10) == 0) {
		size_t body = 1 + chance(150000);
		n += (size_t)snprintf(c->text + n, 200,
		    "POST /%s HTTP/1.1\r\n" H "Content-Length: %zu\r\n\r\n",
		    chance(2)       ? "echo"
			: chance(2) ? "stream"
				    : "later",
		    body);
		memset(c->text + n, 'x', body);
		n += body;
	}
	c->len = n;
	c->at = 0;
}

static void
leave(struct client *c)
{
	struct linger hard = { .l_onoff = 1 };
	if (chance(3) == 0)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(c->fd);
	c->fd = -1;
}

/* A client does something. */
static void
act(struct client *c)
{
	static char piece[65536];
	if (c->fd < 0) {
		c->fd = chance(3) == 0 ? dial_unix() : dial();
		c->is_shut = false;
		write_text(c);
		return;
	}
	unsigned what = chance(100);
	if (what < 60 && !c->is_shut) {
		size_t left = c->len - c->at;
		size_t n = chance(2) ? left : 1 + chance(40);
		ssize_t sent = send(c->fd, c->text + c->at, n < left ? n : left,
		    MSG_NOSIGNAL);
		if (sent > 0 && (c->at += (size_t)sent) == c->len)
			write_text(c);
	} else if (what < 92) {
		if (recv(c->fd, piece, sizeof(piece), 0) == 0)
			leave(c);
	} else if (what < 96) {
		shutdown(c->fd, SHUT_WR);
		c->is_shut = true;
	} else {
		leave(c);
	}
}

/* The owner answers the oldest request that waits. */
static void
answer(void)
{
	static char large[300000];
	struct http_request *r = rig.waiting[n_answered++ % WAITING_MAX];
	struct http_body body;
	http_request_body(r, &body);
	http_request_gone(r);
	http_header_get(r, "host");
	http_request_peer(r);
	http_reply(r, 200, "text/plain", NULL, large,
	    chance(10) == 0 ? sizeof(large) : body.len);
}

static void
storm(uint64_t which)
{
	seed = which;
	n_answered = 0;
	rig_limits();
	rig.limits.header_timeout_ms = 60;
	rig.limits.body_timeout_ms = 60;
	rig.limits.idle_timeout_ms = 60;
	rig.limits.write_timeout_ms = 100;
	rig.limits.memory_body = 30000;
	rig.limits.memory_budget = 12 << 20;
	rig.limits.max_connections = CLIENTS - 3;
	rig_start();
	for (int i = 0; i < CLIENTS; i++)
		clients[i].fd = -1;
	for (int i = 0; i < ACTS; i++) {
		act(&clients[chance(CLIENTS)]);
		if (chance(3) == 0)
			rig_poll();
		while (rig.n_waiting - n_answered > WAITING_MAX - 8 ||
		    (rig.n_waiting > n_answered && chance(4) == 0))
			answer();
		if (chance(50) == 0)
			rig.pause = true;
		if (chance(50) == 0)
			rig_resume();
		if (chance(500) == 0)
			rig.answer_in_piece = true;
	}
	rig_resume();
	for (int i = 0; i < CLIENTS; i++)
		if (clients[i].fd >= 0)
			close(clients[i].fd);
	bool empty = false;
	for (int i = 0; i < 5000 && !empty; i++) {
		rig_resume();
		while (rig.n_waiting > n_answered)
			answer();
		rig_turn();
		empty = http_server_connections(rig.server) == 0;
	}
	ok(empty, "storm %d: no connection is left of %d requests begun",
	    (int)which, rig.n_begin);
	is_int(rig.server->held, 0, "no byte is counted");
	is_int(rig.n_begin, rig.n_ready + rig.n_abandoned + rig.n_early,
	    "each request came to "
	    "ready(), or was abandoned, or answered before");
	ok(LIST_EMPTY(&rig.server->orphans) && rig.server->n_heap <= CLIENTS,
	    "no request waits");
	rig_stop();
}

/* test_storm.t [FIRST [LAST]]: the storms of these seeds, 1 and 2 if none. */
int
main(int argc, char **argv)
{
	unsigned first = argc > 1 ? (unsigned)atoi(argv[1]) : 1;
	unsigned last = argc > 2 ? (unsigned)atoi(argv[2]) : first + 1;
	log_open("test", "stderr", LOG_LEVEL_ERROR);
	for (unsigned which = first; which <= last; which++)
		storm(which);
	return tap_done();
}
