/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who comes when: lanes share the writer, each keeps its order, done() is
 * called where it is dispatched, and readers see only what is committed.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "tests/store/rig.h"
#include "tests/tap.h"

enum { MANY = 10000, LANES = 5, EACH = 200 };

static struct store *store;
static atomic_llong n_ran;

/* Asks for all that any thread may ask for, until it is told to end. */
static atomic_bool asked_enough;

static void *
ask(void *arg)
{
	struct store_figures f;
	int64_t p50, p99, *n = arg;
	do {
		store_figures(store, &f);
		store_commit_latency(store, &p50, &p99);
		*n = f.items + store_pending(store);
	} while (!atomic_load(&asked_enough));
	return NULL;
}

/* Notes its place among all that ran. */
static int
note_place(struct txn *t, struct job *j, struct fault *fault_r)
{
	(void)t, (void)fault_r;
	j->result = atomic_fetch_add(&n_ran, 1);
	return 0;
}

static void
test_order(void)
{
	static struct job jobs[LANES][EACH];
	struct gate gate;
	int n_wrong = 0, n_elsewhere = 0, n_not_once = 0;
	gate_close(store, &gate);
	for (int i = 0; i < EACH; i++)
		for (int lane = 0; lane < LANES; lane++) {
			jobs[lane][i] = (struct job){ .run = note_place,
				.work.lane = (unsigned)lane * 13 };
			job_write(store, &jobs[lane][i]);
		}
	gate_open(&gate);
	ok(rig_settle(store), "works in five lanes are done");
	for (int lane = 0; lane < LANES; lane++)
		for (int i = 0; i < EACH; i++) {
			const struct job *j = &jobs[lane][i];
			n_not_once += j->n_done != 1;
			n_elsewhere +=
			    !pthread_equal(j->thread, pthread_self());
			if (i > 0)
				n_wrong += j->order < j[-1].order ||
				    j->result < j[-1].result;
		}
	is_int(n_wrong, 0, "each lane keeps its order, in run() and in done()");
	is_int(n_elsewhere, 0, "done() is called by who dispatches");
	is_int(n_not_once, 0, "and once for each");
}

/* The writer is stopped in the middle of a long lane, the one comes. */
static void
test_fairness(int batch_items)
{
	struct job *many = calloc(MANY, sizeof(*many));
	struct job one = { .run = note_place, .work.lane = 2 };
	struct gate first, middle;
	atomic_store(&n_ran, 0);
	gate_close(store, &first);
	for (int i = 0; i < MANY; i++) {
		many[i] = (struct job){ .run = note_place, .work.lane = 1 };
		job_write(store, &many[i]);
		if (i == MANY / 2)
			gate_submit(store, &middle, 1);
	}
	gate_open(&first);
	ok(gate_entered(&middle), "a lane has ten thousand works");
	int64_t before = atomic_load(&n_ran);
	job_write(store, &one);
	gate_open(&middle);
	ok(rig_settle(store), "and one comes in another lane");
	ok(one.result - before <= batch_items + 1,
	    "it waits for the batch under way and is early in the next: %lld "
	    "works went before it",
	    (long long)(one.result - before));
	free(many);
}

enum { SLOW = 200, SLOW_US = 3000 };

static int
take_time(struct txn *t, struct job *j, struct fault *fault_r)
{
	int64_t until = clock_mono_us() + SLOW_US;
	while (clock_mono_us() < until)
		;
	return note_place(t, j, fault_r);
}

/* The writer has taken a lane's works, and they take long, when another comes;
 * how many of them go before it. */
static int64_t
go_before(struct job many[SLOW], struct job *one)
{
	struct gate first, middle;
	atomic_store(&n_ran, 0);
	gate_close(store, &first);
	for (int i = 0; i < SLOW; i++) {
		many[i] = (struct job){ .run = take_time, .work.lane = 1 };
		job_write(store, &many[i]);
		if (i == 0)
			gate_submit(store, &middle, 1);
	}
	gate_open(&first);
	ok(gate_entered(&middle), "works that take long are under way");
	job_write(store, one);
	gate_open(&middle);
	ok(rig_settle(store), "and one comes");
	return one->result;
}

/* One in another lane is done when the time of the batch is over. */
static void
test_slow(void)
{
	static struct job many[SLOW];
	struct job one = { .run = note_place, .work.lane = 2 };
	int64_t n = go_before(many, &one);
	ok(n < SLOW / 4, "in another lane, it waits for few of them: %lld",
	    (long long)n);
	int n_wrong = 0;
	for (int i = 1; i < SLOW; i++)
		n_wrong += many[i].result < many[i - 1].result;
	is_int(n_wrong, 0, "which keep their order");
}

