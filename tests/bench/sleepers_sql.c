/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "sleepers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static struct {
	sqlite3 *db;
	const char *path;
	bool alone;
} it;

/* Ends the program unless that is no fault. */
static void
must(int rc)
{
	if (rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE)
		fatal("%s: %s", it.path, sqlite3_errmsg(it.db));
}

void
sql_open(const char *path, bool alone)
{
	it.path = path;
	it.alone = alone;
	must(sqlite3_open_v2(path, &it.db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
	sqlite3_busy_timeout(it.db, 10000);
	sql_script(alone ? "PRAGMA locking_mode=EXCLUSIVE;"
			   "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
			   "PRAGMA cache_size=-2000000"
			 : "PRAGMA query_only=ON; PRAGMA cache_size=-200000");
}

void
sql_close(void)
{
	sqlite3_stmt *s;
	while ((s = sqlite3_next_stmt(it.db, NULL)) != NULL)
		sqlite3_finalize(s);
	must(sqlite3_close(it.db));
	int fd = it.alone ? open(it.path, O_RDONLY | O_CLOEXEC) : -1;
	if (it.alone && (fd < 0 || fsync(fd) != 0))
		fatal("%s: %s", it.path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

void
sql_script(const char *sql)
{
	must(sqlite3_exec(it.db, sql, NULL, NULL, NULL));
}

sqlite3_stmt *
sql_prepare(const char *sql)
{
	sqlite3_stmt *s;
	must(sqlite3_prepare_v2(it.db, sql, -1, &s, NULL));
	return s;
}

bool
sql_step(sqlite3_stmt *s)
{
	int rc = sqlite3_step(s);
	must(rc);
	if (rc == SQLITE_DONE)
		sqlite3_reset(s);
	return rc == SQLITE_ROW;
}

bool
sql_first(sqlite3_stmt *s, int n, const int64_t *values)
{
	sqlite3_reset(s);
	for (int i = 0; i < n; i++)
		must(sqlite3_bind_int64(s, i + 1, values[i]));
	return sql_step(s);
}

int64_t
sql_number(const char *sql)
{
	sqlite3_stmt *s = sql_prepare(sql);
	int64_t n = sql_step(s) ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_finalize(s);
	return n;
}
