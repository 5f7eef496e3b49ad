/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/collect.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "conf/conf.h"
#include "engine/engine_private.h"
#include "store/blobs.h"

enum { EACH_S = 10 }; /* a round of all takes three quarters of an hour */

struct collector {
	struct work work;
	struct engine *engine;
	struct event *timer; /* NULL: it is to stop */
	int dir, n;
};

static void
wait_on(struct collector *c)
{
	const struct timeval tv = { .tv_sec = EACH_S };
	if (c->timer != NULL)
		event_add(c->timer, &tv);
}

static int
collect_run(struct txn *t, struct work *w)
{
	struct collector *c = container_of(w, struct collector, work);
	struct engine *e = c->engine;
	c->n = blob_collect(t, ((const struct conf *)e->conf)->state_dir,
	    c->dir, e->clock(), &w->fault);
	return c->n < 0 ? -1 : 0;
}

static void
collect_done(struct work *w)
{
	struct collector *c = container_of(w, struct collector, work);
	if (w->fault.kind != FAULT_NONE)
		log_error("attachments not collected error=%s",
		    log_text(w->fault.text));
	else if (c->n > 0)
		log_info("attachments collected files=%d", c->n);
	c->dir = (c->dir + 1) % BLOB_DIRS;
	wait_on(c);
}

static void
on_time(int fd, short what, void *arg)
{
	struct collector *c = arg;
	(void)fd, (void)what;
	c->work = (struct work){ .run = collect_run, .done = collect_done };
	store_read(c->engine->store, &c->work);
}

struct collector *
collector_new(struct engine *e, struct event_base *base)
{
	struct collector *c = xcalloc(1, sizeof(*c));
	c->engine = e;
	c->timer = evtimer_new(base, on_time, c);
	wait_on(c);
	return c;
}

void
collector_stop(struct collector *c)
{
	if (c == NULL || c->timer == NULL)
		return;
	event_free(c->timer);
	c->timer = NULL;
}

void
collector_free(struct collector *c)
{
	free(c);
}
