/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A multipart/form-data body (RFC 7578, RFC 2046 5.1), without any I/O: bytes
 * go in as they came, in whatever pieces, and what comes out does not depend on
 * where these were cut. Memory is bounded by the head of one part. Lines end
 * with CR LF; what lies before the first boundary and behind the last is passed
 * over.
 */
#pragma once

#include "base/defs.h"

struct fault;
struct multipart;

enum {
	MULTIPART_BOUNDARY_MAX = 70,
	MULTIPART_HEAD_MAX = 8192, /* all lines before a part's content */
	MULTIPART_PARTS_MAX = 100,
};

/* Whom the parts are told. Each returns 0, or -1 with fault_r, which ends the
 * reading. */
struct multipart_sink {
	/* A part begins; filename is NULL if it has none. */
	int (*begin)(void *arg, const char *name, const char *filename,
	    struct fault *fault_r);
	/* Some of its content: one byte at least. */
	int (*data)(void *arg, const char *, size_t, struct fault *fault_r);
	/* It is whole. */
	int (*end)(void *arg, struct fault *fault_r);
	void *arg;
};

/* A reader for a body of that Content-Type (NULL: none was sent); the sink is
 * copied. NULL with fault_r if it is no form or names no boundary. */
struct multipart *multipart_new(const char *content_type,
    const struct multipart_sink *, struct fault *fault_r);
void multipart_free(struct multipart *);
/* Reads on. 0 or -1; not to be called again after that. */
int multipart_feed(struct multipart *, const char *, size_t,
    struct fault *fault_r);
/* No more comes. 0, or -1 if the final boundary did not. */
int multipart_end(struct multipart *, struct fault *fault_r);
