/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A backup is finished while the writer never rests, somebody lists and the
 * log begins anew; it is sound and holds what was acknowledged before it began
 * and nothing half. What goes wrong leaves nothing and says so.
 */
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/backup.h"
#include "store/contacts.h"
#include "tests/store/rig.h"
#include "tests/tap.h"

enum {
	TEXT = 3500,
	FILLED = 6000, /* contacts before, some 24 MB */
	BUSY_WAIT_MS = 60000,
	AT_ONCE = 128,
	MEASURED = 2000,
	WORKS_MAX = 400000
};

static struct store *store;
static char text[TEXT + 1];

/* A backup of the test, and what became of it. */
struct asked {
	struct backup_job job;
	int n_done;
};

static void
on_backup(struct work *w)
{
	struct backup_job *job = container_of(w, struct backup_job, work);
	container_of(job, struct asked, job)->n_done++;
}

static void
ask(struct asked *a, const char *path)
{
	*a = (struct asked){ .job = { .path = path, .work.done = on_backup } };
	store_backup(store, &a->job);
}

static bool
is_done(void *arg)
{
	return ((struct asked *)arg)->n_done > 0;
}

/* One backup from beginning to end. */
static bool
back_up(struct asked *a, const char *path)
{
	ask(a, path);
	return rig_until(store, is_done, a, RIG_WAIT_MS) && a->n_done == 1 &&
	    a->job.work.fault.kind == FAULT_NONE;
}

