/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads of the store: one writer, a checkpointer, readers, composers and one
 * that computes.
 *
 * The log (WAL) is governed here. The checkpointer copies it into the database
 * while the writer goes on; shortly before wal_limit, once little is left to
 * copy, the writer stops between two batches, keeps readers out for the moment,
 * copies the rest and lets the log begin anew. The log file is allocated to its
 * full size beforehand, with a reserve: when the disk is full the writer
 * refuses new work at once and still has room to record what the MTA said.
 */
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "store/backup_private.h"
#include "store/migrate.h"
#include "store/store_private.h"

enum {
	POOL_MAX = 64,             /* the most store.readers may say */
	CHECKPOINT_EACH = 4 << 20, /* bytes of log between two checkpoints */
	SHORT_REST = 64,           /* this part of the limit is soon copied */
	MIN_FREE = 2 << 20,        /* bytes of disk below which it is full */
	LATENCIES = 4096,
	READER_CACHE = 2 << 20,
	/* of a backup, between two batches: a quarter of the batch's time, but
	 * at most this or an eighth */
	SLICE_MIN_US = 500,
	SLICE_MAX_US = 4000,
};

/* Works in order; push at the tail, take at the head. */
struct fifo {
	struct work *head, **tail;
};

/* Reading threads that share a queue. */
struct pool {
	struct store *store;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct fifo queue;
	pthread_t threads[POOL_MAX];
	struct db *dbs[POOL_MAX];
	int n;
	bool stop;
};

struct store {
	struct store_options options;
	char *path, *directory;
	struct store_hooks hooks;

	struct db *db; /* the writer's */
	unsigned undone;
	struct id_source ids;
	int64_t node;

	/* the writer's queue */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct fifo lanes[STORE_LANES];
	uint64_t lanes_used; /* a bit per lane that is not empty */
	unsigned turn;
	bool stop;
	pthread_t writer;

	struct pool readers, composers, computer;

	/* the log */
	pthread_t checkpointer;
	pthread_mutex_t checkpoint_lock; /* one checkpoint at a time */
	pthread_cond_t checkpoint_wake;
	bool checkpoint_stop;
	struct db *checkpoint_db;
	/* bytes the last checkpoint left, and had copied; by the lock */
	int64_t log_left, log_copied;
	pthread_rwlock_t
	    gate; /* readers in, or the writer restarting the log */
	atomic_bool is_full, checkpoint_asked;

	/* works done, for the loop */
	pthread_mutex_t done_lock;
	struct fifo done;
	int done_fd;
	atomic_int pending;

	pthread_mutex_t figures_lock;
	struct store_figures figures;
	int64_t latencies[LATENCIES];
	int n_latencies;
	struct backup *backup;
	bool started;
};

static void
fifo_init(struct fifo *f)
{
	f->head = NULL;
	f->tail = &f->head;
}

static void
fifo_push(struct fifo *f, struct work *w)
{
	w->next = NULL;
	*f->tail = w;
	f->tail = &w->next;
}

static void
fifo_push_first(struct fifo *f, struct work *w)
{
	if ((w->next = f->head) == NULL)
		f->tail = &w->next;
	f->head = w;
}

static struct work *
fifo_take(struct fifo *f)
{
	struct work *w = f->head;
	if (w != NULL && (f->head = w->next) == NULL)
		f->tail = &f->head;
	return w;
}

/* Hands a chain of finished works to the loop with one wake-up. */
static void
give_back(struct store *s, struct work *chain)
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

/* ---- transactions ------------------------------------------------------ */

struct db *
txn_db(struct txn *t, struct fault *fault_r)
{
	assert(!t->has_let_go);
	if (!t->is_open) {
		if (db_is_broken(t->db) && db_reopen(t->db, fault_r) != 0)
			return NULL;
		if (db_exec(t->db, t->is_write ? SQL_BEGIN : SQL_BEGIN_READ,
			fault_r, "") != 0)
			return NULL;
		t->is_open = true;
	}
	return t->db;
}

