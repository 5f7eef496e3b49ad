/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/process.h"

enum { BACKLOG = 1024 };

/* Splits "host:port" and "[v6]:port". 0 or -1 */
static int
split(const char *where, char host[128], char port[8])
{
	const char *colon = strrchr(where, ':');
	if (colon == NULL || strlen(colon + 1) >= 8 || colon[1] == '\0')
		return -1;
	size_t n = (size_t)(colon - where);
	if (where[0] == '[') {
		if (n < 2 || where[n - 1] != ']')
			return -1;
		where++;
		n -= 2;
	}
	if (n >= 128)
		return -1;
	memcpy(host, where, n);
	host[n] = '\0';
	strcpy(port, colon + 1);
	return 0;
}

static int
bind_one(const struct addrinfo *ai)
{
	int on = 1, saved;
	int fd = socket(ai->ai_family,
	    ai->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, ai->ai_protocol);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int
listen_tcp(const char *where, struct fault *fault_r)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *all;
	char host[128], port[8];
	if (split(where, host, port) != 0)
		return fault(fault_r, FAULT_INVALID,
		    "%s is no address and port.", where);
	int rc = getaddrinfo(host[0] != '\0' ? host : NULL, port, &hints, &all);
	if (rc != 0)
		return fault(fault_r, FAULT_INVALID, "%s: %s.", where,
		    gai_strerror(rc));
	int fd = bind_one(all);
	int error = errno;
	freeaddrinfo(all);
	return fd >= 0
	    ? fd
	    : fault(fault_r, FAULT_UNAVAILABLE, "Cannot listen on %s: %s.",
		  where, strerror(error));
}

/* True if somebody answers at that path. */
static bool
is_alive(const struct sockaddr_un *sun)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return true;
	bool alive =
	    connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 ||
	    errno != ECONNREFUSED;
	close(fd);
	return alive;
}

int
listen_unix(const char *path, const struct process_user *user,
    struct fault *fault_r)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct stat st;
	if (strlen(path) >= sizeof(sun.sun_path))
		return fault(fault_r, FAULT_INVALID,
		    "The socket path %s is "
		    "longer than %zu bytes.",
		    path, sizeof(sun.sun_path) - 1);
	strcpy(sun.sun_path, path);
	if (lstat(path, &st) == 0) {
		if (!S_ISSOCK(st.st_mode))
			return fault(fault_r, FAULT_INVALID,
			    "%s is there and is no socket.", path);
		if (is_alive(&sun))
			return fault(fault_r, FAULT_UNAVAILABLE,
			    "Another postflowd answers at %s.", path);
		unlink(path);
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* Made with its mode: root must not chmod(2) by a name in a folder that
	 * belongs to somebody else. */
	mode_t mask = umask(0111);
	int rc =
	    fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&sun, sizeof(sun));
	umask(mask);
	if (rc != 0 || listen(fd, BACKLOG) != 0 ||
	    (geteuid() == 0 && user != NULL &&
		lchown(path, user->uid, user->gid) != 0)) {
		int error = errno;
		if (fd >= 0)
			close(fd);
		return fault(fault_r, FAULT_UNAVAILABLE,
		    "Cannot listen at %s: %s.", path, strerror(error));
	}
	return fd;
}
