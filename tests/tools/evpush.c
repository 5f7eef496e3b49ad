/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pushes events down the event socket, many in flight, and sees that each gets
 * its answer in its turn: the ids of new events rise, and now and then an
 * event has a name of its own that its answer must repeat. With -r it connects
 * again when the connection is lost, and says again what was not answered. With
 * -i it says the events whose numbers come on stdin, as they come.
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "tests/tools/net.h"

enum { READ_BYTES = 65536, RETRY_MS = 10 };

static struct {
	const char *socket, *event, *key, *domain;
	FILE *answers;
	long count, first, window, mark_each, rate;
	long limit_s, reconnect_s; /* 0: not at all */
	bool no_read, asks;        /* asks: numbers come on stdin */
} o = { .event = "load",
	.domain = "load.example",
	.window = 1024,
	.limit_s = 300 };

static struct {
	int fd;
	struct buf out, in;
	size_t out_at;
	long *flight; /* a ring: numbers sent and not answered */
	long head, n_flight;
	long *again, n_again; /* to be said again */
	long next;            /* the first never said */
	long *asked, n_asked; /* numbers that came, some of them said already */
	struct buf typed;     /* of stdin, the part of a line */
	bool asked_all;
	long acked, duplicates, errors, reconnects;
	char last_id[64];
	char first_error[300];
	int64_t began_us;
} s;

static bool
is_mark(long n)
{
	return o.mark_each > 0 && n % o.mark_each == 0;
}

static void
put_line(long n)
{
	if (is_mark(n))
		buf_printf(&s.out, "{\"event\":\"order.%ld\"", n);
	else
		buf_printf(&s.out, "{\"event\":\"%s\"", o.event);
	buf_printf(&s.out, ",\"email\":\"u%ld@%s\"", n, o.domain);
	if (o.key != NULL)
		buf_printf(&s.out, ",\"id\":\"%s-%ld\"", o.key, n);
	buf_printf(&s.out, ",\"payload\":{\"n\":\"%ld\"}}\n", n);
}

/* How many events may have been said by now. */
static long
allowed(void)
{
	int64_t us = net_now_us() - s.began_us;
	return o.rate == 0 ? o.count : (long)(us * o.rate / 1000000) + 1;
}

/* Whether there is one that was never said and may be now. */
static bool
has_next(void)
{
	return o.asks ? s.next < s.n_asked
		      : s.next < o.count && s.next < allowed();
}

static bool
may_say(void)
{
	return (o.no_read || s.n_flight < o.window) &&
	    s.out.len - s.out_at < READ_BYTES && (s.n_again > 0 || has_next());
}

/* The number of the next one never said. */
static long
take_next(void)
{
	long n = s.next++;
	return o.asks ? s.asked[n] : n;
}

static void
say(void)
{
	while (may_say()) {
		long n = s.n_again > 0 ? s.again[--s.n_again] : take_next();
		put_line(o.first + n);
		if (!o.no_read)
			s.flight[(s.head + s.n_flight++) % o.window] = n;
	}
}

/* Checks the answer to event n. */
static void
take_answer(long n, const char *line, size_t len)
{
	json_error_t why;
	json_t *v = json_loadb(line, len, 0, &why);
	const char *id = json_string_value(json_object_get(v, "id"));
	const char *name = json_string_value(json_object_get(v, "event"));
	char expected[80];
	if (v == NULL)
		die("not JSON: %.*s", (int)len, line);
	if (json_object_get(v, "statusCode") != NULL) {
		if (s.errors++ == 0)
			snprintf(s.first_error, sizeof(s.first_error), "%.*s",
			    (int)len, line);
		json_decref(v);
		return;
	}
	snprintf(expected, sizeof(expected), "order.%ld", o.first + n);
	if (id == NULL || name == NULL || strlen(id) != 36 ||
	    strcmp(name, is_mark(o.first + n) ? expected : o.event) != 0)
		die("not the answer to event %ld: %.*s", n, (int)len, line);
	if (json_is_true(json_object_get(v, "duplicate")))
		s.duplicates++;
	else if (strcmp(s.last_id, id) >= 0)
		die("out of order: %s comes after %s", id, s.last_id);
	else
		strcpy(s.last_id, id);
	s.acked++;
	if (o.answers != NULL)
		fprintf(o.answers, "%ld %s\n", o.first + n, id);
	json_decref(v);
}

