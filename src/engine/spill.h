/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A spill: a message too large for memory, written into a file that has no
 * name and read back as if it were memory.
 */
#pragma once

#include "base/buf.h"

struct fault;

struct spill {
	const char *dir; /* where such files are made */
	int fd;          /* -1: nothing was spilled */
	size_t len;
	void *map; /* NULL: not yet */
};

/* Takes what is in the buffer away; arg is the spill (struct letter). 0, or -1
 * with FAULT_UNAVAILABLE. */
int spill_take(void *arg, struct buf *, struct fault *fault_r);
/* Takes the rest, and has all of it at spill->map, of spill->len bytes. */
int spill_end(struct spill *, struct buf *rest, struct fault *fault_r);
/* One that has nothing, or is all zero, is fine. */
void spill_free(struct spill *);
