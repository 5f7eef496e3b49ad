/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A backup takes the database's place; what it replaces is kept whole, with
 * what was only in its log. What is no sound backup is refused, and changes
 * nothing.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "store/backup.h"
#include "store/queue.h"
#include "store/restore.h"
#include "tests/store/rig.h"
#include "tests/tap.h"

enum { IN_BACKUP = 40, SINCE = 15 };

static const int64_t NOON = INT64_C(1790000000000);
static const char *database, *backup;
static struct arena *arena; /* holds names */

/* ---- making things ----------------------------------------------------- */

static struct store_options
options_of(const char *path)
{
	struct store_options o = rig_options("unused");
	o.path = path;
	return o;
}

static int
put_many(struct txn *t, struct job *j, struct fault *fault_r)
{
	for (int64_t i = 0; i < j->n; i++) {
		struct job one = { .n = j->result + i };
		if (put_contact(t, &one, fault_r) != 0)
			return -1;
	}
	return 0;
}

static void
add(struct store *s, int64_t from, int64_t n)
{
	struct job j = { .run = put_many, .n = n, .result = from };
	if (rig_do(s, &j) != 0)
		fatal("contacts are not written: %s", j.work.fault.text);
}

static int n_done;

static void
on_backup(struct work *w)
{
	(void)w;
	n_done++;
}

static bool
is_done(void *arg)
{
	(void)arg;
	return n_done > 0;
}

/* A database with more in it than its backup has. */
static void
make_both(void)
{
	const struct store_options o = options_of(database);
	struct backup_job job = { .work.done = on_backup, .path = backup };
	struct store *s = rig_open(&o);
	add(s, 0, IN_BACKUP);
	store_backup(s, &job);
	if (!rig_until(s, is_done, NULL, RIG_WAIT_MS) ||
	    job.work.fault.kind != FAULT_NONE)
		fatal("no backup is made: %s", job.work.fault.text);
	add(s, IN_BACKUP, SINCE);
	rig_close(s);
}

/* Copies a file, and then changes some of its bytes, or none. */
static const char *
variant(const char *name, off_t at, const char *bytes, size_t n)
{
	const char *path = rig_path(name);
	char command[900];
	snprintf(command, sizeof(command), "cp '%s' '%s'", backup, path);
	int fd = system(command) == 0 ? open(path, O_WRONLY | O_CLOEXEC) : -1;
	if (fd < 0 || pwrite(fd, bytes, n, at) != (ssize_t)n)
		fatal("%s is not made", path);
	close(fd);
	return path;
}

/* The same, changed by SQL. */
static const char *
variant_sql(const char *name, const char *sql)
{
	const char *path = variant(name, 0, "", 0);
	sqlite3 *db;
	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fatal("%s: %s", path, sqlite3_errmsg(db));
	sqlite3_close(db);
	return path;
}

/* ---- looking ----------------------------------------------------------- */

static int
read_held(struct txn *t, struct job *j, struct fault *fault_r)
{
	bool held;
	int rc = store_queue_held(t, &held, fault_r);
	j->result = held;
	return rc;
}

/* How many contacts a database has. */
static int64_t
contacts_in(const char *path, bool *held_r)
{
	const struct store_options o = options_of(path);
	struct job n = { .run = count_contacts }, held = { .run = read_held };
	struct store *s = rig_open(&o);
	rig_do(s, &n);
	rig_do(s, &held);
	*held_r = held.result != 0;
	rig_close(s);
	return n.result;
}

static bool
exists(const char *path, const char *suffix)
{
	char name[600];
	struct stat st;
	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return lstat(name, &st) == 0;
}

static int
restore(const char *path, int64_t now_ms, struct restored *r, struct fault *f)
{
	int fd = store_restore_open(path, f);
	if (fd < 0)
		return -1;
	int rc = store_restore(fd, path, database, now_ms, arena, r, f);
	close(fd);
	return rc;
}

/* ---- the tests --------------------------------------------------------- */

static void
is_refused(const char *path, const char *word, const char *what)
{
	struct restored r;
	struct fault f = { 0 };
	struct stat before, after;
	stat(database, &before);
	int rc = restore(path, NOON, &r, &f);
	stat(database, &after);
	printf("# %s\n", f.text);
	ok(rc == -1 && strstr(f.text, word) != NULL, "%s is refused", what);
	ok(before.st_ino == after.st_ino && !exists(database, ".restore") &&
		!exists(database, ".restore-wal") &&
		!exists(database, ".before-restore-20260921T141320Z"),
	    "and nothing is changed");
}

