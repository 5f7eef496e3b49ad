/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "tests/tools/net.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

void
die(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

long
number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);
	if (end == text || *end != '\0' || n < 0)
		die("%s is not a number", text);
	return n;
}

int64_t
net_now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Makes a socket and connects it; -1 with errno. */
static int
open_socket(const struct sockaddr *sa, socklen_t len)
{
	int on = 1;
	int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, sa, len) != 0) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	if (sa->sa_family == AF_INET)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

int
net_connect(const char *where)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct sockaddr_in sin = { .sin_family = AF_INET };
	char host[64];
	int port;
	if (strncmp(where, "unix:", 5) == 0) {
		if (strlen(where + 5) >= sizeof(sun.sun_path))
			die("%s is too long", where);
		strcpy(sun.sun_path, where + 5);
		return open_socket((struct sockaddr *)&sun, sizeof(sun));
	}
	if (sscanf(where, "tcp:%63[0-9.]:%d", host, &port) != 2 ||
	    inet_pton(AF_INET, host, &sin.sin_addr) != 1)
		die("%s: not unix:PATH and not tcp:HOST:PORT", where);
	sin.sin_port = htons((uint16_t)port);
	return open_socket((struct sockaddr *)&sin, sizeof(sin));
}

short
net_wait(int fd, short what, int ms)
{
	struct pollfd p = { .fd = fd, .events = what };
	return poll(&p, 1, ms) > 0 ? p.revents : 0;
}

int
net_raise_files(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return 1024;
	r.rlim_cur = r.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &r) != 0)
		getrlimit(RLIMIT_NOFILE, &r);
	return r.rlim_cur > 1000000 ? 1000000 : (int)r.rlim_cur;
}
