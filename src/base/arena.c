/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arena: a chain of blocks filled from the front, the first one small, because
 * most work is. A request larger than a block gets a block of its own.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { FIRST_BLOCK = 512 - 48, BLOCK_SIZE = 2048 - 48, ALIGN = 16 };

struct block {
	struct block *next;
	size_t used, size;
	_Alignas(ALIGN) unsigned char bytes[];
};

struct owned {
	struct owned *next;
	void *p;
	void (*free_fn)(void *);
};

struct arena {
	struct block *blocks;
	struct owned *owned;
};

void *
xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);
	if (p == NULL)
		fatal("out of memory asking for %zu bytes", n);
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);
	if (p == NULL)
		fatal("out of memory asking for %zu times %zu bytes", n, size);
	return p;
}

void *
xrealloc(void *old, size_t n)
{
	void *p = realloc(old, n ? n : 1);
	if (p == NULL)
		fatal("out of memory asking for %zu bytes", n);
	return p;
}

char *
xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;
	return memcpy(xmalloc(n), s, n);
}

/* A new block with room for n bytes, put in front of the chain. */
static struct block *
block_push(struct arena *a, size_t n)
{
	struct block *b = xmalloc(sizeof(*b) + n);
	b->used = 0;
	b->size = n;
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

struct arena *
arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	for (struct owned *o = a->owned; o != NULL; o = o->next)
		o->free_fn(o->p);
	for (struct block *b = a->blocks, *next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
}

void *
arena_alloc(struct arena *a, size_t n)
{
	struct block *b = a->blocks;
	if (n > SIZE_MAX / 2)
		fatal("out of memory asking for %zu bytes", n);
	n = (n + ALIGN - 1) / ALIGN * ALIGN;
	if (b == NULL || b->size - b->used < n) {
		if (n > BLOCK_SIZE / 2 && b != NULL) {
			/* A large piece goes behind the block in use. */
			struct block *own = block_push(a, n);
			a->blocks = b;
			own->next = b->next;
			b->next = own;
			own->used = n;
			return memset(own->bytes, 0, n);
		}
		size_t usual = b == NULL ? FIRST_BLOCK : BLOCK_SIZE;
		b = block_push(a, n > usual ? n : usual);
	}
	void *p = b->bytes + b->used;
	b->used += n;
	return memset(p, 0, n);
}

void *
arena_memdup(struct arena *a, const void *p, size_t n)
{
	void *copy = arena_alloc(a, n ? n : 1);
	if (n > 0)
		memcpy(copy, p, n);
	return copy;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return s == NULL ? NULL : arena_memdup(a, s, strlen(s) + 1);
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	n = strnlen(s, n);
	char *copy = arena_alloc(a, n + 1);
	memcpy(copy, s, n);
	return copy;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		fatal("broken format: %s", fmt);
	char *text = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(text, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return text;
}

void
arena_own(struct arena *a, void *p, void (*free_fn)(void *))
{
	struct owned *o = arena_alloc(a, sizeof(*o));
	o->p = p;
	o->free_fn = free_fn;
	o->next = a->owned;
	a->owned = o;
}
