/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What automations did, counted by the hour, and the pause of one whose mails
 * are suddenly many.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "engine/tally.h"
#include "store/jobs.h"
#include "store/runs.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

#define TRIGGER "t trigger {'event_name':'x'}\n"
#define MAIL    "m send_email {'template':{'id':'t'}}"
#define DELAY   TRIGGER "s delay {'duration':'1 day'}\n" MAIL

enum { CROWD = 2000 };

struct count {
	int64_t automation, first_ms, last_ms;
	struct tally sum;
};

static int
do_sum(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct count *c = arg;
	(void)a;
	return store_hour_sum(t, c->automation, c->first_ms / HOUR_MS,
	    c->last_ms / HOUR_MS, &c->sum, f);
}

/* "entered completed exited failed mails" of an automation in a span. */
static const char *
counts(int64_t automation, int64_t first_ms, int64_t last_ms)
{
	struct count c = { automation, first_ms, last_ms, { 0 } };
	rig_txn(do_sum, &c);
	return arena_printf(rig.arena, "%d %d %d %d %d", (int)c.sum.entered,
	    (int)c.sum.completed, (int)c.sum.exited, (int)c.sum.failed,
	    (int)c.sum.mails);
}

/* The same of all time. */
static const char *
total(int64_t automation)
{
	return counts(automation, 0, rig.now_ms + RIG_DAY);
}

/* Each script, and what it counts. */
static void
test_counts(void)
{
	static const struct {
		const char *steps, *settings, *script, *counts;
	} rows[] = {
		{ TRIGGER MAIL, NULL, "x", "1 1 0 0 1" },
		{ TRIGGER MAIL, NULL, "x;x;x", "3 3 0 0 3" },
		{ TRIGGER MAIL, NULL, "be {'unsubscribed':true};x",
		    "1 1 0 0 0" },
		{ TRIGGER MAIL "\ne exit {}", NULL, "x", "1 0 1 0 1" },
		{ DELAY, NULL, "x", "1 0 0 0 0" },
		{ DELAY, NULL, "x;+1 day", "1 1 0 0 1" },
		{ DELAY, NULL, "x;cancel", "1 0 1 0 0" },
		{ DELAY, NULL, "x;x;cancel-all", "2 0 2 0 0" },
		{ DELAY, NULL, "be {};x;gone", "1 0 1 0 0" },
		{ DELAY, NULL, "x;x;x;drop", "3 0 3 0 0" },
		{ DELAY, "{'on_stop':'cancel'}", "x;x;stop", "2 0 2 0 0" },
		{ DELAY, "{'exit':[{'type':'event','event_name':'y'}]}",
		    "x;x;y", "2 0 2 0 0" },
		{ DELAY, "{'max_duration':'1 hour'}", "x;+1 day", "1 0 1 0 0" },
		{ DELAY, "{'reentry':{'policy':'once'}}", "x;x;x",
		    "1 0 0 0 0" },
		{ TRIGGER MAIL "\nn send_email {'template':{'id':'t'},"
			       "'subject':'{{{event.no}}}'}",
		    NULL, "x", "1 0 0 1 1" },
		{ TRIGGER MAIL "\nn send_email {'template':{'id':'t'},"
			       "'subject':'{{{event.no}}}'}",
		    NULL, "x;retry", "1 0 0 1 1" },
		{ DELAY, NULL, "be {};start;+1 day", "1 1 0 0 1" },
	};
	story_up(NULL);
	for (size_t i = 0; i < N_OF(rows); i++) {
		story_strangers();
		int64_t a =
		    story_automation(rows[i].steps, NULL, rows[i].settings);
		story_play(rows[i].script);
		is(total(a), rows[i].counts, rows[i].script);
		rig_automation_set(a, -1);
	}
	rig_down();
}

