/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * One session with an SMTP server: opened, greeted, given messages one after
 * the other, left politely. It knows one message at a time, and the next one's
 * envelope when that was sent along behind the data.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct event_base;
struct inject_job;
struct inject_result;
struct smtp_session;
struct smtp_setup;

/* Why a message was not taken, as far as it tells how the server fares. */
enum smtp_blame {
	SMTP_BLAME_NONE,   /* taken, or refused for what it is */
	SMTP_BLAME_SERVER, /* "later", or the connection was lost */
	SMTP_BLAME_OURS,   /* the server was not asked */
};

/* What the sessions of one server have in common, and whom they tell. */
struct smtp_owner {
	struct event_base *base;
	const struct smtp_setup *setup;
	int address;        /* the one to try first: it answered last */
	int64_t timeout_us; /* for an answer; the end of data has twice that */
	int64_t idle_us;    /* then a session is left */
	void *arg;
	/* The job is over. */
	void (*done)(void *arg, struct inject_job *,
	    const struct inject_result *, enum smtp_blame, int64_t begun_us);
	/* The job was certainly not taken, only because of the session's age:
	 * another session may try at once. */
	void (*again)(void *arg, struct inject_job *);
	/* A job to send the envelope of behind the data; NULL for none. */
	struct inject_job *(*next)(void *arg);
	/* Something happened; the session may have a new state. Called last,
	 * so the session may be given a job or freed. */
	void (*settled)(void *arg, struct smtp_session *);
};

enum smtp_state {
	SMTP_OPENING, /* until the answer to EHLO */
	SMTP_READY,   /* may be given a job */
	SMTP_WORKING, /* has one */
	SMTP_LEAVING, /* QUIT was said */
	SMTP_CLOSED,  /* to be freed */
};

/* Opens a session; it is OPENING, or CLOSED if not even that was possible. */
struct smtp_session *smtp_session_open(struct smtp_owner *);
/* Closes what is open; jobs must have been taken back before. */
void smtp_session_free(struct smtp_session *);
enum smtp_state smtp_session_state(const struct smtp_session *);
/* When it was opened, and when it last ended a message (clock_mono_us). */
int64_t smtp_session_opened(const struct smtp_session *);
int64_t smtp_session_used(const struct smtp_session *);
/* What ended a session that never became READY, and the code, 0 if none. */
const char *smtp_session_trouble(const struct smtp_session *, int *code_r);
/* Gives a READY session a job. May call done(), again() at once, never
 * settled(). */
void smtp_session_send(struct smtp_session *, struct inject_job *);
/* Gives its jobs back as LATER or DOUBT, says QUIT if it may, and closes. */
void smtp_session_close(struct smtp_session *);
