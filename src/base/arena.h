/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that dies together: one arena per unit of work. No call here returns
 * NULL; a process without memory ends with a sentence.
 */
#pragma once

#include "base/defs.h"

struct arena;

struct arena *arena_new(void);
/* Frees everything ever taken from the arena; NULL is fine. */
void arena_free(struct arena *);
/* Zeroed memory, aligned for any type. */
void *arena_alloc(struct arena *, size_t);
void *arena_memdup(struct arena *, const void *, size_t);
/* NULL stays NULL. */
char *arena_strdup(struct arena *, const char *);
char *arena_strndup(struct arena *, const char *, size_t);
char *arena_printf(struct arena *, const char *fmt, ...) PRINTF(2, 3);
/* Calls free_fn(p) when the arena is freed, last given first. */
void arena_own(struct arena *, void *p, void (*free_fn)(void *));

/* malloc family that never returns NULL. */
void *xmalloc(size_t);
void *xcalloc(size_t, size_t);
void *xrealloc(void *, size_t);
char *xstrdup(const char *);
