/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What comes first, what stops by itself, and that nobody waits for a crowd.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "store/contacts.h"
#include "store/events.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

#define TRIGGER "t trigger {'event_name':'x'}\n"
#define MAIL    "m send_email {'template':{'id':'t'}}"
#define DAY     TRIGGER "s delay {'duration':'1 day'}\n" MAIL

/* ---- loops --------------------------------------------------------------- */

/* Each run swaps the names, which starts another run. */
#define SWAP \
	"u contact_update {'first_name':{'var':'event.last_name'}," \
	"'last_name':{'var':'event.first_name'}}"
#define ON_UPDATE "t trigger {'event_name':'resend:contact.updated'}\n"
#define SWAPPED   "u {'changed':['first_name','last_name']} -> completed"
#define LATER     "d, " SWAPPED
#define BOTH(x)   x " | " x
#define EIGHT(x)  BOTH(BOTH(BOTH(x)))
#define STOPPED   " / too_deep"
#define NAMED     "be {'first_name':'Ada'}"

static const struct story loops[] = {
	{ "an automation that its own update starts stops by itself",
	    ON_UPDATE SWAP, NULL, NULL, "be {};" NAMED,
	    EIGHT(SWAPPED) STOPPED },
	{ "and can be started anew", ON_UPDATE SWAP, NULL, NULL,
	    "be {};" NAMED ";be {'first_name':'Eve'}",
	    BOTH(EIGHT(SWAPPED)) STOPPED ", too_deep" },
	{ "one with a delay in its loop stops too",
	    ON_UPDATE "d delay {'duration':'1 hour'}\n" SWAP, NULL, NULL,
	    "be {};" NAMED ";+30 hours", EIGHT(LATER) STOPPED },
	{ "after that time", ON_UPDATE "d delay {'duration':'1 hour'}\n" SWAP,
	    NULL, NULL, "be {};" NAMED ";+2 hours", BOTH(LATER) " | -> at d" },
	{ "one that changes nothing any more stops at once",
	    ON_UPDATE "u contact_update {'first_name':'Ada'}", NULL, NULL,
	    "be {};be {'last_name':'L'}",
	    "u {'changed':['first_name']} -> completed | u {'changed':[]} -> "
	    "completed" },
	{ "in and out of a segment is a loop too",
	    "t trigger {'entry':{'type':'contact_added_to_list','segment_id':"
	    "'$VIP'}}\no remove_from_segment {'segment_id':'$VIP'}\n"
	    "i add_to_segment {'segment_id':'$VIP'}",
	    NULL, NULL, "be {};join $VIP",
	    EIGHT("o {'changed':true}, i {'changed':true} -> completed")
		STOPPED },
};

static int
do_events(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct contact c;
	int64_t behind = 0;
	const char *key = story_address("ada");
	if (store_contact_by_key(t, a, key, &c, f) != 1)
		return -1;
	return store_event_of_contact(t, a, &c, &behind, 1000, arg, f);
}

/* The event that starts nothing more says why, and what its causes were. */
static void
test_too_deep(void)
{
	struct list list = { 0 };
	struct event e;
	struct skip *skips;
	enum event_outcome outcome;
	story_up("engine { max_depth = 3 }");
	int64_t a = story_automation(ON_UPDATE SWAP, NULL, NULL);
	story_play("be {};" NAMED);
	is(story_runs(a), SWAPPED " | " SWAPPED " | " SWAPPED STOPPED,
	    "so many runs as causes are allowed");
	ok(rig_txn(do_events, &list) >= 0, "the events of the contact");
	if (!is_int(list.n, 4, "are one more"))
		return rig_down();
	const struct event *all = list.items;
	int64_t cause = 0;
	for (int i = 0; i < list.n; i++) {
		rig_event_get(all[i].id, &e, &outcome);
		is_int(e.depth, i, "each is a cause deeper");
		is_int(e.cause, cause, "and names its cause");
		is_int(outcome, i == 3 ? EVENT_TOO_DEEP : EVENT_STARTED,
		    event_outcome_name(outcome));
		cause = e.id;
	}
	is_int(rig_skips(a, &skips), 1, "the automation says so as well");
	is_int(skips[0].reason, SKIP_TOO_DEEP, "with the reason");
	is_int(skips[0].event, cause, "the event");
	is_int(skips[0].contact, e.contact, "and the contact");
	rig_down();
}

