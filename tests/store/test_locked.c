/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another program holds the database for itself: works fail and say so, reads
 * go on, and everything works again when it lets go.
 */
#include <signal.h>
#include <sqlite3.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "tests/store/other.h"
#include "tests/store/rig.h"
#include "tests/tap.h"

enum { N = 10, BOUND_MS = 6000 };

static struct store *store;

static int64_t
read_count(void)
{
	struct job j = { .run = count_contacts };
	job_read(store, &j);
	return rig_settle(store) && job_good(&j) ? j.result : -1;
}

/* Works submitted while it is held: all fail, in time, as a batch or two. */
static void
fail_some(int first)
{
	struct job jobs[N];
	int n_failed = 0;
	int64_t began = clock_mono_us();
	for (int i = 0; i < N; i++) {
		jobs[i] = (struct job){ .run = put_contact, .n = first + i };
		job_write(store, &jobs[i]);
	}
	is_int(read_count(), first, "reading goes on");
	for (int i = 0; i < N; i++)
		n_failed += jobs[i].work.fault.kind == FAULT_UNAVAILABLE;
	is_int(n_failed, N, "works fail as unavailable");
	ok(strstr(jobs[0].work.fault.text, "locked") != NULL,
	    "they say why: %s", jobs[0].work.fault.text);
	ok((clock_mono_us() - began) / 1000 < BOUND_MS,
	    "and do not wait for ever");
}

static void
succeed(int n)
{
	struct job j = { .run = put_contact, .n = n };
	ok(rig_do(store, &j) == 0, "let go, works succeed again");
	is_int(read_count(), n + 1, "and are all there is");
}

static void
test_other_process(const char *path)
{
	struct other other;
	other_start(&other, "hold", path);
	is(other.line, "held", "another process holds the database");
	fail_some(1);
	is_int(other_end(&other), 0, "it ends");
	succeed(1);
}

/* It need not end properly. */
static void
test_killed_process(const char *path)
{
	struct other other;
	other_start(&other, "hold", path);
	is(other.line, "held", "another process holds the database");
	fail_some(2);
	ok(kill(other.pid, SIGKILL) == 0 && other_end(&other) == -1,
	    "it is killed");
	succeed(2);
}

static void
test_other_connection(const char *path)
{
	sqlite3 *db;
	bool held = sqlite3_open(path, &db) == SQLITE_OK &&
	    sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL) == SQLITE_OK;
	ok(held, "another connection holds the database");
	fail_some(3);
	sqlite3_close(db);
	succeed(3);
}

/* Held for less than a work's patience: nobody notices. */
static void
test_short(const char *path)
{
	struct other other;
	struct job j = { .run = put_contact, .n = 4 };
	other_start(&other, "hold", path);
	is(other.line, "held", "another process holds the database");
	job_write(store, &j);
	other_end(&other);
	ok(rig_settle(store) && job_good(&j),
	    "a work that waits a moment succeeds");
}

/* Two turns of the checkpointer behind *arg. */
static bool
checkpointed_twice(void *arg)
{
	struct store_figures f;
	store_figures(store, &f);
	return f.checkpoints >= *(int64_t *)arg + 2;
}

/* The log is being copied by someone else: that is no reason to refuse work. */
static void
test_copying(const char *path)
{
	struct other other;
	struct store_figures f;
	struct job j = { .run = put_contact, .n = 5 };
	other_start(&other, "copy", path);
	is(other.line, "held", "another process copies the log");
	store_figures(store, &f);
	ok(rig_until(store, checkpointed_twice, &f.checkpoints, BOUND_MS),
	    "the checkpointer has tried");
	store_figures(store, &f);
	ok(!f.is_full, "the disk does not pass for full");
	ok(rig_do(store, &j) == 0, "works succeed");
	other_end(&other);
}

int
main(int argc, char **argv)
{
	int task = other_main(argc, argv);
	if (task >= 0)
		return task;
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	struct store_options o = rig_options("locked.db");
	struct job first = { .run = put_contact, .n = 0 };
	store = rig_open(&o);
	rig_do(store, &first);
	test_other_process(o.path);
	test_killed_process(o.path);
	test_other_connection(o.path);
	test_short(o.path);
	test_copying(o.path);
	rig_close(store);
	return tap_done();
}
