/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for an event: what counts as it, what does not, and when it is too
 * late.
 */
#include <string.h>

#include "store/events.h"
#include "store/runs.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

#define TRIGGER      "t trigger {'event_name':'x'}\n"
#define YES          "yes send_email {'template':{'id':'t'}}\n"
#define LATE         "late send_email {'template':{'id':'t'}}"
#define WAIT(config) TRIGGER "w wait_for_event {" config "}\n" YES LATE
#define WAYS         "t>w w>yes:event_received w>late:timeout"
#define EVER \
	TRIGGER "w wait_for_event {'event_name':'y'}\n" \
		"yes send_email {'template':{'id':'t'}}"
#define A_DAY "'event_name':'y','timeout':'1 day'"
#define FILTERED \
	"'event_name':'y','timeout':'1 day','filter_rule':{'type':'rule'," \
	"'field':'event.n','operator':'gt','value':5}"

static const char heard[] = "w heard, yes -> completed";
static const char late[] = "w {'timed_out':true}, late -> completed";

static const struct story waits[] = {
	{ "a run waits", WAIT(A_DAY), WAYS, NULL, "x", "-> at w" },
	{ "until the event comes", WAIT(A_DAY), WAYS, NULL, "x;+1 hour;y",
	    heard },
	{ "an event from before the wait does not count", WAIT(A_DAY), WAYS,
	    NULL, "y;x;+1 hour", "-> at w" },
	{ "nor one of another name", WAIT(A_DAY), WAYS, NULL, "x;yy;Y",
	    "-> at w" },
	{ "nor one of another contact", WAIT(A_DAY), WAYS, NULL,
	    "x;as eve;y;be {};y", "-> at w" },
	{ "nor what started the run, though it has the name",
	    WAIT("'event_name':'x','timeout':'1 day'"), WAYS, NULL, "x",
	    "-> at w" },
	{ "the next of it resumes the run, and starts another",
	    WAIT("'event_name':'x','timeout':'1 day'"), WAYS, NULL,
	    "x;+1 hour;x", "w heard, yes -> completed | -> at w" },
	{ "it waits to the last millisecond", WAIT(A_DAY), WAYS, NULL,
	    "x;+86399.999 seconds", "-> at w" },
	{ "then time is over", WAIT(A_DAY), WAYS, NULL, "x;+1 day", late },
	{ "an event in the last millisecond is in time", WAIT(A_DAY), WAYS,
	    NULL, "x;+86399.999 seconds;y;+1 day", heard },
	{ "one at the very moment of the timeout is too late", WAIT(A_DAY),
	    WAYS, NULL, "x;~1 day;y", late },
	{ "as is one after it, though nothing was done meanwhile", WAIT(A_DAY),
	    WAYS, NULL, "x;~2 days;y", late },
	{ "a restart in between changes nothing", WAIT(A_DAY), WAYS, NULL,
	    "x;+1 hour;restart;y;restart;+1 day", heard },
	{ "also for the timeout", WAIT(A_DAY), WAYS, NULL,
	    "x;+1 hour;restart;+23 hours;y", late },
	{ "repeated events are absorbed", WAIT(A_DAY), WAYS, NULL,
	    "x;y;y;y;+2 days", heard },
	{ "without a timeout it waits for ever", EVER, NULL, NULL, "x;+50 days",
	    "-> at w" },
	{ "and hears the event then", EVER, NULL, NULL, "x;+50 days;y", heard },
	{ "without a way for the timeout the run ends there",
	    TRIGGER "w wait_for_event {" A_DAY "}\nyes exit {}",
	    "t>w w>yes:event_received", NULL, "x;+1 day",
	    "w {'timed_out':true} -> completed" },
	{ "without a way for the event too",
	    TRIGGER "w wait_for_event {" A_DAY "}\nlate exit {}",
	    "t>w w>late:timeout", NULL, "x;y", "w heard -> completed" },
	{ "a way of no type is that of the event",
	    TRIGGER "w wait_for_event {" A_DAY "}\n" YES LATE,
	    "t>w w>yes w>late:timeout", NULL, "x;y", heard },
	{ "not that of the timeout",
	    TRIGGER "w wait_for_event {" A_DAY "}\nyes exit {}", "t>w w>yes",
	    NULL, "x;+1 day", "w {'timed_out':true} -> completed" },
	{ "one of the event goes before it",
	    TRIGGER "w wait_for_event {" A_DAY "}\n" YES LATE,
	    "t>w w>late w>yes:event_received", NULL, "x;y", heard },
};

