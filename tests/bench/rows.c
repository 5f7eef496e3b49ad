/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * rows DATABASE EVENTS GROUP CONTACTS [run|import]: the rows of so many events,
 * written by nothing but a loop around SQLite: the reference for events a
 * second. The statements are the store's own, so are the pragmas, the group
 * that shares a transaction and the size at which the log is restarted; the
 * contact of each event is looked up by its address. With "run" each event
 * starts a run that completes at once; with "import" a contact is looked up and
 * made in place of it. Prints "EVENTS EVENTS-PER-SECOND".
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "model/event.h"
#include "model/run.h"
#include "store/sql.h"
#include "tests/bench/common.h"

#define SLEEP_MS (INT64_C(30) * 24 * 3600 * 1000)

enum { WAL_LIMIT = 64 << 20, WAL_RESERVE = 16 << 20, FRAME = 4096 + 24 };

static struct {
	sqlite3 *db;
	sqlite3_stmt *contact, *put, *event, *run, *begin, *commit;
	struct id_source ids;
	int64_t name, n_contacts;
	int wal_frames;
} bench;

static void
must(int rc)
{
	if (rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE)
		fatal("%s", sqlite3_errmsg(bench.db));
}

static sqlite3_stmt *
prepare(enum sql n)
{
	sqlite3_stmt *s;
	must(sqlite3_prepare_v3(bench.db, sql_texts[n], -1,
	    SQLITE_PREPARE_PERSISTENT, &s, NULL));
	return s;
}

static void
step_reset(sqlite3_stmt *s)
{
	must(sqlite3_step(s));
	must(sqlite3_reset(s));
}

