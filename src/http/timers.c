/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * One moment per connection, in a binary heap. Moving a moment into the future
 * touches nothing: the heap keeps the old one and puts the connection back
 * when that has come. So a busy connection costs no work here at all.
 */
#include <stdlib.h>
#include <sys/time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "http/http_private.h"

int64_t
timers_now(struct http_server *s)
{
	return s->now = clock_mono_us() / 1000;
}

bool
timers_minute(struct http_server *s, int64_t *last)
{
	if (*last != 0 && s->now - *last < 60000)
		return false;
	*last = s->now;
	return true;
}

static void
heap_put(struct http_server *s, int at, struct conn *c)
{
	s->heap[at] = c;
	c->heap_at = at;
}

/* Moves the connection at a place towards the root as far as it belongs. */
static void
heap_up(struct http_server *s, int at)
{
	struct conn *c = s->heap[at];
	while (at > 0 && s->heap[(at - 1) / 2]->scheduled > c->scheduled) {
		heap_put(s, at, s->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	heap_put(s, at, c);
}

/* And away from the root. */
static void
heap_down(struct http_server *s, int at)
{
	struct conn *c = s->heap[at];
	for (int child; (child = 2 * at + 1) < s->n_heap; at = child) {
		if (child + 1 < s->n_heap &&
		    s->heap[child + 1]->scheduled < s->heap[child]->scheduled)
			child++;
		if (s->heap[child]->scheduled >= c->scheduled)
			break;
		heap_put(s, at, s->heap[child]);
	}
	heap_put(s, at, c);
}

/* Sets libevent's timer to the root, if that is earlier than it is set. */
static void
arm(struct http_server *s)
{
	if (s->n_heap == 0 || s->heap[0]->scheduled >= s->timer_at)
		return;
	s->timer_at = s->heap[0]->scheduled;
	int64_t wait = s->timer_at - s->now;
	if (wait < 0)
		wait = 0;
	struct timeval tv = { .tv_sec = wait / 1000,
		.tv_usec = wait % 1000 * 1000 };
	event_add(&s->timer, &tv);
}

static int64_t
due(const struct conn *c)
{
	return c->read_due < c->write_due ? c->read_due : c->write_due;
}

void
timers_remove(struct conn *c)
{
	struct http_server *s = c->server;
	int at = c->heap_at;
	if (at < 0)
		return;
	c->heap_at = -1;
	struct conn *last = s->heap[--s->n_heap];
	if (last == c)
		return;
	heap_put(s, at, last);
	heap_up(s, at);
	heap_down(s, last->heap_at);
}

void
timers_set(struct conn *c)
{
	struct http_server *s = c->server;
	int64_t when = due(c);
	if (when == NEVER || (c->heap_at >= 0 && when >= c->scheduled))
		return;
	c->scheduled = when;
	if (c->heap_at < 0) {
		if (s->n_heap == s->heap_room) {
			s->heap_room = s->heap_room ? 2 * s->heap_room : 64;
			s->heap = xrealloc(s->heap,
			    (size_t)s->heap_room * sizeof(struct conn *));
		}
		heap_put(s, s->n_heap++, c);
	}
	heap_up(s, c->heap_at);
	arm(s);
}

/* The earliest moment has come: acts on, or puts back, all that have. */
static void
fire(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *s = arg;
	(void)fd, (void)what;
	timers_now(s);
	s->timer_at = NEVER;
	while (s->n_heap > 0 && s->heap[0]->scheduled <= s->now) {
		struct conn *c = s->heap[0];
		int64_t when = due(c);
		if (when == NEVER) {
			timers_remove(c);
		} else if (when > s->now) {
			c->scheduled = when;
			heap_down(s, 0);
		} else {
			timers_remove(c);
			conn_timeout(c);
		}
	}
	arm(s);
}

void
timers_init(struct http_server *s)
{
	s->timer_at = NEVER;
	evtimer_assign(&s->timer, s->base, fire, s);
	timers_now(s);
}

void
timers_stop(struct http_server *s)
{
	event_del(&s->timer);
	free(s->heap);
}
