/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Works in order: pushed at the tail, taken at the head.
 */
#pragma once

#include "store/store.h"

struct fifo {
	struct work *head, **tail;
};

static inline void
fifo_init(struct fifo *f)
{
	f->head = NULL;
	f->tail = &f->head;
}

static inline void
fifo_push(struct fifo *f, struct work *w)
{
	w->next = NULL;
	*f->tail = w;
	f->tail = &w->next;
}

static inline void
fifo_push_first(struct fifo *f, struct work *w)
{
	if ((w->next = f->head) == NULL)
		f->tail = &w->next;
	f->head = w;
}

static inline struct work *
fifo_take(struct fifo *f)
{
	struct work *w = f->head;
	if (w != NULL && (f->head = w->next) == NULL)
		f->tail = &f->head;
	return w;
}
