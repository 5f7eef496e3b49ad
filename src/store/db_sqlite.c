/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver on SQLite: WAL, synchronous=FULL, no automatic checkpoints (the
 * store governs the log), statements prepared once on first use.
 */
#include "store/db_sqlite_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"
#include "store/list.h"

enum { SHM_BYTES = 1 << 20, BUSY_MS = 2000 };

/* What an engine's error means to us. */
static const struct {
	int code;
	enum fault_kind kind;
	bool sticks; /* the connection may need to be opened anew */
	const char *sentence;
} errors[] = {
	{ SQLITE_FULL, FAULT_UNAVAILABLE, false, "the disk is full" },
	{ SQLITE_BUSY, FAULT_UNAVAILABLE, false,
	    "another program holds the database locked" },
	{ SQLITE_LOCKED, FAULT_UNAVAILABLE, false, "the database is locked" },
	{ SQLITE_READONLY, FAULT_UNAVAILABLE, true,
	    "the database cannot be written (read-only)" },
	{ SQLITE_IOERR, FAULT_UNAVAILABLE, true,
	    "reading or writing the disk failed" },
	{ SQLITE_CORRUPT, FAULT_UNAVAILABLE, true, "the database is damaged" },
	{ SQLITE_NOTADB, FAULT_UNAVAILABLE, true,
	    "the file is not a Postflow database" },
	{ SQLITE_CANTOPEN, FAULT_UNAVAILABLE, true,
	    "the file cannot be opened" },
	{ SQLITE_PERM, FAULT_UNAVAILABLE, true, "access is not permitted" },
	{ SQLITE_PROTOCOL, FAULT_UNAVAILABLE, true, "locking failed" },
	{ SQLITE_NOMEM, FAULT_UNAVAILABLE, false, "memory ran out" },
	{ SQLITE_INTERRUPT, FAULT_UNAVAILABLE, false, "it was told to stop" },
	{ SQLITE_TOOBIG, FAULT_LIMIT, false, "a value is too large" },
	{ SQLITE_CONSTRAINT, FAULT_CONFLICT, false,
	    "the value conflicts with one already stored" },
};

/* What messages call the database. */
static const char *
db_name(const struct db *db)
{
	return db->options.name != NULL ? db->options.name : db->path;
}

int
db_fault(struct db *db, int rc, struct fault *fault_r)
{
	const char *detail = db->handle != NULL ? sqlite3_errmsg(db->handle)
						: sqlite3_errstr(rc);
	for (size_t i = 0; i < N_OF(errors); i++) {
		if (errors[i].code != (rc & 0xff))
			continue;
		if (errors[i].sticks)
			db->broken = true;
		return fault(fault_r, errors[i].kind, "%s: %s (%s).",
		    db_name(db), errors[i].sentence, detail);
	}
	return fault(fault_r, FAULT_INTERNAL, "%s: %s.", db_name(db), detail);
}

static int
on_wal(void *arg, sqlite3 *handle, const char *name, int frames)
{
	(void)handle, (void)name;
	((struct db *)arg)->wal_frames = frames;
	return SQLITE_OK;
}

/* Opens a file that nobody changes. As a URI, where some characters mean
 * something, that can be said. */