/* Ends the transaction. 0 when a commit is on disk; -1 and nothing is. */
static int
txn_end(struct txn *t, bool commit, struct fault *fault_r)
{
	struct fault ignored;
	int rc = 0;
	if (!t->is_open)
		return 0;
	t->is_open = false;
	if (commit) {
		if (db_in_transaction(t->db))
			rc = db_exec(t->db, SQL_COMMIT, fault_r, "");
		else
			rc = fault(fault_r, FAULT_UNAVAILABLE,
			    "The transaction was ended by an error.");
	}
	if (t->is_write && (rc != 0 || !commit))
		t->store->undone++;
	if ((rc != 0 || !commit) && db_in_transaction(t->db))
		db_exec(t->db, SQL_ROLLBACK, &ignored, "");
	return rc;
}

int64_t
txn_new_id(struct txn *t, int64_t now_ms)
{
	return id_next(&t->store->ids, now_ms);
}

int
txn_nested_begin(struct txn *t, struct fault *fault_r)
{
	assert(t->n_nested < TXN_PARTS_MAX);
	if (txn_db(t, fault_r) == NULL ||
	    db_exec(t->db, SQL_NESTED, fault_r, "") != 0)
		return -1;
	t->nested_versions[t->n_nested++] = t->automations_version;
	return 0;
}

int
txn_nested_end(struct txn *t, bool keep, struct fault *fault_r)
{
	int64_t version = t->nested_versions[--t->n_nested];
	if (!db_in_transaction(t->db))
		return fault(fault_r, FAULT_UNAVAILABLE,
		    "The transaction was ended by an error.");
	if (!keep) {
		t->store->undone++;
		t->automations_version = version;
		if (db_exec(t->db, SQL_NESTED_ROLLBACK_TO, fault_r, "") != 0)
			return -1;
	}
	return db_exec(t->db, SQL_NESTED_RELEASE, fault_r, "");
}

unsigned
txn_undone(const struct txn *t)
{
	return t->store->undone;
}

bool
txn_is_awaited(const struct txn *t)
{
	struct store *s = t->store;
	pthread_mutex_lock(&s->lock);
	bool any = s->lanes_used != 0;
	pthread_mutex_unlock(&s->lock);
	return any;
}

int64_t
txn_node(const struct txn *t)
{
	return t->store->node;
}

/* ---- the writer -------------------------------------------------------- */

/* Takes the next works in turn of their lanes. */
static struct work *
take_batch(struct store *s)
{
	struct fifo batch;
	int n = 0;
	fifo_init(&batch);
	while (s->lanes_used != 0 && n < s->options.batch_items) {
		unsigned lane = s->turn++ % STORE_LANES;
		if ((s->lanes_used & UINT64_C(1) << lane) == 0)
			continue;
		struct work *w = fifo_take(&s->lanes[lane]);
		if (s->lanes[lane].head == NULL)
			s->lanes_used &= ~(UINT64_C(1) << lane);
		fifo_push(&batch, w);
		n++;
	}
	return batch.head;
}

/* Works that were taken and not run: each goes before what came to its lane
 * since, and others have their turn as if they had not been taken. */
static void
put_back(struct store *s, struct work *chain)
{
	struct work *last_first = NULL, *next;
	for (; chain != NULL; chain = next) {
		next = chain->next;
		chain->next = last_first;
		last_first = chain;
	}
	pthread_mutex_lock(&s->lock);
	for (; last_first != NULL; last_first = next) {
		unsigned lane = last_first->lane % STORE_LANES;
		next = last_first->next;
		fifo_push_first(&s->lanes[lane], last_first);
		s->lanes_used |= UINT64_C(1) << lane;
	}
	pthread_mutex_unlock(&s->lock);
}

/* A work that failed has a fault; one that did not has none, also when it met
 * one on its way and went round it. */
static void
settle_fault(struct work *w, int rc)
{
	if (rc == 0)
		w->fault.kind = FAULT_NONE;
	else if (w->fault.kind == FAULT_NONE)
		fault(&w->fault, FAULT_INTERNAL, "The work failed silently.");
}

