/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The writer: takes works in turn of their lanes, and writes a batch of them in
 * one transaction. Between two batches the log is tended, and a backup goes on.
 */
#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/backup_private.h"
#include "store/threads.h"

enum {
	/* of a backup, between two batches: a quarter of the batch's time, but
	 * at most this or an eighth */
	SLICE_MIN_US = 500,
	SLICE_MAX_US = 4000,
	URGENT_MS = 20, /* of a batch, while something urgent waits */
	/* Each commit makes the disk write, also what others want to have
	 * written beside it: where answers of the MTA did so one by one, it
	 * took a fourth less mail. */
	PATIENCE_US = 20000,
};

static bool
has_work(const struct store *s)
{
	return s->lanes_used != 0 || s->urgent.head != NULL;
}

/* Takes what must be recorded, and the next works in turn of their lanes. */
static struct work *
take_batch(struct store *s)
{
	struct fifo batch;
	int n = 0;
	fifo_init(&batch);
	for (; s->urgent.head != NULL && n < s->options.batch_items; n++)
		fifo_push(&batch, fifo_take(&s->urgent));
	atomic_store(&s->is_urgent, s->urgent.head != NULL);
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
	s->hurry = has_work(s);
	return batch.head;
}

/* The queue a work waits in; the lock is held. */
static struct fifo *
queue_of(struct store *s, const struct work *w)
{
	unsigned lane = w->lane % STORE_LANES;
	if (w->essential) {
		atomic_store(&s->is_urgent, true);
		return &s->urgent;
	}
	s->lanes_used |= UINT64_C(1) << lane;
	return &s->lanes[lane];
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
		next = last_first->next;
		fifo_push_first(queue_of(s, last_first), last_first);
	}
	s->hurry = true;
	pthread_mutex_unlock(&s->lock);
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

/* How long the works of a batch may take: not long while something waits that
 * must be recorded, which is in doubt until it is. */
static int64_t
most_us(struct store *s)
{
	int ms = s->options.batch_ms;
	if (atomic_load(&s->is_urgent) && ms > URGENT_MS)
		ms = URGENT_MS;
	return (int64_t)ms * 1000;
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
		good = work_run(&t, w);
		if (!good)
			f = w->fault.kind != FAULT_NONE
			    ? w->fault
			    : (struct fault){ FAULT_UNAVAILABLE,
				      "The batch could not be stored." };
		if (w->next != NULL && clock_mono_us() - began > most_us(s)) {
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
	figures_note_commit(s, n, clock_mono_us() - commit_began, good);
	if (!good) {
		if (!is_full)
			alone = save_essential(&chain);
		fail_batch(chain, &f);
		log_error("batch not stored items=%d error=%s", n,
		    log_text(f.text));
	}
	if (s->hooks.batch_done != NULL)
		s->hooks.batch_done(s->hooks.arg, good);
	store_hand_back(s, chain);
	return alone;
}

/* Until there is work that waits no longer for more, or something else. */
static void
wait_work(struct store *s)
{
	while (!s->stop && !s->hurry && !backup_wants(s->backup)) {
		struct timespec until = { .tv_sec = s->until_us / 1000000,
			.tv_nsec = s->until_us % 1000000 * 1000 };
		if (!has_work(s))
			pthread_cond_wait(&s->wake, &s->lock);
		else if (pthread_cond_timedwait(&s->wake, &s->lock, &until) ==
		    ETIMEDOUT)
			return;
	}
}

/* The next works; NULL if there are none and something else is to be done. */
static struct work *
wait_batch(struct store *s, bool *stop_r)
{
	pthread_mutex_lock(&s->lock);
	wait_work(s);
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

void *
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
			wal_tend(s, &asked_at);
			slice = slice_us(clock_mono_us() - began);
		}
		backup_slice(s->backup, s->db, slice);
	}
}

void
store_write(struct store *s, struct work *w)
{
	atomic_fetch_add(&s->pending, 1);
	pthread_mutex_lock(&s->lock);
	bool was_idle = !has_work(s), was_hurry = s->hurry;
	if (was_idle)
		s->until_us = clock_mono_us() + PATIENCE_US;
	fifo_push(queue_of(s, w), w);
	s->hurry = was_hurry || !w->patient;
	pthread_mutex_unlock(&s->lock);
	if (was_idle || (!was_hurry && !w->patient))
		pthread_cond_signal(&s->wake);
}

void
store_hurry(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	bool wakes = !s->hurry && has_work(s);
	s->hurry = s->hurry || wakes;
	pthread_mutex_unlock(&s->lock);
	if (wakes)
		pthread_cond_signal(&s->wake);
}

void
store_wake_writer(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}