/* An event too deep to start anything is heard by waits and exits. */
static void
test_deep_waits(void)
{
	story_up("engine { max_depth = 1 }");
	int64_t waiting = story_automation(TRIGGER
	    "w wait_for_event {'event_name':'resend:contact.updated'}\n" MAIL,
	    NULL, NULL);
	int64_t leaving = story_automation(DAY, NULL,
	    "{'exit':[{'type':'event','event_name':"
	    "'resend:contact.updated'}]}");
	int64_t starting = story_automation(ON_UPDATE MAIL, NULL, NULL);
	story_automation("t trigger {'event_name':'go'}\n"
			 "u contact_update {'first_name':'Ada'}",
	    NULL, NULL);
	story_play("x;go");
	is(story_runs(waiting), "w heard, m -> completed",
	    "a wait hears a deep event");
	is(story_runs(leaving),
	    "s skipped {'reason':'event_received'} -> cancelled "
	    "event_received",
	    "an exit does");
	is(story_runs(starting), STOPPED, "a trigger does not");
	rig_down();
}

/* Two that undo each other's work grow in number with each round; that ends.
 */
static void
test_quarrel(void)
{
	struct contact c;
	story_up(NULL);
	int64_t a = story_automation(ON_UPDATE
	    "u contact_update {'properties':{'plan':'a'}}",
	    NULL, NULL);
	int64_t b = story_automation(ON_UPDATE
	    "u contact_update {'properties':{'plan':'b'}}",
	    NULL, NULL);
	story_play("be {};" NAMED);
	int n = rig_runs(a, NULL);
	ok(n > 8 && n <= 256 && rig_runs(b, NULL) == n,
	    "two that undo each other's work stop after %d runs each", n);
	story_play("hello");
	is_int(rig_contact_find(story_address("ada"), &c), 1, "others go on");
	is_int(rig_runs(a, NULL), n, "nothing is left over");
	rig_down();
}

/* Four of them are more than one work may do: it is cut off, and said so; no
 * run is left behind. */
static void
test_riot(void)
{
	static const char *const plans[] = { "a", "b", "c", "d" };
	int64_t all[N_OF(plans)];
	struct run *runs;
	int n = 0, running = 0;
	story_up(NULL);
	for (size_t i = 0; i < N_OF(plans); i++)
		all[i] = story_automation(
		    arena_printf(rig.arena,
			ON_UPDATE "u contact_update {'properties':{'plan':"
				  "'%s'}}\n" MAIL,
			plans[i]),
		    NULL, NULL);
	story_play("be {};" NAMED ";+1 hour");
	for (size_t i = 0; i < N_OF(plans); i++) {
		int some = rig_runs_all(all[i], &runs);
		for (int k = 0; k < some; k++)
			running += runs[k].status == RUN_RUNNING;
		n += some;
	}
	ok(n > 1000, "%d runs of four that undo each other's work", n);
	is_int(running, 0, "all come to their end");
	rig_down();
}

/* ---- one after the other --------------------------------------------------
 */

static void
expect_mails(const char *const *subjects, int n)
{
	struct email *mails;
	is_int(rig_emails(&mails), n, "mails");
	for (int i = 0; i < n; i++)
		is(mails[n - 1 - i].subject, subjects[i], "in order");
}

/* Two automations that write a mail each: one at once, one after a day. */
static void
two_writers(void)
{
	story_up(NULL);
	rig_template("n", "{{{event.n}}}", "<p>x</p>", true);
	story_automation("t trigger {'event_name':'later'}\n"
			 "s delay {'duration':'1 day'}\n"
			 "m send_email {'template':{'id':'n'}}",
	    NULL, NULL);
	story_automation("t trigger {'event_name':'now'}\n"
			 "m send_email {'template':{'id':'n'}}",
	    NULL, NULL);
}

static void
test_overdue(void)
{
	static const char *const subjects[] = { "1", "2", "3", "4" };
	two_writers();
	story_play("later {'n':1};+1 second;later {'n':2};~2 days;now {'n':3};"
		   "now {'n':4}");
	expect_mails(subjects, 4);
	rig_down();
}

/* What is due of others is not done for an event's sake, nor forgotten. */
static void
test_others(void)
{
	static const char *const subjects[] = { "2", "1" };
	two_writers();
	story_play("later {'n':1};as eve;~2 days;now {'n':2}");
	expect_mails(subjects, 2);
	rig_down();
}

