/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is checked is the copy that will be used, not the file it came from. A
 * log must never stand beside a database it does not belong to: SQLite would
 * play it back. So the old log is gone before the new database has its name.
 */
#include "store/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "store/migrate.h"
#include "store/store_private.h"

enum { COPY_BYTES = 1 << 20, CACHE_BYTES = 8 << 20, MODE = 0640 };

/* One restore: where everything is. */
struct way {
	const char *name, *database, *part, *wal, *shm;
	struct arena *arena;
};

/* errno as a fault of a file; always -1. */
static int
file_fault(const char *path, struct fault *fault_r)
{
	return fault(fault_r,
	    errno == EACCES || errno == EPERM ? FAULT_DENIED
					      : FAULT_UNAVAILABLE,
	    "%s: %s.", path, strerror(errno));
}

int
store_restore_open(const char *path, struct fault *fault_r)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int rc = fd;
	if (fd < 0)
		return file_fault(path, fault_r);
	struct arena *a = arena_new();
	const char *wal = arena_printf(a, "%s-wal", path);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		rc = fault(fault_r, FAULT_INVALID, "%s is not a file.", path);
	else if (stat(wal, &st) == 0 && st.st_size > 0)
		rc = fault(fault_r, FAULT_INVALID,
		    "%s lies beside it: %s is no backup, and a part of what it "
		    "held is there.",
		    wal, path);
	if (rc < 0)
		close(fd);
	arena_free(a);
	return rc;
}

/* ---- the copy ---------------------------------------------------------- */

/* Copies from one file to the other, and has it on the disk. */
static int
copy_bytes(const struct way *w, int from, int to, int64_t *bytes_r,
    struct fault *fault_r)
{
	char *data = xmalloc(COPY_BYTES);
	int64_t at = 0;
	ssize_t n;
	int rc = 0;
	while (rc == 0 && (n = pread(from, data, COPY_BYTES, at)) != 0) {
		if (n < 0)
			rc = file_fault(w->name, fault_r);
		else if (file_write_all(to, data, (size_t)n) != 0)
			rc = file_fault(w->part, fault_r);
		at += n;
	}
	if (rc == 0 && fsync(to) != 0)
		rc = file_fault(w->part, fault_r);
	free(data);
	*bytes_r = at;
	return rc;
}

