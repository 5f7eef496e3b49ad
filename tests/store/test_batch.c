/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Group commit: works share a transaction, and fail alone or, when the
 * transaction fails, together.
 */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/automations.h"
#include "tests/store/crash_vfs.h"
#include "tests/store/rig.h"
#include "tests/tap.h"

static struct store *store;

/* What store_hooks were called with. */
static struct {
	int n_end, n_committed, n_failed;
	bool fail;
} hooked;

static int
on_batch_end(void *arg, struct txn *t, bool is_full, struct fault *f)
{
	(void)arg, (void)t, (void)is_full;
	hooked.n_end++;
	return hooked.fail ? fault(f, FAULT_UNAVAILABLE, "The engine says no.")
			   : 0;
}

static void
on_batch_done(void *arg, bool committed)
{
	(void)arg;
	hooked.n_committed += committed;
	hooked.n_failed += !committed;
}

static int
put_and_fail(struct txn *t, struct job *j, struct fault *fault_r)
{
	if (put_contact(t, j, fault_r) != 0)
		return -1;
	return fault(fault_r, FAULT_NOT_FOUND, "Item %lld fails.",
	    (long long)j->n);
}

static int
put_and_fail_silently(struct txn *t, struct job *j, struct fault *fault_r)
{
	put_contact(t, j, fault_r);
	return -1;
}

static int64_t
contacts(void)
{
	struct job j = { .run = count_contacts };
	return rig_do(store, &j) == 0 ? j.result : -1;
}

static bool
is_there(int64_t n)
{
	struct job j = { .run = find_contact, .n = n };
	return rig_do(store, &j) == 0 && j.result == 1;
}

/* Puts the jobs into one batch and waits for them; how many batches. */
static int64_t
one_batch(struct job *jobs, int n)
{
	struct store_figures before, after;
	struct gate gate;
	if (!gate_close(store, &gate))
		return -1;
	for (int i = 0; i < n; i++)
		job_write(store, &jobs[i]);
	store_figures(store, &before);
	gate_open(&gate);
	rig_settle(store);
	store_figures(store, &after);
	return after.batches - before.batches - 1; /* the gate's own */
}

static void
test_one_fails_alone(void)
{
	struct job jobs[10];
	struct store_figures before, after;
	store_figures(store, &before);
	for (int i = 0; i < 10; i++)
		jobs[i] = (struct job){ .run = put_contact, .n = 1 + i };
	jobs[3].run = put_and_fail;
	jobs[5].run = put_and_fail_silently;
	jobs[7].n = 1; /* there already */
	is_int(one_batch(jobs, 10), 1, "ten works make one batch");
	int n_good = 0;
	for (int i = 0; i < 10; i++)
		n_good += job_good(&jobs[i]);
	is_int(n_good, 7, "seven of them are done");
	is_int(jobs[3].work.fault.kind, FAULT_NOT_FOUND,
	    "one fails with its own fault");
	is(jobs[3].work.fault.text, "Item 4 fails.", "and its own sentence");
	is_int(jobs[5].work.fault.kind, FAULT_INTERNAL,
	    "one that says nothing gets a fault all the same");
	is_int(jobs[7].work.fault.kind, FAULT_CONFLICT,
	    "one conflicts with a row of the same batch");
	ok(!is_there(4) && !is_there(6), "nothing of those that failed stays");
	is_int(contacts(), 7, "everything of the others is there");
	store_figures(store, &after);
	is_int(after.failed_batches, before.failed_batches,
	    "the batch itself did not fail");
	ok(after.items >= before.items + 11, "the works are counted");
}

/* Meets a fault and goes round it. */
static int
put_anyway(struct txn *t, struct job *j, struct fault *fault_r)
{
	fault(fault_r, FAULT_NOT_FOUND, "One way is closed.");
	return j->arg != NULL ? 0 : put_contact(t, j, fault_r);
}

