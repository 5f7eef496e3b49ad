/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine's frame: its part in each of the writer's batches, and the one
 * timer that makes a batch when something falls due in a quiet hour.
 */
#include "engine/engine.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"
#include "engine/backlog.h"
#include "engine/catalog.h"
#include "engine/collect.h"
#include "engine/delivery.h"
#include "engine/engine_private.h"
#include "engine/hooks.h"
#include "engine/importer.h"
#include "engine/jobs.h"
#include "engine/names.h"
#include "engine/prune.h"
#include "engine/schedule.h"
#include "engine/tally.h"

enum {
	TIMER_MAX_MS = 60 * 1000, /* a step of the clock is seen by then */
	BOUND = 200               /* runs of a contact that one work may move */
};

/* The timer: the writer says when something is due next, the loop waits. */
struct scheduler {
	struct engine *engine;
	struct event *timer;
	struct work tick;
	bool ticking;
	struct pruner *pruner; /* the writer's */
	struct collector *collector;
	/* from the writer to the loop */
	atomic_llong next_ms;
	int64_t armed_ms; /* the loop's */
};

struct engine_whole {
	struct engine e;
	struct scheduler s;
};

static struct scheduler *
scheduler_of(struct engine *e)
{
	return &container_of(e, struct engine_whole, e)->s;
}

/* ---- on the writer ----------------------------------------------------- */

/* The earlier of two moments; 0 is none. */
static int64_t
earlier(int64_t a, int64_t b)
{
	return a == 0 ? b : b == 0 ? a : a < b ? a : b;
}

/* What the engine adds to a batch; *next_r: when there is more to do. */
static int
go_on(struct scheduler *s, struct txn *t, int64_t now_ms, int64_t *next_r,
    struct fault *fault_r)
{
	struct engine *e = s->engine;
	int64_t backlog_ms, job_ms, email_ms, prune_ms;
	if ((!e->pauses_are_known && pause_read(e, t, fault_r) != 0) ||
	    backlog_go_on(e, t, now_ms, &backlog_ms, fault_r) != 0 ||
	    schedule_wake(e, t, now_ms, fault_r) != 0 ||
	    /* A job that fails forgets what was counted until then. */
	    tally_write(e, t, now_ms, fault_r) != 0 ||
	    jobs_go_on(e, t, now_ms, &job_ms, fault_r) != 0 ||
	    tally_watch(e, t, now_ms, fault_r) != 0 ||
	    tally_write_whole(e, t, now_ms, fault_r) != 0 ||
	    delivery_claim(e->delivery, t, now_ms, &email_ms, fault_r) != 0 ||
	    prune_go_on(e, s->pruner, t, now_ms, &prune_ms, fault_r) != 0)
		return -1;
	/* Also of runs that a job began. */
	int64_t run_ms = schedule_next(e);
	if (e->has_backlog)
		backlog_ms = now_ms;
	*next_r = earlier(earlier(earlier(run_ms, backlog_ms), job_ms),
	    earlier(email_ms, prune_ms));
	return 0;
}

static int
on_batch_end(void *arg, struct txn *t, bool is_full, struct fault *fault_r)
{
	struct engine *e = arg;
	struct scheduler *s = scheduler_of(e);
	int64_t now = e->clock();
	/* Look again soon, if nothing new is written now. */
	int64_t next_ms = now + 1000;
	if (!is_full && go_on(s, t, now, &next_ms, fault_r) != 0)
		return -1;
	atomic_store(&s->next_ms, next_ms);
	names_check(e->names, t);
	hooks_check(e->hooks, t);
	catalog_end_batch(e->catalog, t);
	return 0;
}

static void
on_batch_done(void *arg, bool committed)
{
	struct engine *e = arg;
	struct scheduler *s = scheduler_of(e);
	if (committed) {
		atomic_fetch_add(&e->n_events, e->batch_events);
		atomic_fetch_add(&e->n_runs, e->batch_runs);
		names_settle(e->names);
		if (hooks_settle(e->hooks))
			atomic_fetch_add(&e->n_said, 1);
		catalog_settle(e->catalog);
	} else {
		/* What was read within the batch may never have been true. */
		accept_finish(e, NULL, NULL, -1, 0, NULL);
		forms_forget(e->forms);
		names_forget(e->names);
		hooks_forget(e->hooks);
		catalog_forget(e->catalog);
		schedule_forget(e->schedule);
		e->pauses_are_known = false;
		e->has_jobs = true;
		e->has_backlog = true;
		atomic_store(&s->next_ms, e->clock() + 1000);
	}
	importer_settle(e, committed);
	e->batch_events = e->batch_runs = 0;
	tallies_settle(e->tallies, committed);
	delivery_claimed(e->delivery, committed);
}

/* ---- on the loop ------------------------------------------------------- */

static int
tick_run(struct txn *t, struct work *w)
{
	(void)t, (void)w;
	return 0; /* the batch it makes is what matters */
}

static void arm(struct scheduler *);

