/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people do to automations and runs: pause, stop, delete, cancel, retry,
 * edit.
 */
#include <string.h>

#include "base/arena.h"
#include "store/automations.h"
#include "store/runs.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

#define TRIGGER "t trigger {'event_name':'x'}\n"
#define MAIL    "m send_email {'template':{'id':'t'}}"
#define DELAY   TRIGGER "s delay {'duration':'1 day'}\n" MAIL
#define WAIT \
	TRIGGER "s wait_for_event {'event_name':'y','timeout':'1 day'}\n" MAIL
#define LATE         "t>s s>m:event_received"
#define LEFT(reason) "s skipped {'reason':'" reason "'} -> cancelled " reason

/* ---- pause --------------------------------------------------------------- */

static const struct story pauses[] = {
	{ "nobody enters a paused automation", DELAY, NULL, NULL, "pause;x",
	    " / paused" },
	{ "whom a filter would keep out is told that",
	    "t trigger {'entry':{'type':'event_received','event_name':'x',"
	    "'filter':{'type':'rule','field':'event.n','operator':'exists'}}}",
	    NULL, NULL, "pause;x;x {'n':1}", " / filter, paused" },
	{ "resumed it lets in", DELAY, NULL, NULL, "pause;x;resume;x",
	    "-> at s / paused" },
	{ "nobody comes in by hand either", DELAY, NULL, NULL,
	    "be {};pause;resume;start", "-> at s" },
	{ "its runs stay where they are", DELAY, NULL, NULL, "x;pause;+3 days",
	    "-> at s" },
	{ "what came due meanwhile is done at once when it is resumed", DELAY,
	    NULL, NULL, "x;pause;+3 days;resume", "s, m -> completed" },
	{ "what did not goes on as if there had been no pause", DELAY, NULL,
	    NULL, "x;pause;+12 hours;resume;+11 hours", "-> at s" },
	{ "to its own moment", DELAY, NULL, NULL,
	    "x;pause;+12 hours;resume;+12 hours", "s, m -> completed" },
	{ "over a restart too", DELAY, NULL, NULL,
	    "x;pause;restart;+3 days;restart", "-> at s" },
	{ "after which it can be resumed", DELAY, NULL, NULL,
	    "x;pause;restart;+3 days;resume", "s, m -> completed" },
	{ "a wait that hears its event is over, and nothing behind it is done",
	    WAIT, LATE, NULL, "x;pause;y;+1 hour", "s heard -> at m" },
	{ "until it is resumed", WAIT, LATE, NULL, "x;pause;y;+1 hour;resume",
	    "s heard, m -> completed" },
	{ "also when the timeout would have come before the end of the pause",
	    WAIT, LATE, NULL, "x;pause;y;+2 days;resume",
	    "s heard, m -> completed" },
	{ "a timeout during a pause comes at its end", WAIT, "t>s s>m:timeout",
	    NULL, "x;pause;+2 days;resume",
	    "s {'timed_out':true}, m -> completed" },
	{ "an event after it is too late", WAIT, "t>s s>m:timeout", NULL,
	    "x;pause;+2 days;resume;y",
	    "s {'timed_out':true}, m -> completed" },
	{ "exit rules act during a pause", DELAY, NULL,
	    "{'exit':[{'type':'event','event_name':'y'}]}", "x;pause;y",
	    LEFT("event_received") },
	{ "a contact deleted meanwhile ends its runs", DELAY, NULL, NULL,
	    "be {};x;pause;gone", LEFT("contact_deleted") },
	{ "a run can be cancelled meanwhile", DELAY, NULL, NULL,
	    "x;pause;cancel", LEFT("cancelled_by_hand") },
	{ "the longest time of a run goes on", DELAY, NULL,
	    "{'max_duration':'12 hours'}", "x;pause;+1 day;resume",
	    LEFT("max_duration") },
};

/* The emergency stop of all runs. */
static const struct story freezes[] = {
	{ "with all runs stopped an event is taken, and its run goes on later",
	    DELAY, NULL, NULL, "freeze;x;thaw", "-> at s" },
	{ "a delay that ends meanwhile ends at the thaw", DELAY, NULL, NULL,
	    "x;freeze;+2 days;thaw", "s, m -> completed" },
	{ "what began meanwhile begins at the thaw", DELAY, NULL, NULL,
	    "freeze;x;+2 days;thaw;+23 hours", "-> at s" },
	{ "an event heard meanwhile was heard", WAIT, LATE, NULL,
	    "x;freeze;y;+2 days;thaw", "s heard, m -> completed" },
	{ "a restart does not thaw", DELAY, NULL, NULL,
	    "x;freeze;restart;+2 days;thaw", "s, m -> completed" },
};

