/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The receiving side of one SMTP connection, without the connection: bytes go
 * in, replies come out, whole messages go to the spool.
 */
#pragma once

#include "base/defs.h"

struct buf;
struct smtp;
struct spool;

/* The spool is borrowed and outlives the dialogue. */
struct smtp *smtp_new(struct spool *);
/* Forgets a transaction that is not finished; NULL is fine. */
void smtp_free(struct smtp *);
/* Appends the greeting. */
void smtp_greet(struct buf *out);
/*
 * Takes n bytes as they came, in pieces of any size, and appends the replies.
 * Returns 1 while the dialogue goes on, 0 when it is over: send the replies,
 * then close.
 */
int smtp_take(struct smtp *, const char *, size_t n,
    struct buf *out) MUST_CHECK;
