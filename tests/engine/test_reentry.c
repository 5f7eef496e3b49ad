/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may come in again: once, once in a while, one at a time, and each of
 * these for every value of a key.
 */
#include <string.h>

#include "base/arena.h"
#include "base/id.h"
#include "store/emails.h"
#include "store/runs.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

#define TRIGGER         "t trigger {'event_name':'x'}"
#define DAY             TRIGGER "\nd delay {'duration':'1 day'}"
#define REENTRY(policy) "{'reentry':{'policy':" policy "}}"
#define ONCE            REENTRY("'once'")
#define PER_DAY         REENTRY("'once_per','per':'1 day'")
#define ONE             REENTRY("'one_at_a_time'")
#define KEY             ",'key':'event.order'"

static const struct story policies[] = {
	{ "without a policy one comes in always", TRIGGER, NULL, NULL, "x;x",
	    "-> completed | -> completed" },
	{ "as with this one", TRIGGER, NULL, REENTRY("'always'"), "x;x",
	    "-> completed | -> completed" },
	{ "also while in", DAY, NULL, REENTRY("'always'"), "x;x",
	    "-> at d | -> at d" },

	{ "once is once", TRIGGER, NULL, ONCE, "x;x;+60 days;x",
	    "-> completed / reentry_once, reentry_once" },
	{ "also while in", DAY, NULL, ONCE, "x;x", "-> at d / reentry_once" },
	{ "another contact has its own", TRIGGER, NULL, ONCE, "x;as eve;x;x",
	    "-> completed | -> completed / reentry_once" },
	{ "who left early was in", DAY, NULL, ONCE, "x;cancel;x",
	    "d skipped {'reason':'cancelled_by_hand'} -> cancelled "
	    "cancelled_by_hand / reentry_once" },
	{ "who failed was in",
	    TRIGGER "\nm send_email {'template':{'id':'t','variables':{}},"
		    "'subject':'{{{event.no}}}'}",
	    NULL, ONCE, "x;x",
	    "m failed invalid_email -> failed invalid_email / reentry_once" },
	{ "who was kept out by a filter was not",
	    "t trigger {'entry':{'type':'event_received','event_name':'x',"
	    "'filter':{'type':'rule','field':'event.n','operator':'exists'}}}",
	    NULL, ONCE, "x;x {'n':1};x {'n':2}",
	    "-> completed / filter, reentry_once" },
	{ "a contact that was deleted and made again is a new one", TRIGGER,
	    NULL, ONCE, "x;gone;x", "-> completed | -> completed" },
	{ "stopped and enabled again it is known who was in", TRIGGER, NULL,
	    ONCE, "x;stop;enable;x", "-> completed / reentry_once" },

	{ "once a day is not twice", TRIGGER, NULL, PER_DAY,
	    "x;+86399.999 seconds;x", "-> completed / reentry_window" },
	{ "after a day it is another", TRIGGER, NULL, PER_DAY, "x;+1 day;x",
	    "-> completed | -> completed" },
	{ "a refusal does not make it longer", TRIGGER, NULL, PER_DAY,
	    "x;+12 hours;x;+12 hours;x;+23 hours;x",
	    "-> completed | -> completed / reentry_window, reentry_window" },
	{ "it is the beginning that counts", DAY, NULL, PER_DAY, "x;+1 day;x;x",
	    "d -> completed | -> at d / reentry_window" },

	{ "one at a time waits for the end", DAY, NULL, ONE,
	    "x;+23 hours;x;+1 hour;x",
	    "d -> completed | -> at d / reentry_active" },
	{ "at the very moment of which one may come in", DAY, NULL, ONE,
	    "x;~1 day;x", "d -> completed | -> at d" },
	{ "an early end is one", DAY, NULL, ONE, "x;cancel;x",
	    "d skipped {'reason':'cancelled_by_hand'} -> cancelled "
	    "cancelled_by_hand | -> at d" },
	{ "a run that failed is over",
	    TRIGGER "\nm send_email {'template':{'id':'t'},'subject':"
		    "'{{{event.no}}}'}\nd delay {'duration':'1 day'}",
	    NULL, ONE, "x;x {'no':'T'};x",
	    "m failed invalid_email -> failed invalid_email | m -> at d / "
	    "reentry_active" },
};

static const struct story keys[] = {
	{ "once for each value of a key", TRIGGER, NULL, REENTRY("'once'" KEY),
	    "x {'order':1};x {'order':2};x {'order':1}",
	    "-> completed | -> completed / reentry_once" },
	{ "a number is no text", TRIGGER, NULL, REENTRY("'once'" KEY),
	    "x {'order':1};x {'order':'1'}", "-> completed | -> completed" },
	{ "a value may be an object", TRIGGER, NULL, REENTRY("'once'" KEY),
	    "x {'order':{'a':1}};x {'order':{'a':2}};x {'order':{'a':1}}",
	    "-> completed | -> completed / reentry_once" },
	{ "none is a value", TRIGGER, NULL, REENTRY("'once'" KEY),
	    "x;x {'order':null};x {}",
	    "-> completed / reentry_once, reentry_once" },
	{ "of its own, before others", TRIGGER, NULL, REENTRY("'once'" KEY),
	    "x;x {'order':1};x", "-> completed | -> completed / reentry_once" },
	{ "and behind them", TRIGGER, NULL, REENTRY("'once'" KEY),
	    "x {'order':1};x;x", "-> completed | -> completed / reentry_once" },
	{ "a contact's field may be the key", TRIGGER, NULL,
	    REENTRY("'once','key':'contact.plan'"),
	    "be {'properties':{'plan':'a'}};x;x;"
	    "be {'properties':{'plan':'b'}};x",
	    "-> completed | -> completed / reentry_once" },
	{ "once a day for each", TRIGGER, NULL,
	    REENTRY("'once_per','per':'1 day'" KEY),
	    "x {'order':1};+12 hours;x {'order':2};x {'order':1};+12 hours;"
	    "x {'order':2};x {'order':1}",
	    "-> completed | -> completed | -> completed / reentry_window, "
	    "reentry_window" },
	{ "none a day", TRIGGER, NULL, REENTRY("'once_per','per':'1 day'" KEY),
	    "x {'order':1};x;x;+1 day;x",
	    "-> completed | -> completed | -> completed / reentry_window" },
	{ "one at a time of each", DAY, NULL, REENTRY("'one_at_a_time'" KEY),
	    "x {'order':1};x {'order':2};x {'order':1};+1 day;x {'order':1}",
	    "d -> completed | d -> completed | -> at d / reentry_active" },
	{ "and of none", DAY, NULL, REENTRY("'one_at_a_time'" KEY),
	    "x {'order':1};x;x;+1 day;x",
	    "d -> completed | d -> completed | -> at d / reentry_active" },
};