/* Runs one work in its savepoint. False when the transaction is lost. */
static bool
run_item(struct txn *t, struct work *w)
{
	struct fault f;
	w->fault.kind = FAULT_NONE;
	int64_t automations = t->automations_version;
	if (db_exec(t->db, SQL_SAVEPOINT, &w->fault, "") != 0)
		return false;
	settle_fault(w, w->run(t, w));
	int rc = w->fault.kind == FAULT_NONE ? 0 : -1;
	if (!db_in_transaction(t->db))
		return false;
	t->n_nested = 0;
	if (rc != 0) {
		t->store->undone++;
		t->automations_version = automations;
		if (db_exec(t->db, SQL_ROLLBACK_TO, &f, "") != 0)
			return false;
	}
	return db_exec(t->db, SQL_RELEASE, &f, "") == 0;
}

/* True if a new work must wait for the disk. */
static bool
refuse_full(struct store *s, struct work *w)
{
	if (w->essential || !atomic_load(&s->is_full))
		return false;
	fault(&w->fault, FAULT_UNAVAILABLE,
	    "The disk is full; nothing new can be stored now.");
	return true;
}

/* Everything of a batch that did not fail by itself fails with that fault. */
static void
fail_batch(struct work *chain, const struct fault *f)
{
	for (struct work *w = chain; w != NULL; w = w->next)
		if (w->fault.kind == FAULT_NONE)
			w->fault = *f;
}

static void
note_commit(struct store *s, int n, int64_t us, bool good)
{
	struct store_figures *f = &s->figures;
	int64_t wal = db_wal_bytes(s->db);
	pthread_mutex_lock(&s->figures_lock);
	f->batches++;
	f->items += n;
	f->failed_batches += !good;
	f->commit_us_total += us;
	f->commit_us_max = us > f->commit_us_max ? us : f->commit_us_max;
	f->wal_bytes = wal;
	f->wal_peak_bytes = wal > f->wal_peak_bytes ? wal : f->wal_peak_bytes;
	/* Nobody may ask for years: the count goes round. */
	s->latencies[s->n_latencies % LATENCIES] = us;
	if (++s->n_latencies == 2 * LATENCIES)
		s->n_latencies = LATENCIES;
	pthread_mutex_unlock(&s->figures_lock);
}

/*
 * Of a batch that failed, what must be recorded is tried once more without the
 * rest, which may have been too much for the disk. Takes those works out of
 * the chain.
 */
static struct work *
save_essential(struct work **chain)
{
	struct fifo failed, again;
	struct work *w, *next;
	fifo_init(&failed);
	fifo_init(&again);
	for (w = *chain; w != NULL; w = next) {
		next = w->next;
		bool keep = w->essential && w->fault.kind == FAULT_NONE;
		fifo_push(keep ? &again : &failed, w);
	}
	/* Alone they would only fail the same way. */
	if (failed.head == NULL)
		return NULL;
	*chain = failed.head;
	return again.head;
}

/*
 * A commit that failed may stand in the log all the same, whole, and would be
 * found there at the next start. Another one takes its place, before anybody
 * is told that it failed.
 */
static void
overwrite_failed(struct store *s)
{
	struct txn t = { .db = s->db, .store = s, .is_write = true };
	struct fault f;
	bool good = txn_db(&t, &f) != NULL &&
	    db_exec(s->db, SQL_META_PUT, &f, "ti", "overwritten",
		s->figures.failed_batches + 1) == 0;
	if (txn_end(&t, good, &f) != 0 || !good)
		log_error("failed batch may come back at the next start "
			  "error=%s",
		    log_text(f.text));
}

/*
 * One transaction: the works, then what the engine adds. Works that do not fit
 * into the batch's time are put back. Returned is what is to be tried alone, if
 * the batch fails.
 */
