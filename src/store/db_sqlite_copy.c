/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies of a database. SQLite begins a copy anew whenever another connection
 * than the copied one has written; what the copied one writes itself, it
 * writes into the copy as well. So the copied connection is the writer's.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/fault.h"
#include "store/db_sqlite_private.h"

enum {
	CACHE_KB = 1024, /* of the copy: what it holds back */
	FRESH_STARTS_MAX = 20,
	BUSY_MAX = 5 /* in a row */
};

struct db_copy {
	struct db *from;
	char *path;
	sqlite3 *to;
	sqlite3_backup *backup;
	int64_t done;
	int n_fresh, n_busy;
};

/* What SQLite's error means for the copy; always -1. */
static int
copy_fault(const struct db_copy *c, int rc, struct fault *fault_r)
{
	return fault(fault_r, FAULT_UNAVAILABLE,
	    "The copy %s could not be written: %s.", c->path,
	    (rc & 0xff) == SQLITE_FULL ? "the disk is full"
				       : sqlite3_errstr(rc));
}

/* Opens the file of the copy. Nothing of it counts before it is whole. */
static int
open_to(struct db_copy *c, struct fault *fault_r)
{
	char sql[160];
	int rc = sqlite3_open_v2(c->path, &c->to,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	snprintf(sql, sizeof(sql),
	    "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=OFF;"
	    "PRAGMA synchronous=OFF; PRAGMA cache_size=-%d;",
	    CACHE_KB);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(c->to, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : copy_fault(c, rc, fault_r);
}

struct db_copy *
db_copy_begin(struct db *db, const char *path, struct fault *fault_r)
{
	struct db_copy *c = xcalloc(1, sizeof(*c));
	c->path = xstrdup(path);
	if (db->handle == NULL || db->copy != NULL) {
		fault(fault_r, FAULT_UNAVAILABLE,
		    "%s: the database cannot be copied now.", db->path);
		db_copy_end(c);
		return NULL;
	}
	if (open_to(c, fault_r) != 0) {
		db_copy_end(c);
		return NULL;
	}
	c->backup = sqlite3_backup_init(c->to, "main", db->handle, "main");
	if (c->backup == NULL) {
		copy_fault(c, sqlite3_errcode(c->to), fault_r);
		db_copy_end(c);
		return NULL;
	}
	c->from = db;
	db->copy = c;
	return c;
}

/* Notes how far it is. -1 when it has begun anew too often: as it does when
 * somebody else writes, or when more is undone than the cache holds. */
static int
note_progress(struct db_copy *c, struct fault *fault_r)
{
	int64_t done = sqlite3_backup_pagecount(c->backup) -
	    sqlite3_backup_remaining(c->backup);
	if (done < c->done && ++c->n_fresh > FRESH_STARTS_MAX)
		return fault(fault_r, FAULT_UNAVAILABLE,
		    "%s: copying had to begin anew %d times; another program "
		    "may be writing the database.",
		    c->from->path, c->n_fresh);
	c->done = done;
	return 0;
}

int
db_copy_step(struct db_copy *c, int pages, struct fault *fault_r)
{
	if (c->backup == NULL)
		return fault(fault_r, FAULT_UNAVAILABLE,
		    "%s: the database had to be opened anew.", c->path);
	int rc = sqlite3_backup_step(c->backup, pages);
	bool is_busy =
	    (rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED;
	if (is_busy && ++c->n_busy <= BUSY_MAX)
		return 0;
	if (rc != SQLITE_OK && rc != SQLITE_DONE)
		return copy_fault(c, rc, fault_r);
	c->n_busy = 0;
	if (note_progress(c, fault_r) != 0)
		return -1;
	return rc == SQLITE_DONE;
}

void
db_copy_progress(const struct db_copy *c, int64_t *done_r, int64_t *all_r)
{
	*done_r = c->done;
	*all_r = c->backup != NULL ? sqlite3_backup_pagecount(c->backup) : 0;
}

void
db_copy_cut(struct db_copy *c)
{
	sqlite3_backup_finish(c->backup);
	c->backup = NULL;
	c->from->copy = NULL;
}

void
db_copy_end(struct db_copy *c)
{
	if (c == NULL)
		return;
	if (c->backup != NULL)
		db_copy_cut(c);
	sqlite3_close(c->to);
	free(c->path);
	free(c);
}