/* ---- by hand and by enrolment -------------------------------------------- */

static void
test_by_hand(void)
{
	static const struct {
		const char *settings, *words;
	} refused[] = {
		{ ONCE, "in the automation before" },
		{ PER_DAY, "not long enough ago" },
		{ ONE, "in the automation now" },
	};
	struct contact c;
	int64_t run;
	story_up(NULL);
	for (size_t i = 0; i < N_OF(refused); i++) {
		story_strangers();
		int64_t a = story_automation(DAY, NULL, refused[i].settings);
		story_play("be {};start");
		rig_contact_find(story_address("ada"), &c);
		ok(rig_run_start(a, c.id, NULL, &run) == -1 &&
			rig.fault.kind == FAULT_INVALID &&
			strstr(rig.fault.text, refused[i].words) != NULL,
		    "by hand too: %s", rig.fault.text);
		is_int(rig_runs(a, NULL), 1, "there is one run");
		rig_automation_set(a, -1);
	}
	rig_down();
}

/* ---- versions ------------------------------------------------------------ */

static void
test_versions(void)
{
	story_up(NULL);
	int64_t a = story_automation(DAY, NULL, NULL);
	story_play("x");
	rig_automation_edit(a, story_graph(DAY, NULL, ONCE));
	story_play("x;as eve;x;x");
	is(story_runs(a), "-> at d | -> at d / reentry_once, reentry_once",
	    "a rule counts runs from before it was written");
	rig_automation_edit(a, story_graph(DAY, NULL, ONE));
	story_play("as ada;x;+1 day;x");
	is(story_runs(a),
	    "d -> completed | d -> completed | -> at d / reentry_once, "
	    "reentry_once, reentry_active",
	    "another one those of all versions");
	rig_down();
}

/* ---- pruning ------------------------------------------------------------- */

/* Runs are forgotten some day; who was in is not. */
static void
test_pruned(void)
{
	static const struct {
		const char *settings, *after, *what;
	} rules[] = {
		{ ONCE, " / reentry_once", "once" },
		{ REENTRY("'once_per','per':'300 days'"), " / reentry_window",
		    "once in 300 days" },
		{ REENTRY("'once_per','per':'99 days'"), "-> completed",
		    "once in 99 days" },
		{ REENTRY("'once'" KEY), " / reentry_once", "once for a key" },
	};
	story_up("retention { runs = \"10 days\" events = \"10 days\" }");
	for (size_t i = 0; i < N_OF(rules); i++) {
		story_strangers();
		int64_t a = story_automation(TRIGGER, NULL, rules[i].settings);
		story_play("x;+100 days");
		rig.now_ms += RIG_HOUR;
		rig_do_due();
		is(story_runs(a), "", "a run is forgotten");
		story_play("x");
		is(story_runs(a), rules[i].after, rules[i].what);
		rig_automation_set(a, -1);
	}
	rig_down();
}

/* ---- what is refused ----------------------------------------------------- */

static void
test_refusals(void)
{
	static const struct {
		const char *settings, *words;
	} bad[] = {
		{ "{'reentry':{}}", "settings: reentry" },
		{ "{'reentry':'once'}", "reentry" },
		{ REENTRY("'sometimes'"), "not `sometimes`" },
		{ REENTRY("'once_per'"), "needs `per`" },
		{ REENTRY("'once_per','per':'366 days'"), "at most 365 days" },
		{ REENTRY("'once','key':'order'"), "not `order`" },
		{ REENTRY("'once','key':'event.'"), "reentry.key" },
		{ "{'again':true}", "`settings.again` is unknown" },
		{ "{'on_stop':'finish'}", "not `finish`" },
		{ "{'max_duration':'366 days'}", "at most 365 days" },
		{ "{'enrol_existing':'yes'}", "enrol_existing" },
	};
	story_up(NULL);
	for (size_t i = 0; i < N_OF(bad); i++) {
		const char *why = story_refusal(TRIGGER, NULL, bad[i].settings);
		ok(why != NULL && strstr(why, bad[i].words) != NULL, "%s: %s",
		    bad[i].settings, why != NULL ? why : "taken");
	}
	rig_down();
}

int
main(void)
{
	story_up(NULL);
	STORIES(policies);
	STORIES(keys);
	rig_down();
	test_by_hand();
	test_versions();
	test_pruned();
	test_refusals();
	return tap_done();
}
