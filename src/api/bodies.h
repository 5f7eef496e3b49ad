/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Large bodies, most of which lie in files: each is counted, waits until there
 * is memory for what is made of it, in the order they were counted, and is
 * read. All here is called on the loop.
 */
#pragma once

#include "base/defs.h"

struct call;
struct conf;
struct event_base;
struct store;

/* Bytes of a body that is read as it comes: little can be made of it. */
enum { BODIES_SMALL = 16 << 10 };

struct bodies *bodies_new(struct event_base *, struct store *);
/* Answers those that still wait. NULL is fine. */
void bodies_free(struct bodies *);
/* Takes a call whose body is in a file, or not small. It goes on to
 * call_submit() once what the body says was read, or is answered. */
void bodies_take(struct bodies *, struct call *);
/* A call has ended: its memory is there for others. */
void bodies_leave(struct bodies *, struct call *);
