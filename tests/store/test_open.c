/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening: fresh files, ours, newer ones, strangers' and damaged ones. What
 * cannot be used is refused with a sentence, and is left as it was.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/store/crash_vfs.h"
#include "tests/store/other.h"
#include "tests/store/rig.h"
#include "tests/tap.h"

/* Runs SQL on a file behind the store's back; the last integer it gives. */
static int64_t
sql(const char *path, const char *text)
{
	sqlite3 *db;
	sqlite3_stmt *s = NULL;
	int64_t value = -1;
	if (sqlite3_open(path, &db) == SQLITE_OK) {
		while (text[0] != '\0' &&
		    sqlite3_prepare_v2(db, text, -1, &s, &text) == SQLITE_OK &&
		    s != NULL) {
			while (sqlite3_step(s) == SQLITE_ROW)
				value = sqlite3_column_int64(s, 0);
			sqlite3_finalize(s);
		}
	}
	sqlite3_close(db);
	return value;
}

/* The whole file; *n_r bytes. */
static char *
slurp(const char *path, size_t *n_r)
{
	struct stat st;
	FILE *f = fopen(path, "rb");
	*n_r = 0;
	if (f == NULL || fstat(fileno(f), &st) != 0)
		return NULL;
	char *data = malloc((size_t)st.st_size + 1);
	*n_r = fread(data, 1, (size_t)st.st_size, f);
	fclose(f);
	return data;
}

static void
spill(const char *path, const void *data, size_t n)
{
	FILE *f = fopen(path, "wb");
	if (f == NULL || fwrite(data, 1, n, f) != n || fclose(f) != 0)
		fatal("%s cannot be written", path);
}

static bool
is_refused(const char *path, enum fault_kind kind, const char *word)
{
	struct store_options o = rig_options("unused");
	struct fault f = { 0 };
	o.path = path;
	struct store *s = store_open(&o, &f);
	if (s != NULL) {
		store_close(s);
		printf("# it was opened\n");
		return false;
	}
	printf("# %s\n", f.text);
	return f.kind == kind && strstr(f.text, word) != NULL;
}

static void
test_fresh(const char *path)
{
	struct store_options o = rig_options("unused");
	struct job j = { .run = put_contact, .n = 1 };
	o.path = path;
	struct store *s = rig_open(&o);
	ok(rig_do(s, &j) == 0, "a file that is not there is made");
	rig_close(s);
	is_int(sql(path, "PRAGMA application_id"), 0x50464c57,
	    "it says whose it is");
	int64_t version = sql(path, "PRAGMA user_version");
	ok(version >= 1, "and its version, %lld", (long long)version);
	is_int(sql(path, "PRAGMA auto_vacuum"), 2, "it gives pages back");
	is_int(sql(path, "PRAGMA page_size"), 4096, "its pages are 4 KB");
	s = rig_open(&o);
	struct job count = { .run = count_contacts };
	ok(rig_do(s, &count) == 0 && count.result == 1,
	    "opened again it holds what was written");
	rig_close(s);
	is_int(sql(path, "PRAGMA user_version"), version,
	    "and has the version it had");
}

static void
test_empty_file(void)
{
	struct store_options o = rig_options("empty.db");
	struct job j = { .run = put_contact, .n = 1 };
	spill(o.path, "", 0);
	struct store *s = rig_open(&o);
	ok(rig_do(s, &j) == 0, "an empty file is a fresh database");
	rig_close(s);
}

static void
test_newer(void)
{
	struct store_options o = rig_options("newer.db");
	rig_close(rig_open(&o));
	sql(o.path, "PRAGMA user_version=1000");
	ok(is_refused(o.path, FAULT_INVALID, "newer Postflow"),
	    "a database of a newer program is refused");
	is_int(sql(o.path, "PRAGMA user_version"), 1000, "and stays as it is");
}

/* What step 4 found: a database of before, and a run that waits in it. */
static const char was_3[] =
    "DROP TABLE backlog; DROP TABLE waits; DROP INDEX runs_contact;"
    "DROP INDEX runs_live; DROP INDEX emails_in_doubt; "
    "DROP INDEX jobs_subject;"
    "ALTER TABLE jobs DROP COLUMN failures;"
    "ALTER TABLE jobs DROP COLUMN retry;"
    "ALTER TABLE jobs DROP COLUMN error;"
    "ALTER TABLE emails DROP COLUMN doubts;"
    "CREATE TABLE waits(contact INTEGER NOT NULL, name INTEGER NOT NULL,"
    " run INTEGER NOT NULL, PRIMARY KEY(contact, name, run)) WITHOUT ROWID;"
    "CREATE INDEX runs_contact ON runs(contact, status, automation);"
    "INSERT INTO runs(id, automation, version, contact, status, step, seq,"
    " entered, depth, payload, context) VALUES(7, 1, 2, 5, 0, 3, 1, 1, 0,"
    " '{}', '{}');"
    "INSERT INTO waits VALUES(5, 9, 7);"
    "PRAGMA user_version = 3;";

