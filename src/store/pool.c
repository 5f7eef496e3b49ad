/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that share a queue, and read, each by a connection of its own; those
 * of the porters have none.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "store/threads.h"

struct reader {
	struct pool *pool;
	struct db *db;
};

static void *
reader_main(void *arg)
{
	struct reader r = *(struct reader *)arg;
	struct pool *p = r.pool;
	free(arg);
	for (;;) {
		pthread_mutex_lock(&p->lock);
		while (p->queue.head == NULL && !p->stop)
			pthread_cond_wait(&p->wake, &p->lock);
		struct work *w = fifo_take(&p->queue);
		pthread_mutex_unlock(&p->lock);
		if (w == NULL)
			return NULL;
		struct txn t = { .db = r.db,
			.store = p->store,
			.has_let_go = r.db == NULL };
		w->fault.kind = FAULT_NONE;
		if (!t.has_let_go)
			pthread_rwlock_rdlock(&p->store->gate);
		work_settle_fault(w, w->run(&t, w));
		txn_let_go(&t);
		w->next = NULL;
		store_hand_back(p->store, w);
	}
}

static void
pool_submit(struct pool *p, struct work *w)
{
	atomic_fetch_add(&p->store->pending, 1);
	pthread_mutex_lock(&p->lock);
	fifo_push(&p->queue, w);
	pthread_mutex_unlock(&p->lock);
	pthread_cond_signal(&p->wake);
}

void
store_read(struct store *s, struct work *w)
{
	pool_submit(&s->readers, w);
}

void
store_compose(struct store *s, struct work *w)
{
	pool_submit(&s->composers, w);
}

void
store_compute(struct store *s, struct work *w)
{
	pool_submit(&s->computer, w);
}

void
store_aside(struct store *s, struct work *w)
{
	pool_submit(&s->porters, w);
}

void
pool_init(struct pool *p, struct store *s, int n)
{
	p->store = s;
	p->n = n < 1 ? 1 : n > POOL_MAX ? POOL_MAX : n;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	fifo_init(&p->queue);
}

int
pool_open(struct pool *p, struct store *s, int n, struct fault *fault_r)
{
	struct db_options o = { .path = s->path,
		.vfs = s->options.vfs,
		.cache_size = POOL_CACHE,
		.read_only = true };
	pool_init(p, s, n);
	for (int i = 0; i < p->n; i++)
		if ((p->dbs[i] = db_open(&o, fault_r)) == NULL)
			return -1;
	return 0;
}

void
pool_start(struct pool *p)
{
	for (int i = 0; i < p->n; i++) {
		struct reader *r = xmalloc(sizeof(*r));
		*r = (struct reader){ p, p->dbs[i] };
		thread_start(&p->threads[i], reader_main, r);
	}
}

void
pool_stop(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->lock);
	for (int i = 0; i < p->n; i++)
		pthread_join(p->threads[i], NULL);
}

void
pool_close(struct pool *p)
{
	for (int i = 0; i < POOL_MAX; i++)
		db_close(p->dbs[i]);
}
