/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What computes for long has a thread of its own, one after the other, and
 * holds up nobody once it has read; what is done beside the database has
 * others.
 */
#include <string.h>

#include "base/log.h"
#include "tests/store/rig.h"
#include "tests/tap.h"

enum { LIMIT = 2 << 20, RESERVE = 1 << 20, TEXT = 4000, WORKS = 2000 };

static struct store *store;

/* Reads contact 1, lets go, and stays in its run() until the gate opens. */
struct thinker {
	struct job job;
	struct gate gate;
};

static int
read_and_think(struct txn *t, struct job *j, struct fault *fault_r)
{
	struct thinker *k = container_of(j, struct thinker, job);
	if (find_contact(t, j, fault_r) != 0)
		return -1;
	txn_let_go(t);
	gate_pass(&k->gate);
	return 0;
}

static void
think(struct thinker *k)
{
	*k = (struct thinker){ .job = { .run = read_and_think, .n = 1 } };
	gate_init(&k->gate);
	job_compute(store, &k->job);
}

static bool
is_done(void *arg)
{
	return ((struct job *)arg)->n_done > 0;
}

/* Writes several times what the log may hold, from a number on; how many were
 * not written. */
static int
write_much(int from)
{
	static struct job jobs[WORKS];
	static char text[TEXT + 1];
	int n_bad = 0;
	memset(text, 'x', TEXT);
	for (int i = 0; i < WORKS; i++) {
		jobs[i] = (struct job){ .run = put_contact,
			.n = from + i,
			.text = text };
		job_write(store, &jobs[i]);
	}
	for (int i = 0; i < WORKS; i++)
		n_bad += !rig_until(store, is_done, &jobs[i], RIG_WAIT_MS) ||
		    !job_good(&jobs[i]);
	return n_bad;
}

/* Readers, the writer and the log go on. */
static void
test_others(void)
{
	struct thinker k;
	struct job read = { .run = find_contact, .n = 1 };
	struct store_figures before, after;
	think(&k);
	ok(gate_entered(&k.gate), "a work has read, and computes");
	job_read(store, &read);
	ok(rig_until(store, is_done, &read, RIG_WAIT_MS) && read.result == 1,
	    "the one reader reads");
	store_figures(store, &before);
	is_int(write_much(100), 0, "the writer writes");
	store_figures(store, &after);
	ok(after.wal_restarts > before.wal_restarts, "the log begins anew");
	is_int(k.job.n_done, 0, "and the work computes still");
	gate_open(&k.gate);
	ok(rig_settle(store) && job_good(&k.job), "until it is done");
	is_int(k.job.result, 1, "with what it had read");
}

/* Others of the kind wait for their turn, in order. */
static void
test_turns(void)
{
	enum { MANY = 5 };
	struct thinker many[MANY];
	job_count_from_zero();
	for (int i = 0; i < MANY; i++)
		think(&many[i]);
	for (int i = 0; i < MANY; i++) {
		ok(gate_entered(&many[i].gate), "one computes");
		for (int k = i + 1; k < MANY; k++)
			ok(!many[k].gate.is_entered, "%d waits for %d", k, i);
		gate_open(&many[i].gate);
	}
	ok(rig_settle(store), "all had their turn");
	for (int i = 0; i < MANY; i++)
		is_int(many[i].job.order, i, "in order");
}

static int
keep_reading(struct txn *t, struct job *j, struct fault *fault_r)
{
	return find_contact(t, j, fault_r);
}

/* One that does not let go is ended like any that reads. */
static void
test_held(void)
{
	struct job j = { .run = keep_reading, .n = 1 };
	struct store_figures before, after;
	job_compute(store, &j);
	ok(rig_settle(store) && job_good(&j), "a work that never let go");
	is_int(j.result, 1, "has read");
	store_figures(store, &before);
	is_int(write_much(100 + WORKS), 0, "and keeps nothing from the writer");
	store_figures(store, &after);
	ok(after.wal_restarts > before.wal_restarts, "or the log");
}

/* Waits for a disk, or the like. */
static int
carry(struct txn *t, struct job *j, struct fault *fault_r)
{
	struct thinker *k = container_of(j, struct thinker, job);
	(void)t, (void)fault_r;
	gate_pass(&k->gate);
	return 0;
}

/* Whatever is done beside the database holds up nobody who wants it. */
static void
test_aside(void)
{
	enum { MANY = 5 };
	struct thinker many[MANY];
	struct job read = { .run = find_contact, .n = 1 };
	struct store_figures before, after;
	for (int i = 0; i < MANY; i++) {
		many[i] = (struct thinker){ .job = { .run = carry } };
		gate_init(&many[i].gate);
		job_aside(store, &many[i].job);
	}
	ok(gate_entered(&many[0].gate) && gate_entered(&many[1].gate),
	    "all porters are at work");
	job_read(store, &read);
	ok(rig_until(store, is_done, &read, RIG_WAIT_MS) && read.result == 1,
	    "the one reader reads");
	store_figures(store, &before);
	is_int(write_much(100 + 2 * WORKS), 0, "the writer writes");
	store_figures(store, &after);
	ok(after.wal_restarts > before.wal_restarts, "the log begins anew");
	for (int i = 0; i < MANY; i++)
		gate_open(&many[i].gate);
	ok(rig_settle(store), "and all is done in the end");
	for (int i = 0; i < MANY; i++)
		ok(job_good(&many[i].job), "also work %d", i);
}

/* Stopping waits for what computes, and does what waits. */
static void
test_stop(void)
{
	struct thinker first, second;
	think(&first);
	think(&second);
	gate_open(&first.gate);
	gate_open(&second.gate);
	store_stop(store);
	store_dispatch(store);
	ok(job_good(&first.job) && job_good(&second.job),
	    "stopping finishes what was submitted");
}

int
main(void)
{
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	struct store_options o = rig_options("compute.db");
	o.wal_limit = LIMIT;
	o.wal_reserve = RESERVE;
	store = rig_open(&o);
	struct job one = { .run = put_contact, .n = 1 };
	rig_do(store, &one);
	test_others();
	test_turns();
	test_held();
	test_aside();
	test_stop();
	rig_close(store);
	return tap_done();
}
