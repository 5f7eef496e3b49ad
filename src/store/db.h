/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The narrow SQL driver: one connection, statements by number, values in and
 * out. db_sqlite.c fills it; a second engine fills it again. Only the store
 * room includes this.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

#include "base/defs.h"
#include "store/sql.h"

struct arena;
struct db;
struct fault;

struct db_options {
	const char *path;
	const char *vfs; /* NULL: the system's */
	int64_t cache_size;
	bool read_only;
	bool no_sync; /* tests prove with it that they notice a missing fsync */
	/* A file that nobody changes: it is read as it is, without locks and
	 * without a log beside it. */
	bool frozen;
	const char *name; /* in messages; NULL: its path. Borrowed */
};

struct db *db_open(const struct db_options *, struct fault *fault_r);
void db_close(struct db *);
/* Closes and opens again: the way out of an error that sticks. */
int db_reopen(struct db *, struct fault *fault_r);
/* True after an error that db_reopen() may cure. */
bool db_is_broken(const struct db *);

/* True of a database in memory. */
bool db_is_scratch(const struct db *);

/* Runs SQL text that returns nothing; several statements may stand in it. */
int db_script(struct db *, const char *sql, struct fault *fault_r);

/* Ends what another thread does with the connection, which then fails. */
void db_interrupt(struct db *);

/* Value of an integer pragma. */
int db_pragma(struct db *, const char *name, int64_t *value_r,
    struct fault *fault_r);

/*
 * A statement of the table, bound by a format: i int64_t, t const char *
 * (NULL is null), b bytes (const void *, size_t), n null, o int64_t where 0 is
 * null, d double, p const struct page * (three parameters: below, above, both
 * exclusive, and rows), l int, a limit to which one row is added, so that it
 * shows whether there are more. db_exec() runs it to its end; db_first() stops
 * at the first row: 1 row, 0 none, -1 fault. The row is read with db_int() and
 * the like until db_next() or db_end().
 */
int db_exec(struct db *, enum sql, struct fault *fault_r, const char *fmt, ...);
int db_first(struct db *, enum sql, struct fault *fault_r, const char *fmt,
    ...);
int db_vexec(struct db *, enum sql, struct fault *fault_r, const char *fmt,
    va_list);
int db_vfirst(struct db *, enum sql, struct fault *fault_r, const char *fmt,
    va_list);
int db_next(struct db *, enum sql, struct fault *fault_r);
void db_end(struct db *, enum sql);
int64_t db_int(struct db *, enum sql, int column);
/* Copies into the arena; NULL for null. */
char *db_text(struct db *, enum sql, int column, struct arena *);
const void *db_bytes(struct db *, enum sql, int column, size_t *len_r);
/* Rows the last db_exec() changed. */
int db_changes(const struct db *);

/* False when an error has ended the transaction by itself. */
bool db_in_transaction(const struct db *);
/* Bytes of log not yet restarted, after the last commit. */
int64_t db_wal_bytes(const struct db *);
/* Copies the log into the database as far as readers allow. *left_r is what
 * stays behind, in bytes; -1: it could not be begun now. */
int db_checkpoint(struct db *, int64_t *left_r, struct fault *fault_r);
/* Bytes of log that the last one of this connection found copied. */
int64_t db_copied_bytes(const struct db *);
/* Makes the log file at least that long, so that writing it needs no space.
 * That connection must be the last to be closed. */
int db_reserve(struct db *, int64_t bytes, struct fault *fault_r);

/* Looks at every page of the database; a thorough check compares tables and
 * indexes, too. 0, -1 with what is wrong first. */
int db_check(struct db *, bool thorough, struct fault *fault_r);
/* Gives up to that many free pages back; within a transaction. */
int db_vacuum(struct db *, int pages, struct fault *fault_r);

/*
 * A copy of the database in the making, a few pages at a time, by the
 * connection that writes it: what it commits meanwhile goes into the copy as
 * well, so that copying never begins anew. The copy is an empty file at first.
 * NULL with fault_r.
 */
struct db_copy *db_copy_begin(struct db *, const char *path,
    struct fault *fault_r);
/* Copies up to that many pages, outside a transaction. 1: the copy is whole
 * (and not synced), 0: there is more to do, -1 with fault_r. */
int db_copy_step(struct db_copy *, int pages, struct fault *fault_r);
/* Pages that are in the copy, and that there are. */
void db_copy_progress(const struct db_copy *, int64_t *done_r, int64_t *all_r);
/* Closes the copy, whole or not; NULL is fine. */
void db_copy_end(struct db_copy *);