static void
tick_done(struct work *w)
{
	struct scheduler *s = container_of(w, struct scheduler, tick);
	s->ticking = false;
	arm(s);
}

static void
on_timer(int fd, short what, void *arg)
{
	struct scheduler *s = arg;
	(void)fd, (void)what;
	s->armed_ms = 0;
	if (s->ticking)
		return;
	s->ticking = true;
	s->tick = (struct work){ .run = tick_run,
		.done = tick_done,
		.essential = true };
	store_write(s->engine->store, &s->tick);
}

/* Sets the timer to the earliest due moment. */
static void
arm(struct scheduler *s)
{
	int64_t next = atomic_load(&s->next_ms);
	if (s->ticking || next == s->armed_ms)
		return;
	s->armed_ms = next;
	if (next == 0) {
		event_del(s->timer);
		return;
	}
	int64_t wait = next - s->engine->clock();
	wait = wait < 1 ? 1 : wait > TIMER_MAX_MS ? TIMER_MAX_MS : wait;
	struct timeval tv = { wait / 1000, wait % 1000 * 1000 };
	event_add(s->timer, &tv);
}

void
engine_arm(struct engine *e)
{
	if (scheduler_of(e)->timer != NULL)
		arm(scheduler_of(e));
}

/* ---- frame ------------------------------------------------------------- */

struct engine *
engine_new(struct store *store, const struct conf *conf,
    const struct token_keys *keys, engine_clock *clock)
{
	struct engine_whole *w = xcalloc(1, sizeof(*w));
	struct engine *e = &w->e;
	e->store = store;
	e->conf = conf;
	e->keys = keys;
	e->clock = clock;
	e->catalog = catalog_new();
	e->names = names_new();
	e->hooks = hooks_new();
	e->schedule = schedule_new();
	e->tallies = tallies_new();
	e->importer = importer_new();
	e->forms = forms_new();
	e->delivery = delivery_new(e);
	e->caused_tail = &e->caused;
	e->bound = BOUND;
	e->has_jobs = true;
	e->has_backlog = true;
	w->s.engine = e;
	w->s.pruner = pruner_new();
	const struct store_hooks hooks = { .batch_end = on_batch_end,
		.batch_done = on_batch_done,
		.arg = e };
	store_set_hooks(store, &hooks);
	return e;
}

void
engine_free(struct engine *e)
{
	if (e == NULL)
		return;
	struct scheduler *s = scheduler_of(e);
	if (s->timer != NULL)
		event_free(s->timer);
	collector_stop(s->collector);
	collector_free(s->collector);
	delivery_free(e->delivery);
	pruner_free(s->pruner);
	forms_free(e->forms);
	tallies_free(e->tallies);
	importer_free(e->importer);
	schedule_free(e->schedule);
	names_free(e->names);
	hooks_free(e->hooks);
	catalog_free(e->catalog);
	free(container_of(e, struct engine_whole, e));
}

void
engine_set_bound(struct engine *e, int n)
{
	e->bound = n;
}

void
engine_set_conf(struct engine *e, const struct conf *conf,
    const struct token_keys *keys)
{
	e->conf = conf;
	e->keys = keys;
}

int
engine_recover(struct engine *e, struct fault *fault_r)
{
	return importer_recover(e, fault_r) != 0
	    ? -1
	    : delivery_recover(e->delivery, fault_r);
}

int
engine_start(struct engine *e, struct event_base *base, struct fault *fault_r)
{
	struct scheduler *s = scheduler_of(e);
	s->timer = evtimer_new(base, on_timer, s);
	if (delivery_start(e->delivery, base, fault_r) != 0)
		return -1;
	s->collector = collector_new(e, base);
	/* Starting is the same query as going on. */
	atomic_store(&s->next_ms, e->clock());
	arm(s);
	return 0;
}

void
engine_drain(struct engine *e)
{
	delivery_drain(e->delivery);
}

bool
engine_idle(const struct engine *e)
{
	return delivery_idle(e->delivery);
}

void
engine_stop(struct engine *e)
{
	struct scheduler *s = scheduler_of(e);
	if (s->timer != NULL)
		event_del(s->timer);
	collector_stop(s->collector);
	delivery_stop(e->delivery);
}

int
engine_hold(struct engine *e, struct txn *t, bool held, struct fault *fault_r)
{
	return delivery_hold(e->delivery, t, held, fault_r);
}

void
engine_held(struct engine *e, bool held)
{
	delivery_held(e->delivery, held);
}

void
engine_figures(struct engine *e, struct engine_figures *f)
{
	delivery_figures(e->delivery, f);
	f->events = atomic_load(&e->n_events);
	f->runs = atomic_load(&e->n_runs);
}

unsigned
engine_said(const struct engine *e)
{
	return atomic_load(&e->n_said);
}

int64_t
engine_next_ms(const struct engine *e)
{
	return atomic_load(&container_of(e, struct engine_whole, e)->s.next_ms);
}
