/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs the real postflow against a server that answers what the test says and
 * keeps what it was asked, over a Unix socket and over TCP.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct event_base;

/* Starts the server and writes a configuration that names its socket. */
void fake_start(void);
void fake_stop(void);
const char *fake_conf(void); /* path of that configuration */
const char *fake_url(void);  /* http://127.0.0.1:PORT */

/* The next answer; body NULL: 65 MB of blanks. Status 0: the connection is
 * closed without an answer. */
void fake_answer(int status, const char *body);
/* The same with a Retry-After header. */
void fake_answer_later(int status, const char *retry_after, const char *body);

/* What was asked since fake_forget(): "METHOD URI BODY", "" if nothing. */
int fake_count(void);
const char *fake_seen(int i);
/* A header of that request, "" if it has none. */
const char *fake_header(int i, const char *name);
/* Forgets requests and answers. */
void fake_forget(void);

struct run {
	const char *input;  /* NULL: empty standard input */
	size_t input_len;   /* 0: strlen */
	const char *env[4]; /* "NAME=value", beside a clean environment */
	bool on_tty;        /* standard output is a terminal */
	bool no_conf;       /* do not put -c in front */
	const char *output; /* path for standard output, in place of a pipe */
	bool closed_output; /* standard output is not open at all */
};

/* Runs postflow with the arguments (NULL ends them). Its exit status, -1 if
 * it did not end by itself within a minute. */
int run_cli(const struct run *, const char *const *args);
#define run(...) run_cli(NULL, (const char *const[]){ __VA_ARGS__, NULL })
#define run_with(r, ...) \
	run_cli((r), (const char *const[]){ __VA_ARGS__, NULL })
const char *run_out(void);
const char *run_err(void);

/* A command, the one request it makes, and what it prints of the answer. */
enum { ARGS_MAX = 24 };
struct example {
	const char *args[ARGS_MAX];
	const char *request, *answer, *prints;
};
/* Runs each of n commands and compares. */
void run_examples(const struct example *, size_t n);

/* Frees what the last run wrote; fake_stop() calls it. */
void run_end(void);
/* The arguments of the running program as the system shows them. */
void run_cmdline(char *text, size_t room);
/* The arguments as they were shown while request number i was answered. */
const char *fake_cmdline(int i);
/* The loop the server lives in. */
struct event_base *fake_base(void);
