/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The far end: the dialogue of the lab's sink, with a spool that keeps no mail
 * but notes when it came.
 */
#include "e2e.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "contrib/sink/smtp.h"
#include "contrib/sink/spool.h"

struct spool {
	struct tally *tally;
	int64_t n;
};

struct connection {
	struct bufferevent *bev;
	struct smtp *smtp;
	struct buf reply;
	bool is_over; /* only replies are left to be sent */
};

int
spool_put(struct spool *s, const struct buf *head, const struct buf *message,
    char name_r[SPOOL_NAME_LEN], struct fault *fault_r)
{
	(void)fault_r;
	tally_arrived(s->tally, head, message, clock_mono_us());
	snprintf(name_r, SPOOL_NAME_LEN, "%lld", (long long)++s->n);
	return 0;
}

static void
connection_free(struct connection *c)
{
	smtp_free(c->smtp);
	bufferevent_free(c->bev);
	buf_free(&c->reply);
	free(c);
}

static void
end_if_over(struct connection *c)
{
	if (c->is_over &&
	    evbuffer_get_length(bufferevent_get_output(c->bev)) == 0)
		connection_free(c);
}

/* Feeds what has come to the dialogue; all its replies leave in one write. */
static void
on_read(struct bufferevent *bev, void *arg)
{
	struct connection *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	buf_clear(&c->reply);
	while (!c->is_over && evbuffer_get_length(in) > 0) {
		size_t n = evbuffer_get_contiguous_space(in);
		const char *bytes = (char *)evbuffer_pullup(in, (ssize_t)n);
		c->is_over = !smtp_take(c->smtp, bytes, n, &c->reply);
		evbuffer_drain(in, n);
	}
	e2e_say(bev, &c->reply);
	end_if_over(c);
}

static void
on_write(struct bufferevent *bev, void *arg)
{
	(void)bev;
	end_if_over(arg);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev, (void)what;
	connection_free(arg);
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *address, int length, void *arg)
{
	struct spool *s = arg;
	struct connection *c = xcalloc(1, sizeof(*c));
	(void)listener, (void)address, (void)length;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	c->smtp = smtp_new(s);
	c->bev =
	    bufferevent_socket_new(s->tally->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (c->bev == NULL)
		fatal("no memory for a connection");
	bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
	smtp_greet(&c->reply);
	e2e_say(c->bev, &c->reply);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

void
e2e_sink(struct tally *t)
{
	static struct spool s;
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)t->load.smtp_port) };
	s.tally = t;
	if (evconnlistener_new_bind(t->base, on_accept, &s,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
		    LEV_OPT_REUSEABLE,
		512, (struct sockaddr *)&at, sizeof(at)) == NULL)
		fatal("port %d cannot be had: %s", t->load.smtp_port,
		    strerror(errno));
}