/* The first column of a statement's only row. */
static int64_t
number(const char *sql)
{
	sqlite3_stmt *s;
	must(sqlite3_prepare_v2(bench.db, sql, -1, &s, NULL));
	if (sqlite3_step(s) != SQLITE_ROW)
		fatal("nothing found: %s", sql);
	int64_t n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

static int
on_wal(void *arg, sqlite3 *db, const char *name, int frames)
{
	(void)arg, (void)db, (void)name;
	bench.wal_frames = frames;
	return SQLITE_OK;
}

/* The log exists at its full size beforehand, as the store has it. */
static void
reserve(const char *path)
{
	char wal[1024];
	snprintf(wal, sizeof(wal), "%s-wal", path);
	int fd = open(wal, O_RDWR | O_CLOEXEC);
	if (fd < 0 || posix_fallocate(fd, 0, WAL_LIMIT + WAL_RESERVE) != 0 ||
	    fsync(fd) != 0)
		fatal("%s cannot be reserved", wal);
	close(fd);
}

static void
open_all(const char *path)
{
	must(sqlite3_open_v2(path, &bench.db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
	must(sqlite3_exec(bench.db,
	    "PRAGMA cache_size=-16384;"
	    "PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON;"
	    "PRAGMA synchronous=FULL; PRAGMA journal_mode=WAL;",
	    NULL, NULL, NULL));
	sqlite3_wal_autocheckpoint(bench.db, 0);
	sqlite3_wal_hook(bench.db, on_wal, NULL);
	must(sqlite3_exec(bench.db,
	    "INSERT INTO event_names(name) "
	    "VALUES('bench.rows') ON CONFLICT DO NOTHING",
	    NULL, NULL, NULL));
	reserve(path);
	bench.name = number("SELECT num FROM event_names "
			    "WHERE name = 'bench.rows'");
	bench.ids.node = 1;
	bench.ids.last = number(sql_texts[SQL_ID_MAX]);
	bench.contact = prepare(SQL_CONTACT_BY_KEY);
	bench.put = prepare(SQL_CONTACT_PUT);
	bench.event = prepare(SQL_EVENT_PUT);
	bench.run = prepare(SQL_RUN_PUT);
	bench.begin = prepare(SQL_BEGIN);
	bench.commit = prepare(SQL_COMMIT);
}

static int64_t
find_contact(int64_t who)
{
	char email[64];
	int n = snprintf(email, sizeof(email), BENCH_EMAIL, (long long)who);
	sqlite3_bind_text(bench.contact, 1, email, n, SQLITE_STATIC);
	if (sqlite3_step(bench.contact) != SQLITE_ROW)
		fatal("there is no contact %s", email);
	int64_t id = sqlite3_column_int64(bench.contact, 0);
	must(sqlite3_reset(bench.contact));
	return id;
}

/* Binds integers to a statement, from its first parameter on; 0 is null where
 * the column may be null. */
static void
bind_ints(sqlite3_stmt *s, int from, const int64_t *values, int n)
{
	for (int i = 0; i < n; i++)
		sqlite3_bind_int64(s, from + i, values[i]);
}

static void
write_event(int64_t who, bool with_run, int64_t now)
{
	char payload[64];
	int64_t contact = find_contact(who);
	int64_t event = id_next(&bench.ids, now);
	int n =
	    snprintf(payload, sizeof(payload), BENCH_PAYLOAD, (long long)who);
	if (with_run) {
		/* id, automation, version, contact, event, status, step, seq,
		 * due, entered; asleep at its first step */
		const int64_t head[] = { id_next(&bench.ids, now), 1, 1,
			contact, event, RUN_RUNNING, 1, 1, now + SLEEP_MS, 1 };
		bind_ints(bench.run, 1, head, 10);
		sqlite3_bind_null(bench.run, 11);
		sqlite3_bind_int64(bench.run, 12, 0);
		sqlite3_bind_text(bench.run, 13, payload, n, SQLITE_STATIC);
		step_reset(bench.run);
	}
	bind_ints(bench.event, 1,
	    (const int64_t[]){ event, bench.name, contact }, 3);
	sqlite3_bind_null(bench.event, 4);
	sqlite3_bind_text(bench.event, 5, payload, n, SQLITE_STATIC);
	sqlite3_bind_null(bench.event, 6);
	sqlite3_bind_int64(bench.event, 7, 0);
	sqlite3_bind_int64(bench.event, 8,
	    with_run ? EVENT_STARTED : EVENT_NO_AUTOMATION);
	step_reset(bench.event);
}

/* A contact that is not there yet. */
static void
write_contact(int64_t who, int64_t now)
{
	char email[64], name[32];
	int n = snprintf(email, sizeof(email), BENCH_NEW_EMAIL, (long long)who);
	sqlite3_bind_text(bench.contact, 1, email, n, SQLITE_STATIC);
	if (sqlite3_step(bench.contact) == SQLITE_ROW)
		fatal("there is a contact %s", email);
	must(sqlite3_reset(bench.contact));
	sqlite3_bind_int64(bench.put, 1, id_next(&bench.ids, now));
	sqlite3_bind_text(bench.put, 2, email, n, SQLITE_STATIC);
	n = snprintf(name, sizeof(name), BENCH_NEW_NAME, (long long)who);
	sqlite3_bind_text(bench.put, 4, name, n, SQLITE_STATIC);
	sqlite3_bind_int64(bench.put, 6, 0);
	step_reset(bench.put);
}

int
main(int argc, char **argv)
{
	if (argc < 5)
		return 64;
	int64_t n = atoll(argv[2]), group = atoll(argv[3]);
	bool with_run = argc > 5 && strcmp(argv[5], "run") == 0;
	bool imports = argc > 5 && strcmp(argv[5], "import") == 0;
	bench.n_contacts = atoll(argv[4]);
	group = group < 1 ? 1 : group;
	open_all(argv[1]);
	int64_t began = clock_mono_us();
	for (int64_t i = 0; i < n;) {
		int64_t end = i + group < n ? i + group : n;
		int64_t now = clock_now_ms();
		step_reset(bench.begin);
		for (; i < end; i++)
			if (imports)
				write_contact(bench_contact(i,
						  bench.n_contacts),
				    now);
			else
				write_event(bench_contact(i, bench.n_contacts),
				    with_run, now);
		step_reset(bench.commit);
		if ((int64_t)bench.wal_frames * FRAME >= WAL_LIMIT)
			must(sqlite3_wal_checkpoint_v2(bench.db, "main",
			    SQLITE_CHECKPOINT_PASSIVE, NULL, NULL));
	}
	double took = (double)(clock_mono_us() - began) / 1e6;
	printf("%lld %.0f\n", (long long)n, (double)n / took);
	return 0;
}
