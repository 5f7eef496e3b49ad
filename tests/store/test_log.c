/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log stays within its limit while the writer never rests and somebody
 * lists throughout; nobody waits long for it to begin anew.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/contacts.h"
#include "tests/store/other.h"
#include "tests/store/rig.h"
#include "tests/tap.h"

enum {
	LIMIT = 2 << 20,
	RESERVE = 1 << 20,
	TEXT = 4000,
	WORKS = 12800,
	AT_ONCE = 256,
	LISTERS = 3,
	READ_BOUND_MS = 1000
};

static struct store *store;

/* Lists page by page, from the newest to the oldest and again. */
struct lister {
	struct work work;
	int64_t after, began_us, longest_us;
	int n_pages, n_rows, n_failed;
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
	l->n_rows += list.n;
	l->after = rc == 0 && list.n > 0 ? all[list.n - 1].id : 0;
	arena_free(a);
	return rc;
}

static void
lister_go(struct lister *l)
{
	l->began_us = clock_mono_us();
	store_read(store, &l->work);
}

static void
lister_done(struct work *w)
{
	struct lister *l = container_of(w, struct lister, work);
	int64_t us = clock_mono_us() - l->began_us;
	l->longest_us = us > l->longest_us ? us : l->longest_us;
	l->n_failed += w->fault.kind != FAULT_NONE;
	l->n_pages++;
	if (!l->rests)
		lister_go(l);
}

static bool
has_room(void *arg)
{
	(void)arg;
	return store_pending(store) < AT_ONCE + LISTERS;
}

/* Writes some fifty megabytes; how many works did not succeed. */
static int
write_much(struct job *jobs)
{
	static char text[TEXT + 1];
	int n_bad = 0;
	memset(text, 'x', TEXT);
	for (int i = 0; i < WORKS; i++) {
		jobs[i] = (struct job){ .run = put_contact,
			.n = i,
			.text = text,
			.work.lane = (unsigned)i % 7 };
		job_write(store, &jobs[i]);
		if (!rig_until(store, has_room, NULL, RIG_WAIT_MS))
			return WORKS;
	}
	return n_bad;
}

static void
test_busy(void)
{
	struct lister listers[LISTERS] = { 0 };
	struct job *jobs = calloc(WORKS, sizeof(*jobs));
	struct store_figures f;
	int n_bad = 0, n_pages = 0, n_failed = 0;
	int64_t longest = 0;
	for (int i = 0; i < LISTERS; i++) {
		listers[i].work.run = lister_run;
		listers[i].work.done = lister_done;
		lister_go(&listers[i]);
	}
	ok(write_much(jobs) == 0, "the writer never rests");
	for (int i = 0; i < LISTERS; i++)
		listers[i].rests = true;
	ok(rig_settle(store), "all of it is done");
	for (int i = 0; i < WORKS; i++)
		n_bad += !job_good(&jobs[i]);
	for (int i = 0; i < LISTERS; i++) {
		n_pages += listers[i].n_pages;
		n_failed += listers[i].n_failed;
		if (listers[i].longest_us > longest)
			longest = listers[i].longest_us;
	}
	store_figures(store, &f);
	printf("# batches=%lld items=%lld wal_peak=%lld restarts=%lld "
	       "checkpoints=%lld commit_max_us=%lld pages=%d longest_us=%lld\n",
	    (long long)f.batches, (long long)f.items,
	    (long long)f.wal_peak_bytes, (long long)f.wal_restarts,
	    (long long)f.checkpoints, (long long)f.commit_us_max, n_pages,
	    (long long)longest);
	is_int(n_bad, 0, "every work is stored");
	is_int(f.items, WORKS, "and counted once");
	is_int(f.failed_batches, 0, "no batch failed");
	ok(f.wal_peak_bytes <= 2 * (int64_t)LIMIT,
	    "the log was never over twice its limit");
	ok(f.wal_peak_bytes >= LIMIT / 2, "and was used");
	ok(f.wal_restarts > 5, "it began anew many times");
	ok(n_pages > 50 && n_failed == 0, "somebody listed all the while");
	ok(longest / 1000 < READ_BOUND_MS, "and never waited long for a page");
	ok(!f.is_full, "nothing was taken for a full disk");
	free(jobs);
}

static void
test_file(const char *path)
{
	struct stat st;
	char wal[600];
	snprintf(wal, sizeof(wal), "%s-wal", path);
	ok(stat(wal, &st) == 0 && st.st_size <= 2 * LIMIT &&
		st.st_size >= LIMIT + RESERVE,
	    "the log's file has its limit and reserve, no more than twice "
	    "that");
}

static struct job
small_work(int64_t n, bool essential)
{
	return (struct job){ .run = put_contact,
		.n = n,
		.work.essential = essential };
}

static bool
is_stored(void *arg)
{
	struct job *j = arg;
	if (j->n_done > 0 && !job_good(j))
		job_write(store, j);
	return job_good(j);
}

/* Another program keeps its snapshot: the log cannot begin anew. */
static void
test_stranger_reads(const char *path)
{
	struct other other;
	struct store_figures f;
	static char text[TEXT + 1];
	int n_refused = 0, n_lost = 0, n = WORKS;
	memset(text, 'x', TEXT);
	other_start(&other, "read", path);
	is(other.line, "held", "another program keeps what it reads");
	for (int i = 0; i < 3000; i++) {
		struct job j = { .run = put_contact, .n = n, .text = text };
		rig_do(store, &j);
		n += job_good(&j);
		n_refused += j.work.fault.kind == FAULT_UNAVAILABLE;
	}
	for (int i = 0; i < 50; i++) {
		struct job j = small_work(n, true);
		n_lost += rig_do(store, &j) != 0;
		n++;
	}
	store_figures(store, &f);
	printf("# stored=%d refused=%d wal_peak=%lld\n", n - WORKS, n_refused,
	    (long long)f.wal_peak_bytes);
	ok(n_refused > 0, "new works are refused at the limit");
	is_int(n_lost, 0, "what must be recorded is");
	ok(f.wal_peak_bytes <= 2 * (int64_t)LIMIT,
	    "and the log does not grow beyond twice its limit");
	other_end(&other);
	struct job j = small_work(n++, false);
	job_write(store, &j);
	ok(rig_until(store, is_stored, &j, 5000),
	    "when it lets go, new works are stored again");
	struct job count = { .run = count_contacts };
	rig_do(store, &count);
	is_int(count.result, n, "all that was acknowledged is there");
}

static void
test_kept(const struct store_options *o)
{
	struct job count = { .run = count_contacts };
	rig_close(store);
	store = rig_open(o);
	rig_do(store, &count);
	is_int(count.result, WORKS, "everything is in the database");
}

int
main(int argc, char **argv)
{
	int task = other_main(argc, argv);
	if (task >= 0)
		return task;
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	struct store_options o = rig_options("log.db");
	o.wal_limit = LIMIT;
	o.wal_reserve = RESERVE;
	o.readers = 2;
	store = rig_open(&o);
	test_file(o.path);
	test_busy();
	test_file(o.path);
	test_kept(&o);
	test_stranger_reads(o.path);
	rig_close(store);
	return tap_done();
}
