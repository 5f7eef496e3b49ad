/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * An endpoint in a thread of the test: it reads a request, and says what it is
 * told to. One connection at a time.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum { REQUEST_MAX = 8192 };

struct server {
	pthread_t thread;
	int fd, port;
	const char *answer;      /* NULL: none, and the connection stays */
	size_t more;             /* bytes of x behind it */
	char heard[REQUEST_MAX]; /* the last request */
	int n_heard;
	pthread_mutex_t lock; /* of what follows, and n_heard */
	pthread_cond_t change;
	bool holds; /* it answers once this is false */
	int again;  /* answers behind which the connection stays */
};

/* An answer of no content. */
#define ANSWER(status) "HTTP/1.1 " status "\r\nContent-Length: 0\r\n\r\n"

void server_up(struct server *, const char *answer, size_t more);
void server_down(struct server *);
/* How many requests it has heard. */
int server_heard(struct server *);
void server_hold(struct server *, bool holds);
/* Behind the next n answers it waits for another request. */
void server_again(struct server *, int n);
/* A URL on it, good until the next call. */
const char *server_url(const struct server *, const char *host);