/* The same while they stand still; the next story must not. */
static void
test_frozen(void)
{
	story_up(NULL);
	int64_t a = story_automation(DELAY, NULL, NULL);
	story_play("x;freeze;+2 days;restart;+1 day;x");
	is(story_runs(a), "-> at s | -> at t", "frozen, nothing moves");
	ok(engine_is_paused(rig.engine, ENGINE_RUNS), "also after a restart");
	story_play("thaw");
	is(story_runs(a), "s, m -> completed | -> at s", "thawed, all does");
	rig_down();
}

/* Mails are written while none is sent. */
static void
test_injection(void)
{
	struct email *mails;
	story_up(NULL);
	int64_t a = story_automation(TRIGGER MAIL, NULL, NULL);
	rig_pause(ENGINE_INJECTION, true);
	story_play("x;restart");
	is(story_runs(a), "m -> completed", "runs go on while no mail leaves");
	ok(engine_is_paused(rig.engine, ENGINE_INJECTION),
	    "a restart does not end that");
	ok(rig_emails(&mails) == 1 && mails[0].status == EMAIL_QUEUED,
	    "their mails wait");
	rig_pause(ENGINE_INJECTION, false);
	ok(!engine_is_paused(rig.engine, ENGINE_INJECTION), "until it ends");
	rig_down();
}

/* When a pause ends, what came due first is done first. */
static void
test_oldest_first(void)
{
	struct email *mails;
	story_up(NULL);
	rig_template("n", "{{{event.n}}}", "<p>x</p>", true);
	story_automation(TRIGGER
	    "c condition {'type':'rule','field':'event.n','operator':'eq',"
	    "'value':1}\n"
	    "l delay {'duration':'3 hours'}\n"
	    "s delay {'duration':'1 hour'}\n"
	    "m send_email {'template':{'id':'n'}}",
	    "t>c c>l:condition_met c>s:condition_not_met l>m s>m", NULL);
	story_play("x {'n':1};x {'n':2};pause;+5 hours;resume");
	is_int(rig_emails(&mails), 2, "two mails after a pause");
	is(mails[1].subject, "2", "the one that was due first is first");
	is(mails[0].subject, "1", "though its run began later");
	rig_down();
}

/* ---- stop and delete ----------------------------------------------------- */

static const struct story stops[] = {
	{ "a stopped automation lets nobody in", DELAY, NULL, NULL, "stop;x",
	    "" },
	{ "those who are in go on", DELAY, NULL, NULL, "x;stop;+1 day",
	    "s, m -> completed" },
	{ "if it says so", DELAY, NULL, "{'on_stop':'continue'}",
	    "x;stop;+1 day", "s, m -> completed" },
	{ "or they are out", DELAY, NULL, "{'on_stop':'cancel'}",
	    "x;x;stop;+1 day",
	    LEFT("automation_stopped") " | " LEFT("automation_stopped") },
	{ "those who were done are not", DELAY, NULL, "{'on_stop':'cancel'}",
	    "x;+1 day;stop", "s, m -> completed" },
	{ "enabled again it lets in anew", DELAY, NULL, "{'on_stop':'cancel'}",
	    "x;stop;enable;x", LEFT("automation_stopped") " | -> at s" },
	{ "a deleted one has nobody", DELAY, NULL, "{'on_stop':'continue'}",
	    "x;x;drop",
	    LEFT("automation_deleted") " | " LEFT("automation_deleted") },
	{ "also if it was stopped before", DELAY, NULL, NULL, "x;stop;drop",
	    LEFT("automation_deleted") },
	{ "or paused", WAIT, LATE, NULL, "x;pause;drop",
	    LEFT("automation_deleted") },
	{ "nor does anybody come", DELAY, NULL, NULL, "drop;x", "" },
};

static void
test_stop_setting(void)
{
	story_up("engine { on_stop = cancel }");
	int64_t a = story_automation(DELAY, NULL, NULL);
	story_play("x;stop");
	is(story_runs(a), LEFT("automation_stopped"),
	    "where all automations are stopped so, one that says nothing is");
	int64_t b = story_automation(DELAY, NULL, "{'on_stop':'continue'}");
	story_play("x;stop;+1 day");
	is(story_runs(b), "s, m -> completed", "one that says otherwise not");
	rig_down();
}

