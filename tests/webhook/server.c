/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "tests/webhook/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

/* Reads a request with a body of the length it says. False if none comes. */
static bool
read_request(int fd, char *to)
{
	size_t n = 0, need = 0;
	while (need == 0 || n < need) {
		ssize_t got = recv(fd, to + n, REQUEST_MAX - 1 - n, 0);
		if (got <= 0)
			break;
		n += (size_t)got;
		to[n] = '\0';
		const char *end = strstr(to, "\r\n\r\n");
		const char *len = strstr(to, "Content-Length: ");
		if (end != NULL && len != NULL)
			need = (size_t)(end - to) + 4 +
			    strtoul(len + 16, NULL, 10);
	}
	return n > 0;
}

/* Counts the request, and waits until it may be answered. True if another may
 * come by the same connection. */
static bool
note(struct server *s)
{
	pthread_mutex_lock(&s->lock);
	bool again = s->again > 0;
	s->again -= again;
	s->n_heard++;
	while (s->holds)
		pthread_cond_wait(&s->change, &s->lock);
	pthread_mutex_unlock(&s->lock);
	return again;
}

static void
answer(struct server *s, int fd)
{
	char many[4096];
	memset(many, 'x', sizeof(many));
	send(fd, s->answer, strlen(s->answer), MSG_NOSIGNAL);
	for (size_t i = 0; i < s->more; i += sizeof(many))
		if (send(fd, many, sizeof(many), MSG_NOSIGNAL) < 0)
			break;
}

static void *
serve(void *arg)
{
	struct server *s = arg;
	int fd;
	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		bool again = true;
		while (again && read_request(fd, s->heard)) {
			again = note(s);
			if (s->answer != NULL)
				answer(s, fd);
		}
		/* One without an answer is closed with the process. */
		if (s->answer != NULL)
			close(fd);
	}
	return NULL;
}

void
server_up(struct server *s, const char *text, size_t more)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	*s = (struct server){ .answer = text, .more = more };
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->change, NULL);
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(s->fd, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    listen(s->fd, 16) != 0)
		fatal("no server");
	getsockname(s->fd, (struct sockaddr *)&sin, &len);
	s->port = ntohs(sin.sin_port);
	pthread_create(&s->thread, NULL, serve, s);
}

void
server_down(struct server *s)
{
	server_hold(s, false);
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
}

int
server_heard(struct server *s)
{
	pthread_mutex_lock(&s->lock);
	int n = s->n_heard;
	pthread_mutex_unlock(&s->lock);
	return n;
}

void
server_again(struct server *s, int n)
{
	pthread_mutex_lock(&s->lock);
	s->again = n;
	pthread_mutex_unlock(&s->lock);
}

void
server_hold(struct server *s, bool holds)
{
	pthread_mutex_lock(&s->lock);
	s->holds = holds;
	pthread_cond_signal(&s->change);
	pthread_mutex_unlock(&s->lock);
}

const char *
server_url(const struct server *s, const char *host)
{
	static char url[200];
	snprintf(url, sizeof(url), "http://%s:%d/h?x=1", host, s->port);
	return url;
}
