/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread that posts: bodies to URLs, many at once, with libcurl. It goes
 * nowhere it is not sent to: no redirect, no proxy, no password file, no
 * cookies; and to no private address unless the post says so, which is asked of
 * the address the socket is about to connect to.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

struct poster;

enum {
	POST_RESPONSE_MAX = 4096, /* bytes of an answer that are kept */
	POST_READ_MAX = 1 << 20,  /* and that are read */
	POST_CONNECT_MS = 5000,   /* name and connection */
	POST_WHOLE_MS = 15000,    /* all of it */
	POST_WHY_MAX = 300,
};

/* One body on its way; owned by who made it until done() was called. */
struct post {
	const char *url;
	const char *const *headers; /* "Name: value"; ends with NULL */
	const char *body;
	size_t len;
	bool allow_private;
	/* The outcome. */
	bool is_dropped;        /* the poster went before it was answered */
	int code;               /* of HTTP; 0: there was no answer */
	struct buf response;    /* its first bytes */
	char why[POST_WHY_MAX]; /* why there was no answer; "" */
	/* The poster's. */
	void *easy;
	void *header_list;
	size_t n_read;
	struct post *next, *previous;
};

/* done() is called on the poster's thread, but for posts that are dropped:
 * those within poster_free(). */
struct poster *poster_new(void (*done)(void *arg, struct post *), void *arg);
/* Ends the thread; what is under way is dropped. NULL is fine. */
void poster_free(struct poster *);
void poster_send(struct poster *, struct post *);
