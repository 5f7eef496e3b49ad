/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Durable before acknowledged: works are written through the threads, the
 * power is cut at some write or sync, and what done() called good must be on
 * the disk, whole. The same test finds losses when nothing is synced.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "store/contacts.h"
#include "tests/store/crash_vfs.h"
#include "tests/store/rig.h"
#include "tests/tap.h"

enum {
	WORKS = 60,
	BAD_EACH = 7,
	AT_ONCE = 20,
	OPERATIONS = 500,
	FRESH_EACH = 20,
	CHECK_EACH = 10
};

/* What many cuts came to. */
struct tally {
	int cuts, not_opened, acknowledged, lost, half, ghosts, damaged;
};

/* A contact and a topic: one is not without the other. */
static int
put_pair(struct txn *t, struct job *j, struct fault *fault_r)
{
	struct topic topic = { .id = contact_id(j->n), .name = j->text };
	if (put_contact(t, j, fault_r) != 0 ||
	    store_topic_insert(t, &topic, fault_r) != 0)
		return -1;
	return j->n % BAD_EACH == 0
	    ? fault(fault_r, FAULT_INVALID, "This one is bad.")
	    : 0;
}

/* Submits the works, a few at a time, until all are done or the power is off.
 */
static void
work(struct store *s, struct job *jobs, int64_t first, const char *text)
{
	int n = 0;
	for (; n < WORKS && !crash_is_cut(); n++) {
		jobs[n] = (struct job){ .run = put_pair,
			.n = first + n,
			.text = text,
			.work.lane = (unsigned)n % 3 };
		job_write(s, &jobs[n]);
		while (store_pending(s) >= AT_ONCE)
			if (!rig_settle(s))
				fatal("the works do not end");
	}
	rig_settle(s);
}

struct check {
	struct job job;
	const struct job *works;
	struct tally *tally;
};

/* Compares the disk with what was acknowledged. */
static int
look(struct txn *t, struct job *j, struct fault *fault_r)
{
	struct check *c = j->arg;
	struct arena *a = arena_new();
	struct contact contact;
	struct topic topic;
	int rc = 0;
	for (int i = 0; i < WORKS && c->works[i].n != 0 && rc == 0; i++) {
		const struct job *w = &c->works[i];
		int64_t id = contact_id(w->n);
		int has = store_contact_by_id(t, a, id, &contact, fault_r);
		int has_topic = store_topic_get(t, a, id, &topic, fault_r);
		rc = has < 0 || has_topic < 0 ? -1 : 0;
		c->tally->acknowledged += job_good(w);
		c->tally->lost += job_good(w) && has != 1;
		c->tally->half += has != has_topic ||
		    (has == 1 && strcmp(contact.properties, w->text) != 0);
		c->tally->ghosts += has == 1 && w->n % BAD_EACH == 0;
	}
	arena_free(a);
	return rc;
}

static void
check_whole(const char *path, struct tally *tally)
{
	sqlite3 *db;
	sqlite3_stmt *stmt = NULL;
	bool good = sqlite3_open(path, &db) == SQLITE_OK &&
	    sqlite3_exec(db, "PRAGMA synchronous=OFF", NULL, NULL, NULL) ==
		SQLITE_OK &&
	    sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL) ==
		SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW &&
	    strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0;
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	tally->damaged += !good;
}

/* One life of the store until the power goes; then what is left of it. */
static void
cut_once(struct store_options *o, int64_t first, int64_t at,
    enum crash_rest rest, uint64_t *seed, struct tally *tally)
{
	struct job works[WORKS] = { 0 };
	struct check check = { .works = works, .tally = tally };
	struct fault f;
	static char text[6000];
	memset(text, 'x', crash_random(seed) % sizeof(text));
	text[crash_random(seed) % sizeof(text)] = '\0';
	crash_cut_at(at);
	struct store *s = store_open(o, &f);
	if (s != NULL) {
		store_start(s);
		work(s, works, first, text);
		rig_close(s);
	} else {
		tally->not_opened++;
	}
	tally->cuts += crash_is_cut();
	crash_settle(rest, crash_random(seed));
	if ((s = store_open(o, &f)) == NULL) {
		tally->damaged++;
		return;
	}
	check.job = (struct job){ .run = look, .arg = &check };
	store_start(s);
	if (rig_do(s, &check.job) != 0)
		tally->damaged++;
	rig_close(s);
	crash_settle(CRASH_REST_KEPT, 0);
}

/* Cuts n times; every FRESH_EACH cuts the database is a new one. */
static struct tally
cut_often(int n, bool no_sync, uint64_t seed)
{
	struct tally tally = { 0 };
	struct store_options o = rig_options("cut.db");
	char path[600];
	o.path = path;
	o.vfs = CRASH_VFS;
	o.batch_items = 8;
	o.wal_limit = 256 << 10;
	for (int i = 0; i < n; i++) {
		enum crash_rest rest = no_sync
		    ? CRASH_REST_LOST
		    : (enum crash_rest)(crash_random(&seed) % 3);
		bool fresh = i % FRESH_EACH == 0;
		if (fresh)
			snprintf(path, sizeof(path), "%s-%d-%d",
			    rig_path("cut"), no_sync, i);
		o.no_sync = false;
		if (fresh && no_sync) {
			/* The tables are there for sure. */
			rig_close(rig_open(&o));
			crash_settle(CRASH_REST_KEPT, 0);
		}
		o.no_sync = no_sync;
		cut_once(&o, 1 + (int64_t)i * WORKS,
		    1 + (int64_t)(crash_random(&seed) % OPERATIONS), rest,
		    &seed, &tally);
		if (i % CHECK_EACH == 0 && !no_sync)
			check_whole(path, &tally);
	}
	return tally;
}

static uint64_t
seed_of_run(void)
{
	const char *given = getenv("CRASH_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : 20261121;
	printf("# CRASH_SEED=%llu\n", (unsigned long long)seed);
	return seed;
}

static void
print_tally(const char *what, const struct tally *t)
{
	printf("# %s: cuts=%d while_opening=%d acknowledged=%d lost=%d "
	       "half=%d ghosts=%d damaged=%d\n",
	    what, t->cuts, t->not_opened, t->acknowledged, t->lost, t->half,
	    t->ghosts, t->damaged);
}

static void
test_synced(uint64_t seed)
{
	struct tally t = cut_often(400, false, seed);
	print_tally("synced", &t);
	ok(t.cuts >= 200, "the power went off %d times", t.cuts);
	ok(t.not_opened > 0, "some of them while the database was made");
	ok(t.acknowledged > 2000, "%d works were acknowledged", t.acknowledged);
	is_int(t.lost, 0, "every acknowledged work is on the disk");
	is_int(t.half, 0, "no work is there by half");
	is_int(t.ghosts, 0, "nothing of a work that failed is there");
	is_int(t.damaged, 0, "the database is sound");
}

static void
test_not_synced(uint64_t seed)
{
	struct tally t = cut_often(20, true, seed);
	print_tally("not synced", &t);
	ok(t.acknowledged > 0, "without syncs works are acknowledged");
	ok(t.lost > 0, "and this test finds that they are lost");
}

int
main(void)
{
	uint64_t seed = seed_of_run();
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	crash_vfs_register();
	test_synced(seed);
	test_not_synced(seed);
	return tap_done();
}
