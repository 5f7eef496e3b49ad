/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server and its clients in one thread: whoever waits for bytes turns the
 * loop meanwhile. What the server's owner does is chosen by the path:
 *   /echo    answers 200 with the body
 *   /later   is kept in rig.waiting until the test answers it
 *   /refuse  answers 401 in begin()
 *   /stream  takes pieces; pauses as rig.pause says
 * anything else is answered 200 with "method path segments".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/http.h"

/* How long a test waits for what must come, on however busy a machine. */
enum { WAITING_MAX = 64, PATIENCE_US = 20000000 };

struct rig {
	struct event_base *base;
	struct http_server *server;
	int port, port_checked; /* the second one checks Host */
	char unix_path[300];
	void *tls; /* given to the TCP listener if set before rig_start() */
	struct http_limits limits;
	int64_t body_max;
	/* What happened. */
	int n_begin, n_ready, n_abandoned, n_pieces;
	int n_early; /* answered in begin() or piece() */
	int64_t streamed;
	bool pause, answer_in_piece;
	struct http_request *paused[WAITING_MAX];
	int n_paused;
	struct http_request *waiting[WAITING_MAX];
	int n_waiting;
	struct http_peer peer;
	char address[64];
	char listener[32];
	bool body_was_file;
	bool is_quiet; /* no error(): the server's own text */
};

extern struct rig rig;

/* Limits that hinder no test; change them before rig_start(). */
void rig_limits(void);
void rig_start(void);
void rig_stop(void);
/* Turns the loop once; waits at most a few milliseconds. */
void rig_turn(void);
/* Turns it once without waiting. */
void rig_poll(void);
/* Resumes all that pause. */
void rig_resume(void);
/* Turns the loop until *n is at least that, 20 s at most. */
bool rig_until(const int *n, int least);
/* Turns the loop until that many connections are open, 20 s at most. */
bool rig_until_connections(int n);

/* A connected socket, non-blocking. */
int dial(void);
int dial_port(int port);
int dial_unix(void);
/* Sends it all. False if the server closed before. */
bool say(int fd, const char *text);
bool say_n(int fd, const void *, size_t n);

/* What was heard: all that came, until that many whole answers were here, the
 * server closed, or 20 s passed. */
struct heard {
	struct buf text;
	int n; /* whole answers */
	int status[64];
	bool is_closed; /* end of file after them */
	bool is_reset;
};
extern struct heard heard;
void hear(int fd, int n);
/* Until the server closes. */
void hear_end(int fd);
/* The body of the last answer. */
const char *heard_body(void);
/* One connection, one request; returns the status, 0 if none came. */
int ask(const char *request);
