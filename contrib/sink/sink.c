/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * postflow-sink: the far end of the lab. Takes mail over SMTP and keeps each
 * message, or counts them, so that a test can see what really went out.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/util.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/process.h"
#include "smtp.h"
#include "spool.h"

enum {
	READ_SIZE = 65536,
	REPLY_LIMIT = 65536, /* unread replies before we stop reading */
	IDLE_S = 300,
	COUNT_MS = 100,
};

struct sink {
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *on_term, *on_int, *count_timer;
	struct spool *spool;
	LIST_HEAD(, connection) connections;
};

struct connection {
	LIST_ENTRY(connection) entry;
	struct sink *sink;
	struct bufferevent *bev;
	struct smtp *smtp;
	bool is_over; /* only replies are left to be sent */
};

static const char usage[] =
    "usage: postflow-sink -l address:port -d directory [-t directory]\n"
    "                     [-m files|count|discard]\n"
    "  -l  where to listen\n"
    "  -d  where messages, or the count, are left\n"
    "  -t  where files are written before they get their name; must be on the\n"
    "      same file system (default: the -d directory)\n"
    "  -m  what to leave (default: files)\n";

static void
connection_free(struct connection *c)
{
	LIST_REMOVE(c, entry);
	smtp_free(c->smtp);
	bufferevent_free(c->bev);
	free(c);
}

/* Writes the count down, and says so when that fails. */
static void
write_count(struct sink *k)
{
	struct fault f;
	if (spool_write_count(k->spool, &f) != 0)
		log_error("count not written error=%s", log_text(f.text));
}

/* Writes a count that has moved since the last time, and looks again later. */
static void
on_count_timer(evutil_socket_t fd, short what, void *arg)
{
	struct sink *k = arg;
	const struct timeval pause = { 0, COUNT_MS * 1000 };
	(void)fd, (void)what;
	if (!spool_is_behind(k->spool))
		return;
	write_count(k);
	event_add(k->count_timer, &pause);
}

/*
 * Feeds what has come to the dialogue, a piece at a time, as long as the peer
 * takes its replies. Frees the connection when it is over and all is sent.
 */
static void
connection_run(struct connection *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	struct evbuffer *out = bufferevent_get_output(c->bev);
	struct buf reply = { 0 };
	while (!c->is_over && evbuffer_get_length(in) > 0 &&
	    evbuffer_get_length(out) < REPLY_LIMIT) {
		size_t n = evbuffer_get_contiguous_space(in);
		n = n < READ_SIZE ? n : READ_SIZE;
		const char *bytes = (char *)evbuffer_pullup(in, (ssize_t)n);
		c->is_over = !smtp_take(c->smtp, bytes, n, &reply);
		evbuffer_drain(in, n);
		evbuffer_add(out, reply.data, reply.len);
		buf_clear(&reply);
	}
	buf_free(&reply);
	if (spool_is_behind(c->sink->spool) &&
	    !event_pending(c->sink->count_timer, EV_TIMEOUT, NULL))
		on_count_timer(-1, 0, c->sink);
	if (c->is_over && evbuffer_get_length(out) == 0)
		connection_free(c);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	connection_run(arg);
}

static void
on_write(struct bufferevent *bev, void *arg)
{
	(void)bev;
	connection_run(arg);
}

/* The peer went away, or said nothing for too long. */
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
	struct sink *k = arg;
	const struct timeval idle = { IDLE_S, 0 };
	struct connection *c = xcalloc(1, sizeof(*c));
	struct buf hello = { 0 };
	(void)listener, (void)address, (void)length;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	LIST_INSERT_HEAD(&k->connections, c, entry);
	c->sink = k;
	c->smtp = smtp_new(k->spool);
	c->bev = bufferevent_socket_new(k->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (c->bev == NULL)
		fatal("No memory for a connection.");
	bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
	bufferevent_set_timeouts(c->bev, &idle, &idle);
	bufferevent_setwatermark(c->bev, EV_READ, 0, READ_SIZE);
	bufferevent_set_max_single_read(c->bev, READ_SIZE);
	smtp_greet(&hello);
	bufferevent_write(c->bev, hello.data, hello.len);
	buf_free(&hello);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

/* Out of descriptors, most likely: wait for some to come back. */
static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
	(void)listener, (void)arg;
	log_error("connection not taken error=%s", log_text(strerror(errno)));
	usleep(10000);
}

