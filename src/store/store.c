/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store as a whole: opened, started, stopped, and what its threads have
 * done handed to the loop.
 */
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "store/backup_private.h"
#include "store/migrate.h"
#include "base/arena.h"
#include "store/threads.h"

/* ---- between the threads and the loop ---------------------------------- */

void
store_hand_back(struct store *s, struct work *chain)
{
	if (chain == NULL)
		return;
	struct work *last = chain;
	while (last->next != NULL)
		last = last->next;
	pthread_mutex_lock(&s->done_lock);
	bool was_empty = s->done.head == NULL;
	*s->done.tail = chain;
	s->done.tail = &last->next;
	pthread_mutex_unlock(&s->done_lock);
	uint64_t one = 1;
	if (was_empty && write(s->done_fd, &one, sizeof(one)) < 0)
		log_error("store wake-up failed error=%s", strerror(errno));
}

void
store_work_begin(struct store *s)
{
	atomic_fetch_add(&s->pending, 1);
}

void
store_work_end(struct store *s, struct work *w)
{
	w->next = NULL;
	store_hand_back(s, w);
}

struct backup *
store_backup_of(struct store *s)
{
	return s->backup;
}

int
store_fd(const struct store *s)
{
	return s->done_fd;
}

void
store_dispatch(struct store *s)
{
	uint64_t n;
	if (read(s->done_fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
		log_error("store wake-up failed error=%s", strerror(errno));
	pthread_mutex_lock(&s->done_lock);
	struct work *w = s->done.head;
	fifo_init(&s->done);
	pthread_mutex_unlock(&s->done_lock);
	while (w != NULL) {
		struct work *next = w->next;
		atomic_fetch_sub(&s->pending, 1);
		w->done(w);
		w = next;
	}
}

int
store_pending(struct store *s)
{
	return atomic_load(&s->pending);
}

/* ---- open and close ---------------------------------------------------- */

void
thread_start(pthread_t *t, void *(*main_fn)(void *), void *arg)
{
	int rc = pthread_create(t, NULL, main_fn, arg);
	if (rc != 0)
		fatal("no thread to be had: %s", strerror(rc));
}

/* This node's number and the largest id on disk. */
static int
read_identity(struct store *s, struct fault *fault_r)
{
	struct txn t = { .db = s->db, .store = s, .is_write = true };
	if (txn_db(&t, fault_r) == NULL)
		return -1;
	int rc =
	    db_first(s->db, SQL_NODE_GET, fault_r, "t", s->options.node_name);
	enum sql from = SQL_NODE_GET;
	if (rc == 0) {
		from = SQL_NODE_PUT;
		rc = db_first(s->db, SQL_NODE_PUT, fault_r, "t",
		    s->options.node_name);
	}
	if (rc == 1) {
		s->node = db_int(s->db, from, 0);
		db_end(s->db, from);
		rc = db_first(s->db, SQL_ID_MAX, fault_r, "");
	}
	if (rc == 1) {
		s->ids.last = db_int(s->db, SQL_ID_MAX, 0);
		s->ids.node = (int)(s->node & ID_NODE_MAX);
		db_end(s->db, SQL_ID_MAX);
	}
	return txn_end(&t, rc == 1, fault_r) == 0 && rc == 1 ? 0 : -1;
}

static void
init_locks(struct store *s)
{
	pthread_rwlockattr_t attr;
	pthread_rwlockattr_init(&attr);
	/* A waiting writer goes before new readers, or it would starve. */
	pthread_rwlockattr_setkind_np(&attr,
	    PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&s->gate, &attr);
	pthread_rwlockattr_destroy(&attr);
	pthread_mutex_init(&s->lock, NULL);
	/* A step of the clock must not make them sleep. */
	pthread_condattr_t steady;
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &steady);
	pthread_mutex_init(&s->checkpoint_lock, NULL);
	pthread_cond_init(&s->checkpoint_wake, &steady);
	pthread_condattr_destroy(&steady);
	pthread_mutex_init(&s->done_lock, NULL);
	pthread_mutex_init(&s->figures_lock, NULL);
	for (int i = 0; i < STORE_LANES; i++)
		fifo_init(&s->lanes[i]);
	fifo_init(&s->urgent);
	fifo_init(&s->done);
	s->backup = backup_new(s);
}

struct store *
store_open(const struct store_options *options, struct fault *fault_r)
{
	struct store *s = xcalloc(1, sizeof(*s));
	struct db_options o = { .path = options->path,
		.vfs = options->vfs,
		.cache_size = options->cache_size,
		.no_sync = options->no_sync };
	struct db_options small = o;
	s->options = *options;
	s->path = xstrdup(options->path);
	s->directory = xstrdup(options->path);
	char *slash = strrchr(s->directory, '/');
	strcpy(slash != NULL ? slash + (slash == s->directory) : s->directory,
	    slash != NULL ? "" : ".");
	s->options.path = s->path;
	small.cache_size = 64 << 10;
	init_locks(s);
	pool_init(&s->porters, s, PORTERS);
	s->done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (s->done_fd < 0)
		fatal("no eventfd to be had: %s", strerror(errno));
	if ((s->db = db_open(&o, fault_r)) == NULL ||
	    store_migrate(s->db, fault_r) != 0 ||
	    read_identity(s, fault_r) != 0 ||
	    db_reserve(s->db, options->wal_limit + options->wal_reserve,
		fault_r) != 0 ||
	    (s->checkpoint_db = db_open(&small, fault_r)) == NULL ||
	    pool_open(&s->readers, s, options->readers, fault_r) != 0 ||
	    pool_open(&s->composers, s, options->composers, fault_r) != 0 ||
	    pool_open(&s->computer, s, 1, fault_r) != 0) {
		store_close(s);
		return NULL;
	}
	return s;
}

struct store *
store_open_scratch(struct fault *fault_r)
{
	const struct db_options o = { .path = ":memory:",
		.cache_size = POOL_CACHE,
		.no_sync = true };
	struct store *s = xcalloc(1, sizeof(*s));
	s->options =
	    (struct store_options){ .path = o.path, .node_name = "scratch" };
	init_locks(s);
	s->done_fd = -1;
	if ((s->db = db_open(&o, fault_r)) == NULL ||
	    store_migrate(s->db, fault_r) != 0 ||
	    read_identity(s, fault_r) != 0) {
		store_close(s);
		return NULL;
	}
	return s;
}

void
store_set_hooks(struct store *s, const struct store_hooks *hooks)
{
	s->hooks = *hooks;
}

void
store_start(struct store *s)
{
	thread_start(&s->writer, writer_main, s);
	thread_start(&s->checkpointer, wal_main, s);
	pool_start(&s->readers);
	pool_start(&s->composers);
	pool_start(&s->computer);
	pool_start(&s->porters);
	s->started = true;
}

void
store_stop(struct store *s)
{
	if (s == NULL || !s->started)
		return;
	backup_close(s->backup);
	pool_stop(&s->readers);
	pool_stop(&s->composers);
	pool_stop(&s->computer);
	pool_stop(&s->porters);
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->writer, NULL);
	pthread_mutex_lock(&s->checkpoint_lock);
	s->checkpoint_stop = true;
	pthread_cond_signal(&s->checkpoint_wake);
	pthread_mutex_unlock(&s->checkpoint_lock);
	pthread_join(s->checkpointer, NULL);
	s->started = false;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	store_stop(s);
	pool_close(&s->readers);
	pool_close(&s->composers);
	pool_close(&s->computer);
	db_close(s->checkpoint_db);
	db_close(s->db);
	if (s->done_fd >= 0)
		close(s->done_fd);
	backup_free(s->backup);
	free(s->path);
	free(s->directory);
	free(s);
}
