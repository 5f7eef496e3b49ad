/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The body of a message: multipart/mixed with files beside
 * multipart/alternative of text and html, the html within multipart/related
 * with the files it shows. Each is there if it has to be; of this room only.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "mail/part.h"

struct fault;
struct letter;

enum { BODY_BOUNDARY_LEN = 32 };

struct body {
	const struct letter *letter;
	struct part parts[2]; /* text first, html last */
	int n;
	bool has_html;
	int n_shown, n_attached; /* files, within the html and beside it */
	struct buf text;         /* holds what was made from html */
	char mixed[BODY_BOUNDARY_LEN], alternative[BODY_BOUNDARY_LEN],
	    related[BODY_BOUNDARY_LEN];
};

/* The body of a letter, to be freed whatever comes back. 0, or -1 with fault_r
 * when there is nothing to read or it is not UTF-8. */
int body_init(struct body *, const struct letter *, struct fault *fault_r);
void body_free(struct body *);
/* Appends the fields that say what the body is. */
void body_write_header(struct buf *, const struct body *);
/* Appends the body. 0, or -1 with fault_r when a file cannot be read. */
int body_write(struct buf *, const struct body *, struct fault *fault_r);