/* What stands still is passed over, and does not hide what does not. */
static void
test_paused_overdue(void)
{
	static const char *const subjects[] = { "2", "3" };
	story_up(NULL);
	rig_template("n", "{{{event.n}}}", "<p>x</p>", true);
	int64_t still = story_automation("t trigger {'event_name':'still'}\n"
					 "s delay {'duration':'1 hour'}\n"
					 "m send_email {'template':{'id':'n'}}",
	    NULL, NULL);
	story_automation("t trigger {'event_name':'later'}\n"
			 "s delay {'duration':'1 day'}\n"
			 "m send_email {'template':{'id':'n'}}",
	    NULL, NULL);
	story_automation("t trigger {'event_name':'now'}\n"
			 "m send_email {'template':{'id':'n'}}",
	    NULL, NULL);
	story_play("still {'n':1};later {'n':2}");
	rig_automation_pause(still, true);
	story_play("~2 days;now {'n':3}");
	expect_mails(subjects, 2);
	rig_down();
}

/* Of one event: what was due, who leaves, who waited, who begins. */
static void
test_within_event(void)
{
	static const char *const subjects[] = { "due", "waited", "begins" };
	story_up(NULL);
	rig_template("n", "{{{WHAT}}}", "<p>x</p>", true);
#define SAYS(what) \
	"m send_email {'template':{'id':'n','variables':{'WHAT':'" what "'}}}"
	int64_t begins =
	    story_automation("t trigger {'event_name':'y'}\n" SAYS("begins"),
		NULL, "{'reentry':{'policy':'one_at_a_time'}}");
	int64_t leaves = story_automation(TRIGGER
	    "w wait_for_event {'event_name':'y'}\n" SAYS("never"),
	    NULL, "{'exit':[{'type':'event','event_name':'y'}]}");
	story_automation(TRIGGER
	    "w wait_for_event {'event_name':'y'}\n" SAYS("waited"),
	    NULL, NULL);
	story_automation(TRIGGER "d delay {'duration':'1 hour'}\n" SAYS("due"),
	    NULL, NULL);
#undef SAYS
	story_play("x;~1 hour;y");
	expect_mails(subjects, 3);
	is_int(rig_runs(begins, NULL), 1, "one begins");
	is(story_runs(leaves),
	    "w skipped {'reason':'event_received'} -> cancelled "
	    "event_received",
	    "who leaves does not hear what it waited for");
	rig_down();
}

/* What a step causes is done before the run's next step. */
static void
test_caused_first(void)
{
	static const char *const subjects[] = { "of another", "its own" };
	story_up(NULL);
	rig_template("own", "its own", "<p>x</p>", true);
	rig_template("other", "of another", "<p>x</p>", true);
	story_automation(TRIGGER "u contact_update {'first_name':'Ada'}\n"
				 "m send_email {'template':{'id':'own'}}",
	    NULL, NULL);
	story_automation(ON_UPDATE "m send_email {'template':{'id':'other'}}",
	    NULL, NULL);
	story_play("be {};x");
	expect_mails(subjects, 2);
	rig_down();
}

/* A write of a contact is told in one order: the contact, then its segments in
 * the order of their making. */
static void
test_told(void)
{
	static const char *const names[] = { "resend:contact.created",
		"resend:segment.joined", "resend:segment.joined",
		"resend:contact.updated", "resend:contact.unsubscribed",
		"resend:segment.left", "resend:segment.joined" };
	static const char *const segments[] = { NULL, "{'segment_id':'$VIP'}",
		"{'segment_id':'$BASIC'}", NULL, NULL,
		"{'segment_id':'$BASIC'}", "{'segment_id':'$PRO'}" };
	struct list list = { 0 };
	struct event e;
	enum event_outcome outcome;
	story_up(NULL);
	story_segment("BASIC",
	    "{'type':'rule','field':'contact.plan','operator':'eq','value':"
	    "'basic'}");
	story_segment("PRO",
	    "{'type':'rule','field':'contact.plan','operator':'eq','value':"
	    "'pro'}");
	story_segment("VIP", NULL);
	for (size_t i = 0; i < N_OF(names); i++)
		if (i != 2 && i != 6)
			story_automation(arena_printf(rig.arena,
					     "t trigger {'event_name':'%s'}",
					     names[i]),
			    NULL, NULL);
	story_play("be {'properties':{'plan':'basic'},'segments':['$VIP']};"
		   "be {'properties':{'plan':'pro'},'unsubscribed':true}");
	ok(rig_txn(do_events, &list) >= 0, "the events of a contact");
	is_int(list.n, (int)N_OF(names), "one for each change");
	const struct event *all = list.items;
	for (int i = 0; i < list.n && i < (int)N_OF(names); i++) {
		rig_event_get(all[i].id, &e, &outcome);
		is(e.name, names[i], "told in order");
		if (segments[i] != NULL)
			is(e.payload, story_text(segments[i]), "of a segment");
	}
	rig_down();
}

