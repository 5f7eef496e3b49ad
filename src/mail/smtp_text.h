/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What we say to an SMTP server, as bytes, and what may be said at all. Pure.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct buf;
struct fault;
struct inject_job;

/* What a message asks of the server. */
struct smtp_needs {
	bool utf8;      /* an address is not ASCII: SMTPUTF8 (RFC 6531) */
	bool eight_bit; /* its data is not ASCII: 8BITMIME */
	bool line_end;  /* its data lacks the last CRLF */
};

/*
 * The last line of defence: true bytes only. Every address without controls,
 * blanks and angle brackets, valid UTF-8, of sane length; an envelope id of
 * printable ASCII; data without NUL, and without CR or LF but as CRLF. 0 with
 * needs_r, -1 with fault_r.
 */
int smtp_job_check(const struct inject_job *, struct smtp_needs *needs_r,
    struct fault *fault_r);

/* 0, or -1 with fault_r naming what a server with these offers lacks. */
int smtp_job_fits(const struct smtp_needs *, unsigned offers,
    struct fault *fault_r);

/* Appends "MAIL FROM:<...> ..." with the parameters the server offers. */
void smtp_put_mail(struct buf *, const struct inject_job *,
    const struct smtp_needs *, unsigned offers);
/* Appends "RCPT TO:<...> ...". */
void smtp_put_rcpt(struct buf *, const char *address, unsigned offers);
/* Appends text as xtext (RFC 3461, 4). */
void smtp_put_xtext(struct buf *, const char *);

/* True if a line of the data begins with a dot. */
bool smtp_data_has_dot(const char *, size_t);
/* Appends the data with such dots doubled (RFC 5321, 4.5.2). */
void smtp_put_stuffed(struct buf *, const char *, size_t);