/* Takes the whole lines at hand. */
static void
take_answers(void)
{
	size_t at = 0;
	char *nl;
	while (at < s.in.len &&
	    (nl = memchr(s.in.data + at, '\n', s.in.len - at)) != NULL) {
		if (s.n_flight == 0)
			die("an answer to nothing: %.*s",
			    (int)(nl - s.in.data - (long)at), s.in.data + at);
		long n = s.flight[s.head];
		s.head = (s.head + 1) % o.window;
		s.n_flight--;
		take_answer(n, s.in.data + at, (size_t)(nl - s.in.data) - at);
		at = (size_t)(nl - s.in.data) + 1;
	}
	buf_drop(&s.in, at);
	if (o.answers != NULL && at > 0)
		fflush(o.answers);
}

/* What was said and not answered has to be said again, in the old order. */
static void
forget_flight(void)
{
	for (long i = s.n_flight - 1; i >= 0; i--)
		s.again[s.n_again++] = s.flight[(s.head + i) % o.window];
	s.n_flight = 0;
	buf_clear(&s.out);
	buf_clear(&s.in);
	s.out_at = 0;
}

static int64_t
left_ms(void)
{
	int64_t ms = (net_now_us() - s.began_us) / 1000;
	return (int64_t)o.limit_s * 1000 - ms;
}

static void
connect_anew(void)
{
	int64_t limit = net_now_us() + (int64_t)o.reconnect_s * 1000000;
	while ((s.fd = net_connect(o.socket)) < 0) {
		if (net_now_us() > limit)
			die("%s: %s", o.socket, strerror(errno));
		poll(NULL, 0, RETRY_MS);
	}
}

static void
lost(const char *why)
{
	close(s.fd);
	forget_flight();
	if (o.reconnect_s == 0)
		die("the connection was lost: %s", why);
	s.reconnects++;
	connect_anew();
}