static void
test_hours(void)
{
	story_up(NULL);
	int64_t a =
	    story_automation(TRIGGER "s delay {'duration':'1 hour'}\n" MAIL,
		NULL, NULL);
	int64_t begin = rig.now_ms;
	story_play("x;x;+1 hour;x;+1 hour");
	is(counts(a, begin, begin), "2 0 0 0 0", "in the hour of the entry");
	is(counts(a, begin + RIG_HOUR, begin + RIG_HOUR), "1 2 0 0 2",
	    "in the next");
	is(counts(a, begin + 2 * RIG_HOUR, begin + 2 * RIG_HOUR), "0 1 0 0 1",
	    "in the last");
	is(counts(a, begin, begin + 2 * RIG_HOUR), "3 3 0 0 3", "together");
	is(counts(a + 1, begin, rig.now_ms), "0 0 0 0 0", "no other's");
	rig_down();
}

/* ---- damage -------------------------------------------------------------- */

static int
do_put_step(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct run *r = arg;
	const struct run_step s = { .seq = r->seq, .step = r->step };
	(void)a;
	return store_step_insert(t, r, &s, f);
}

/* A run whose next step is in its history already, which nothing of ours
 * writes: it cannot be noted again. */
static int64_t
damaged_run(int64_t automation)
{
	struct run r;
	rig_runs(automation, &r);
	rig_txn(do_put_step, &r);
	return r.id;
}

/* Mails of a run that came to nothing are not counted. */
static void
test_undone_run(void)
{
	story_up(NULL);
	int64_t a = story_automation(TRIGGER
	    "s delay {'duration':'1 day'}\n" MAIL "\nd contact_update "
	    "{'first_name':'Ada'}",
	    NULL, NULL);
	story_play("x");
	struct run r;
	rig_runs(a, &r);
	r.seq += 2;
	rig_txn(do_put_step, &r);
	story_play("+1 day");
	is_int(rig_run(r.id).status, RUN_FAILED, "a damaged run fails");
	is(total(a), "1 0 0 1 0", "and what it did before is not counted");
	rig_down();
}

/* Whatever ends the runs of a contact or of an automation ends the sound ones,
 * whether or not it can note what it does to the damaged ones. */
static void
test_damaged_ends(void)
{
	static const struct {
		const char *script, *reason;
	} ends[] = {
		{ "y", "event_received" },
		{ "gone", "contact_deleted" },
		{ "drop", "automation_deleted" },
		{ "stop", "automation_stopped" },
		{ "cancel-all", "cancelled_by_hand" },
	};
	struct run run;
	for (size_t i = 0; i < N_OF(ends); i++) {
		story_up(NULL);
		int64_t a = story_automation(DELAY, NULL,
		    "{'on_stop':'cancel','exit':[{'type':'event',"
		    "'event_name':'y'}]}");
		story_play("be {};x");
		int64_t damaged = damaged_run(a);
		story_play("x");
		story_play(ends[i].script);
		rig_runs(a, &run);
		ok(run.status == RUN_CANCELLED &&
			strcmp(run.reason, ends[i].reason) == 0,
		    "%s: a sound run is cancelled", ends[i].reason);
		run = rig_run(damaged);
		ok(run.status == RUN_CANCELLED &&
			strcmp(run.reason, ends[i].reason) == 0,
		    "so is a damaged one before it");
		is(total(a), "2 0 2 0 0", "each is counted once");
		rig_down();
	}
}

/* ---- surges -------------------------------------------------------------- */

static const char surge[] = "engine { surge_factor = 5 surge_mails = 10 "
			    "mails_per_contact_day = 1000 }";

/* So many mails at once, each a contact's. */
static void
mail(int n)
{
	for (int i = 0; i < n; i++)
		story_play("x");
}

static bool
is_paused(int64_t automation)
{
	struct skip *skips;
	int before = rig_skips(automation, &skips);
	story_play("x");
	return rig_skips(automation, &skips) > before &&
	    skips[0].reason == SKIP_PAUSED;
}

static void
test_surge(void)
{
	story_up(surge);
	int64_t a = story_automation(TRIGGER MAIL, NULL, NULL);
	mail(50);
	ok(!is_paused(a), "a young automation may write many mails");
	for (int i = 0; i < 8; i++)
		story_play("+1 day;x");
	story_play("+1 hour");
	mail(9);
	ok(!is_paused(a), "an old one as many as are no surge");
	mail(1);
	ok(is_paused(a), "with more it is paused");
	int n = rig_runs(a, NULL);
	story_play("+1 day;x");
	is_int(rig_runs(a, NULL), n, "until somebody has looked");
	rig_automation_pause(a, false);
	mail(3);
	ok(!is_paused(a), "and resumed it");
	rig_down();
}

