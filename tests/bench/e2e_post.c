/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The near end: keep-alive connections that post events. In a closed loop each
 * posts again as soon as it is answered. At a rate each event has its moment;
 * one that finds no free connection then waits, and its time counts from that
 * moment on.
 */
#include "e2e.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

enum { ANSWER_LIMIT = 65536 };

struct poster;

struct connection {
	struct poster *poster;
	struct bufferevent *bev;
	int64_t event; /* awaiting its answer; -1: free */
};

struct poster {
	struct tally *tally;
	struct connection *connections;
	int turn; /* whose turn it is at a rate: a server drops the idle */
	struct event *timer;
	int64_t began_us;
	struct buf body, request;
};

/* The moment of the i-th event. */
static int64_t
moment_of(const struct poster *p, int64_t i)
{
	return p->began_us + i * 1000000 / p->tally->load.rate;
}

static void
write_request(struct poster *p, int64_t i)
{
	const struct load *l = &p->tally->load;
	char email[E2E_EMAIL_LEN];
	buf_clear(&p->body);
	buf_clear(&p->request);
	buf_printf(&p->body,
	    "{\"event\":\"%s\",\"email\":\"%s\","
	    "\"payload\":{\"plan\":\"pro\",\"amount\":4200,"
	    "\"currency\":\"EUR\",\"ref\":\"%s-%lld\"}}",
	    l->event, e2e_email(l, i, email), l->run, (long long)i);
	buf_printf(&p->request,
	    "POST /events/send HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
	    "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    l->http_port, l->key, p->body.len, p->body.data);
}

/* Posts the next event on a free connection; counted from that moment on. */
static void
post(struct connection *c, int64_t since_us)
{
	struct poster *p = c->poster;
	struct tally *t = p->tally;
	int64_t i = t->n_posted++;
	c->event = i;
	t->lives[i].posted_us = since_us;
	if (t->first_us == 0)
		t->first_us = since_us;
	write_request(p, i);
	e2e_say(c->bev, &p->request);
}

/* Gives a free connection the next event, if it is time for one. */
static void
post_next(struct connection *c)
{
	struct poster *p = c->poster;
	const struct tally *t = p->tally;
	int64_t now = clock_mono_us();
	if (t->n_posted >= t->load.n)
		return;
	if (t->load.rate == 0)
		post(c, now);
	else if (moment_of(p, t->n_posted) <= now)
		post(c, moment_of(p, t->n_posted));
}

/* The moment of the next event has come. */
static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct poster *p = arg;
	struct tally *t = p->tally;
	int n = t->load.n_connections;
	(void)fd, (void)what;
	for (int k = 0; k < n && t->n_posted < t->load.n &&
	     moment_of(p, t->n_posted) <= clock_mono_us();
	     k++) {
		struct connection *c = &p->connections[p->turn++ % n];
		/* How late the timer is does not count. */
		if (c->event < 0)
			post(c, clock_mono_us());
	}
	if (t->n_posted >= t->load.n)
		return;
	int64_t span = moment_of(p, t->n_posted) - clock_mono_us();
	span = span < 1000 ? 1000 : span;
	const struct timeval pause = { span / 1000000, span % 1000000 };
	event_add(p->timer, &pause);
}

/* The length of an answer whose head has n bytes; its status goes to
 * status_r. */
static size_t
answer_length(const char *head, size_t n, int *status_r)
{
	const char *length = strcasestr(head, "\r\nContent-Length:");
	if (strncmp(head, "HTTP/1.1 ", 9) != 0 || length == NULL ||
	    length > head + n)
		fatal("an answer that was not understood: %.*s", (int)n, head);
	*status_r = atoi(head + 9);
	return n + strtoul(strchr(length + 2, ':') + 1, NULL, 10);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct connection *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
	char head[4096];
	int status;
	if (end.pos < 0)
		return;
	ssize_t n = evbuffer_copyout(in, head, sizeof(head) - 1);
	head[n] = '\0';
	size_t length = answer_length(head, (size_t)end.pos + 4, &status);
	if (length > ANSWER_LIMIT || c->event < 0)
		fatal("an answer nobody asked for");
	if (evbuffer_get_length(in) < length)
		return;
	evbuffer_drain(in, length);
	int64_t i = c->event;
	c->event = -1;
	tally_answered(c->poster->tally, i, status, clock_mono_us());
	post_next(c);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev, (void)arg;
	if (what & BEV_EVENT_CONNECTED)
		return;
	fatal("the server at port %d cannot be reached, or has hung up",
	    ((struct connection *)arg)->poster->tally->load.http_port);
}

/* Opens a connection and waits until it stands. */
static void
dial(struct connection *c, struct poster *p)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)p->tally->load.http_port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		fatal("the server at port %d cannot be reached",
		    p->tally->load.http_port);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	evutil_make_socket_nonblocking(fd);
	c->poster = p;
	c->event = -1;
	c->bev =
	    bufferevent_socket_new(p->tally->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (c->bev == NULL)
		fatal("no memory for a connection");
	bufferevent_setcb(c->bev, on_read, NULL, on_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

void
e2e_post(struct tally *t)
{
	static struct poster p;
	int n = t->load.n_connections;
	p.tally = t;
	p.connections = xcalloc((size_t)n, sizeof(*p.connections));
	for (int i = 0; i < n; i++)
		dial(&p.connections[i], &p);
	p.began_us = clock_mono_us();
	if (t->load.rate > 0) {
		p.timer = evtimer_new(t->base, on_timer, &p);
		on_timer(-1, 0, &p);
		return;
	}
	for (int i = 0; i < n; i++)
		post_next(&p.connections[i]);
}