static void
test_upgraded(void)
{
	struct store_options o = rig_options("older.db");
	struct job j = { .run = put_contact, .n = 1 };
	rig_close(rig_open(&o));
	int64_t version = sql(o.path, "PRAGMA user_version");
	is_int(sql(o.path, was_3), -1, "a database is made older");
	is_int(sql(o.path, "PRAGMA user_version"), 3, "it is of version 3");
	struct store *s = rig_open(&o);
	ok(rig_do(s, &j) == 0, "it is taken");
	rig_close(s);
	is_int(sql(o.path, "PRAGMA user_version"), version, "and made new");
	is_int(sql(o.path, "SELECT place FROM waits WHERE run = 7"),
	    2 * 256 + 3, "what waits does so at its place");
	is_int(sql(o.path, "SELECT count(doubts) FROM emails"), 0,
	    "emails count their doubts");
	is_int(sql(o.path,
		   "SELECT count(*) FROM emails "
		   "INDEXED BY emails_in_doubt WHERE status = 4"),
	    0, "and are found by them");
}

/* A stranger's file is refused, and not one byte of it changes. */
static void
refuse_stranger(const char *path, const char *word, const char *what)
{
	size_t n, n_after;
	char *before = slurp(path, &n);
	ok(is_refused(path, FAULT_INVALID, word), "%s is refused", what);
	char *after = slurp(path, &n_after);
	ok(n == n_after && memcmp(before, after, n) == 0, "and is not changed");
	char beside[600];
	snprintf(beside, sizeof(beside), "%s-wal", path);
	ok(access(beside, F_OK) != 0, "nor is anything put beside it");
	free(before);
	free(after);
}

static void
test_strangers(void)
{
	const char *path = rig_path("notes.db");
	sql(path, "CREATE TABLE notes(text); INSERT INTO notes VALUES('a');");
	refuse_stranger(path, "another program",
	    "another program's database without a mark");
	path = rig_path("marked.db");
	sql(path, "PRAGMA application_id=252006674; CREATE TABLE t(x);");
	refuse_stranger(path, "252006674",
	    "another program's database with its mark");
}

static void
test_not_a_database(void)
{
	static char text[100000];
	uint64_t seed = 1;
	const char *path = rig_path("text");
	size_t n;
	memset(text, 'a', sizeof(text));
	spill(path, text, sizeof(text));
	ok(is_refused(path, FAULT_UNAVAILABLE, "not a Postflow database"),
	    "a file that is no database is refused");
	char *after = slurp(path, &n);
	ok(n == sizeof(text) && memcmp(after, text, n) == 0,
	    "and is not changed");
	free(after);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)crash_random(&seed);
	spill(path, text, sizeof(text));
	ok(is_refused(path, FAULT_UNAVAILABLE, "not a Postflow database"),
	    "so is one of random bytes");
	spill(path, text, 40);
	ok(is_refused(path, FAULT_UNAVAILABLE, "not a Postflow database"),
	    "so is a short one");
	ok(is_refused(tap_dir(), FAULT_UNAVAILABLE, "cannot be opened"),
	    "so is a directory");
	ok(is_refused(rig_path("no/such/dir/x.db"), FAULT_UNAVAILABLE,
	       "cannot be opened"),
	    "so is a file in no directory");
}

/* ---- damage ------------------------------------------------------------ */

/* Opens, writes and reads what may be damaged. True if nothing lied: each
 * call succeeded or said what is wrong. */
static bool
use(const char *path, int *n_faults)
{
	struct store_options o = rig_options("unused");
	struct job jobs[] = { { .run = count_contacts },
		{ .run = put_contact, .n = 900000 },
		{ .run = find_contact, .n = 100 }, { .run = count_contacts } };
	struct fault f = { 0 };
	o.path = path;
	struct store *s = store_open(&o, &f);
	if (s == NULL) {
		++*n_faults;
		return f.kind != FAULT_NONE && f.text[0] != '\0';
	}
	store_start(s);
	bool good = true;
	for (size_t i = 0; i < N_OF(jobs); i++) {
		int rc = rig_do(s, &jobs[i]);
		*n_faults += rc != 0;
		good = good && jobs[i].n_done == 1 &&
		    (rc == 0 || jobs[i].work.fault.text[0] != '\0');
	}
	rig_close(s);
	return good;
}

/* A sound database of some pages, with its log copied in. */
static char *
sound_database(size_t *n_r)
{
	struct store_options o = rig_options("sound.db");
	struct store *s = rig_open(&o);
	static struct job jobs[400];
	for (int i = 0; i < 400; i++) {
		jobs[i] = (struct job){ .run = put_contact,
			.n = i,
			.text = "{\"a\":\"some text of a contact\"}" };
		job_write(s, &jobs[i]);
	}
	rig_settle(s);
	rig_close(s);
	return slurp(o.path, n_r);
}