/* ---- the clock ------------------------------------------------------------
 */

static const struct story clocks[] = {
	{ "a clock set back puts a delay off", DAY, NULL, NULL,
	    "x;+12 hours;<6 hours;+17 hours", "-> at s" },
	{ "to the moment it had", DAY, NULL, NULL,
	    "x;+12 hours;<6 hours;+18 hours", "s, m -> completed" },
	{ "what was woken before is not woken again", DAY, NULL, NULL,
	    "x;+1 day;<2 days;+3 days", "s, m -> completed" },
	{ "set forward it wakes at once", DAY, NULL, NULL, "x;>1 day",
	    "s, m -> completed" },
	{ "once", DAY, NULL, NULL, "x;>1 day;<1 day;+1 day",
	    "s, m -> completed" },
	{ "a run that began before it was set back keeps its moment", DAY, NULL,
	    NULL, "x;<10 days;x;+1 day", "-> at s | s, m -> completed" },
	{ "which comes", DAY, NULL, NULL, "x;<10 days;x;+11 days",
	    "s, m -> completed | s, m -> completed" },
	{ "over a restart too", DAY, NULL, NULL,
	    "x;<10 days;restart;+10 days;restart;+1 day", "s, m -> completed" },
	{ "a wait takes an event of a clock set back",
	    TRIGGER "w wait_for_event {'event_name':'y','timeout':'1 hour'}",
	    NULL, NULL, "x;<10 days;y;+20 days", "w heard -> completed" },
};

/* ---- fairness -------------------------------------------------------------
 */

static int
do_crowd(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct accepted out;
	for (int i = 0; i < *(int *)arg; i++) {
		struct event e = { .name = "x",
			.email = arena_printf(a, "c%d@example.com", i) };
		e.email_key = e.email;
		if (engine_accept(rig.engine, t, a, &e, rig.now_ms, &out, f) !=
		    0)
			return -1;
	}
	return 0;
}

/* Thousands due in one automation do not keep one of another waiting. */
static void
test_fair(void)
{
	enum { N = 2000, TURN = 64 };
	struct email *mails;
	int n = N, before = -1, batches = 0;
	story_up("engine { surge_factor = 0 }");
	rig_template("one", "One", "<p>x</p>", true);
	int64_t crowd = story_automation(DAY, NULL, NULL);
	is_int(rig_txn(do_crowd, &n), 0, "two thousand runs rest");
	story_automation("t trigger {'event_name':'one'}\n"
			 "s delay {'duration':'1 day'}\n"
			 "m send_email {'template':{'id':'one'}}",
	    NULL, NULL);
	story_play("one");
	rig.now_ms += RIG_DAY;
	for (; batches < N && rig_emails(&mails) <= N; batches++)
		rig_tick();
	int all = rig_emails(&mails);
	is_int(all, N + 1, "all come to their end");
	for (int i = 0; i < all; i++)
		if (strcmp(mails[i].subject, "One") == 0)
			before = all - 1 - i;
	ok(before >= 0 && before <= TURN,
	    "the one of another automation after %d of them", before);
	is_int(rig_runs(crowd, NULL), N, "each once");
	rig_down();
}

int
main(void)
{
	story_up(NULL);
	story_segment("VIP", NULL);
	STORIES(loops);
	STORIES(clocks);
	rig_down();
	test_too_deep();
	test_deep_waits();
	test_quarrel();
	test_riot();
	test_overdue();
	test_others();
	test_paused_overdue();
	test_within_event();
	test_caused_first();
	test_told();
	test_fair();
	return tap_done();
}
