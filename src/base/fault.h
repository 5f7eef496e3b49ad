/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What went wrong: a kind that callers act on and a sentence for people.
 */
#pragma once

#include "base/defs.h"

enum fault_kind {
	FAULT_NONE,
	FAULT_INVALID,           /* a value is wrong */
	FAULT_MISSING,           /* a required value is not there */
	FAULT_PARAMETER,         /* an id or a query parameter is malformed */
	FAULT_MISSING_PARAMETER, /* a query parameter is not there */
	FAULT_ATTACHMENT,        /* a file of a mail is wrong */
	FAULT_NOT_FOUND,
	FAULT_CONFLICT,    /* same idempotency key, other content */
	FAULT_DENIED,      /* known, but not allowed */
	FAULT_LIMIT,       /* over a limit of size or rate */
	FAULT_UNAVAILABLE, /* cannot be done now; later it may */
	FAULT_BUSY,        /* too many ask for the same; later it may */
	FAULT_INTERNAL,    /* our own mistake */
};

struct fault {
	enum fault_kind kind;
	char text[400]; /* one sentence, valid UTF-8 */
};

/* Fills *f and returns -1, so that "return fault(f, ...)" reads well. */
int fault(struct fault *f, enum fault_kind, const char *fmt, ...) PRINTF(3, 4);
/* Puts words in front of the sentence: "where: sentence". Returns -1. */
int fault_at(struct fault *f, const char *fmt, ...) PRINTF(2, 3);