static void
test_usual(void)
{
	story_up(surge);
	int64_t a = story_automation(TRIGGER MAIL, NULL, NULL);
	for (int i = 0; i < 30; i++) {
		mail(8);
		story_play("+1 hour");
	}
	mail(39);
	ok(!is_paused(a), "five times the usual is no surge");
	mail(1);
	ok(is_paused(a), "more is");
	rig_down();
}

static void
test_no_surge(void)
{
	story_up("engine { surge_factor = 0 surge_mails = 10 "
		 "mails_per_contact_day = 1000 }");
	int64_t a = story_automation(TRIGGER MAIL, NULL, NULL);
	story_play("+3 days");
	mail(50);
	ok(!is_paused(a), "nothing is a surge where none is looked for");
	rig_down();
}

static int
do_crowd(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct event e = { .name = "x", .contact = *(int64_t *)arg };
	struct accepted out;
	for (int i = 0; i < CROWD; i++)
		if (engine_accept(rig.engine, t, a, &e, rig.now_ms, &out, f) !=
		    0)
			return -1;
	return 0;
}

/* Runs of a paused automation stand still; those of others go on. */
static void
test_surge_rests(void)
{
	struct email *mails;
	story_up(surge);
	int64_t ada = rig_contact("ada@example.com");
	int64_t a = story_automation(DELAY, NULL, NULL);
	int64_t b = story_automation("t trigger {'event_name':'y'}\n"
				     "s delay {'duration':'1 day'}\n" MAIL,
	    NULL, NULL);
	story_play("+2 days");
	is_int(rig_txn(do_crowd, &ada), 0, "a crowd rests");
	story_play("y;>1 day");
	int n = rig_emails(&mails);
	ok(n > 10 && n < CROWD,
	    "a surge of what wakes is cut off: %d of %d mails", n, CROWD);
	ok(is_paused(a), "and paused");
	is(total(b), "1 1 0 0 1", "others go on");
	rig_down();
}

/* What all automations did together is counted beside what each did. */
static void
test_whole(void)
{
	struct accepted out;
	rig_up(NULL);
	rig_template("t", "T", "<p>Hello</p>", true);
	rig_automation(rig_chain_of("x", 1, "t"), true);
	rig_automation(rig_chain_of("x", 1, "t"), true);
	int64_t c = rig_automation(rig_chain_of("y", 1, "t"), true);
	rig_event("x", "ada@example.com", NULL, NULL, &out);
	rig_event("y", "ada@example.com", NULL, NULL, &out);
	rig.now_ms += RIG_HOUR;
	rig_event("y", "eve@example.com", NULL, NULL, &out);
	is(total(c), "2 2 0 0 2", "an automation");
	is(total(WHOLE_SERVER), "4 0 0 0 0", "and all of them");
	is(counts(WHOLE_SERVER, rig.now_ms, rig.now_ms), "1 0 0 0 0",
	    "by the hour");
	rig_restart();
	rig_event("nothing", "eve@example.com", NULL, NULL, &out);
	is(total(WHOLE_SERVER), "4 0 0 0 0", "also after a restart");
	rig_down();
}

/* A mail was taken, and a work of the same batch fails. */
static int
do_sent(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct event e = { .name = "x", .contact = 1 };
	struct accepted out;
	struct fault why;
	(void)arg, (void)f;
	tally_sent(rig.engine);
	return engine_accept(rig.engine, t, a, &e, rig.now_ms, &out, &why) < 0;
}

static void
test_sent(void)
{
	rig_up(NULL);
	is_int(rig_txn(do_sent, NULL), 1, "a work fails behind a mail");
	is(total(WHOLE_SERVER), "0 0 0 0 1", "which is counted");
	rig_down();
}

int
main(void)
{
	test_counts();
	test_sent();
	test_whole();
	test_hours();
	test_undone_run();
	test_damaged_ends();
	test_surge();
	test_usual();
	test_no_surge();
	test_surge_rests();
	return tap_done();
}