static struct work *
write_batch(struct store *s, struct work *chain)
{
	struct txn t = { .db = s->db, .store = s, .is_write = true };
	struct fault f = { 0 };
	struct work *w, *alone = NULL;
	int64_t began = clock_mono_us();
	int n = 0;
	bool good = txn_db(&t, &f) != NULL;
	bool is_full = atomic_load(&s->is_full);
	for (w = chain; w != NULL; w = w->next, n++) {
		w->fault.kind = FAULT_NONE;
		if (!good || refuse_full(s, w))
			continue;
		good = run_item(&t, w);
		if (!good)
			f = w->fault.kind != FAULT_NONE
			    ? w->fault
			    : (struct fault){ FAULT_UNAVAILABLE,
				      "The batch could not be stored." };
		if (w->next != NULL &&
		    clock_mono_us() - began >
			(int64_t)s->options.batch_ms * 1000) {
			put_back(s, w->next);
			w->next = NULL;
		}
	}
	if (good && s->hooks.batch_end != NULL)
		good = s->hooks.batch_end(s->hooks.arg, &t, is_full, &f) == 0;
	int64_t commit_began = clock_mono_us();
	if (txn_end(&t, good, &f) != 0) {
		good = false;
		overwrite_failed(s);
	}
	note_commit(s, n, clock_mono_us() - commit_began, good);
	if (!good) {
		if (!is_full)
			alone = save_essential(&chain);
		fail_batch(chain, &f);
		log_error("batch not stored items=%d error=%s", n,
		    log_text(f.text));
	}
	if (s->hooks.batch_done != NULL)
		s->hooks.batch_done(s->hooks.arg, good);
	give_back(s, chain);
	return alone;
}

/* Has the checkpointer copy what there is. */
static void
want_checkpoint(struct store *s)
{
	atomic_store(&s->checkpoint_asked, true);
	pthread_cond_signal(&s->checkpoint_wake);
}

/*
 * Takes the checkpointer's place if the log is to begin anew now: near its
 * limit, as soon as copying the rest takes hardly any time; at the limit,
 * whatever it takes.
 */
static bool
take_log(struct store *s)
{
	int64_t bytes = db_wal_bytes(s->db), limit = s->options.wal_limit;
	if (bytes < limit - limit / 4)
		return false;
	if (bytes >= limit) {
		pthread_mutex_lock(&s->checkpoint_lock);
		return true;
	}
	if (pthread_mutex_trylock(&s->checkpoint_lock) != 0)
		return false;
	if (bytes - s->log_copied <= limit / SHORT_REST)
		return true;
	pthread_mutex_unlock(&s->checkpoint_lock);
	want_checkpoint(s);
	return false;
}

/* Near its limit the log is copied to the end and begins anew. */
static void
restart_log(struct store *s)
{
	struct fault f;
	int64_t left;
	if (!take_log(s))
		return;
	pthread_rwlock_wrlock(&s->gate);
	int rc = db_checkpoint(s->db, &left, &f);
	if (rc == 0 && left == 0)
		s->log_copied = db_copied_bytes(s->db);
	pthread_rwlock_unlock(&s->gate);
	pthread_mutex_unlock(&s->checkpoint_lock);
	/* Somebody reads: there is time until the limit. */
	if (rc == 0 && left != 0 && db_wal_bytes(s->db) < s->options.wal_limit)
		return;
	if (rc == 0 && left < 0 &&
	    db_wal_bytes(s->db) <
		s->options.wal_limit + s->options.wal_reserve / 2)
		return; /* again after the next batch */
	if (rc != 0 || left != 0) {
		if (!atomic_exchange(&s->is_full, true))
			log_error("store refuses new work log_bytes=%lld "
				  "error=%s",
			    (long long)db_wal_bytes(s->db),
			    rc != 0 ? log_text(f.text) : "log in use");
		return;
	}
	pthread_mutex_lock(&s->figures_lock);
	s->figures.wal_restarts++;
	pthread_mutex_unlock(&s->figures_lock);
}

/* Wakes the checkpointer when there is enough for it to do. */
static void
ask_checkpoint(struct store *s, int64_t *asked_at)
{
	int64_t bytes = db_wal_bytes(s->db);
	if (bytes < *asked_at)
		*asked_at = 0;
	if (bytes - *asked_at < CHECKPOINT_EACH)
		return;
	*asked_at = bytes;
	want_checkpoint(s);
}

/* The next works; NULL if there are none and something else is to be done. */
static struct work *
wait_batch(struct store *s, bool *stop_r)
{
	pthread_mutex_lock(&s->lock);
	while (s->lanes_used == 0 && !s->stop && !backup_wants(s->backup))
		pthread_cond_wait(&s->wake, &s->lock);
	struct work *chain = take_batch(s);
	*stop_r = s->stop;
	pthread_mutex_unlock(&s->lock);
	return chain;
}