static int
connect_frozen(struct db *db, struct fault *fault_r)
{
	char uri[3 * PATH_MAX + 40] = "file:";
	size_t n = strlen(uri);
	for (const char *p = db->path; *p != '\0' && n < sizeof(uri) - 30; p++)
		n += (size_t)snprintf(uri + n, 4,
		    strchr("?#%", *p) != NULL ? "%%%02X" : "%c", *p);
	strcpy(uri + n, "?immutable=1");
	int rc = sqlite3_open_v2(uri, &db->handle,
	    SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	return rc == SQLITE_OK ? 0 : db_fault(db, rc, fault_r);
}

static int
connect_handle(struct db *db, struct fault *fault_r)
{
	char sql[200];
	if (db->options.frozen)
		return connect_frozen(db, fault_r);
	/* A reader writes nothing, but takes its locks in the shared memory. */
	int flags = SQLITE_OPEN_READWRITE |
	    (db->options.read_only ? 0 : SQLITE_OPEN_CREATE);
	int on = 1;
	int rc = sqlite3_open_v2(db->path, &db->handle,
	    flags | SQLITE_OPEN_NOMUTEX, db->options.vfs);
	if (rc != SQLITE_OK)
		return db_fault(db, rc, fault_r);
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	snprintf(sql, sizeof(sql),
	    "PRAGMA page_size=4096; PRAGMA auto_vacuum=INCREMENTAL;"
	    "PRAGMA cache_size=-%lld; PRAGMA temp_store=MEMORY;"
	    "PRAGMA foreign_keys=ON; PRAGMA synchronous=%s;"
	    "PRAGMA trusted_schema=OFF;",
	    (long long)db->options.cache_size / 1024,
	    db->options.no_sync ? "OFF" : "FULL");
	if (db_script(db, sql, fault_r) != 0)
		return -1;
	if (db->options.read_only &&
	    db_script(db, "PRAGMA query_only=ON;", fault_r) != 0)
		return -1;
	/* Reading the header tells now whether this is a database at all. */
	if (db_script(db, "SELECT count(*) FROM sqlite_schema;", fault_r) != 0)
		return -1;
	int64_t page_size;
	if (db_pragma(db, "page_size", &page_size, fault_r) != 0)
		return -1;
	db->page_size = (int)page_size;
	sqlite3_wal_autocheckpoint(db->handle, 0);
	sqlite3_wal_hook(db->handle, on_wal, db);
	db->broken = false;
	return 0;
}

static void
disconnect_handle(struct db *db)
{
	if (db->copy != NULL)
		db_copy_cut(db->copy);
	for (int i = 0; i < SQL_COUNT; i++) {
		sqlite3_finalize(db->stmts[i]);
		db->stmts[i] = NULL;
	}
	sqlite3_close(db->handle);
	db->handle = NULL;
}

struct db *
db_open(const struct db_options *options, struct fault *fault_r)
{
	struct db *db = xcalloc(1, sizeof(*db));
	db->options = *options;
	db->path = xstrdup(options->path);
	db->options.path = db->path;
	db->shm_fd = -1;
	if (connect_handle(db, fault_r) != 0) {
		db_close(db);
		return NULL;
	}
	return db;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	disconnect_handle(db);
	if (db->shm_fd >= 0)
		close(db->shm_fd);
	free(db->path);
	free(db);
}

int
db_reopen(struct db *db, struct fault *fault_r)
{
	disconnect_handle(db);
	if (connect_handle(db, fault_r) != 0) {
		disconnect_handle(db);
		db->broken = true;
		return -1;
	}
	return 0;
}

bool
db_is_broken(const struct db *db)
{
	return db->broken;
}

void
db_interrupt(struct db *db)
{
	sqlite3_interrupt(db->handle);
}

int
db_script(struct db *db, const char *sql, struct fault *fault_r)
{
	if (db->handle == NULL)
		return fault(fault_r, FAULT_UNAVAILABLE,
		    "%s: the database is not open.", db->path);
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : db_fault(db, rc, fault_r);
}

int
db_pragma(struct db *db, const char *name, int64_t *value_r,
    struct fault *fault_r)
{
	char sql[64];
	sqlite3_stmt *s;
	snprintf(sql, sizeof(sql), "PRAGMA %s", name);
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, &s, NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		*value_r = sqlite3_column_int64(s, 0);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_OK ? 0 : db_fault(db, rc, fault_r);
}

int
db_check(struct db *db, bool thorough, struct fault *fault_r)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(db->handle,
	    thorough ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)",
	    -1, &s, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	const char *said =
	    rc == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
	bool good = said != NULL && strcmp(said, "ok") == 0;
	/* The last line: what comes before tells where. */
	const char *line = said != NULL ? strrchr(said, '\n') : NULL;
	if (!good && rc == SQLITE_ROW)
		fault(fault_r, FAULT_INVALID,
		    "%s: the database is damaged: %s.", db_name(db),
		    line != NULL       ? line + 1
			: said != NULL ? said
				       : "?");
	else if (!good)
		db_fault(db, rc, fault_r);
	sqlite3_finalize(s);
	return good ? 0 : -1;
}

