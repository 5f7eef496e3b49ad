/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the halves of e2e share: what is to be posted, and a tally of what
 * became of it. Moments are microseconds of one clock, 0 being never.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct buf;
struct bufferevent;
struct event_base;

enum { E2E_EMAIL_LEN = 64, E2E_RUN_LEN = 32 };

struct load {
	int http_port; /* 0: nothing is posted, mails are counted */
	int smtp_port;
	const char *key, *event;
	int n_connections;
	int rate; /* events a second; 0: each answer is followed by a post */
	int64_t first, n_contacts;
	int64_t n; /* events, or mails */
	char run[E2E_RUN_LEN];
};

struct life {
	int64_t posted_us, taken_us, arrived_us;
};

struct tally {
	struct load load;
	struct event_base *base;
	struct life *lives; /* load.n of them */
	int64_t n_posted, n_taken, n_refused;
	int64_t n_arrived, n_doubled, n_strange;
	int64_t bytes;             /* of the mails that arrived */
	int64_t first_us, last_us; /* the first post, the last mail */
};

/* The address of the contact that the i-th event is about. */
char *e2e_email(const struct load *, int64_t i, char out[E2E_EMAIL_LEN]);

/* Sends at once, and what the socket does not take when it does. */
void e2e_say(struct bufferevent *, const struct buf *);

/* Opens the HTTP connections and posts until all is posted. Ends the program
 * if the server cannot be reached, or hangs up. */
void e2e_post(struct tally *);
/* Serves SMTP; each message goes into the tally before it is answered. Ends
 * the program if the port cannot be had. */
void e2e_sink(struct tally *);

/* The i-th event was answered. */
void tally_answered(struct tally *, int64_t i, int status, int64_t now_us);
/* A mail came; head holds its envelope, a line each. */
void tally_arrived(struct tally *, const struct buf *head,
    const struct buf *message, int64_t now_us);