static void
test_fault_on_the_way(void)
{
	struct job j = { .run = put_anyway, .n = 60 };
	struct job read = { .run = put_anyway, .arg = store };
	ok(rig_do(store, &j) == 0,
	    "a work that goes round a fault has none at its end");
	ok(is_there(60), "as what it wrote is there");
	job_read(store, &read);
	ok(rig_settle(store) && job_good(&read), "so it is for one that reads");
}

static int
put_in_parts(struct txn *t, struct job *j, struct fault *fault_r)
{
	struct job first = { .n = j->n }, second = { .n = j->n + 1 };
	return txn_nested_begin(t, fault_r) == 0 &&
		put_contact(t, &first, fault_r) == 0 &&
		txn_nested_end(t, true, fault_r) == 0 &&
		txn_nested_begin(t, fault_r) == 0 &&
		put_contact(t, &second, fault_r) == 0 &&
		txn_nested_end(t, false, fault_r) == 0
	    ? 0
	    : -1;
}

static void
test_parts(void)
{
	struct job j = { .run = put_in_parts, .n = 50 };
	ok(rig_do(store, &j) == 0, "a work has two parts");
	ok(is_there(50), "the part that was kept is there");
	ok(!is_there(51), "the part that was given up is not");
}

static void
test_commit_fails(void)
{
	struct job jobs[5], again = { .run = put_contact, .n = 100 };
	int64_t before = contacts();
	int n_failed = hooked.n_failed;
	for (int i = 0; i < 5; i++)
		jobs[i] = (struct job){ .run = put_contact, .n = 100 + i };
	jobs[2].run = put_and_fail;
	struct gate gate;
	gate_close(store, &gate);
	for (int i = 0; i < 5; i++)
		job_write(store, &jobs[i]);
	/* The gate's own batch writes nothing, so the next sync is theirs. */
	crash_fail_syncs(1);
	gate_open(&gate);
	rig_settle(store);
	int n = 0;
	for (int i = 0; i < 5; i++)
		n += jobs[i].work.fault.kind == FAULT_UNAVAILABLE;
	is_int(n, 4, "a commit that fails fails all of its batch");
	is_int(jobs[2].work.fault.kind, FAULT_NOT_FOUND,
	    "but one that failed by itself keeps its fault");
	ok(strstr(jobs[0].work.fault.text, "disk") != NULL,
	    "the fault says why: %s", jobs[0].work.fault.text);
	is_int(hooked.n_failed, n_failed + 1, "the engine is told");
	is_int(contacts(), before, "nothing of it is to be seen");
	ok(rig_do(store, &again) == 0, "the next batch is stored");
	is_int(contacts(), before + 1, "and to be seen");
}

/* What the MTA said is tried again without what it shared the batch with. */
static void
test_essential(void)
{
	struct job jobs[6];
	for (int i = 0; i < 6; i++) {
		jobs[i] = (struct job){ .run = put_contact, .n = 130 + i };
		jobs[i].work.essential = i % 2 == 0;
	}
	jobs[5].work.essential = true;
	jobs[5].run = put_and_fail;
	struct gate gate;
	gate_close(store, &gate);
	for (int i = 0; i < 6; i++)
		job_write(store, &jobs[i]);
	crash_fail_syncs(1);
	gate_open(&gate);
	rig_settle(store);
	ok(!job_good(&jobs[1]) && !job_good(&jobs[3]),
	    "a commit fails: works that can be sent again fail");
	ok(job_good(&jobs[0]) && job_good(&jobs[2]) && job_good(&jobs[4]),
	    "what must be recorded is");
	is_int(jobs[5].work.fault.kind, FAULT_NOT_FOUND,
	    "but not what failed by itself");
	ok(jobs[0].order < jobs[2].order && jobs[2].order < jobs[4].order,
	    "in its order");
	ok(is_there(130) && !is_there(131) && !is_there(135),
	    "and so it is in the database");
	for (int i = 0; i < 3; i++)
		jobs[i] = (struct job){ .run = put_contact,
			.n = 140 + i,
			.work.essential = true };
	gate_close(store, &gate);
	for (int i = 0; i < 3; i++)
		job_write(store, &jobs[i]);
	crash_fail_syncs(1);
	gate_open(&gate);
	rig_settle(store);
	ok(jobs[0].work.fault.kind == FAULT_UNAVAILABLE && !is_there(140),
	    "a batch of nothing else is not tried for ever");
}

