/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "tests/http/rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "tests/tap.h"

struct rig rig;
struct heard heard;

static void
give_up(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static bool
path_is(const struct http_request *r, const char *path)
{
	return strcmp(http_path(r), path) == 0;
}

static int
begin(void *arg, struct http_request *r, struct http_plan *plan)
{
	(void)arg;
	rig.n_begin++;
	rig.peer = *http_request_peer(r);
	snprintf(rig.address, sizeof(rig.address), "%s", rig.peer.address);
	snprintf(rig.listener, sizeof(rig.listener), "%s",
	    http_request_listener(r));
	if (path_is(r, "/refuse")) {
		rig.n_early++;
		http_reply(r, 401, "text/plain", NULL, "who?", 4);
		return -1;
	}
	plan->body_max = rig.body_max;
	plan->owner = &rig;
	if (path_is(r, "/stream"))
		plan->sink = HTTP_SINK_STREAM;
	return 0;
}

static int
piece(void *arg, struct http_request *r, const char *p, size_t n)
{
	(void)arg, (void)p;
	rig.n_pieces++;
	rig.streamed += (int64_t)n;
	if (rig.answer_in_piece) {
		rig.answer_in_piece = false;
		rig.n_early++;
		http_reply(r, 422, "text/plain", NULL, "no", 2);
		return 0;
	}
	if (!rig.pause || rig.n_paused == WAITING_MAX)
		return 0;
	rig.paused[rig.n_paused++] = r;
	return -1;
}

/* Answers with the body, wherever it is. */
static void
echo(struct http_request *r)
{
	struct http_body body;
	http_request_body(r, &body);
	rig.body_was_file = body.fd >= 0;
	char *copy = NULL;
	if (body.fd >= 0) {
		copy = xmalloc(body.len + 1);
		if (read(body.fd, copy, body.len + 1) != (ssize_t)body.len)
			give_up("the spooled body");
		body.data = copy;
	} else if (body.data[body.len] != '\0') {
		give_up("the body does not end with NUL");
	}
	http_reply(r, 200, "application/octet-stream", NULL, body.data,
	    body.len);
	free(copy);
}

static void
ready(void *arg, struct http_request *r)
{
	struct buf text = { 0 };
	(void)arg;
	rig.n_ready++;
	if (http_request_owner(r) != &rig)
		give_up("the owner was lost");
	if (path_is(r, "/echo")) {
		echo(r);
		return;
	}
	if (path_is(r, "/later")) {
		rig.waiting[rig.n_waiting++ % WAITING_MAX] = r;
		return;
	}
	if (path_is(r, "/large")) {
		char *large = xcalloc(1, 8 << 20);
		http_reply(r, 200, "text/plain", NULL, large, 8 << 20);
		free(large);
		return;
	}
	buf_printf(&text, "%s %s", http_method(r), http_path(r));
	for (const char *const *s = http_segments(r); *s != NULL; s++)
		buf_printf(&text, " [%s]", *s);
	const char *x = http_header_get(r, "X-Say");
	if (x != NULL)
		buf_printf(&text, " x=%s", x);
	const char *q = http_query_get(r, "q");
	if (q != NULL)
		buf_printf(&text, " q=%s", q);
	if (http_query_get(r, "drain") != NULL)
		http_server_drain(rig.server);
	http_reply(r, 200, "text/plain", NULL, text.data, text.len);
	buf_free(&text);
}

static void
abandoned(void *arg, struct http_request *r)
{
	(void)arg;
	for (int i = 0; i < rig.n_paused; i++)
		if (rig.paused[i] == r)
			rig.paused[i--] = rig.paused[--rig.n_paused];
	rig.n_abandoned++;
}

static const char *
error(void *arg, struct http_request *r, int status, const char *sentence,
    struct buf *body)
{
	(void)arg;
	if (rig.is_quiet)
		return NULL;
	buf_printf(body, "{\"status\":%d,\"message\":\"%s\",\"path\":\"%s\"}",
	    status, sentence, r == NULL ? "-" : http_path(r));
	return "application/json";
}

static const struct http_handler handler = { .begin = begin,
	.ready = ready,
	.piece = piece,
	.abandoned = abandoned,
	.error = error };

void
rig_limits(void)
{
	memset(&rig, 0, sizeof(rig));
	rig.limits = (struct http_limits){ .max_connections = 1000,
		.header_timeout_ms = 20000,
		.body_timeout_ms = 20000,
		.idle_timeout_ms = 20000,
		.write_timeout_ms = 20000,
		.head_max = 8192,
		.memory_body = 65536,
		.memory_budget = 64 << 20,
		.spool_dir = tap_dir() };
	rig.body_max = 16 << 20;
}

/* A listening TCP socket on a free port of loopback. */
static int
listen_tcp(int *port_r)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    listen(fd, 256) != 0 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) != 0)
		give_up("listen");
	*port_r = ntohs(sin.sin_port);
	return fd;
}