/* How long a backup may have after a batch that took so long. */
static int64_t
slice_us(int64_t batch_us)
{
	int64_t us = batch_us / 4, most = batch_us / 8;
	if (most < SLICE_MAX_US)
		most = SLICE_MAX_US;
	return us < SLICE_MIN_US ? SLICE_MIN_US : us > most ? most : us;
}

static void *
writer_main(void *arg)
{
	struct store *s = arg;
	struct work *alone = NULL;
	int64_t asked_at = 0;
	for (;;) {
		struct work *chain = alone;
		int64_t began = clock_mono_us(), slice = SLICE_MAX_US;
		bool stop = false;
		if (chain == NULL && (chain = wait_batch(s, &stop)) == NULL &&
		    stop)
			return NULL;
		if (chain != NULL) {
			began = clock_mono_us();
			alone = write_batch(s, chain);
			ask_checkpoint(s, &asked_at);
			restart_log(s);
			slice = slice_us(clock_mono_us() - began);
		}
		backup_slice(s->backup, s->db, slice);
	}
}

void
store_write(struct store *s, struct work *w)
{
	unsigned lane = w->lane % STORE_LANES;
	atomic_fetch_add(&s->pending, 1);
	pthread_mutex_lock(&s->lock);
	bool was_idle = s->lanes_used == 0;
	fifo_push(&s->lanes[lane], w);
	s->lanes_used |= UINT64_C(1) << lane;
	pthread_mutex_unlock(&s->lock);
	if (was_idle)
		pthread_cond_signal(&s->wake);
}

void
store_wake_writer(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
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
	give_back(s, w);
}

struct backup *
store_backup_of(struct store *s)
{
	return s->backup;
}

/* ---- the checkpointer -------------------------------------------------- */

/* The disk is full when the log could not be copied, or hardly anything is
 * free; it is not any more when both have passed. */
static void
watch_disk(struct store *s, int rc, const struct fault *f)
{
	struct statvfs v;
	bool full = rc != 0;
	const char *why = rc != 0 ? f->text : "";
	if (!full && statvfs(s->directory, &v) == 0 &&
	    (uint64_t)v.f_bavail * v.f_frsize < MIN_FREE) {
		full = true;
		why = "less than 2 MB are free";
	}
	if (!full && s->log_left > s->options.wal_limit)
		full = true;
	if (atomic_exchange(&s->is_full, full) == full)
		return;
	if (full)
		log_error("store refuses new work error=%s", log_text(why));
	else
		log_info("store takes new work again");
}

static void *
checkpointer_main(void *arg)
{
	struct store *s = arg;
	struct fault f = { 0 };
	pthread_mutex_lock(&s->checkpoint_lock);
	while (!s->checkpoint_stop) {
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += 1;
		if (!atomic_exchange(&s->checkpoint_asked, false))
			pthread_cond_timedwait(&s->checkpoint_wake,
			    &s->checkpoint_lock, &until);
		if (s->checkpoint_stop)
			break;
		int64_t left = -1;
		int rc = 0;
		if (db_is_broken(s->checkpoint_db))
			rc = db_reopen(s->checkpoint_db, &f);
		if (rc == 0)
			rc = db_checkpoint(s->checkpoint_db, &left, &f);
		if (left >= 0) {
			s->log_left = left;
			s->log_copied = db_copied_bytes(s->checkpoint_db);
		}
		watch_disk(s, rc, &f);
		pthread_mutex_lock(&s->figures_lock);
		s->figures.checkpoints++;
		pthread_mutex_unlock(&s->figures_lock);
	}
	pthread_mutex_unlock(&s->checkpoint_lock);
	return NULL;
}

/* ---- readers ----------------------------------------------------------- */

struct reader {
	struct pool *pool;
	struct db *db;
};

void
txn_let_go(struct txn *t)
{
	struct fault ignored;
	if (t->is_write || t->has_let_go)
		return;
	txn_end(t, false, &ignored);
	pthread_rwlock_unlock(&t->store->gate);
	t->has_let_go = true;
}

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
		struct txn t = { .db = r.db, .store = p->store };
		w->fault.kind = FAULT_NONE;
		pthread_rwlock_rdlock(&p->store->gate);
		settle_fault(w, w->run(&t, w));
		txn_let_go(&t);
		w->next = NULL;
		give_back(p->store, w);
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