/* Writes and reads once, as the socket can. False when the connection broke. */
static bool
exchange(short can)
{
	ssize_t n;
	if (can & POLLOUT) {
		n = send(s.fd, s.out.data + s.out_at, s.out.len - s.out_at,
		    MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			return false;
		s.out_at += n > 0 ? (size_t)n : 0;
		if (s.out_at == s.out.len) {
			buf_clear(&s.out);
			s.out_at = 0;
		}
	}
	if (can & (POLLIN | POLLHUP | POLLERR)) {
		char *room = buf_reserve(&s.in, READ_BYTES);
		n = recv(s.fd, room, READ_BYTES, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return false;
		s.in.len += n > 0 ? (size_t)n : 0;
		take_answers();
	}
	return true;
}

/* ---- numbers that come on stdin ---------------------------------------- */

static void
ask(long n)
{
	if ((s.n_asked & (s.n_asked - 1)) == 0) {
		size_t room = s.n_asked == 0 ? 1 : 2 * (size_t)s.n_asked;
		s.asked = realloc(s.asked, room * sizeof(*s.asked));
		if (s.asked == NULL)
			die("no memory");
	}
	s.asked[s.n_asked++] = n;
}

/* Takes the whole lines that are there; what stands behind the number is not
 * ours. */
static void
read_numbers(void)
{
	size_t at = 0;
	char *room = buf_reserve(&s.typed, READ_BYTES), *nl;
	ssize_t n = read(STDIN_FILENO, room, READ_BYTES);
	if (n <= 0) {
		s.asked_all = true;
		return;
	}
	s.typed.len += (size_t)n;
	while (
	    (nl = memchr(s.typed.data + at, '\n', s.typed.len - at)) != NULL) {
		ask(strtol(s.typed.data + at, NULL, 10));
		at = (size_t)(nl - s.typed.data) + 1;
	}
	buf_drop(&s.typed, at);
}

/* Looks whether numbers came, for at most so long. */
static void
hear_numbers(int ms)
{
	if (o.asks && !s.asked_all && net_wait(STDIN_FILENO, POLLIN, ms) != 0)
		read_numbers();
}

static bool
is_done(void)
{
	long n = s.acked + s.errors;
	return o.asks ? s.asked_all && n >= s.n_asked : n >= o.count;
}

static void
push(void)
{
	while (!is_done()) {
		hear_numbers(0);
		say();
		short want = POLLIN | (s.out.len > s.out_at ? POLLOUT : 0);
		int64_t left = left_ms();
		if (left <= 0)
			die("not done in %ld s: %ld of %ld answered", o.limit_s,
			    s.acked + s.errors, o.count);
		if (s.n_flight == 0 && s.out.len == s.out_at) {
			if (o.asks && !s.asked_all)
				hear_numbers(5);
			else
				poll(NULL, 0, 1);
			continue;
		}
		bool hurries = o.rate != 0 || (o.asks && !s.asked_all);
		short can =
		    net_wait(s.fd, want, hurries && left > 5 ? 5 : (int)left);
		if (can != 0 && !exchange(can))
			lost(errno != 0 ? strerror(errno) : "closed");
	}
}

/* Says what the other side takes, reads nothing, and stays until stdin ends. */
static void
push_without_reading(void)
{
	int quiet = 0;
	while (quiet < 20) {
		say();
		short can = net_wait(s.fd, POLLOUT, 50);
		quiet = can & POLLOUT ? 0 : quiet + 1;
		if ((can & POLLOUT) != 0 && s.out.len == s.out_at)
			break;
		if (can == 0)
			continue;
		ssize_t n = send(s.fd, s.out.data + s.out_at,
		    s.out.len - s.out_at, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			die("the connection was lost: %s", strerror(errno));
		s.out_at += n > 0 ? (size_t)n : 0;
		if (s.out_at == s.out.len) {
			buf_clear(&s.out);
			s.out_at = 0;
		}
	}
	printf("blocked said=%ld\n", s.next);
	fflush(stdout);
	char c;
	while (read(STDIN_FILENO, &c, 1) > 0)
		continue;
}

static void
usage(void)
{
	die("usage: evpush -s SOCKET -n COUNT [-e EVENT] [-d DOMAIN] [-f FIRST]"
	    " [-k KEY] [-m MARK-EACH]\n              [-w WINDOW] [-R RATE] [-o"
	    " ANSWERS] [-r RECONNECT-SECONDS] [-t SECONDS] [-N|-i]");
}

static void
read_options(int argc, char **argv)
{
	int option;
	while (
	    (option = getopt(argc, argv, "s:n:e:d:f:k:m:w:R:o:r:t:Ni")) != -1)
		switch (option) {
		case 's':
			o.socket = optarg;
			break;
		case 'n':
			o.count = number(optarg);
			break;
		case 'e':
			o.event = optarg;
			break;
		case 'd':
			o.domain = optarg;
			break;
		case 'f':
			o.first = number(optarg);
			break;
		case 'k':
			o.key = optarg;
			break;
		case 'm':
			o.mark_each = number(optarg);
			break;
		case 'w':
			o.window = number(optarg);
			break;
		case 'R':
			o.rate = number(optarg);
			break;
		case 'o':
			if ((o.answers = fopen(optarg, "we")) == NULL)
				die("%s: %s", optarg, strerror(errno));
			break;
		case 'r':
			o.reconnect_s = number(optarg);
			break;
		case 't':
			o.limit_s = number(optarg);
			break;
		case 'N':
			o.no_read = true;
			break;
		case 'i':
			o.asks = true;
			break;
		default:
			usage();
		}
	if (optind != argc || o.socket == NULL || o.window == 0 ||
	    (o.count == 0) == !o.asks)
		usage();
}

int
main(int argc, char **argv)
{
	char where[200];
	read_options(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	snprintf(where, sizeof(where), "unix:%s", o.socket);
	o.socket = where;
	s.flight = xcalloc((size_t)o.window, sizeof(long));
	s.again = xcalloc((size_t)o.window, sizeof(long));
	s.began_us = net_now_us();
	connect_anew();
	if (o.no_read) {
		push_without_reading();
		return 0;
	}
	push();
	double seconds = (double)(net_now_us() - s.began_us) / 1e6;
	printf("count=%ld acked=%ld duplicates=%ld errors=%ld reconnects=%ld "
	       "seconds=%.3f per_second=%.0f\n",
	    o.asks ? s.n_asked : o.count, s.acked, s.duplicates, s.errors,
	    s.reconnects, seconds, (double)s.acked / seconds);
	if (s.errors > 0)
		printf("first_error=%s\n", s.first_error);
	if (o.answers != NULL && fclose(o.answers) != 0)
		die("the answers could not be written");
	return 0;
}
