/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mail of which nobody knows whether the MTA has it: a crash leaves it so, and
 * what somebody decides.
 */
#include "engine/doubt.h"

#include <string.h>

#include "base/arena.h"
#include "engine/direct.h"
#include "store/direct.h"
#include "store/emails.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

#define TRIGGER "t trigger {'event_name':'x'}\n"
#define MAIL    "m send_email {'template':{'id':'t'}}"

static int
claim(struct txn *t, struct arena *a, void *arg, struct fault *fault_r)
{
	struct list list;
	(void)arg;
	return store_email_claim_due(t, a, rig.now_ms, 100, &list, fault_r);
}

static int
list_doubts(struct txn *t, struct arena *a, void *list, struct fault *fault_r)
{
	const struct page all = { .limit = 100 };
	return store_email_in_doubt(t, a, &all, list, fault_r);
}

static int
n_in_doubt(void)
{
	struct list list = { 0 };
	rig_txn(list_doubts, &list);
	return list.n;
}

static enum doubt_decision decision;

static int
decide(struct txn *t, struct arena *a, void *mail, struct fault *fault_r)
{
	return engine_doubt_decide(rig.engine, t, a, mail, decision, rig.now_ms,
	    fault_r);
}

static struct email
newest(void)
{
	struct email *mails;
	return rig_emails(&mails) > 0 ? mails[0] : (struct email){ 0 };
}

/* A mail was on its way when the server ended. */
static void
leave_in_doubt(void)
{
	story_play("x");
	is_int(rig_txn(claim, NULL), 0, "a mail is on its way");
	rig_restart();
}

static void
test_decisions(void)
{
	static const struct {
		enum doubt_decision what;
		enum email_status status;
		const char *name, *runs;
	} cases[] = {
		{ DOUBT_RESEND, EMAIL_QUEUED, "resend", "m -> at w" },
		{ DOUBT_SENT, EMAIL_SENT, "sent", "m, w heard -> completed" },
		{ DOUBT_DROP, EMAIL_FAILED, "drop", "m -> at w" },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		story_up("injection { on_doubt = hold }");
		int64_t runs = story_automation(TRIGGER MAIL
		    "\nw wait_for_event {'event_name':'resend:email.sent'}",
		    NULL, NULL);
		leave_in_doubt();
		is_int(newest().status, EMAIL_IN_DOUBT, "it is in doubt");
		is_int(newest().doubts, 1, "once");
		is_int(n_in_doubt(), 1, "and listed");
		struct email m = newest();
		decision = cases[i].what;
		ok(doubt_decision_find(cases[i].name) == (int)cases[i].what,
		    "somebody decides: %s", cases[i].name);
		is_int(rig_txn(decide, &m), 1, "which is done");
		is_int(newest().status, cases[i].status, "it is so");
		is_int(newest().doubts, 1, "and it is known what it was");
		is_int(n_in_doubt(), 0, "nothing is in doubt any more");
		is(story_runs(runs), cases[i].runs, "its run hears of it");
		m = newest();
		is_int(rig_txn(decide, &m), 0, "nobody decides twice");
		rig_down();
	}
}

/* A copy goes under the number of the attempt it is a copy of. */
static void
test_copy(void)
{
	story_up("injection { on_doubt = hold }");
	story_automation(TRIGGER MAIL, NULL, NULL);
	leave_in_doubt();
	struct email m = newest();
	decision = DOUBT_RESEND;
	rig_txn(decide, &m);
	is_int(newest().attempt, -1, "a copy is to go out");
	rig_txn(claim, NULL);
	is_int(newest().attempt, 1, "of the same attempt");
	rig_restart();
	is_int(newest().doubts, 2, "and may be in doubt again");
	rig_down();
}

/* An app's mail to two, of whom the MTA took one before. */
static int64_t direct;

static int
write_direct(struct txn *t, struct arena *a, void *arg, struct fault *fault_r)
{
	struct email m = { .status = EMAIL_IN_DOUBT,
		.attempt = 2,
		.stream = "",
		.sender = "shop@example.com",
		.recipient = "ada@example.com",
		.subject = "S",
		.is_direct = true };
	struct email_recipient to[] = { { .n = 0,
					    .address = "ada@example.com",
					    .key = "ada@example.com" },
		{ .n = 1,
		    .address = "eve@example.com",
		    .key = "eve@example.com" } };
	const bool *taken = arg;
	(void)a;
	m.id = direct = txn_new_id(t, rig.now_ms);
	if (store_email_insert(t, &m, fault_r) != 0)
		return -1;
	for (int i = 0; i < 2; i++)
		if (store_recipient_insert(t, m.id, &to[i], fault_r) != 0)
			return -1;
	to[0].outcome = RECIPIENT_TAKEN;
	return *taken ? store_recipient_settle(t, m.id, &to[0], fault_r) : 0;
}

static int
list_recipients(struct txn *t, struct arena *a, void *list,
    struct fault *fault_r)
{
	return store_recipient_list(t, a, direct, list, fault_r);
}

static void
test_direct(void)
{
	for (int taken = 0; taken < 2; taken++) {
		bool one_is = taken;
		struct list list = { 0 };
		rig_up(NULL);
		is_int(rig_txn(write_direct, &one_is), 0,
		    "an app's mail is in doubt");
		struct email m = newest();
		decision = DOUBT_DROP;
		is_int(rig_txn(decide, &m), 1, "it is dropped");
		is_int(newest().status, one_is ? EMAIL_SENT : EMAIL_FAILED,
		    one_is ? "one has it" : "nobody has it");
		rig_txn(list_recipients, &list);
		const struct email_recipient *all = list.items;
		ok(list.n == 2 && all[1].outcome == RECIPIENT_REFUSED &&
			all[0].outcome ==
			    (one_is ? RECIPIENT_TAKEN : RECIPIENT_REFUSED),
		    "as its recipients say");
		rig_down();
	}
}

int
main(void)
{
	test_decisions();
	test_copy();
	test_direct();
	return tap_done();
}