static void
on_signal(evutil_socket_t signo, short what, void *arg)
{
	struct sink *k = arg;
	(void)signo, (void)what;
	event_base_loopbreak(k->base);
}

/* Listens on "address:port". 0, -1 with fault_r. */
static int
sink_listen(struct sink *k, const char *where, struct fault *fault_r)
{
	struct sockaddr_storage address;
	int length = sizeof(address);
	if (evutil_parse_sockaddr_port(where, (struct sockaddr *)&address,
		&length) != 0)
		return fault(fault_r, FAULT_INVALID,
		    "%s: not an address and a port.", where);
	k->listener = evconnlistener_new_bind(k->base, on_accept, k,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
	    512, (struct sockaddr *)&address, length);
	if (k->listener == NULL)
		return fault(fault_r, FAULT_UNAVAILABLE,
		    "Cannot listen on %s: %s.", where, strerror(errno));
	evconnlistener_set_error_cb(k->listener, on_accept_error);
	return 0;
}

/* Gives root away, if we have it. 0, -1 with fault_r. */
static int
sink_drop(struct sink *k, struct fault *fault_r)
{
	struct process_user user;
	if (geteuid() != 0)
		return 0;
	if (spool_user(k->spool, &user, fault_r) != 0)
		return -1;
	return process_drop(&user, fault_r);
}

/*
 * Serves until a signal ends it, then drops who is still there and writes the
 * last count.
 */
static void
sink_run(struct sink *k)
{
	k->on_term = evsignal_new(k->base, SIGTERM, on_signal, k);
	k->on_int = evsignal_new(k->base, SIGINT, on_signal, k);
	k->count_timer = evtimer_new(k->base, on_count_timer, k);
	event_add(k->on_term, NULL);
	event_add(k->on_int, NULL);
	event_base_dispatch(k->base);
	while (!LIST_EMPTY(&k->connections))
		connection_free(LIST_FIRST(&k->connections));
	if (spool_is_behind(k->spool))
		write_count(k);
	event_free(k->count_timer);
	event_free(k->on_int);
	event_free(k->on_term);
}

int
main(int argc, char **argv)
{
	const char *where = NULL, *dir = NULL, *temporary = NULL;
	int mode = SPOOL_FILES, option;
	struct sink k = { 0 };
	struct fault f;

	while ((option = getopt(argc, argv, "l:d:t:m:")) != -1) {
		switch (option) {
		case 'l':
			where = optarg;
			break;
		case 'd':
			dir = optarg;
			break;
		case 't':
			temporary = optarg;
			break;
		case 'm':
			mode = spool_mode_find(optarg);
			break;
		default:
			where = NULL;
			optind = argc + 1;
		}
	}
	if (where == NULL || dir == NULL || mode < 0 || optind != argc) {
		fputs(usage, stderr);
		return 2;
	}
	log_open("postflow-sink", "stderr", LOG_LEVEL_INFO);
	signal(SIGPIPE, SIG_IGN);
	process_raise_files();
	k.base = event_base_new();
	if (k.base == NULL)
		fatal("There is no event loop.");
	k.spool = spool_open(dir, temporary, (enum spool_mode)mode, &f);
	if (k.spool == NULL || sink_listen(&k, where, &f) != 0 ||
	    sink_drop(&k, &f) != 0 || spool_start(k.spool, &f) != 0)
		fatal("%s", f.text);
	sink_run(&k);
	evconnlistener_free(k.listener);
	event_base_free(k.base);
	spool_free(k.spool);
	return 0;
}