static void
test_refused(void)
{
	char zeros[4096] = { 0 }, wal[600];
	is_refused(rig_path("nowhere"), "nowhere", "what is not there");
	is_refused(rig_path("."), "not a file", "a directory");
	is_refused(variant("text", 0, "no database at all", 18),
	    "not a Postflow database", "a file that is no database");
	is_refused(variant_sql("other", "PRAGMA application_id=7"),
	    "another program", "the database of another program");
	is_refused(variant_sql("newer", "PRAGMA user_version=999"),
	    "newer Postflow", "the backup of a newer Postflow");
	is_refused(variant_sql("empty",
		       "PRAGMA user_version=0; PRAGMA application_id=0;"),
	    "another program", "a database without an owner");
	is_refused(variant("damaged", 4096 * 8, zeros, sizeof(zeros)),
	    "damaged", "a damaged backup");
	is_refused(variant_sql("index",
		       "PRAGMA writable_schema=1; DELETE FROM sqlite_schema "
		       "WHERE name = 'contacts_email';"),
	    "damaged", "one that lacks an index");
	const char *cut = variant("cut", 0, "", 0);
	truncate(cut, 4096 * 12);
	is_refused(cut, "damaged", "one that is cut off");
	snprintf(wal, sizeof(wal), "%s", variant("live-wal", 0, "", 0));
	is_refused(variant("live", 0, "", 0), "lies beside it",
	    "one with a log beside it");
	link(database, rig_path("same"));
	is_refused(rig_path("same"), "the database itself",
	    "the database itself");
	is_refused(database, "lies beside it", "under its own name, too,");
}

static void
test_restored(void)
{
	struct restored r;
	struct fault f = { 0 };
	bool held;
	struct stat st;
	chmod(database, 0600);
	is_int(restore(backup, NOON, &r, &f), 0, "a backup is restored");
	if (f.kind != FAULT_NONE)
		printf("# %s\n", f.text);
	ok(stat(backup, &st) == 0 && st.st_size == r.bytes, "its size is told");
	ok(r.version >= 1, "and its version");
	ok(stat(database, &st) == 0 && (st.st_mode & 07777) == 0600,
	    "the database has the mode it had");
	ok(!exists(database, "-wal") && !exists(database, "-shm") &&
		!exists(database, ".restore"),
	    "no log of the old one is left beside it");
	is_int(contacts_in(database, &held), IN_BACKUP,
	    "it holds what the backup holds");
	ok(held, "its queue is held");
	ok(strstr(r.kept, "postflow.db.before-restore-") != NULL,
	    "the old database is kept under a name with the time");
	is_int(contacts_in(r.kept, &held), IN_BACKUP + SINCE,
	    "and holds what it held");
	ok(!held, "its queue is as it was");
	is_int(restore(backup, NOON, &r, &f), -1,
	    "what was kept is not overwritten");
	printf("# %s\n", f.text);
	is_int(contacts_in(database, &held), IN_BACKUP,
	    "and the database stays");
}

/* The old one cannot be opened, its log may be of use all the same. */
static void
test_over_damage(void)
{
	char zeros[100] = { 0 };
	struct restored r;
	struct fault f = { 0 };
	bool held;
	char wal[600];
	snprintf(wal, sizeof(wal), "%s-wal", database);
	int fd = open(database, O_WRONLY | O_CLOEXEC);
	int wal_fd = open(wal, O_WRONLY | O_CLOEXEC);
	ok(pwrite(fd, zeros, sizeof(zeros), 0) == sizeof(zeros) &&
		pwrite(wal_fd, zeros, sizeof(zeros), 0) == sizeof(zeros),
	    "a database is damaged, and so is its log");
	close(fd);
	close(wal_fd);
	is_int(restore(backup, NOON + 5000, &r, &f), 0,
	    "a backup is restored over it");
	is_int(contacts_in(database, &held), IN_BACKUP,
	    "it holds what the backup holds");
	ok(exists(r.kept, "") && exists(r.kept, "-wal"),
	    "the damaged one is kept with its log");
}

static void
test_over_nothing(void)
{
	struct restored r;
	struct fault f = { 0 };
	bool held;
	struct stat st;
	database = rig_path("new.db");
	is_int(restore(backup, NOON, &r, &f), 0,
	    "a backup is restored where there was nothing");
	is(r.kept, NULL, "and nothing is kept");
	ok(stat(database, &st) == 0 && (st.st_mode & 07777) == 0640,
	    "its group may read it");
	is_int(contacts_in(database, &held), IN_BACKUP,
	    "it holds what the backup holds");
	ok(held, "its queue is held");
}

int
main(void)
{
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	arena = arena_new();
	database = rig_path("postflow.db");
	backup = rig_path("backup");
	make_both();
	test_refused();
	test_restored();
	test_over_damage();
	test_over_nothing();
	arena_free(arena);
	return tap_done();
}