static int
listen_unix(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	snprintf(rig.unix_path, sizeof(rig.unix_path), "%s/s", tap_dir());
	unlink(rig.unix_path);
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%.100s", rig.unix_path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0 ||
	    listen(fd, 256) != 0)
		give_up("listen on a Unix socket");
	return fd;
}

void
rig_start(void)
{
	static const char *const hosts[] = { "flow.example", NULL };
	struct fault f;
	rig.base = event_base_new();
	rig.server = http_server_new(rig.base, &rig.limits, &f);
	if (rig.server == NULL ||
	    http_server_listen(rig.server, listen_tcp(&rig.port), "tcp",
		&handler, rig.tls, false, NULL, &f) != 0 ||
	    http_server_listen(rig.server, listen_tcp(&rig.port_checked),
		"checked", &handler, NULL, true, hosts, &f) != 0 ||
	    http_server_listen(rig.server, listen_unix(), "unix", &handler,
		NULL, true, NULL, &f) != 0) {
		printf("Bail out! %s\n", f.text);
		exit(1);
	}
}

void
rig_stop(void)
{
	http_server_free(rig.server);
	event_base_free(rig.base);
	rig.server = NULL;
}

void
rig_turn(void)
{
	struct timeval tv = { .tv_usec = 2000 };
	event_base_loopexit(rig.base, &tv);
	event_base_loop(rig.base, EVLOOP_ONCE);
}

void
rig_poll(void)
{
	event_base_loop(rig.base, EVLOOP_NONBLOCK);
}

void
rig_resume(void)
{
	rig.pause = false;
	while (rig.n_paused > 0)
		http_resume(rig.paused[--rig.n_paused]);
}

bool
rig_until(const int *n, int least)
{
	for (int64_t end = clock_mono_us() + PATIENCE_US;
	     *n < least && clock_mono_us() < end;)
		rig_turn();
	return *n >= least;
}

bool
rig_until_connections(int n)
{
	for (int64_t end = clock_mono_us() + PATIENCE_US;
	     http_server_connections(rig.server) != n && clock_mono_us() < end;)
		rig_turn();
	return http_server_connections(rig.server) == n;
}

int
dial_port(int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0)
		give_up("connect");
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

int
dial(void)
{
	return dial_port(rig.port);
}

int
dial_unix(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%.100s", rig.unix_path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0)
		give_up("connect to the Unix socket");
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

bool
say_n(int fd, const void *p, size_t n)
{
	const char *at = p;
	for (int64_t end = clock_mono_us() + PATIENCE_US;
	     n > 0 && clock_mono_us() < end;) {
		ssize_t done = send(fd, at, n, MSG_NOSIGNAL);
		if (done > 0) {
			at += done;
			n -= (size_t)done;
		} else if (errno == EAGAIN) {
			rig_turn();
		} else {
			return false;
		}
	}
	return n == 0;
}

bool
say(int fd, const char *text)
{
	return say_n(fd, text, strlen(text));
}

/* Counts the whole answers in what was heard. */
static void
count(void)
{
	const char *p = heard.text.data, *end;
	heard.n = 0;
	if (p == NULL)
		return;
	const char *stop = p + heard.text.len;
	while (p < stop && (end = strstr(p, "\r\n\r\n")) != NULL) {
		int status = atoi(p + 9);
		const char *length = strcasestr(p, "\r\nContent-Length:");
		size_t n = length != NULL && length < end
		    ? (size_t)atoll(length + 17)
		    : 0;
		if ((size_t)(stop - end - 4) < n)
			return;
		if (heard.n < (int)N_OF(heard.status))
			heard.status[heard.n] = status;
		heard.n++;
		p = end + 4 + n;
	}
}

/* Listens until n answers came (0: to the end), 5 s at most. */
static void
listen_to(int fd, int n)
{
	static char piece[65536];
	buf_clear(&heard.text);
	heard.n = 0;
	heard.is_closed = heard.is_reset = false;
	memset(heard.status, 0, sizeof(heard.status));
	for (int64_t end = clock_mono_us() + PATIENCE_US;
	     clock_mono_us() < end;) {
		ssize_t got = recv(fd, piece, sizeof(piece), 0);
		if (got > 0) {
			buf_add(&heard.text, piece, (size_t)got);
			if (n > 0)
				count();
		} else if (got == 0 || errno != EAGAIN) {
			heard.is_closed = true;
			heard.is_reset = got < 0;
			break;
		} else if (n > 0 && heard.n >= n) {
			break;
		} else {
			rig_turn();
		}
	}
	count();
}

void
hear(int fd, int n)
{
	listen_to(fd, n);
}

void
hear_end(int fd)
{
	listen_to(fd, 0);
}

const char *
heard_body(void)
{
	const char *last = "", *p = heard.text.data;
	while (p != NULL && (p = strstr(p, "\r\n\r\n")) != NULL)
		last = p += 4;
	return last;
}

int
ask(const char *request)
{
	int fd = dial();
	say(fd, request);
	hear(fd, 1);
	close(fd);
	return heard.status[0];
}