/* ---- cancel and retry ---------------------------------------------------- */

#define FAILING \
	TRIGGER "f send_email {'template':{'id':'t'},'subject':" \
		"'{{{event.no}}}'}\n" MAIL

static const struct story cancels[] = {
	{ "a run that rests can be cancelled", DELAY, NULL, NULL,
	    "x;+1 hour;cancel;+1 day", LEFT("cancelled_by_hand") },
	{ "one that waits too", WAIT, LATE, NULL, "x;cancel;y",
	    LEFT("cancelled_by_hand") },
	{ "one that is done stays so", DELAY, NULL, NULL, "x;+1 day;cancel",
	    "s, m -> completed" },
	{ "all of a contact's, of all automations", DELAY, NULL, NULL,
	    "x;x;cancel-all;x",
	    LEFT("cancelled_by_hand") " | " LEFT(
		"cancelled_by_hand") " | -> at s" },
	{ "not another's", DELAY, NULL, NULL, "x;as eve;x;cancel-all",
	    "-> at s | " LEFT("cancelled_by_hand") },
	{ "what did not fail is not tried again", DELAY, NULL, NULL,
	    "x;+1 day;retry", "s, m -> completed" },
	{ "nor what was cancelled", DELAY, NULL, NULL, "x;cancel;retry",
	    LEFT("cancelled_by_hand") },
	{ "what failed is tried again at the step where it did", FAILING, NULL,
	    NULL, "x;retry",
	    "f failed invalid_email, f failed invalid_email -> failed "
	    "invalid_email" },
};

static void
test_retry(void)
{
	struct email *mails;
	story_up(NULL);
	int64_t template = rig_template("late", "Late", "<p>x</p>", false);
	int64_t a =
	    rig_automation(story_graph(TRIGGER
			       "s delay {'duration':'1 day'}\n"
			       "f send_email {'template':{'id':'late'}}\n"
			       "d delay {'duration':'1 day'}\n" MAIL,
			       NULL, NULL),
		false);
	rig_automation_set(a, 1);
	story_play("x;+1 day");
	is(story_runs(a),
	    "s, f failed template_unavailable -> failed template_unavailable",
	    "a run fails");
	rig_template_publish(template, "Late", "<p>x</p>");
	struct run run;
	rig_runs(a, &run);
	is_int(rig_run_retry(run.id), 1, "it is tried again");
	is_int(rig_run_retry(run.id), 0, "once");
	story_play("+23 hours");
	is(story_runs(a), "s, f failed template_unavailable, f <Late> -> at d",
	    "from the step it failed at, and goes on");
	story_play("+1 hour");
	is_int(rig_emails(&mails), 2, "to its end");
	is_int(rig_run(run.id).status, RUN_COMPLETED, "which is a good one");
	rig_down();
}

/* ---- versions ------------------------------------------------------------ */

static void
test_versions(void)
{
	story_up(NULL);
	rig_template("new", "New", "<p>x</p>", true);
	int64_t a = story_automation(DELAY, NULL, NULL);
	story_play("x");
	ok(rig_automation_edit(a,
	       story_graph(TRIGGER "w wait_for_event {'event_name':'y'}\n"
				   "m send_email {'template':{'id':'new'}}",
		   NULL, NULL)) == 0,
	    "an automation is edited with somebody inside");
	story_play("x;+1 day;y");
	is(story_runs(a), "s, m -> completed | w heard, m <New> -> completed",
	    "each run goes the way it began on");
	rig_automation_edit(a, story_graph(DELAY, NULL, NULL));
	story_play("x;restart");
	rig_automation_edit(a, story_graph(TRIGGER MAIL, NULL, NULL));
	story_play("restart;x;+1 day");
	is(story_runs(a),
	    "s, m -> completed | w heard, m <New> -> completed | "
	    "s, m -> completed | m -> completed",
	    "over restarts too");
	rig_down();
}

/* The event and the settings of an edit are for whom comes after it. */
static void
test_new_trigger(void)
{
	struct accepted out;
	story_up(NULL);
	int64_t a = story_automation(DELAY, NULL,
	    "{'exit':[{'type':'event','event_name':'bought'}]}");
	story_play("x");
	rig_automation_edit(a,
	    story_graph("t trigger {'event_name':'y'}\n"
			"s delay {'duration':'1 day'}\n" MAIL,
		NULL, NULL));
	rig_event("x", story_address("ada"), NULL, NULL, &out);
	is_int(out.outcome, EVENT_NO_AUTOMATION, "its old event is not heard");
	story_play("y;bought");
	is(story_runs(a), LEFT("event_received") " | -> at s",
	    "its old exits end old runs alone");
	rig_down();
}