static const struct story filters[] = {
	{ "an event its filter does not take is ignored", WAIT(FILTERED), WAYS,
	    NULL, "x {'n':9};y {'n':5};y;y {'n':'many'}", "-> at w" },
	{ "the next one may be it", WAIT(FILTERED), WAYS, NULL,
	    "x;y {'n':5};+1 hour;y {'n':6}", heard },
	{ "or the timeout", WAIT(FILTERED), WAYS, NULL, "x;y {'n':5};+1 day",
	    late },
	{ "which an ignored event does not put off", WAIT(FILTERED), WAYS, NULL,
	    "x;+23 hours;y {'n':5};+59 minutes;y {'n':5};+1 minute", late },
	{ "a filter may ask the contact too",
	    WAIT("'event_name':'y','timeout':'9 "
		 "days','filter_rule':{'type':'rule','field':"
		 "'contact.plan','operator':'eq','value':'pro'}"),
	    WAYS, NULL,
	    "be {'properties':{'plan':'basic'}};x;y;"
	    "be {'properties':{'plan':'pro'}};y",
	    heard },
	{ "as it is when the event comes",
	    WAIT("'event_name':'y','timeout':'9 "
		 "days','filter_rule':{'type':'rule','field':"
		 "'contact.plan','operator':'eq','value':'pro'}"),
	    WAYS, NULL,
	    "be {'properties':{'plan':'pro'}};x;"
	    "be {'properties':{'plan':'basic'}};y",
	    "-> at w" },
};

/* ---- several at a time --------------------------------------------------- */

#define TWICE \
	TRIGGER "a wait_for_event {'event_name':'y'}\n" \
		"b wait_for_event {'event_name':'y'}\n" \
		"m send_email {'template':{'id':'t'}}"

static const struct story severals[] = {
	{ "one event ends one wait of a run", TWICE, NULL, NULL, "x;y",
	    "a heard -> at b" },
	{ "the next one the next", TWICE, NULL, NULL, "x;y;y",
	    "a heard, b heard, m -> completed" },
	{ "one event ends the waits of all runs of its contact", WAIT(A_DAY),
	    WAYS, NULL, "x;x;y",
	    "w heard, yes -> completed | w heard, yes -> completed" },
	{ "a wait behind a delay hears what comes after it",
	    TRIGGER "d delay {'duration':'1 day'}\n"
		    "w wait_for_event {'event_name':'y'}",
	    NULL, NULL, "x;y;+1 day;+1 hour", "d -> at w" },
	{ "the delay is over before an event that comes after it",
	    TRIGGER "d delay {'duration':'1 day'}\n"
		    "w wait_for_event {'event_name':'y'}",
	    NULL, NULL, "x;~1 day;y", "d, w heard -> completed" },
	{ "two waits in a row have a time each",
	    TRIGGER "w wait_for_event {" A_DAY "}\n"
		    "v wait_for_event {'event_name':'z','timeout':'1 day'}\n"
		    "late exit {}",
	    "t>w w>v:event_received v>late:timeout", NULL,
	    "x;+23 hours;y;+23 hours", "w heard -> at v" },
};

/* ---- looking back -------------------------------------------------------- */

#define BACK          "'event_name':'y','timeout':'1 day','lookback':'1 hour'"
#define BACK_FILTERED FILTERED ",'lookback':'1 hour'"

static const struct story lookbacks[] = {
	{ "a wait that looks back takes what came shortly before", WAIT(BACK),
	    WAYS, NULL, "be {};y;+59 minutes;x", heard },
	{ "to the millisecond", WAIT(BACK), WAYS, NULL, "be {};y;+1 hour;x",
	    heard },
	{ "not what came earlier", WAIT(BACK), WAYS, NULL,
	    "be {};y;+3600.001 seconds;x", "-> at w" },
	{ "without any it waits", WAIT(BACK), WAYS, NULL, "x;+1 hour;y",
	    heard },
	{ "and times out", WAIT(BACK), WAYS, NULL, "x;+1 day", late },
	{ "what its filter does not take is passed over", WAIT(BACK_FILTERED),
	    WAYS, NULL, "be {};y {'n':9};y {'n':1};x", heard },
	{ "if there is no other it waits", WAIT(BACK_FILTERED), WAYS, NULL,
	    "be {};y {'n':1};x", "-> at w" },
	{ "the newest one counts",
	    TRIGGER "w wait_for_event {'event_name':'y','lookback':'1 hour'}\n"
		    "m send_email {'template':{'id':'no','variables':{'NO':"
		    "{'var':'wait_events.y.n'}}}}",
	    NULL, NULL, "be {};y {'n':1};+1 minute;y {'n':2};x",
	    "w heard, m <2> -> completed" },
	{ "of another contact none counts", WAIT(BACK), WAYS, NULL,
	    "as eve;be {};y;as ada;be {};x", "-> at w" },
	{ "it looks back from the moment the run came to it",
	    TRIGGER "d delay {'duration':'2 hours'}\nw wait_for_event {" BACK
		    "}\n" YES LATE,
	    "t>d d>w w>yes:event_received w>late:timeout", NULL,
	    "x;+30 minutes;y;+90 minutes", "d -> at w" },
	{ "so one that came during a delay may count",
	    TRIGGER "d delay {'duration':'2 hours'}\nw wait_for_event {" BACK
		    "}\n" YES LATE,
	    "t>d d>w w>yes:event_received w>late:timeout", NULL,
	    "x;+90 minutes;y;+30 minutes", "d, w heard, yes -> completed" },
	{ "what began the run is not what it waits for",
	    TRIGGER "w wait_for_event {'event_name':'x','lookback':'1 hour'}",
	    NULL, NULL, "be {};x", "-> at w" },
};

