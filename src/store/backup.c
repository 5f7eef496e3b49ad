/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two threads make a backup. The writer copies: a slice after each batch, and
 * on and on while it has nothing else to do. The backup's own thread makes the
 * file, has the disk take what was copied, and in the end looks whether the
 * copy is sound and gives it its name.
 *
 * The writer waits when the disk is behind by a window. So it is never held up
 * by a kernel that has too much to write, and no sync in the end keeps the
 * log's from the disk for long.
 */
#include "store/backup_private.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"

enum {
	STEP_PAGES = 32,     /* between two looks at the clock */
	SYNC_PAGES = 512,    /* 2 MB: worth a sync */
	WINDOW_PAGES = 2048, /* copied and not synced */
	LATE_US = 20000,
	NICE = 10
};

enum phase {
	PHASE_NONE,
	PHASE_OPENING, /* the thread makes the file */
	PHASE_COPYING, /* the writer copies, the thread syncs */
	PHASE_COPIED,  /* the writer has done its part */
	PHASE_FAILED   /* ... or could not; see fault */
};

struct backup {
	struct store *store;
	pthread_mutex_t lock;
	pthread_cond_t change;
	/* by lock */
	struct backup_job *job; /* NULL: none is under way */
	enum phase phase;
	bool is_stopped;
	int64_t done, all, synced; /* pages */
	struct db *checked;        /* the copy, while it is looked at */
	struct fault fault;        /* the writer's */
	/* the loop's */
	pthread_t thread;
	bool has_thread;
	/* the thread's */
	char *part; /* the file before it has its name */
	int fd;
	/* the writer's */
	struct db_copy *copy;
	atomic_bool wants;
};

struct backup *
backup_new(struct store *s)
{
	struct backup *b = xcalloc(1, sizeof(*b));
	b->store = s;
	b->fd = -1;
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->change, NULL);
	return b;
}

