/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way to the daemon: HTTP over the API's Unix socket, or over TCP with a
 * key.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/defs.h"

struct arena;
struct cli_client;
struct fault;

/* Either a socket or a URL. */
struct cli_target {
	const char *socket; /* path; no key is sent there */
	const char *url;    /* http or https, may have a path */
	const char *key;    /* NULL: none */
};

/* A part of a form: a text, or what can be read from a stream. */
struct cli_part {
	const char *name; /* NULL ends the parts */
	const char *text;
	FILE *stream; /* sent as a file, read on the way */
};

struct cli_request {
	const char *method;
	const char *path; /* encoded, with its query */
	const char *body; /* JSON; NULL: none */
	size_t body_len;
	const struct cli_part *parts; /* a form in its place; NULL: none */
	const char *idempotency_key;  /* NULL: none */
	bool takes_text; /* success needs no JSON; the body is then NULL */
	bool is_long;    /* may take its time, and is asked for once */
};

struct cli_answer {
	int status;   /* of HTTP */
	json_t *body; /* NULL: there was none */
};

/* NULL with fault_r (FAULT_INVALID) when the URL or the key cannot be used.
 * The texts of the target are copied. */
struct cli_client *cli_client_new(const struct cli_target *,
    struct fault *fault_r);
void cli_client_free(struct cli_client *);

/*
 * Sends a request and waits for the answer, which lives in the arena. A
 * server that asks to come again later (429, or 503 with Retry-After) is asked
 * up to three times more. 0 with any HTTP status; -1 with fault_r when there
 * was no answer: FAULT_UNAVAILABLE, or none that is JSON: FAULT_INVALID.
 */
int cli_client_call(struct cli_client *, struct arena *,
    const struct cli_request *, struct cli_answer *answer_r,
    struct fault *fault_r) MUST_CHECK;