static void
write_damaged(const char *path, const char *data, size_t n)
{
	char beside[600];
	spill(path, data, n);
	snprintf(beside, sizeof(beside), "%s-wal", path);
	unlink(beside);
	snprintf(beside, sizeof(beside), "%s-shm", path);
	unlink(beside);
}

static void
test_truncated(void)
{
	static const double parts[] = { 0.9, 0.75, 0.5, 0.25, 0.05 };
	const char *path = rig_path("cut-short.db");
	size_t n;
	char *data = sound_database(&n);
	int n_good = 0, n_silent = 0;
	for (size_t i = 0; i < N_OF(parts); i++) {
		int n_faults = 0;
		write_damaged(path, data, (size_t)((double)n * parts[i]));
		n_good += use(path, &n_faults);
		n_silent += n_faults == 0;
	}
	is_int(n_good, N_OF(parts), "a truncated file gives faults, no crash");
	is_int(n_silent, 0, "and none of them passes for sound");
	free(data);
}

static void
test_damaged(void)
{
	enum { TIMES = 60 };
	const char *path = rig_path("damaged.db");
	size_t n;
	char *data = sound_database(&n), *bad = malloc(n);
	uint64_t seed = 7;
	int n_good = 0, n_faults = 0;
	for (int i = 0; i < TIMES; i++) {
		memcpy(bad, data, n);
		/* Not the header's name, or it is no database at all. */
		for (int k = 0; k < 1 + i * 4; k++)
			bad[100 + crash_random(&seed) % (n - 100)] =
			    (char)crash_random(&seed);
		write_damaged(path, bad, n);
		n_good += use(path, &n_faults);
	}
	is_int(n_good, TIMES, "damaged bytes give faults or pass, no crash");
	ok(n_faults > TIMES / 2, "%d faults", n_faults);
	memcpy(bad, data, n);
	memset(bad + 4096, 0xff, 8192);
	write_damaged(path, bad, n);
	ok(is_refused(path, FAULT_UNAVAILABLE, "damaged"),
	    "a damaged table of tables is refused as damage");
	free(bad);
	free(data);
}

/* ---- rights ------------------------------------------------------------ */

static void
open_as_nobody(const char *path, const char *word, const char *what)
{
	struct other o;
	bool said = other_start(&o, "open-as-nobody", path);
	printf("# %s\n", o.line);
	ok(said && strstr(o.line, word) != NULL, "%s", what);
	ok(other_end(&o) > 0, "and the program goes on to say so");
}

static void
test_rights(void)
{
	struct store_options o = rig_options("rights/x.db");
	const char *dir = rig_path("rights");
	if (getuid() != 0) {
		tap_skip("files that may not be written",
		    "needs root, to become nobody");
		return;
	}
	mkdir(dir, 0755);
	chmod(tap_dir(), 0755);
	chmod(dir, 0755);
	rig_close(rig_open(&o));
	chmod(o.path, 0444);
	open_as_nobody(o.path, o.path,
	    "a file that may only be read is "
	    "refused by its name");
	chmod(o.path, 0400);
	open_as_nobody(o.path, "cannot be opened",
	    "a file that may not be read is refused");
	open_as_nobody(rig_path("rights/new.db"), "cannot be opened",
	    "a directory that may not be written is refused");
}

/* Another process that looks into the database must not take the shared
 * memory from under us. */
static void
test_second_process(void)
{
	struct store_options o = rig_options("second.db");
	struct store *s = rig_open(&o);
	struct job j = { .run = put_contact, .n = 1 };
	struct job more = { .run = put_contact, .n = 2 };
	struct job count = { .run = count_contacts };
	struct stat before, after;
	struct other other;
	char shm[600];
	snprintf(shm, sizeof(shm), "%s-shm", o.path);
	rig_do(s, &j);
	stat(shm, &before);
	other_start(&other, "count", o.path);
	is(other.line, "1", "another process reads the database");
	is_int(other_end(&other), 0, "and ends");
	stat(shm, &after);
	is_int(after.st_size, before.st_size,
	    "the shared memory keeps its size, because ours is in use");
	ok(rig_do(s, &more) == 0 && rig_do(s, &count) == 0 && count.result == 2,
	    "writing goes on");
	rig_close(s);
}

int
main(int argc, char **argv)
{
	int task = other_main(argc, argv);
	if (task >= 0)
		return task;
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	test_fresh(rig_path("fresh.db"));
	test_empty_file();
	test_newer();
	test_upgraded();
	test_strangers();
	test_not_a_database();
	test_truncated();
	test_damaged();
	test_rights();
	test_second_process();
	return tap_done();
}
