/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log (WAL) is governed here. The checkpointer copies it into the database
 * while the writer goes on; shortly before wal_limit, once little is left to
 * copy, the writer stops between two batches, keeps readers out for the moment,
 * copies the rest and lets the log begin anew. The log file is allocated to its
 * full size beforehand, with a reserve: when the disk is full the writer
 * refuses new work at once and still has room to record what the MTA said.
 */
#include <sys/statvfs.h>
#include <time.h>

#include "base/log.h"
#include "store/threads.h"

enum {
	CHECKPOINT_EACH = 4 << 20, /* bytes of log between two checkpoints */
	SHORT_REST = 64,           /* this part of the limit is soon copied */
	MIN_FREE = 2 << 20,        /* bytes of disk below which it is full */
};

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
	figures_note_restart(s);
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

void
wal_tend(struct store *s, int64_t *asked_at)
{
	ask_checkpoint(s, asked_at);
	restart_log(s);
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

void *
wal_main(void *arg)
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
		figures_note_checkpoint(s);
	}
	pthread_mutex_unlock(&s->checkpoint_lock);
	return NULL;
}