int
db_vacuum(struct db *db, int pages, struct fault *fault_r)
{
	char sql[60];
	snprintf(sql, sizeof(sql), "PRAGMA incremental_vacuum(%d);", pages);
	return db_script(db, sql, fault_r);
}

/* The prepared statement of a number, ready to be bound. */
static sqlite3_stmt *
statement(struct db *db, enum sql n, struct fault *fault_r)
{
	if (db->handle == NULL) {
		fault(fault_r, FAULT_UNAVAILABLE,
		    "%s: the database is not open.", db->path);
		return NULL;
	}
	if (db->stmts[n] == NULL) {
		int rc = sqlite3_prepare_v3(db->handle, sql_texts[n], -1,
		    SQLITE_PREPARE_PERSISTENT, &db->stmts[n], NULL);
		if (rc != SQLITE_OK) {
			db_fault(db, rc, fault_r);
			return NULL;
		}
	}
	return db->stmts[n];
}

/* The bounds of a page, both exclusive, and the rows to ask for. */
static int
bind_page(sqlite3_stmt *s, int at, const struct page *p)
{
	bool goes_down = p->before == 0 && p->after != 0;
	int rc = sqlite3_bind_int64(s, at, goes_down ? p->after : INT64_MAX);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, at + 1, p->before);
	return rc != SQLITE_OK
	    ? rc
	    : sqlite3_bind_int64(s, at + 2, (int64_t)p->limit + 1);
}

/* Binds by format. SQLITE_OK, or what is wrong with a value: its length. */
static int
bind(sqlite3_stmt *s, const char *fmt, va_list ap)
{
	int at = 1, rc = SQLITE_OK;
	for (; *fmt != '\0' && rc == SQLITE_OK; fmt++, at++) {
		int64_t i;
		const void *p;
		switch (*fmt) {
		case 'i':
			rc = sqlite3_bind_int64(s, at, va_arg(ap, int64_t));
			break;
		case 'o':
			if ((i = va_arg(ap, int64_t)) != 0)
				rc = sqlite3_bind_int64(s, at, i);
			else
				rc = sqlite3_bind_null(s, at);
			break;
		case 't':
			rc = sqlite3_bind_text(s, at, va_arg(ap, const char *),
			    -1, SQLITE_STATIC);
			break;
		case 'b':
			p = va_arg(ap, const void *);
			rc = sqlite3_bind_blob64(s, at, p, va_arg(ap, size_t),
			    SQLITE_STATIC);
			break;
		case 'd':
			rc = sqlite3_bind_double(s, at, va_arg(ap, double));
			break;
		case 'n':
			rc = sqlite3_bind_null(s, at);
			break;
		case 'l':
			rc = sqlite3_bind_int64(s, at,
			    (int64_t)va_arg(ap, int) + 1);
			break;
		case 'p':
			rc = bind_page(s, at, va_arg(ap, const struct page *));
			at += 2;
			break;
		default:
			fatal("a statement was bound with '%c'", *fmt);
		}
	}
	return rc;
}

int
db_next(struct db *db, enum sql n, struct fault *fault_r)
{
	int rc = sqlite3_step(db->stmts[n]);
	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		db_fault(db, rc, fault_r);
	sqlite3_reset(db->stmts[n]);
	return rc == SQLITE_DONE ? 0 : -1;
}

int
db_vfirst(struct db *db, enum sql n, struct fault *fault_r, const char *fmt,
    va_list ap)
{
	sqlite3_stmt *s = statement(db, n, fault_r);
	if (s == NULL)
		return -1;
	int rc = bind(s, fmt, ap);
	return rc == SQLITE_OK ? db_next(db, n, fault_r)
			       : db_fault(db, rc, fault_r);
}

int
db_vexec(struct db *db, enum sql n, struct fault *fault_r, const char *fmt,
    va_list ap)
{
	int rc = db_vfirst(db, n, fault_r, fmt, ap);
	while (rc == 1)
		rc = db_next(db, n, fault_r);
	return rc;
}

int
db_exec(struct db *db, enum sql n, struct fault *fault_r, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int rc = db_vexec(db, n, fault_r, fmt, ap);
	va_end(ap);
	return rc;
}

