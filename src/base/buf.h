/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Growable bytes. A struct buf that is all zero is an empty buffer.
 */
#pragma once

#include "base/defs.h"

struct buf {
	char *
	    data; /* len bytes, then a NUL that is not counted; NULL if empty */
	size_t len;
	size_t room; /* allocated */
};

void buf_free(struct buf *);
/* Forgets the content, keeps the memory. */
void buf_clear(struct buf *);
void buf_add(struct buf *, const void *, size_t);
void buf_str(struct buf *, const char *);
void buf_char(struct buf *, char);
void buf_printf(struct buf *, const char *fmt, ...) PRINTF(2, 3);
/* Room for n more bytes; write them at data + len and raise len yourself. */
char *buf_reserve(struct buf *, size_t n);
/* Removes n bytes from the front. */
void buf_drop(struct buf *, size_t n);
/* Hands the content over to the caller, to be freed with free(); never NULL. */
char *buf_take(struct buf *);