/* Makes the copy, with the mode of what it replaces. */
static int
copy(const struct way *w, int from, int64_t *bytes_r, struct fault *fault_r)
{
	struct stat st;
	mode_t mode = stat(w->database, &st) == 0 ? st.st_mode & 0777 : MODE;
	/* One that was cut off: nobody else makes files of that name. */
	unlink(w->part);
	int to = open(w->part,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return file_fault(w->part, fault_r);
	int rc = fchmod(to, mode) == 0
	    ? copy_bytes(w, from, to, bytes_r, fault_r)
	    : file_fault(w->part, fault_r);
	close(to);
	return rc;
}

/* Is the copy sound, and may this program use it? */
static int
check(const struct way *w, int64_t *version_r, struct fault *fault_r)
{
	const struct db_options o = { .path = w->part,
		.frozen = true,
		.name = "the copy of it" };
	struct db *db = db_open(&o, fault_r);
	int rc = db == NULL ? -1 : store_schema(db, version_r, fault_r);
	if (rc == 0 && *version_r == 0)
		rc = fault(fault_r, FAULT_INVALID,
		    "There is nothing of Postflow in it.");
	if (rc == 0)
		rc = db_check(db, true, fault_r);
	db_close(db);
	return rc == 0 ? 0
		       : fault_at(fault_r, "%s cannot be restored", w->name);
}

/* Holds the queue of the copy. No log stays beside it. */
static int
hold(const struct way *w, struct fault *fault_r)
{
	const struct db_options o = { .path = w->part,
		.cache_size = CACHE_BYTES };
	int64_t left = 0;
	struct db *db = db_open(&o, fault_r);
	int rc = db == NULL ? -1
			    : db_exec(db, SQL_META_PUT, fault_r, "ti",
				  QUEUE_HELD_KEY, INT64_C(1));
	if (rc == 0)
		rc = db_checkpoint(db, &left, fault_r);
	if (rc == 0 && left != 0)
		rc = fault(fault_r, FAULT_UNAVAILABLE,
		    "%s is used by another program.", w->part);
	db_close(db);
	unlink(arena_printf(w->arena, "%s-wal", w->part));
	unlink(arena_printf(w->arena, "%s-shm", w->part));
	return rc;
}

/* ---- the exchange ------------------------------------------------------ */

static int
sync_directory(const struct way *w, struct fault *fault_r)
{
	char *path = arena_strdup(w->arena, w->database);
	int fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd >= 0 && fsync(fd) == 0 ? 0 : file_fault(path, fault_r);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* Copies the old log into the old database. False if that cannot be done,
 * perhaps because it is damaged: why else would a backup be restored? */
static bool
fold_log(const struct way *w)
{
	const struct db_options o = { .path = w->database,
		.cache_size = CACHE_BYTES };
	struct fault f;
	int64_t left = -1;
	struct db *db = db_open(&o, &f);
	if (db == NULL || db_checkpoint(db, &left, &f) != 0)
		left = -1;
	db_close(db);
	return left == 0;
}

/* Takes the old log away from its place, and keeps it if it is needed. */
static int
move_log(const struct way *w, const char *kept, struct fault *fault_r)
{
	int rc = fold_log(w)
	    ? unlink(w->wal)
	    : rename(w->wal, arena_printf(w->arena, "%s-wal", kept));
	if (rc != 0 && errno != ENOENT)
		return file_fault(w->wal, fault_r);
	if (unlink(w->shm) != 0 && errno != ENOENT)
		return file_fault(w->shm, fault_r);
	return sync_directory(w, fault_r);
}

/* Gives the old database its second name; the first is replaced at once. */
static int
keep(const struct way *w, const char *kept, struct fault *fault_r)
{
	struct stat st;
	if (lstat(kept, &st) == 0)
		return fault(fault_r, FAULT_INVALID, "%s is there already.",
		    kept);
	if (move_log(w, kept, fault_r) != 0)
		return -1;
	/* Not every file system has second names. */
	if (link(w->database, kept) != 0 && rename(w->database, kept) != 0)
		return file_fault(kept, fault_r);
	return 0;
}

/* The name the old database gets. */
static const char *
kept_name(const struct way *w, int64_t now_ms)
{
	char moment[40];
	struct tm tm;
	time_t now = (time_t)(now_ms / 1000);
	gmtime_r(&now, &tm);
	strftime(moment, sizeof(moment), "%Y%m%dT%H%M%SZ", &tm);
	return arena_printf(w->arena, "%s.before-restore-%s", w->database,
	    moment);
}

/* The copy becomes the database. */
static int
exchange(const struct way *w, int64_t now_ms, const char **kept_r,
    struct fault *fault_r)
{
	struct stat st;
	*kept_r = NULL;
	if (lstat(w->database, &st) == 0) {
		*kept_r = kept_name(w, now_ms);
		if (keep(w, *kept_r, fault_r) != 0)
			return -1;
	} else {
		unlink(w->wal);
		unlink(w->shm);
	}
	if (rename(w->part, w->database) != 0) {
		file_fault(w->database, fault_r);
		if (*kept_r != NULL && lstat(w->database, &st) != 0)
			rename(*kept_r, w->database);
		return -1;
	}
	return sync_directory(w, fault_r);
}

/* Whether the backup is the very file it is to replace. */
static bool
is_same(int fd, const char *database)
{
	struct stat from, to;
	return fstat(fd, &from) == 0 && stat(database, &to) == 0 &&
	    from.st_dev == to.st_dev && from.st_ino == to.st_ino;
}

int
store_restore(int fd, const char *name, const char *database, int64_t now_ms,
    struct arena *a, struct restored *r, struct fault *fault_r)
{
	const struct way w = { .name = name,
		.database = database,
		.part = arena_printf(a, "%s.restore", database),
		.wal = arena_printf(a, "%s-wal", database),
		.shm = arena_printf(a, "%s-shm", database),
		.arena = a };
	*r = (struct restored){ 0 };
	if (is_same(fd, database))
		return fault(fault_r, FAULT_INVALID,
		    "%s is the database itself.", name);
	if (copy(&w, fd, &r->bytes, fault_r) == 0 &&
	    check(&w, &r->version, fault_r) == 0 && hold(&w, fault_r) == 0 &&
	    exchange(&w, now_ms, &r->kept, fault_r) == 0)
		return 0;
	unlink(w.part);
	return -1;
}