static void
test_write_fails(void)
{
	struct job j = { .run = put_contact, .n = 110 };
	crash_fail_writes(1);
	ok(rig_do(store, &j) != 0 && j.work.fault.kind == FAULT_UNAVAILABLE,
	    "a write that fails fails the batch");
	ok(rig_do(store, &j) == 0, "the same work succeeds when sent again");
}

static void
test_engine_fails(void)
{
	struct job j = { .run = put_contact, .n = 120 };
	hooked.fail = true;
	ok(rig_do(store, &j) != 0, "what the engine refuses is not stored");
	is(j.work.fault.text, "The engine says no.", "and says why");
	hooked.fail = false;
	ok(!is_there(120), "nothing of it is there");
	ok(rig_do(store, &j) == 0, "the next batch is stored");
}

static void
test_reopened(const struct store_options *o)
{
	int64_t n = contacts();
	rig_close(store);
	store = rig_open(o);
	is_int(contacts(), n, "the disk holds what was acknowledged, no more");
	ok(!is_there(101) && !is_there(103), "a failed batch stays away");
}

/* The sync fails, but what was to be synced is on the disk: the next start
 * must not find it there. */
static void
test_failed_and_restarted(const struct store_options *o)
{
	struct job j = { .run = put_contact, .n = 150 };
	crash_fail_syncs(1);
	ok(rig_do(store, &j) != 0, "a commit fails");
	rig_close(store);
	store = rig_open(o);
	ok(!is_there(150), "and does not come back with the next start");
}

/* ---- the number of the automations ------------------------------------- */

static int
add_automation(struct txn *t, struct job *j, struct fault *fault_r)
{
	struct automation a = { .id = contact_id(j->n), .name = "a" };
	if (store_automation_insert(t, &a, fault_r) != 0)
		return -1;
	j->result = txn_automations_version(t);
	return j->text != NULL ? fault(fault_r, FAULT_INVALID, "No.") : 0;
}

static int
see_version(struct txn *t, struct job *j, struct fault *fault_r)
{
	(void)fault_r;
	j->result = txn_automations_version(t);
	return 0;
}

static int
add_in_part(struct txn *t, struct job *j, struct fault *fault_r)
{
	if (txn_nested_begin(t, fault_r) != 0 ||
	    add_automation(t, j, fault_r) != 0 ||
	    txn_nested_end(t, false, fault_r) != 0)
		return -1;
	j->result = txn_automations_version(t);
	return 0;
}

static void
test_version(void)
{
	struct job jobs[6] = { { .run = see_version },
		{ .run = add_automation, .n = 1, .text = "fails" },
		{ .run = see_version }, { .run = add_automation, .n = 2 },
		{ .run = see_version }, { .run = add_in_part, .n = 3 } };
	is_int(one_batch(jobs, 6), 1, "changes of automations in one batch");
	is_int(jobs[2].result, jobs[0].result,
	    "a change that failed leaves their number as it was");
	ok(jobs[1].result > jobs[0].result,
	    "though within it the number had been raised");
	is_int(jobs[4].result, jobs[0].result + 1,
	    "a change is seen by the next work of the batch");
	is_int(jobs[5].result, jobs[4].result,
	    "a part that was given up takes its change with it");
}

/* ---- time -------------------------------------------------------------- */

static int
take_5_ms(struct txn *t, struct job *j, struct fault *fault_r)
{
	int64_t end = clock_mono_us() + 5000;
	while (clock_mono_us() < end)
		;
	return put_contact(t, j, fault_r);
}

