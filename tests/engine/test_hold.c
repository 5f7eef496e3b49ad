/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A held queue: mail is written and waits, what a crash left claimed stays as
 * it is, also over a restart, until the queue is released.
 */
#include "base/arena.h"
#include "store/emails.h"
#include "store/queue.h"
#include "tests/engine/rig.h"
#include "tests/tap.h"

static int
hold(struct txn *t, struct arena *a, void *held, struct fault *fault_r)
{
	(void)a;
	return engine_hold(rig.engine, t, *(bool *)held, fault_r);
}

static int
claim(struct txn *t, struct arena *a, void *arg, struct fault *fault_r)
{
	struct list list;
	(void)arg;
	return store_email_claim_due(t, a, rig.now_ms, 1, &list, fault_r);
}

static int
count(struct txn *t, struct arena *a, void *counts, struct fault *fault_r)
{
	(void)a;
	return store_queue_count(t, 2, counts, fault_r);
}

static struct queue_counts
counts(void)
{
	struct queue_counts n = { -1, -1 };
	rig_txn(count, &n);
	return n;
}

static bool
is_held(void)
{
	struct engine_figures f;
	engine_figures(rig.engine, &f);
	return f.is_held;
}

static int
n_of(enum email_status status)
{
	struct email *mails;
	int found = 0, n = rig_emails(&mails);
	for (int i = 0; i < n; i++)
		found += mails[i].status == status;
	return found;
}

static void
write_mails(int n)
{
	struct accepted out;
	for (int i = 0; i < n; i++)
		rig_event("x", "ada@example.com", NULL, NULL, &out);
}

static void
test_hold(const char *conf, enum email_status doubtful)
{
	bool yes = true, no = false;
	rig_up(conf);
	rig_template("t", "T", "<p>Hello</p>", true);
	rig_automation(rig_chain_of("x", 1, "t"), true);
	write_mails(4);
	is_int(rig_txn(claim, NULL), 0, "one mail is on its way");
	is_int(rig_txn(hold, &yes), 0, "the queue is held");
	rig_restart();
	ok(is_held(), "it stays so over a restart");
	is_int(n_of(EMAIL_SENDING), 1, "what was on its way is not touched");
	write_mails(2);
	is_int(n_of(EMAIL_QUEUED), 5, "mails are written as ever");
	is_int(counts().waiting, 2, "waiting ones are counted up to a limit");
	is_int(counts().sending, 1, "and those on their way");
	is_int(rig_txn(hold, &no), 0, "it is released");
	rig_restart();
	ok(!is_held(), "and stays so");
	is_int(n_of(EMAIL_SENDING), 0, "what was on its way is settled");
	is_int(n_of(doubtful), doubtful == EMAIL_QUEUED ? 6 : 1,
	    "as the configuration says");
	rig_down();
}

int
main(void)
{
	test_hold(NULL, EMAIL_QUEUED);
	test_hold("injection { on_doubt = hold }", EMAIL_IN_DOUBT);
	return tap_done();
}