void
backup_free(struct backup *b)
{
	if (b == NULL)
		return;
	pthread_cond_destroy(&b->change);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

/* ---- the writer -------------------------------------------------------- */

bool
backup_wants(const struct backup *b)
{
	return atomic_load(&b->wants);
}

/* True once this slice has copied twice as much as the database has grown since
 * the last: so it is caught up with. */
static bool
is_nearer(const struct backup *b)
{
	int64_t done, all;
	db_copy_progress(b->copy, &done, &all);
	return b->all == 0 || done - b->done >= 2 * (all - b->all);
}

/* Copies until the time is up, or a while longer if the database grows faster
 * than that. 1: all is copied, 0: not yet, -1. */
static int
copy_some(struct backup *b, struct db *db, int64_t us, struct fault *fault_r)
{
	int64_t now, until = clock_mono_us() + us;
	int64_t late = until + (LATE_US > 2 * us ? LATE_US : 2 * us);
	int rc;
	if (b->copy == NULL &&
	    (b->copy = db_copy_begin(db, b->part, fault_r)) == NULL)
		return -1;
	do {
		rc = db_copy_step(b->copy, STEP_PAGES, fault_r);
		now = clock_mono_us();
	} while (rc == 0 && (now < until || (now < late && !is_nearer(b))));
	return rc;
}

/* Tells the thread how far it is; by lock. */
static void
note_slice(struct backup *b, int rc, const struct fault *f)
{
	if (b->copy != NULL)
		db_copy_progress(b->copy, &b->done, &b->all);
	if (rc < 0) {
		b->phase = PHASE_FAILED;
		b->fault = *f;
	} else if (rc > 0) {
		b->phase = PHASE_COPIED;
	}
	atomic_store(&b->wants, rc == 0 && b->done - b->synced < WINDOW_PAGES);
	if (rc != 0 || b->done - b->synced >= SYNC_PAGES)
		pthread_cond_signal(&b->change);
}

void
backup_slice(struct backup *b, struct db *db, int64_t us)
{
	struct fault f = { 0 };
	if (!backup_wants(b))
		return;
	pthread_mutex_lock(&b->lock);
	bool is_stopped = b->is_stopped;
	pthread_mutex_unlock(&b->lock);
	int rc = is_stopped
	    ? fault(&f, FAULT_UNAVAILABLE, "The backup was told to stop.")
	    : copy_some(b, db, us, &f);
	pthread_mutex_lock(&b->lock);
	note_slice(b, rc, &f);
	if (rc != 0) {
		db_copy_end(b->copy);
		b->copy = NULL;
	}
	pthread_mutex_unlock(&b->lock);
}

/* ---- the thread -------------------------------------------------------- */

/* What errno means for a file of ours; always -1. */
static int
file_fault(const char *path, struct fault *fault_r)
{
	enum fault_kind kind = FAULT_UNAVAILABLE;
	if (errno == EACCES || errno == EPERM || errno == EROFS)
		kind = FAULT_DENIED;
	else if (errno == ENOENT || errno == ENOTDIR || errno == EEXIST ||
	    errno == ENAMETOOLONG || errno == ELOOP)
		kind = FAULT_INVALID;
	return fault(fault_r, kind, "%s: %s.", path, strerror(errno));
}

/* Makes the file under its first name. */
static int
make_part(struct backup *b, const char *path, struct fault *fault_r)
{
	struct stat st;
	if (path[0] != '/')
		return fault(fault_r, FAULT_INVALID,
		    "The path of a backup must be absolute, not %s.", path);
	if (lstat(path, &st) == 0)
		return fault(fault_r, FAULT_INVALID,
		    "%s is there already; a backup overwrites nothing.", path);
	b->fd = open(b->part,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (b->fd >= 0)
		return 0;
	if (errno == EEXIST)
		return fault(fault_r, FAULT_INVALID,
		    "%s is in the way: a backup that was cut off may have "
		    "left it.",
		    b->part);
	return file_fault(b->part, fault_r);
}

/* Lets the writer begin or go on. */
static void
let_copy(struct backup *b)
{
	atomic_store(&b->wants, true);
	store_wake_writer(b->store);
}

/* Has the disk take what was copied so far. */
static int
sync_some(struct backup *b, struct fault *fault_r)
{
	int64_t reached = b->done;
	pthread_mutex_unlock(&b->lock);
	int rc = fdatasync(b->fd) == 0 ? 0 : file_fault(b->part, fault_r);
	pthread_mutex_lock(&b->lock);
	b->synced = reached;
	return rc;
}

/* Syncs behind the writer until its part is done. */
static int
follow(struct backup *b, struct fault *fault_r)
{
	int rc = 0;
	pthread_mutex_lock(&b->lock);
	b->phase = PHASE_COPYING;
	let_copy(b);
	while (b->phase == PHASE_COPYING) {
		if (b->done - b->synced < SYNC_PAGES || rc != 0) {
			pthread_cond_wait(&b->change, &b->lock);
			continue;
		}
		rc = sync_some(b, fault_r);
		b->is_stopped |= rc != 0;
		if (b->phase == PHASE_COPYING)
			let_copy(b);
	}
	if (rc == 0 && b->phase == PHASE_FAILED) {
		*fault_r = b->fault;
		rc = -1;
	}
	pthread_mutex_unlock(&b->lock);
	return rc;
}

/* Looks whether the copy is sound. */
static int
check(struct backup *b, struct fault *fault_r)
{
	const struct db_options o = { .path = b->part, .frozen = true };
	struct db *db = db_open(&o, fault_r);
	int rc = -1;
	if (db == NULL)
		return -1;
	pthread_mutex_lock(&b->lock);
	b->checked = db;
	bool is_stopped = b->is_stopped;
	pthread_mutex_unlock(&b->lock);
	if (!is_stopped)
		rc = db_check(db, false, fault_r);
	pthread_mutex_lock(&b->lock);
	b->checked = NULL;
	is_stopped = b->is_stopped;
	pthread_mutex_unlock(&b->lock);
	db_close(db);
	return is_stopped
	    ? fault(fault_r, FAULT_UNAVAILABLE, "The backup was told to stop.")
	    : rc;
}

/* Gives the file its name, and overwrites nothing. */
static int
give_name(struct backup *b, const char *path, struct fault *fault_r)
{
	char directory[PATH_MAX];
	struct stat st;
	int rc = renameat2(AT_FDCWD, b->part, AT_FDCWD, path, RENAME_NOREPLACE);
	/* Not every file system knows how. */
	if (rc != 0 && errno == EINVAL && lstat(path, &st) != 0)
		rc = rename(b->part, path);
	if (rc != 0)
		return file_fault(path, fault_r);
	snprintf(directory, sizeof(directory), "%s", path);
	int fd = open(dirname(directory), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0) {
		file_fault(path, fault_r);
		unlink(path);
		rc = -1;
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

/* From no file to a sound one. */
static int
make(struct backup *b, struct backup_job *job, struct fault *fault_r)
{
	struct stat st;
	if (make_part(b, job->path, fault_r) != 0)
		return -1;
	int rc = follow(b, fault_r);
	if (rc == 0 && (fsync(b->fd) != 0 || fstat(b->fd, &st) != 0))
		rc = file_fault(b->part, fault_r);
	if (rc == 0)
		rc = check(b, fault_r);
	if (rc == 0)
		rc = give_name(b, job->path, fault_r);
	if (rc != 0)
		unlink(b->part);
	else
		job->bytes = st.st_size;
	close(b->fd);
	b->fd = -1;
	return rc;
}

static void *
backup_main(void *arg)
{
	struct backup *b = arg;
	struct backup_job *job = b->job;
	struct fault f = { 0 };
	int64_t began = clock_mono_us();
	setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	if (make(b, job, &f) != 0)
		log_error("backup %s not made error=%s", log_text(job->path),
		    log_text(f.text));
	job->work.fault = f;
	job->took_ms = (clock_mono_us() - began) / 1000;
	pthread_mutex_lock(&b->lock);
	job->pages = b->all;
	b->job = NULL;
	b->phase = PHASE_NONE;
	pthread_mutex_unlock(&b->lock);
	if (f.kind == FAULT_NONE)
		log_info("backup %s made bytes=%lld took_ms=%lld",
		    log_text(job->path), (long long)job->bytes,
		    (long long)job->took_ms);
	free(b->part);
	store_work_end(b->store, &job->work);
	return NULL;
}

/* ---- the loop ---------------------------------------------------------- */

/* Waits for the thread of the last one, which has ended or is about to. */
static void
join(struct backup *b)
{
	if (b->has_thread)
		pthread_join(b->thread, NULL);
	b->has_thread = false;
}

/* Takes the job unless there is one. */
static bool
take(struct backup *b, struct backup_job *job)
{
	pthread_mutex_lock(&b->lock);
	bool is_free = b->job == NULL;
	if (is_free) {
		b->job = job;
		b->phase = PHASE_OPENING;
		b->is_stopped = false;
		b->done = b->all = b->synced = 0;
	}
	pthread_mutex_unlock(&b->lock);
	return is_free;
}

void
store_backup(struct store *s, struct backup_job *job)
{
	struct backup *b = store_backup_of(s);
	job->bytes = job->pages = job->took_ms = 0;
	job->work.fault.kind = FAULT_NONE;
	store_work_begin(s);
	if (!take(b, job)) {
		fault(&job->work.fault, FAULT_UNAVAILABLE,
		    "Another backup is under way.");
		store_work_end(s, &job->work);
		return;
	}
	join(b);
	size_t n = strlen(job->path) + sizeof(".part");
	b->part = xcalloc(1, n);
	snprintf(b->part, n, "%s.part", job->path);
	int rc = pthread_create(&b->thread, NULL, backup_main, b);
	if (rc != 0)
		fatal("no thread to be had: %s", strerror(rc));
	b->has_thread = true;
}

void
store_backup_stop(struct store *s)
{
	struct backup *b = store_backup_of(s);
	pthread_mutex_lock(&b->lock);
	b->is_stopped = true;
	if (b->checked != NULL)
		db_interrupt(b->checked);
	if (b->phase == PHASE_COPYING)
		let_copy(b);
	pthread_mutex_unlock(&b->lock);
}

void
backup_close(struct backup *b)
{
	store_backup_stop(b->store);
	join(b);
}

bool
store_backup_share(struct store *s, double *share_r)
{
	struct backup *b = store_backup_of(s);
	pthread_mutex_lock(&b->lock);
	bool is_under_way = b->job != NULL;
	*share_r = b->all > 0 ? (double)b->done / (double)b->all : 0;
	pthread_mutex_unlock(&b->lock);
	return is_under_way;
}