static void
test_long_batch(const struct store_options *o)
{
	struct store_options quick = *o;
	struct job jobs[6];
	bool in_order = true;
	rig_close(store);
	quick.batch_ms = 1;
	store = rig_open(&quick);
	for (int i = 0; i < 6; i++)
		jobs[i] = (struct job){ .run = take_5_ms, .n = 200 + i };
	is_int(one_batch(jobs, 6), 6,
	    "a batch that takes too long leaves the rest to the next");
	struct store_figures f;
	store_figures(store, &f);
	is_int(f.items, 7, "each work is counted once");
	for (int i = 0; i < 6; i++)
		in_order = in_order && job_good(&jobs[i]) &&
		    jobs[i].order == jobs[0].order + i;
	ok(in_order, "in the same order");
}

/* More commits than are remembered, and nobody asks for long. */
static void
test_latency(const struct store_options *o)
{
	enum { N = 9000 };
	static struct job jobs[N];
	struct store_options single = *o;
	int n_good = 0;
	rig_close(store);
	single.batch_items = 1;
	store = rig_open(&single);
	for (int i = 0; i < N; i++) {
		jobs[i] = (struct job){ .run = put_contact, .n = 1000 + i };
		job_write(store, &jobs[i]);
	}
	ok(rig_settle(store), "nine thousand commits");
	for (int i = 0; i < N; i++)
		n_good += job_good(&jobs[i]);
	is_int(n_good, N, "all good");
	int64_t p50, p99;
	store_commit_latency(store, &p50, &p99);
	ok(p50 > 0 && p99 >= p50, "commits take %lld us, at most %lld",
	    (long long)p50, (long long)p99);
	store_commit_latency(store, &p50, &p99);
	ok(p50 == 0 && p99 == 0, "each commit is counted once");
}

/* How long a patient work takes, in milliseconds, when company() is called
 * behind it. */
static int64_t
patient_ms(void (*company)(struct job *))
{
	static int64_t n = 700;
	struct job patient = { .run = put_contact,
		.n = n++,
		.work = { .essential = true, .patient = true } };
	struct job other = { .run = put_contact, .n = n++ };
	int64_t began = clock_mono_us();
	job_write(store, &patient);
	if (company != NULL)
		company(&other);
	rig_settle(store);
	ok(job_good(&patient), "a patient work is stored");
	return (clock_mono_us() - began) / 1000;
}

static void
write_another(struct job *j)
{
	job_write(store, j);
}

static void
hurry(struct job *j)
{
	(void)j;
	store_hurry(store);
}

/* The least of some tries, on a machine that has other things to do. */
static int64_t
least_ms(void (*company)(struct job *))
{
	int64_t least = patient_ms(company);
	for (int i = 0; i < 50 && least >= 15; i++) {
		int64_t ms = patient_ms(company);
		if (ms < least)
			least = ms;
	}
	return least;
}

static void
test_patience(void)
{
	int64_t ms = patient_ms(NULL);
	ok(ms >= 15, "alone it waits for others to come, %lld ms",
	    (long long)ms);
	ms = least_ms(write_another);
	ok(ms < 15, "but goes with one that does not, %lld ms", (long long)ms);
	ms = least_ms(hurry);
	ok(ms < 15, "and at once when asked to, %lld ms", (long long)ms);
	store_hurry(store);
	ms = patient_ms(NULL);
	ok(ms >= 15, "asked too early it waits all the same, %lld ms",
	    (long long)ms);
}

int
main(void)
{
	const struct store_hooks hooks = { .batch_end = on_batch_end,
		.batch_done = on_batch_done };
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	crash_vfs_register();
	struct store_options o = rig_options("batch.db");
	struct fault f;
	o.vfs = CRASH_VFS;
	store = store_open(&o, &f);
	if (!ok(store != NULL, "a store is opened"))
		return tap_done();
	store_set_hooks(store, &hooks);
	store_start(store);
	test_one_fails_alone();
	test_parts();
	test_fault_on_the_way();
	test_commit_fails();
	test_essential();
	test_write_fails();
	test_engine_fails();
	test_patience();
	ok(hooked.n_end > 0 && hooked.n_committed > 0,
	    "the engine has its part in each batch");
	test_version();
	test_reopened(&o);
	test_failed_and_restarted(&o);
	test_long_batch(&o);
	test_latency(&o);
	rig_close(store);
	return tap_done();
}
