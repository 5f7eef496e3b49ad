/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"

void
buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

char *
buf_reserve(struct buf *b, size_t n)
{
	if (n > SIZE_MAX / 4 || b->len > SIZE_MAX / 4)
		fatal("out of memory asking for %zu bytes", n);
	size_t need = b->len + n + 1;
	if (need > b->room) {
		size_t room = b->room < 128 ? 128 : b->room;
		while (room < need)
			room *= 2;
		b->data = xrealloc(b->data, room);
		b->room = room;
	}
	return b->data + b->len;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	char *end = buf_reserve(b, n);
	if (n > 0)
		memcpy(end, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void
buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *end = buf_reserve(b, 120);
	size_t room = b->room - b->len;
	int n = vsnprintf(end, room, fmt, ap);
	va_end(ap);
	if (n < 0)
		fatal("broken format: %s", fmt);
	if ((size_t)n >= room) {
		end = buf_reserve(b, (size_t)n);
		va_start(ap, fmt);
		vsnprintf(end, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	b->len += (size_t)n;
}

void
buf_drop(struct buf *b, size_t n)
{
	if (n >= b->len) {
		buf_clear(b);
		return;
	}
	memmove(b->data, b->data + n, b->len - n + 1);
	b->len -= n;
}

char *
buf_take(struct buf *b)
{
	buf_reserve(b, 0)[0] = '\0';
	char *p = b->data;
	*b = (struct buf){ 0 };
	return p;
}
