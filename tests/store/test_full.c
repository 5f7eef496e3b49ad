/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The disk is full to the last byte: new work is refused, what the MTA said is
 * still recorded, nothing acknowledged is lost, and once there is space again
 * all goes on as if nothing had been. On a small file system of its own.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/emails.h"
#include "tests/store/rig.h"
#include "tests/tap.h"

enum {
	DISK_MB = 24,
	LIMIT = 4 << 20,
	RESERVE = 2 << 20,
	EMAILS = 2000,
	ESSENTIAL = 120,
	BEFORE = 500,
	REFUSED_MS = 5000,
	AGAIN_MS = 5000
};

static struct store *store;
static struct store_options options;
static int64_t n_next = 1; /* number of the next contact */
static int64_t n_settle;   /* and of the next email to settle */

/* Mounts the file system where nobody else sees it. */
static const char *
small_disk(const char *dir)
{
	char size[40];
	snprintf(size, sizeof(size), "size=%dm", DISK_MB);
	if (getuid() != 0)
		return "needs root, to mount a small file system";
	if (mkdir(dir, 0700) != 0 || unshare(CLONE_NEWNS) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tmpfs", dir, "tmpfs", 0, size) != 0)
		return "no small file system can be mounted here";
	return NULL;
}

static void
fill_disk(const char *path)
{
	static char block[65536];
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	for (size_t n = sizeof(block); n > 0; n /= 2)
		while (write(fd, block, n) == (ssize_t)n)
			;
	close(fd);
}

/* ---- works ------------------------------------------------------------- */

/* Claimed emails, for answers to come. */
static int
put_claimed(struct txn *t, struct job *j, struct fault *fault_r)
{
	int rc = 0;
	for (int64_t i = 0; rc == 0 && i < j->n; i++) {
		const struct email e = { .id = contact_id(i),
			.status = EMAIL_SENDING,
			.attempt = 1,
			.node = txn_node(t),
			.sender = "shop@example.com",
			.recipient = "someone@example.com",
			.subject = "Welcome",
			.data = "{\"d\":{\"NAME\":\"Someone\"},\"r\":{}}" };
		rc = store_email_insert(t, &e, fault_r);
	}
	return rc;
}

/* What the MTA said of email n. */
static int
settle(struct txn *t, struct job *j, struct fault *fault_r)
{
	const struct email e = { .id = contact_id(j->n),
		.status = EMAIL_SENT,
		.attempt = 1,
		.code = 250,
		.answer = "2.0.0 Ok: queued as 4ZkQ2v6Zlhz1",
		.queue_id = "4ZkQ2v6Zlhz1",
		.settled_ms = 1790000000000 };
	return store_email_settle(t, &e, fault_r) == 1 ? 0 : -1;
}

static struct job
new_work(const char *text)
{
	return (struct job){ .run = put_contact, .n = n_next++, .text = text };
}

static struct job
essential_work(void)
{
	return (struct job){ .run = settle,
		.n = n_settle++,
		.work.essential = true };
}

/* ---- what is on the disk ----------------------------------------------- */

/* Everything acknowledged so far. */
static struct {
	int64_t contacts[20000];
	int n_contacts;
	int64_t settled[EMAILS];
	int n_settled;
} known;

static void
note(const struct job *j)
{
	if (!job_good(j))
		return;
	if (j->run == put_contact)
		known.contacts[known.n_contacts++] = j->n;
	else
		known.settled[known.n_settled++] = j->n;
}

static int
look(struct txn *t, struct job *j, struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct email e;
	int rc = 0;
	j->result = 0;
	for (int i = 0; rc == 0 && i < known.n_contacts; i++) {
		struct job one = { .n = known.contacts[i] };
		rc = find_contact(t, &one, fault_r);
		j->result += one.result != 1;
	}
	for (int i = 0; rc == 0 && i < known.n_settled; i++) {
		int64_t id = contact_id(known.settled[i]);
		if (store_email_get(t, a, id, &e, fault_r) != 1)
			rc = -1;
		j->result += rc == 0 && e.status != EMAIL_SENT;
	}
	arena_free(a);
	return rc;
}

static void
nothing_lost(const char *when)
{
	struct job j = { .run = look };
	job_read(store, &j);
	ok(rig_settle(store) && job_good(&j), "%s: the database is read", when);
	is_int(j.result, 0, "nothing acknowledged is lost");
}

/* Runs one after the other, each in a batch of its own; how many succeed. */
static int
run_alone(struct job (*make)(void), int n)
{
	int n_good = 0;
	for (int i = 0; i < n; i++) {
		struct job j = make();
		bool good = rig_do(store, &j) == 0;
		if (!good && n_good == i)
			printf("# %d: %s\n", i, j.work.fault.text);
		n_good += good;
		note(&j);
	}
	return n_good;
}

static struct job
small_new_work(void)
{
	return new_work("{\"plan\":\"pro\"}");
}

/* Submits new works until one is refused; how long that took, or -1. */
static int64_t
until_refused(void)
{
	static char text[2000];
	int64_t began = clock_mono_us();
	memset(text, 'x', sizeof(text) - 1);
	while (clock_mono_us() - began < REFUSED_MS * INT64_C(1000)) {
		struct job j = new_work(text);
		rig_do(store, &j);
		note(&j);
		if (j.work.fault.kind == FAULT_UNAVAILABLE) {
			printf("# %s\n", j.work.fault.text);
			return (clock_mono_us() - began) / 1000;
		}
	}
	return -1;
}

/* ---- the tests --------------------------------------------------------- */

static void
test_filling(const char *filler)
{
	struct job emails = { .run = put_claimed, .n = EMAILS };
	ok(rig_do(store, &emails) == 0, "mails are on their way");
	is_int(run_alone(small_new_work, BEFORE), BEFORE,
	    "there is space, and works succeed");
	fill_disk(filler);
	int64_t ms = until_refused();
	ok(ms >= 0, "the disk is full: new works are refused after %lld ms",
	    (long long)ms);
	nothing_lost("full");
}

static void
test_essential(void)
{
	int64_t began = clock_mono_us();
	is_int(run_alone(essential_work, ESSENTIAL), ESSENTIAL,
	    "answers of the MTA are still recorded, each by itself");
	ok(clock_mono_us() - began < 20 * INT64_C(1000000), "in time");
	struct job j = small_new_work();
	ok(rig_do(store, &j) != 0 && j.work.fault.kind == FAULT_UNAVAILABLE,
	    "while new works are refused");
	nothing_lost("after them");
}

/* Both kinds in one batch: the refused ones do not harm the others. */
static void
test_mixed(void)
{
	struct job jobs[20];
	struct gate gate;
	int n_new = 0, n_good = 0;
	gate_close(store, &gate);
	for (int i = 0; i < 20; i++) {
		jobs[i] = i % 2 ? small_new_work() : essential_work();
		job_write(store, &jobs[i]);
	}
	gate_open(&gate);
	rig_settle(store);
	for (int i = 0; i < 20; i++) {
		note(&jobs[i]);
		n_good += i % 2 == 0 && job_good(&jobs[i]);
		n_new += i % 2 == 1 && job_good(&jobs[i]);
	}
	is_int(n_new, 0, "new works in one batch with answers are refused");
	is_int(n_good, 10, "and the answers recorded");
}

static bool
takes_new_work(void *arg)
{
	struct job *j = arg;
	if (j->n_done == 0)
		return false;
	note(j);
	if (job_good(j))
		return true;
	*j = small_new_work();
	job_write(store, j);
	return false;
}

static void
test_space_again(const char *filler)
{
	struct job j = small_new_work();
	unlink(filler);
	int64_t began = clock_mono_us();
	job_write(store, &j);
	bool again = rig_until(store, takes_new_work, &j, AGAIN_MS);
	ok(again, "space again: new works succeed after %lld ms",
	    (long long)(clock_mono_us() - began) / 1000);
	is_int(run_alone(small_new_work, 50), 50, "and go on to succeed");
	is_int(run_alone(essential_work, 50), 50, "as do answers");
	nothing_lost("with space again");
}

/* A batch that is larger than what is left fails, and takes no answer of the
 * MTA with it. Two of the works are more than the log holds, whatever batches
 * they come in, so what fits leaves the reserve as it is. */
static void
test_too_large(const char *filler)
{
	enum { N = 12 };
	static char text[LIMIT - LIMIT / 4];
	struct job big[N], answers[N];
	struct gate gate;
	int n_good = 0, n_big = 0;
	memset(text, 'x', sizeof(text) - 1);
	gate_close(store, &gate);
	for (int i = 0; i < N; i++) {
		answers[i] = essential_work();
		big[i] = new_work(text);
		big[i].work.lane = 1;
		job_write(store, &answers[i]);
		job_write(store, &big[i]);
	}
	fill_disk(filler);
	gate_open(&gate);
	ok(rig_settle(store), "works larger than what is left come");
	for (int i = 0; i < N; i++) {
		note(&answers[i]);
		note(&big[i]);
		n_good += job_good(&answers[i]);
		n_big += job_good(&big[i]);
	}
	ok(n_big < N, "%d of %d of them fail", N - n_big, N);
	is_int(n_good, N, "the answers among them are recorded");
	nothing_lost("after them");
	ok(until_refused() >= 0, "new works are refused");
	is_int(run_alone(essential_work, 100), 100,
	    "answers that come later are recorded");
	test_space_again(filler);
}

static void
test_reopened(void)
{
	rig_close(store);
	store = rig_open(&options);
	nothing_lost("opened again");
}

int
main(void)
{
	const char *dir = rig_path("disk");
	const char *filler = rig_path("disk/filler");
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	const char *why = small_disk(dir);
	if (why != NULL) {
		tap_skip("a full disk", why);
		return tap_done();
	}
	options = rig_options("disk/full.db");
	options.wal_limit = LIMIT;
	options.wal_reserve = RESERVE;
	store = rig_open(&options);
	test_filling(filler);
	test_essential();
	test_mixed();
	test_space_again(filler);
	test_too_large(filler);
	test_reopened();
	rig_close(store);
	umount2(dir, MNT_DETACH);
	return tap_done();
}