static int
pool_open(struct pool *p, struct store *s, int n, struct fault *fault_r)
{
	struct db_options o = { .path = s->path,
		.vfs = s->options.vfs,
		.cache_size = READER_CACHE,
		.read_only = true };
	p->store = s;
	p->n = n < 1 ? 1 : n > POOL_MAX ? POOL_MAX : n;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	fifo_init(&p->queue);
	for (int i = 0; i < p->n; i++)
		if ((p->dbs[i] = db_open(&o, fault_r)) == NULL)
			return -1;
	return 0;
}

static void
spawn(pthread_t *t, void *(*main_fn)(void *), void *arg)
{
	int rc = pthread_create(t, NULL, main_fn, arg);
	if (rc != 0)
		fatal("no thread to be had: %s", strerror(rc));
}

static void
pool_start(struct pool *p)
{
	for (int i = 0; i < p->n; i++) {
		struct reader *r = xmalloc(sizeof(*r));
		*r = (struct reader){ p, p->dbs[i] };
		spawn(&p->threads[i], reader_main, r);
	}
}

static void
pool_stop(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->lock);
	for (int i = 0; i < p->n; i++)
		pthread_join(p->threads[i], NULL);
}

/* ---- open and close ---------------------------------------------------- */

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
	pthread_cond_init(&s->wake, NULL);
	pthread_mutex_init(&s->checkpoint_lock, NULL);
	/* A step of the clock must not make it sleep. */
	pthread_condattr_t steady;
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&s->checkpoint_wake, &steady);
	pthread_condattr_destroy(&steady);
	pthread_mutex_init(&s->done_lock, NULL);
	pthread_mutex_init(&s->figures_lock, NULL);
	for (int i = 0; i < STORE_LANES; i++)
		fifo_init(&s->lanes[i]);
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
		.cache_size = READER_CACHE,
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
	spawn(&s->writer, writer_main, s);
	spawn(&s->checkpointer, checkpointer_main, s);
	pool_start(&s->readers);
	pool_start(&s->composers);
	pool_start(&s->computer);
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
	for (int i = 0; i < POOL_MAX; i++) {
		db_close(s->readers.dbs[i]);
		db_close(s->composers.dbs[i]);
		db_close(s->computer.dbs[i]);
	}
	db_close(s->checkpoint_db);
	db_close(s->db);
	if (s->done_fd >= 0)
		close(s->done_fd);
	backup_free(s->backup);
	free(s->path);
	free(s->directory);
	free(s);
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

int
store_run_now(struct store *s, struct work *w)
{
	struct txn t = { .db = s->db, .store = s, .is_write = true };
	w->fault.kind = FAULT_NONE;
	bool good = txn_db(&t, &w->fault) != NULL && run_item(&t, w) &&
	    w->fault.kind == FAULT_NONE;
	if (good && s->hooks.batch_end != NULL)
		good =
		    s->hooks.batch_end(s->hooks.arg, &t, false, &w->fault) == 0;
	if (txn_end(&t, good, &w->fault) != 0)
		good = false;
	if (s->hooks.batch_done != NULL)
		s->hooks.batch_done(s->hooks.arg, good);
	return good ? 0 : -1;
}

void
store_figures(struct store *s, struct store_figures *f)
{
	pthread_mutex_lock(&s->figures_lock);
	*f = s->figures;
	pthread_mutex_unlock(&s->figures_lock);
	f->is_full = atomic_load(&s->is_full);
}

static int
compare_int64(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

void
store_commit_latency(struct store *s, int64_t *p50_r, int64_t *p99_r)
{
	int64_t sorted[LATENCIES];
	pthread_mutex_lock(&s->figures_lock);
	int n = s->n_latencies < LATENCIES ? s->n_latencies : LATENCIES;
	memcpy(sorted, s->latencies, (size_t)n * sizeof(*sorted));
	s->n_latencies = 0;
	pthread_mutex_unlock(&s->figures_lock);
	qsort(sorted, (size_t)n, sizeof(*sorted), compare_int64);
	*p50_r = n > 0 ? sorted[n / 2] : 0;
	*p99_r = n > 0 ? sorted[n * 99 / 100] : 0;
}
