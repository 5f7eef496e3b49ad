/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parts of a message: a text, and the encoding it travels in; of this room
 * only. Neither encoding, nor a text that needs none, holds "=_", so that a
 * boundary with "=_" in it never occurs in a part.
 */
#pragma once

#include "base/buf.h"
#include "base/defs.h"

struct part {
	const char *type; /* of "text/..." */
	const char *text; /* line ends LF */
	size_t len;
	int encoding;    /* GMime's number for it */
	struct buf made; /* holds the text if it had to be changed */
};

/* A part of that text, which is valid UTF-8, not empty, and lives as long as
 * the part. Chooses 7bit for short lines of plain ASCII, else quoted-printable,
 * or base64 where more than a sixth is not ASCII. */
void part_init(struct part *, const char *type, const char *text, size_t n);
void part_free(struct part *);
/* Appends the fields that say what the part is. */
void part_write_header(struct buf *, const struct part *);
/* Appends the body: CRLF line ends, lines of at most 76 octets, none of which
 * starts with a dot or "From ". It need not end in a line end. */
void part_write_body(struct buf *, const struct part *);