/* ---- damage -------------------------------------------------------------- */

struct damage {
	int64_t run;
	const char *context;
};

static int
do_damage(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct damage *d = arg;
	struct run r;
	if (store_run_get(t, a, d->run, &r, f) != 1)
		return -1;
	r.context = d->context;
	return store_run_update(t, &r, f);
}

/* What a run learned is damaged: it fails alone, by time or by event. */
static void
test_damaged(void)
{
	static const char *const contexts[] = { "", "{", "[", "nonsense",
		"{\"lanes\":[1,0]}", "{\"lanes\":[-1,0]}",
		"{\"lanes\":[0,9]}" };
	static const char *const wakes[] = { "+1 day", "y" };
	struct run run;
	for (size_t i = 0; i < N_OF(contexts) * N_OF(wakes); i++) {
		story_up(NULL);
		int64_t a = story_automation(WAIT, LATE, NULL);
		story_play("x");
		rig_runs(a, &run);
		struct damage d = { run.id, contexts[i / 2] };
		ok(rig_txn(do_damage, &d) == 0, "%s", d.context);
		story_play("x");
		story_play(wakes[i % 2]);
		is_int(rig_run(run.id).status, RUN_FAILED, "fails a run");
		is(rig_run(run.id).reason, "damaged", "which says so");
		rig_runs(a, &run);
		is_int(run.status, RUN_COMPLETED, "another one goes on");
		rig_down();
	}
}

/* Histories where there are no runs yet: those that get these ids cannot write
 * theirs. */
static int
do_block(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	int64_t first = txn_new_id(t, rig.now_ms);
	int64_t apart = txn_new_id(t, rig.now_ms) - first;
	const struct run_step s = { .seq = 1 };
	(void)a, (void)arg;
	for (int i = 2; i < 20; i++) {
		const struct run r = { .id = first + i * apart };
		if (store_step_insert(t, &r, &s, f) != 0)
			return -1;
	}
	return 0;
}

/* One that cannot even begin fails alone, too. */
static void
test_damaged_start(void)
{
	struct run run;
	struct accepted out;
	story_up(NULL);
	rig_contact(story_address("ada"));
	int64_t bad = story_automation("t trigger {'event_name':'x'}\n"
				       "m send_email {'template':{'id':'t'}}",
	    NULL, NULL);
	int64_t good = story_automation("t trigger {'event_name':'x'}\n"
					"d delay {'duration':'1 day'}",
	    NULL, NULL);
	is_int(rig_txn(do_block, NULL), 0, "a history is in the way");
	is_int(rig_event("x", story_address("ada"), NULL, NULL, &out), 0,
	    "an event comes");
	is_int(out.runs, 2, "for two automations");
	rig_runs(bad, &run);
	ok(run.status == RUN_FAILED && run.reason != NULL &&
		strcmp(run.reason, "damaged") == 0,
	    "a run that cannot begin fails and says so");
	struct email *mails;
	is_int(rig_emails(&mails), 0, "what it wrote until then is undone");
	rig_runs(good, &run);
	is_int(run.status, RUN_RUNNING, "the other rests");
	rig_down();
}

/* What a paused automation's runs are due for is waited for from the moment it
 * goes on. */
static void
test_resumed_timer(void)
{
	story_up(NULL);
	int64_t a = story_automation("t trigger {'event_name':'x'}\n"
				     "d delay {'duration':'5 seconds'}",
	    "t>d", NULL);
	story_play("x");
	int64_t due = rig.now_ms + 5 * RIG_SECOND;
	rig_automation_pause(a, true);
	rig_automation_pause(a, false);
	ok(engine_next_ms(rig.engine) <= due, "a timer goes on with it");
	rig_automation_pause(a, true);
	story_play("y");
	rig_automation_pause(a, false);
	ok(engine_next_ms(rig.engine) <= due, "also when events came");
	rig_down();
}

int
main(void)
{
	test_resumed_timer();
	story_up(NULL);
	STORIES(pauses);
	STORIES(freezes);
	STORIES(stops);
	STORIES(cancels);
	rig_down();
	test_frozen();
	test_injection();
	test_oldest_first();
	test_stop_setting();
	test_retry();
	test_versions();
	test_new_trigger();
	test_damaged();
	test_damaged_start();
	return tap_done();
}