/* Runs SQL on a copy; the first value, as text. */
static const char *
sql(const char *path, const char *query)
{
	static char value[200];
	sqlite3 *db;
	sqlite3_stmt *s = NULL;
	snprintf(value, sizeof(value), "nothing");
	if (sqlite3_open(path, &db) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, query, -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW)
		snprintf(value, sizeof(value), "%s",
		    (const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	sqlite3_close(db);
	return value;
}

static int64_t
sql_int(const char *path, const char *query)
{
	return strtoll(sql(path, query), NULL, 10);
}

static bool
exists(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0;
}

/* ---- load -------------------------------------------------------------- */

/* Writers that never rest: each work done makes the next. A work writes two
 * contacts, so that a half one would show. */
struct pair {
	struct work work;
	int64_t n, began_us;
};

static struct {
	struct pair pairs[AT_ONCE];
	int64_t next, n_done, n_failed;
	int64_t took_us[WORKS_MAX];
	bool rests;
} load;

static int
pair_run(struct txn *t, struct work *w)
{
	struct pair *p = container_of(w, struct pair, work);
	struct job one = { .n = 2 * p->n, .text = text };
	struct job two = { .n = 2 * p->n + 1, .text = text };
	return put_contact(t, &one, &w->fault) == 0
	    ? put_contact(t, &two, &w->fault)
	    : -1;
}

static void
pair_go(struct pair *p)
{
	p->n = load.next++;
	p->began_us = clock_mono_us();
	p->work.lane = (unsigned)(p->n % STORE_LANES);
	store_write(store, &p->work);
}

static void
pair_done(struct work *w)
{
	struct pair *p = container_of(w, struct pair, work);
	load.n_failed += w->fault.kind != FAULT_NONE;
	if (load.n_done < WORKS_MAX)
		load.took_us[load.n_done] = clock_mono_us() - p->began_us;
	load.n_done++;
	if (!load.rests)
		pair_go(p);
}

static void
load_start(int n)
{
	load.rests = false;
	load.n_done = 0;
	for (int i = 0; i < n; i++) {
		load.pairs[i].work.run = pair_run;
		load.pairs[i].work.done = pair_done;
		pair_go(&load.pairs[i]);
	}
}

static void
load_stop(void)
{
	load.rests = true;
	ok(rig_settle(store), "the load ends");
}

static bool
is_measured(void *arg)
{
	(void)arg;
	return load.n_done >= MEASURED;
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* Prints how long works took since the load began, and the log's commits. */
static void
print_latency(const char *when, int64_t us)
{
	int64_t p50, p99;
	int64_t n = load.n_done < WORKS_MAX ? load.n_done : WORKS_MAX;
	store_commit_latency(store, &p50, &p99);
	qsort(load.took_us, (size_t)n, sizeof(*load.took_us), compare);
	printf("# %s: works=%lld per_second=%lld work_p50_us=%lld "
	       "work_p99_us=%lld commit_p50_us=%lld commit_p99_us=%lld\n",
	    when, (long long)load.n_done,
	    (long long)(load.n_done * 1000000 / (us + 1)),
	    n > 0 ? (long long)load.took_us[n / 2] : 0,
	    n > 0 ? (long long)load.took_us[n * 99 / 100] : 0, (long long)p50,
	    (long long)p99);
}

/* Somebody lists throughout. */
struct lister {
	struct work work;
	int64_t after;
	int n_pages;
	bool rests;
};

static int
lister_run(struct txn *t, struct work *w)
{
	struct lister *l = container_of(w, struct lister, work);
	struct arena *a = arena_new();
	struct page p = { .after = l->after, .limit = 50 };
	struct list list;
	int rc = store_contact_list(t, a, &p, &list, &w->fault);
	const struct contact *all = list.items;
	l->after = rc == 0 && list.n > 0 ? all[list.n - 1].id : 0;
	arena_free(a);
	return rc;
}

static void
lister_done(struct work *w)
{
	struct lister *l = container_of(w, struct lister, work);
	l->n_pages++;
	if (!l->rests)
		store_read(store, w);
}

/* ---- the tests --------------------------------------------------------- */

/* What a copy must be: sound, and all of it whole works. */
static void
look(const char *path, int64_t least, int64_t most)
{
	struct stat st;
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600,
	    "the copy is there, for its owner alone");
	is(sql(path, "PRAGMA integrity_check"), "ok", "it is sound");
	int64_t n = sql_int(path, "SELECT count(*) FROM contacts");
	ok(n % 2 == 0, "it holds no half work");
	ok(n / 2 >= least, "it holds the %lld works acknowledged before",
	    (long long)least);
	ok(n / 2 <= most, "and at most the %lld there were", (long long)most);
	is_int(sql_int(path,
		   "SELECT count(*) FROM contacts c WHERE NOT EXISTS "
		   "(SELECT 1 FROM contacts d WHERE d.id = "
		   "(c.id ^ 1))"),
	    0, "each work is there with both its halves");
}

static void
fill(void)
{
	load_start(AT_ONCE);
	while (load.n_done < FILLED / 2)
		store_dispatch(store);
	load_stop();
	is_int(load.n_failed, 0, "a database is filled");
}

static void
test_idle(void)
{
	struct asked a;
	const char *path = rig_path("idle.copy");
	ok(back_up(&a, path), "a backup is made while nothing happens");
	printf("# bytes=%lld pages=%lld took_ms=%lld\n", (long long)a.job.bytes,
	    (long long)a.job.pages, (long long)a.job.took_ms);
	look(path, load.next, load.next);
	ok(a.job.bytes == a.job.pages * 4096, "its size is told");
	ok(!exists(rig_path("idle.copy.part")), "nothing else is left");
	ok(back_up(&a, rig_path("again.copy")), "and another one after it");
}

static void
test_busy(void)
{
	static struct lister lister;
	struct asked a;
	struct store_figures before, after;
	const char *path = rig_path("busy.copy");
	double share;
	lister = (struct lister){ .work = { .run = lister_run,
				      .done = lister_done } };
	store_read(store, &lister.work);
	store_commit_latency(store, &(int64_t){ 0 }, &(int64_t){ 0 });
	int64_t began = clock_mono_us();
	load_start(AT_ONCE);
	rig_until(store, is_measured, NULL, RIG_WAIT_MS);
	print_latency("before", clock_mono_us() - began);
	load.n_done = 0;
	store_figures(store, &before);
	int64_t least = load.next - AT_ONCE;
	began = clock_mono_us();
	ask(&a, path);
	ok(store_backup_share(store, &share), "it is told that one is made");
	ok(rig_until(store, is_done, &a, BUSY_WAIT_MS) &&
		a.job.work.fault.kind == FAULT_NONE,
	    "a backup is made while the writer never rests");
	int64_t most = load.next;
	print_latency("during", clock_mono_us() - began);
	store_figures(store, &after);
	ok(!store_backup_share(store, &share), "and that none is any more");
	lister.rests = true;
	load_stop();
	printf("# bytes=%lld took_ms=%lld wal_restarts=%lld pages_listed=%d\n",
	    (long long)a.job.bytes, (long long)a.job.took_ms,
	    (long long)(after.wal_restarts - before.wal_restarts),
	    lister.n_pages);
	is_int(load.n_failed, 0, "no work failed");
	ok(after.wal_restarts > before.wal_restarts, "the log began anew");
	ok(lister.n_pages > 10, "somebody listed throughout");
	ok(load.n_done > 100, "works went on");
	look(path, least, most);
}

/* A work that is undone takes what it had put into the copy with it. */
static int
fail_late(struct txn *t, struct job *j, struct fault *fault_r)
{
	for (int64_t i = 0; i < 4000; i++) {
		struct job one = { .n = j->n + i, .text = text };
		if (put_contact(t, &one, fault_r) != 0)
			return -1;
	}
	return fault(fault_r, FAULT_INVALID, "It was not meant so.");
}

static bool
is_job_done(void *arg)
{
	return ((struct job *)arg)->n_done > 0;
}

/* Runs a job while a backup goes on: 0 or -1. */
static int
do_beside(struct job *j)
{
	job_write(store, j);
	return rig_until(store, is_job_done, j, RIG_WAIT_MS) && job_good(j)
	    ? 0
	    : -1;
}

static void
test_undone(void)
{
	struct asked a;
	const char *path = rig_path("undone.copy");
	int n_done = 0, n_undone = 0;
	ask(&a, path);
	do {
		struct job j = { .run = fail_late, .n = 10000000 };
		n_undone += do_beside(&j) != 0;
	} while (++n_done < 8 && !is_done(&a));
	is_int(n_undone, n_done, "works larger than the cache are undone");
	ok(rig_until(store, is_done, &a, RIG_WAIT_MS) &&
		a.job.work.fault.kind == FAULT_NONE,
	    "a backup is made meanwhile");
	look(path, load.next, load.next);
}

/* Deletes the older half of all pairs. */
static int
empty(struct txn *t, struct job *j, struct fault *fault_r)
{
	for (int64_t i = 0; i < j->n; i++)
		if (store_contact_delete(t, contact_id(i), fault_r) != 1)
			return -1;
	return 0;
}

static int
give_back(struct txn *t, struct job *j, struct fault *fault_r)
{
	j->result = store_give_back(t, 50, fault_r);
	return j->result < 0 ? -1 : 0;
}

static void
test_shrinking(void)
{
	struct asked a;
	const char *path = rig_path("shrunk.copy");
	struct job gone = { .run = empty, .n = load.next / 2 * 2 };
	int64_t n_given = 0, n_bad = 0;
	ok(rig_do(store, &gone) == 0, "half of it is deleted");
	ask(&a, path);
	do {
		struct job j = { .run = give_back };
		n_bad += do_beside(&j) != 0;
		n_given += j.result;
	} while (n_bad == 0 && !is_done(&a));
	printf("# pages_given_back=%lld\n", (long long)n_given);
	ok(n_bad == 0 && n_given > 0 && a.job.work.fault.kind == FAULT_NONE,
	    "a backup is made while the database becomes smaller");
	look(path, load.next - gone.n / 2, load.next - gone.n / 2);
}

static void
is_refused(const char *path, enum fault_kind kind, const char *word,
    const char *what)
{
	struct asked a;
	back_up(&a, path);
	printf("# %s\n", a.job.work.fault.text);
	ok(a.n_done == 1 && a.job.work.fault.kind == kind &&
		strstr(a.job.work.fault.text, word) != NULL,
	    "%s", what);
}

static void
test_refused(void)
{
	struct asked a, b;
	const char *path = rig_path("one.copy");
	struct stat st, now;
	is_refused("relative.copy", FAULT_INVALID, "relative.copy",
	    "a path that is not absolute is refused");
	stat(rig_path("idle.copy"), &st);
	is_refused(rig_path("idle.copy"), FAULT_INVALID, "there already",
	    "a file that is there is refused");
	ok(stat(rig_path("idle.copy"), &now) == 0 && now.st_ino == st.st_ino &&
		now.st_size == st.st_size,
	    "and left as it was");
	is_refused(rig_path("none/x.copy"), FAULT_INVALID, "none/x.copy",
	    "a directory that is not there is refused");
	symlink("elsewhere", rig_path("link.copy"));
	is_refused(rig_path("link.copy"), FAULT_INVALID, "there already",
	    "a link that leads nowhere is refused");
	symlink(rig_path("elsewhere"), rig_path("trap.copy.part"));
	is_refused(rig_path("trap.copy"), FAULT_INVALID, "trap.copy.part",
	    "a link in the way is refused");
	ok(!exists(rig_path("elsewhere")), "and not followed");
	ask(&a, path);
	ask(&b, rig_path("two.copy"));
	rig_until(store, is_done, &a, RIG_WAIT_MS);
	rig_until(store, is_done, &b, RIG_WAIT_MS);
	ok(a.job.work.fault.kind == FAULT_NONE &&
		b.job.work.fault.kind == FAULT_UNAVAILABLE,
	    "of two at once the second is refused");
	ok(exists(path) && !exists(rig_path("two.copy")), "and not made");
}

static void
test_stopped(const struct store_options *o)
{
	struct asked a;
	const char *path = rig_path("stopped.copy");
	int n_bad = 0;
	/* Wherever it is when it is told. */
	for (int i = 0; i < 20; i++) {
		ask(&a, path);
		for (int64_t until = clock_mono_us() + i * 3000;
		     clock_mono_us() < until;)
			store_dispatch(store);
		store_backup_stop(store);
		rig_until(store, is_done, &a, RIG_WAIT_MS);
		bool is_made = a.job.work.fault.kind == FAULT_NONE;
		n_bad += is_made != exists(path);
		n_bad += exists(rig_path("stopped.copy.part"));
		unlink(path);
	}
	is_int(n_bad, 0, "one that is told to stop is whole or not there");
	ask(&a, path);
	store_stop(store);
	store_dispatch(store);
	is_int(a.n_done, 1, "one is ended when the store stops");
	is_int(exists(path), a.job.work.fault.kind == FAULT_NONE,
	    "and leaves nothing");
	store_close(store);
	store = rig_open(o);
	ok(back_up(&a, rig_path("after.copy")), "later ones are made");
}

/* A file system of four megabytes, which threads of this program alone see. */
static bool
mount_small(const char *dir)
{
	return getuid() == 0 && mkdir(dir, 0700) == 0 &&
	    unshare(CLONE_NEWNS) == 0 &&
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("tmpfs", dir, "tmpfs", 0, "size=4m") == 0;
}

static void
test_full(bool has_disk)
{
	struct job j = { .run = put_contact, .n = 20000000 };
	if (!has_disk) {
		tap_skip("a full disk", "no small file system can be mounted");
		return;
	}
	is_refused(rig_path("small/x.copy"), FAULT_UNAVAILABLE, "disk is full",
	    "where it does not fit it says so");
	ok(!exists(rig_path("small/x.copy")) &&
		!exists(rig_path("small/x.copy.part")),
	    "and leaves nothing");
	ok(rig_do(store, &j) == 0, "works go on");
}

int
main(void)
{
	struct store_options o = rig_options("backup.db");
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	memset(text, 'x', TEXT);
	bool has_disk = mount_small(rig_path("small"));
	store = rig_open(&o);
	fill();
	test_idle();
	test_busy();
	test_undone();
	test_shrinking();
	test_refused();
	test_stopped(&o);
	test_full(has_disk);
	rig_close(store);
	umount2(rig_path("small"), MNT_DETACH);
	return tap_done();
}
