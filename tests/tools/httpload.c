/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * httpload measure ... posts events one after the other and says how long the
 * answers took; httpload idle|slow|headers|bodies|flood ... are clients that
 * wish the server ill, each in its way, until stdin ends. They say "ready"
 * once all their connections stand.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "tests/tools/net.h"

enum { PIECE = 16384, EVENTS = 256, TICK_MS = 20 };

static struct {
	const char *where, *key;
	long count, rate, limit_s;
} o = { .count = 1, .rate = 200, .limit_s = 300 };

static int64_t began_us;

static void
check_time(void)
{
	if (net_now_us() - began_us > (int64_t)o.limit_s * 1000000)
		die("not done in %ld s", o.limit_s);
}

/* ---- who measures ------------------------------------------------------ */

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static void
send_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = send(fd, p, n, MSG_NOSIGNAL);
		if (done < 0 && errno != EAGAIN)
			die("cannot send: %s", strerror(errno));
		if (done < 0) {
			net_wait(fd, POLLOUT, 1000);
			check_time();
			continue;
		}
		p += done;
		n -= (size_t)done;
	}
}

/* Reads one answer with its body; its status. */
static int
read_answer(int fd, struct buf *in)
{
	int status = 0;
	for (;;) {
		char *end = in->len > 0
		    ? memmem(in->data, in->len, "\r\n\r\n", 4)
		    : NULL;
		char *length = end == NULL
		    ? NULL
		    : memmem(in->data, in->len, "Content-Length: ", 16);
		if (length != NULL &&
		    (size_t)(end + 4 - in->data) +
			    strtoul(length + 16, NULL, 10) <=
			in->len) {
			sscanf(in->data, "HTTP/1.1 %d", &status);
			buf_clear(in);
			return status;
		}
		char *room = buf_reserve(in, PIECE + 1);
		ssize_t n = recv(fd, room, PIECE, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			die("the server went away: %s",
			    n == 0 ? "closed" : strerror(errno));
		if (n < 0) {
			net_wait(fd, POLLIN, 1000);
			check_time();
			continue;
		}
		in->len += (size_t)n;
		room[n] = '\0';
	}
}

static void
post_event(struct buf *out, long n)
{
	char body[200];
	int len = snprintf(body, sizeof(body),
	    "{\"event\":\"measured\","
	    "\"email\":\"m%ld@load.example\",\"payload\":{\"n\":%ld}}",
	    n, n);
	buf_clear(out);
	buf_printf(out,
	    "POST /events/send HTTP/1.1\r\nHost: 127.0.0.1\r\n"
	    "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
	    "Content-Length: %d\r\n\r\n%s",
	    o.key, len, body);
}

static void
measure(void)
{
	struct buf out = { 0 }, in = { 0 };
	int64_t *took = xcalloc((size_t)o.count, sizeof(*took));
	long bad = 0;
	int fd = net_connect(o.where);
	if (fd < 0)
		die("%s: %s", o.where, strerror(errno));
	int64_t start = net_now_us();
	for (long i = 0; i < o.count; i++) {
		int64_t at = start + i * 1000000 / o.rate;
		while (net_now_us() < at)
			usleep(
			    (unsigned)(at - net_now_us() > 0 ? at - net_now_us()
							     : 0));
		post_event(&out, i);
		int64_t began = net_now_us();
		send_all(fd, out.data, out.len);
		bad += read_answer(fd, &in) != 202;
		took[i] = net_now_us() - began;
	}
	close(fd);
	qsort(took, (size_t)o.count, sizeof(*took), compare);
	printf("n=%ld p50_us=%lld p99_us=%lld max_us=%lld bad=%ld\n", o.count,
	    (long long)took[o.count / 2], (long long)took[o.count * 99 / 100],
	    (long long)took[o.count - 1], bad);
	free(took);
	buf_free(&out);
	buf_free(&in);
}

/* ---- who wishes ill ---------------------------------------------------- */

struct foe {
	int fd;
	size_t said; /* bytes of this connection */
};

struct malice {
	const char *name;
	bool reads; /* what comes back */
	bool waits; /* says a byte a second, or nothing */
	/* What to say when so much was said; the end when it is NULL. */
	const char *(*text)(size_t said, size_t *len_r);
};

static const char *
nothing(size_t said, size_t *len_r)
{
	(void)said;
	*len_r = 0;
	return NULL;
}

/* A request that would be fine, were it to end. */
static const char *
one_byte(size_t said, size_t *len_r)
{
	static const char head[] = "POST /events/send HTTP/1.1\r\n"
				   "Host: 127.0.0.1\r\nX-Slow: ";
	*len_r = 1;
	return said < sizeof(head) - 1 ? head + said : "a";
}

static const char *
endless_headers(size_t said, size_t *len_r)
{
	static char text[PIECE + 1];
	static const char head[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n";
	if (text[0] == '\0')
		for (size_t i = 0; i < PIECE; i += 64)
			snprintf(text + i, 65, "X-%04zu: %054d\r\n", i / 64, 0);
	if (said < sizeof(head) - 1) {
		*len_r = sizeof(head) - 1 - said;
		return head + said;
	}
	size_t at = (said - (sizeof(head) - 1)) % PIECE;
	*len_r = PIECE - at;
	return text + at;
}

/* Chunks without end for a route that takes 1 MB. */
static const char *
endless_body(size_t said, size_t *len_r)
{
	static char head[400], chunk[PIECE];
	size_t head_len;
	if (head[0] == '\0') {
		snprintf(head, sizeof(head),
		    "POST /events/send HTTP/1.1\r\n"
		    "Host: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n",
		    o.key);
		memset(chunk, 'x', sizeof(chunk));
		memcpy(chunk, "3ff8\r\n", 6);
		memcpy(chunk + PIECE - 2, "\r\n", 2);
	}
	head_len = strlen(head);
	if (said < head_len) {
		*len_r = head_len - said;
		return head + said;
	}
	size_t at = (said - head_len) % PIECE;
	*len_r = PIECE - at;
	return chunk + at;
}

static const char *
requests(size_t said, size_t *len_r)
{
	static const char one[] = "GET /automations HTTP/1.1\r\n"
				  "Host: 127.0.0.1\r\n\r\n";
	static char text[(sizeof(one) - 1) * 200 + 1];
	const size_t len = sizeof(text) - 1;
	if (text[0] == '\0')
		for (int i = 0; i < 200; i++)
			strcpy(text + (sizeof(one) - 1) * (size_t)i, one);
	*len_r = len - said % len;
	return text + said % len;
}

static const struct malice malices[] = {
	{ "idle", true, true, nothing },
	{ "slow", true, true, one_byte },
	{ "headers", true, false, endless_headers },
	{ "bodies", true, false, endless_body },
	{ "flood", false, false, requests },
};

static struct {
	int epoll;
	struct foe *foes;
	long closed, n;
	char statuses[600]; /* set where an answer had that status */
} m;

static void
watch(struct foe *f, const struct malice *how, int op)
{
	struct epoll_event e = { .data.ptr = f };
	e.events = how->reads ? EPOLLIN : EPOLLRDHUP;
	if (!how->waits)
		e.events |= EPOLLOUT;
	epoll_ctl(m.epoll, op, f->fd, &e);
}

static void
begin(struct foe *f, const struct malice *how)
{
	f->said = 0;
	f->fd = net_connect(o.where);
	if (f->fd < 0)
		die("%s: connection %ld: %s", o.where, (long)(f - m.foes),
		    strerror(errno));
	watch(f, how, EPOLL_CTL_ADD);
}

static void
speak(struct foe *f, const struct malice *how)
{
	size_t len;
	const char *text = how->text(f->said, &len);
	ssize_t n = text != NULL ? send(f->fd, text, len, MSG_NOSIGNAL) : 0;
	if (n > 0)
		f->said += (size_t)n;
}

/* Reads what came; false when the connection has ended. */
static bool
hear(struct foe *f)
{
	static char in[PIECE + 1];
	int status;
	ssize_t n = recv(f->fd, in, PIECE, 0);
	if (n < 0 && errno == EAGAIN)
		return true;
	if (n <= 0)
		return false;
	in[n] = '\0';
	if (sscanf(in, "HTTP/1.1 %d", &status) == 1 && status >= 0 &&
	    status < 600)
		m.statuses[status] = 1;
	return true;
}

static void
act(const struct malice *how, const struct epoll_event *e)
{
	struct foe *f = e->data.ptr;
	bool alive = (e->events & EPOLLERR) == 0;
	if (alive && how->reads && (e->events & EPOLLIN))
		alive = hear(f);
	if (alive && !how->reads && (e->events & (EPOLLRDHUP | EPOLLHUP)))
		alive = false;
	if (alive && (e->events & EPOLLOUT))
		speak(f, how);
	if (alive)
		return;
	close(f->fd);
	m.closed++;
	begin(f, how);
}

static bool
stdin_ended(void)
{
	char c;
	return net_wait(STDIN_FILENO, POLLIN, 0) != 0 &&
	    read(STDIN_FILENO, &c, 1) <= 0;
}

/* A turn lets each connection act once, then rests a little: a foe that takes
 * the whole processor would prove nothing about the server. */
static void
harass(const struct malice *how)
{
	struct epoll_event events[EVENTS];
	int64_t spoke_us = net_now_us();
	while (!stdin_ended()) {
		check_time();
		int n = epoll_wait(m.epoll, events, EVENTS, TICK_MS);
		for (int i = 0; i < n; i++)
			act(how, &events[i]);
		if (n > 0 && !how->waits)
			usleep(2000);
		if (!how->waits || net_now_us() - spoke_us < 1000000)
			continue;
		spoke_us += 1000000;
		for (long i = 0; i < m.n; i++)
			speak(&m.foes[i], how);
	}
}

static void
attack(const struct malice *how)
{
	int most = net_raise_files() - 100;
	m.n = o.count < most ? o.count : most;
	m.foes = xcalloc((size_t)m.n, sizeof(*m.foes));
	m.epoll = epoll_create1(EPOLL_CLOEXEC);
	for (long i = 0; i < m.n; i++)
		begin(&m.foes[i], how);
	printf("ready connections=%ld\n", m.n);
	fflush(stdout);
	harass(how);
	printf("%s connections=%ld closed_by_server=%ld answers=", how->name,
	    m.n, m.closed);
	for (int i = 0; i < 600; i++)
		if (m.statuses[i])
			printf("%d,", i);
	printf("\n");
}

int
main(int argc, char **argv)
{
	int option;
	while ((option = getopt(argc, argv, "w:k:n:R:t:")) != -1) {
		if (option == 'w')
			o.where = optarg;
		else if (option == 'k')
			o.key = optarg;
		else if (option == 'n')
			o.count = number(optarg);
		else if (option == 'R')
			o.rate = number(optarg);
		else if (option == 't')
			o.limit_s = number(optarg);
		else
			optind = argc;
	}
	if (optind + 1 != argc || o.where == NULL || o.count == 0 ||
	    o.rate == 0)
		die("usage: httpload -w tcp:HOST:PORT [-k KEY] [-n COUNT] "
		    "[-R RATE] [-t SECONDS] WHAT");
	began_us = net_now_us();
	signal(SIGPIPE, SIG_IGN);
	if (strcmp(argv[optind], "measure") == 0) {
		measure();
		return 0;
	}
	for (size_t i = 0; i < N_OF(malices); i++)
		if (strcmp(argv[optind], malices[i].name) == 0) {
			attack(&malices[i]);
			return 0;
		}
	die("%s: no such thing to do", argv[optind]);
}