int
db_first(struct db *db, enum sql n, struct fault *fault_r, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int rc = db_vfirst(db, n, fault_r, fmt, ap);
	va_end(ap);
	return rc;
}

void
db_end(struct db *db, enum sql n)
{
	sqlite3_reset(db->stmts[n]);
}

int64_t
db_int(struct db *db, enum sql n, int column)
{
	return sqlite3_column_int64(db->stmts[n], column);
}

char *
db_text(struct db *db, enum sql n, int column, struct arena *a)
{
	const char *s = (const char *)sqlite3_column_text(db->stmts[n], column);
	if (s == NULL)
		return NULL;
	size_t len = (size_t)sqlite3_column_bytes(db->stmts[n], column);
	return arena_strndup(a, s, len);
}

const void *
db_bytes(struct db *db, enum sql n, int column, size_t *len_r)
{
	const void *p = sqlite3_column_blob(db->stmts[n], column);
	*len_r = (size_t)sqlite3_column_bytes(db->stmts[n], column);
	return p;
}

int
db_changes(const struct db *db)
{
	return sqlite3_changes(db->handle);
}

bool
db_in_transaction(const struct db *db)
{
	return db->handle != NULL && !sqlite3_get_autocommit(db->handle);
}

int64_t
db_wal_bytes(const struct db *db)
{
	return (int64_t)db->wal_frames * (db->page_size + 24);
}

int64_t
db_copied_bytes(const struct db *db)
{
	return (int64_t)db->copied_frames * (db->page_size + 24);
}

int
db_checkpoint(struct db *db, int64_t *left_r, struct fault *fault_r)
{
	int frames = 0, done = 0;
	*left_r = 0;
	if (db->handle == NULL)
		return fault(fault_r, FAULT_UNAVAILABLE,
		    "%s: the database is not open.", db->path);
	int rc = sqlite3_wal_checkpoint_v2(db->handle, "main",
	    SQLITE_CHECKPOINT_PASSIVE, &frames, &done);
	/* Another program copies it, or the writer was caught between the two
	 * copies of the log's header: nothing is wrong with the disk. */
	if ((rc & 0xff) == SQLITE_BUSY) {
		*left_r = -1;
		return 0;
	}
	if (rc != SQLITE_OK)
		return db_fault(db, rc, fault_r);
	db->copied_frames = done > 0 ? done : 0;
	if (frames > done)
		*left_r = (int64_t)(frames - done) * db->page_size;
	return 0;
}

/* Allocates the first bytes of a file that exists beside the database. Its
 * descriptor, or -1. */
static int
allocate(struct db *db, const char *suffix, int64_t bytes,
    struct fault *fault_r)
{
	char path[1024];
	struct stat st;
	snprintf(path, sizeof(path), "%s%s", db->path, suffix);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fault(fault_r, FAULT_UNAVAILABLE, "%s: %s.", path,
		    strerror(errno));
	int rc = fstat(fd, &st) == 0 && st.st_size >= bytes
	    ? 0
	    : posix_fallocate(fd, 0, bytes);
	if (rc == 0 && fsync(fd) != 0)
		rc = errno;
	if (rc == 0)
		return fd;
	close(fd);
	return fault(fault_r, FAULT_UNAVAILABLE,
	    "%s: cannot reserve %lld bytes: %s.", path, (long long)bytes,
	    strerror(rc));
}

int
db_reserve(struct db *db, int64_t bytes, struct fault *fault_r)
{
	if (db->options.vfs != NULL)
		return 0;
	int wal_fd = allocate(db, "-wal", bytes, fault_r);
	if (wal_fd < 0)
		return -1;
	close(wal_fd);
	/* Closing any descriptor of the shared memory would drop the locks all
	 * our connections hold there: the next program to open the database
	 * would think itself alone, and truncate it under us. */
	if (db->shm_fd < 0)
		db->shm_fd = allocate(db, "-shm", SHM_BYTES, fault_r);
	return db->shm_fd < 0 ? -1 : 0;
}

bool
db_is_scratch(const struct db *db)
{
	return strcmp(db->path, ":memory:") == 0;
}