/* What the MTA said does not even wait until the time of the batch is over,
 * though it comes to the same lane. */
static void
test_urgent(void)
{
	static struct job many[SLOW];
	struct job one = { .run = note_place,
		.work = { .lane = 1, .essential = true } };
	int64_t n = go_before(many, &one);
	ok(n < 12, "that must be recorded: it waits for hardly any: %lld",
	    (long long)n);
}

/* ---- what readers see -------------------------------------------------- */

struct slow_put {
	struct gate gate;
	struct job job;
	bool fails;
};

static int
put_and_wait(struct txn *t, struct job *j, struct fault *fault_r)
{
	struct slow_put *p = container_of(j, struct slow_put, job);
	if (put_contact(t, j, fault_r) != 0)
		return -1;
	gate_pass(&p->gate);
	return p->fails ? fault(fault_r, FAULT_INVALID, "Given up.") : 0;
}

static bool
is_done(void *arg)
{
	return ((struct job *)arg)->n_done > 0;
}

static int64_t
read_contact(int64_t n)
{
	struct job j = { .run = find_contact, .n = n };
	job_read(store, &j);
	bool good = rig_until(store, is_done, &j, RIG_WAIT_MS) &&
	    job_good(&j) && pthread_equal(j.thread, pthread_self());
	return good ? j.result : -1;
}

static void
test_readers(bool fails)
{
	struct slow_put put = { .job = { .run = put_and_wait,
				    .n = fails ? 2 : 1 },
		.fails = fails };
	struct job next = { .run = find_contact, .n = put.job.n };
	gate_init(&put.gate);
	job_write(store, &put.job);
	ok(gate_entered(&put.gate), "a work has written and not ended");
	is_int(read_contact(put.job.n), 0, "a reader does not see it");
	job_write(store, &next);
	gate_open(&put.gate);
	ok(rig_settle(store), "the work ends");
	is_int(next.result, !fails, "the next work sees what is left of it");
	is_int(read_contact(put.job.n), !fails, "and so does a reader");
}

static int
try_to_write(struct txn *t, struct job *j, struct fault *fault_r)
{
	return put_contact(t, j, fault_r);
}

static void
test_reader_writes(void)
{
	struct job j = { .run = try_to_write, .n = 3 };
	job_read(store, &j);
	rig_settle(store);
	ok(!job_good(&j), "a reader cannot write: %s", j.work.fault.text);
	is_int(read_contact(3), 0, "and has not");
	struct job write = { .run = put_contact, .n = 3 };
	ok(rig_do(store, &write) == 0, "the writer can");
}

/* ---- stopping ---------------------------------------------------------- */

static void
test_stop(const struct store_options *o)
{
	static struct job writes[1000], reads[50];
	int n_good = 0;
	for (int i = 0; i < 1000; i++) {
		writes[i] = (struct job){ .run = put_contact,
			.n = 1000 + i,
			.work.lane = (unsigned)i };
		job_write(store, &writes[i]);
	}
	for (int i = 0; i < 50; i++) {
		reads[i] = (struct job){ .run = find_contact, .n = 3 };
		job_read(store, &reads[i]);
	}
	store_stop(store);
	is_int(store_pending(store), 1050, "nothing was done behind our back");
	store_dispatch(store);
	is_int(store_pending(store), 0, "stopping finishes what was submitted");
	for (int i = 0; i < 1000; i++)
		n_good += job_good(&writes[i]);
	for (int i = 0; i < 50; i++)
		n_good += job_good(&reads[i]);
	is_int(n_good, 1050, "all of it");
	store_close(store);
	store = rig_open(o);
	struct job count = { .run = count_contacts };
	rig_do(store, &count);
	is_int(count.result, 1002, "and it is on the disk");
}

int
main(void)
{
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	struct store_options o = rig_options("lanes.db");
	store = rig_open(&o);
	pthread_t asker;
	int64_t n = 0;
	pthread_create(&asker, NULL, ask, &n);
	test_order();
	test_fairness(o.batch_items);
	test_slow();
	test_urgent();
	atomic_store(&asked_enough, true);
	pthread_join(asker, NULL);
	ok(n >= LANES * EACH, "figures are told to any thread meanwhile");
	test_readers(false);
	test_readers(true);
	test_reader_writes();
	test_stop(&o);
	rig_close(store);
	return tap_done();
}
