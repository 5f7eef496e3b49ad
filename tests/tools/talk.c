/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * talk unix:PATH|tcp:HOST:PORT [-k] [-n LINES] [-t SECONDS]: sends what comes
 * on stdin, ends its half of the connection (-k: does not), prints what comes
 * back until the other side closes or so many lines have come.
 *
 * talk -l PATH [-n DATAGRAMS] [-t SECONDS]: prints "ready", then each datagram
 * that comes to that Unix socket, a line each.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "tests/tools/net.h"

enum { READ_BYTES = 65536 };

static struct {
	const char *listen;
	long lines; /* 0: until the end */
	long limit_s;
	bool keeps;
} o = { .limit_s = 20 };

static int64_t began_us;

static int
left_ms(void)
{
	int64_t ms = o.limit_s * 1000 - (net_now_us() - began_us) / 1000;
	if (ms <= 0) {
		fflush(stdout);
		die("not done in %ld s", o.limit_s);
	}
	return (int)ms;
}

/* Prints bytes; true once enough lines have come. */
static bool
print(const char *p, size_t n)
{
	static long lines;
	for (size_t i = 0; i < n; i++) {
		putchar(p[i]);
		if (p[i] == '\n' && ++lines == o.lines) {
			fflush(stdout);
			return true;
		}
	}
	fflush(stdout);
	return false;
}

/* Takes more of stdin into the buffer. False at its end. */
static bool
fill(struct buf *b)
{
	char *room = buf_reserve(b, READ_BYTES);
	ssize_t n = read(STDIN_FILENO, room, READ_BYTES);
	if (n > 0)
		b->len += (size_t)n;
	return n > 0;
}

static void
converse(int fd)
{
	struct buf out = { 0 };
	char in[READ_BYTES];
	bool more = true, said_all = false;
	for (;;) {
		if (more && out.len == 0)
			more = fill(&out);
		if (!more && out.len == 0 && !said_all) {
			said_all = true;
			if (!o.keeps)
				shutdown(fd, SHUT_WR);
		}
		short can = net_wait(fd,
		    out.len > 0 ? POLLIN | POLLOUT : POLLIN, left_ms());
		if (can & POLLOUT) {
			ssize_t n = send(fd, out.data, out.len, MSG_NOSIGNAL);
			if (n > 0)
				buf_drop(&out, (size_t)n);
			else if (errno != EAGAIN)
				buf_clear(&out), more = false;
		}
		if (can & (POLLIN | POLLHUP | POLLERR)) {
			ssize_t n = recv(fd, in, sizeof(in), 0);
			if (n == 0 || (n < 0 && errno != EAGAIN) ||
			    (n > 0 && print(in, (size_t)n)))
				break;
		}
	}
	buf_free(&out);
}

static void
listen_for_datagrams(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char text[4096];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (strlen(o.listen) >= sizeof(sun.sun_path))
		die("%s is too long", o.listen);
	strcpy(sun.sun_path, o.listen);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0 ||
	    chmod(o.listen, 0666) != 0)
		die("%s: %s", o.listen, strerror(errno));
	puts("ready");
	fflush(stdout);
	for (long n = 0; o.lines == 0 || n < o.lines; n++) {
		if (net_wait(fd, POLLIN, left_ms()) == 0)
			left_ms();
		ssize_t len = recv(fd, text, sizeof(text), 0);
		printf("%.*s\n", len > 0 ? (int)len : 0, text);
		fflush(stdout);
	}
	close(fd);
}

int
main(int argc, char **argv)
{
	int option;
	while ((option = getopt(argc, argv, "kl:n:t:")) != -1) {
		if (option == 'k')
			o.keeps = true;
		else if (option == 'l')
			o.listen = optarg;
		else if (option == 'n')
			o.lines = number(optarg);
		else if (option == 't')
			o.limit_s = number(optarg);
		else
			die("usage: talk [-k] [-n LINES] [-t SECONDS] "
			    "unix:PATH|tcp:HOST:PORT, or talk -l PATH");
	}
	began_us = net_now_us();
	signal(SIGPIPE, SIG_IGN);
	if (o.listen != NULL) {
		listen_for_datagrams();
		return 0;
	}
	if (optind + 1 != argc)
		die("talk to whom?");
	int fd = net_connect(argv[optind]);
	if (fd < 0)
		die("%s: %s", argv[optind], strerror(errno));
	converse(fd);
	close(fd);
	return 0;
}