/* Only what was accepted since somebody looks back is remembered. */
static void
test_remembered(void)
{
	story_up(NULL);
	story_play("be {};young");
	int64_t a = story_automation(TRIGGER
	    "w wait_for_event {'event_name':'young','lookback':"
	    "'1 hour'}",
	    NULL, NULL);
	story_play("+1 minute;x");
	is(story_runs(a), "-> at w",
	    "what came before anybody looked back is not known");
	rig_down();
}

/* ---- system events ------------------------------------------------------- */

#define OPENED "'event_name':'resend:email.opened','timeout':'1 day'"

static const struct story system_events[] = {
	{ "a run hears of its own mail", WAIT(OPENED), WAYS, NULL,
	    "x;mail resend:email.opened {'email_id':'1'}", heard },
	{ "not of others' mails", WAIT(OPENED), WAYS, NULL,
	    "x;foreign resend:email.opened {'email_id':'1'}", "-> at w" },
	{ "of two runs it is the one whose mail it was", WAIT(OPENED), WAYS,
	    NULL, "x;x;mail resend:email.opened {'email_id':'1'}",
	    "-> at w | w heard, yes -> completed" },
	{ "a filter may look into it",
	    WAIT("'event_name':'resend:email.clicked','timeout':'9 "
		 "days','filter_rule':{'type':"
		 "'rule','field':'event.link','operator':'contains','value':"
		 "'shop'}"),
	    WAYS, NULL,
	    "x;mail resend:email.clicked {'link':'https://example.com/'};"
	    "mail resend:email.clicked {'link':'https://shop.example.com/'}",
	    heard },
	{ "a wait for a change of the contact hears of one",
	    WAIT("'event_name':'resend:contact.updated','timeout':'9 days'"),
	    WAYS, NULL, "be {};x;be {'first_name':'Ada'}", heard },
	{ "not of a write that changes nothing",
	    WAIT("'event_name':'resend:contact.updated','timeout':'9 days'"),
	    WAYS, NULL, "be {'first_name':'Ada'};x;be {'first_name':'Ada'}",
	    "-> at w" },
	{ "a wait for a segment hears of it",
	    WAIT("'event_name':'resend:segment.joined','timeout':'9 "
		 "days','filter_rule':{'type':"
		 "'rule','field':'event.segment_id','operator':'eq','value':"
		 "'$VIP'}"),
	    WAYS, NULL, "be {};x;join $OTHER;join $VIP", heard },
	{ "not of another one",
	    WAIT("'event_name':'resend:segment.joined','timeout':'9 "
		 "days','filter_rule':{'type':"
		 "'rule','field':'event.segment_id','operator':'eq','value':"
		 "'$VIP'}"),
	    WAYS, NULL, "be {};x;join $OTHER", "-> at w" },
};

/* ---- what is left behind ------------------------------------------------- */

struct waiting {
	int64_t contact;
	const char *name;
};

static int
do_waits(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct waiting *w = arg;
	struct event_name name;
	struct wait_place p = { 0 };
	struct list list = { 0 };
	if (store_name_get(t, a, w->name, &name, f) != 1 ||
	    store_wait_place(t, w->contact, name.num, &p, f) < 0 ||
	    store_wait_list(t, a, w->contact, name.num, &p, 0, 100, &list, f) !=
		0)
		return -1;
	return list.n;
}

/* Whatever ends a wait, its row goes. */
static void
test_rows(void)
{
	static const char *const ends[] = { "y", "+1 day", "cancel", "gone",
		"drop" };
	struct contact c;
	struct run run;
	for (size_t i = 0; i < N_OF(ends); i++) {
		story_up(NULL);
		int64_t a = story_automation(WAIT(A_DAY), WAYS, NULL);
		story_play("x");
		rig_contact_find(story_address("ada"), &c);
		struct waiting w = { c.id, "y" };
		is_int(rig_txn(do_waits, &w), 1, "a run waits");
		story_play(ends[i]);
		rig_runs(a, &run);
		ok(run.status != RUN_RUNNING, "not behind `%s`: %s", ends[i],
		    story_runs(a));
		is_int(rig_txn(do_waits, &w), 0, "nor does its row");
		rig_down();
	}
}

int
main(void)
{
	story_up(NULL);
	rig_template("no", "{{{NO}}}", "<p>x</p>", true);
	story_segment("VIP", NULL);
	story_segment("OTHER", NULL);
	STORIES(waits);
	STORIES(filters);
	STORIES(severals);
	STORIES(lookbacks);
	STORIES(system_events);
	rig_down();
	test_remembered();
	test_rows();
	return tap_done();
}
