/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "tests/store/rig.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/id.h"
#include "store/contacts.h"
#include "tests/tap.h"

static int n_done;

const char *
rig_path(const char *name)
{
	static struct arena *paths;
	if (paths == NULL)
		paths = arena_new();
	return arena_printf(paths, "%s/%s", tap_dir(), name);
}

struct store_options
rig_options(const char *name)
{
	return (struct store_options){ .path = rig_path(name),
		.node_name = "one",
		.cache_size = 2 << 20,
		.wal_limit = 4 << 20,
		.wal_reserve = 1 << 20,
		.readers = 1,
		.composers = 1,
		.batch_items = 64,
		.batch_ms = 100 };
}

struct store *
rig_open(const struct store_options *o)
{
	struct fault f;
	struct store *s = store_open(o, &f);
	if (s == NULL) {
		printf("Bail out! %s: %s\n", o->path, f.text);
		exit(1);
	}
	store_start(s);
	return s;
}

void
rig_close(struct store *s)
{
	store_stop(s);
	store_dispatch(s);
	store_close(s);
}

static int
job_run(struct txn *t, struct work *w)
{
	struct job *j = container_of(w, struct job, work);
	return j->run(t, j, &w->fault);
}

static void
job_done(struct work *w)
{
	struct job *j = container_of(w, struct job, work);
	j->n_done++;
	j->order = n_done++;
	j->thread = pthread_self();
	j->took_us = clock_mono_us() - j->began_us;
}

static void
prepare(struct job *j)
{
	j->work.run = job_run;
	j->work.done = job_done;
	j->n_done = 0;
	j->began_us = clock_mono_us();
}

void
job_write(struct store *s, struct job *j)
{
	prepare(j);
	store_write(s, &j->work);
}

void
job_read(struct store *s, struct job *j)
{
	prepare(j);
	store_read(s, &j->work);
}

void
job_compute(struct store *s, struct job *j)
{
	prepare(j);
	store_compute(s, &j->work);
}

void
job_aside(struct store *s, struct job *j)
{
	prepare(j);
	store_aside(s, &j->work);
}

void
job_count_from_zero(void)
{
	n_done = 0;
}

bool
job_good(const struct job *j)
{
	return j->n_done == 1 && j->work.fault.kind == FAULT_NONE;
}

bool
rig_until(struct store *s, bool (*cond)(void *), void *arg, int ms)
{
	int64_t end = clock_mono_us() + (int64_t)ms * 1000;
	for (;;) {
		store_dispatch(s);
		if (cond(arg))
			return true;
		int64_t left = (end - clock_mono_us()) / 1000;
		if (left <= 0)
			return false;
		struct pollfd p = { .fd = store_fd(s), .events = POLLIN };
		poll(&p, 1, left < 50 ? (int)left : 50);
	}
}

static bool
nothing_pending(void *arg)
{
	return store_pending(arg) == 0;
}

bool
rig_settle(struct store *s)
{
	return rig_until(s, nothing_pending, s, RIG_WAIT_MS);
}

int
rig_do(struct store *s, struct job *j)
{
	job_write(s, j);
	return rig_settle(s) && job_good(j) ? 0 : -1;
}

/* ---- contacts ---------------------------------------------------------- */

int64_t
contact_id(int64_t n)
{
	return id_at_ms(1700000000000) + n;
}

int
put_contact(struct txn *t, struct job *j, struct fault *fault_r)
{
	char key[64];
	struct contact c = { .id = contact_id(j->n),
		.email_key = key,
		.properties = j->text };
	snprintf(key, sizeof(key), "c%lld@example.com", (long long)j->n);
	return store_contact_insert(t, &c, fault_r);
}

int
find_contact(struct txn *t, struct job *j, struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct contact c;
	int rc = store_contact_by_id(t, a, contact_id(j->n), &c, fault_r);
	j->result = rc;
	arena_free(a);
	return rc < 0 ? -1 : 0;
}

int
count_contacts(struct txn *t, struct job *j, struct fault *fault_r)
{
	struct arena *a = arena_new();
	const struct page all = { .limit = 1000000 };
	struct list list;
	int rc = store_contact_list(t, a, &all, &list, fault_r);
	j->result = list.n;
	arena_free(a);
	return rc;
}

/* ---- gates ------------------------------------------------------------- */

void
gate_init(struct gate *g)
{
	*g = (struct gate){ 0 };
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->change, NULL);
}

/* Waits for a flag of the gate, but not for ever. */
static bool
gate_wait(struct gate *g, const bool *flag)
{
	struct timespec until;
	int rc = 0;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += RIG_WAIT_MS / 1000;
	pthread_mutex_lock(&g->lock);
	while (!*flag && rc == 0)
		rc = pthread_cond_timedwait(&g->change, &g->lock, &until);
	bool is_set = *flag;
	pthread_mutex_unlock(&g->lock);
	return is_set;
}

static void
gate_set(struct gate *g, bool *flag)
{
	pthread_mutex_lock(&g->lock);
	*flag = true;
	pthread_cond_broadcast(&g->change);
	pthread_mutex_unlock(&g->lock);
}

void
gate_pass(struct gate *g)
{
	gate_set(g, &g->is_entered);
	gate_wait(g, &g->is_open);
}

static int
gate_run(struct txn *t, struct job *j, struct fault *fault_r)
{
	(void)t, (void)fault_r;
	gate_pass(container_of(j, struct gate, job));
	return 0;
}

void
gate_submit(struct store *s, struct gate *g, unsigned lane)
{
	gate_init(g);
	g->job.run = gate_run;
	g->job.work.lane = lane;
	job_write(s, &g->job);
}

bool
gate_close(struct store *s, struct gate *g)
{
	gate_init(g);
	g->job.run = gate_run;
	g->job.work.essential = true; /* stands also while the disk is full */
	job_write(s, &g->job);
	return gate_entered(g);
}

bool
gate_entered(struct gate *g)
{
	return gate_wait(g, &g->is_entered);
}

void
gate_open(struct gate *g)
{
	gate_set(g, &g->is_open);
}
