/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steps that pick the moment and the way: delay, condition, exit, and how long
 * a way may be.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

#define TRIGGER   "t trigger {'event_name':'x'}\n"
#define MAIL(key) key " send_email {'template':{'id':'t'}}"

/* ---- delay --------------------------------------------------------------- */

#define ONE_DAY TRIGGER "d delay {'duration':'1 day'}\n" MAIL("m")
#define TWO_DAYS \
	TRIGGER "d delay {'duration':'1 day'}\n" MAIL( \
	    "m") "\nd2 delay {'duration':'1 day'}\n" MAIL("m2")

static const struct story delays[] = {
	{ "a delay rests", ONE_DAY, NULL, NULL, "x", "-> at d" },
	{ "to its last millisecond", ONE_DAY, NULL, NULL,
	    "x;+86399.999 seconds", "-> at d" },
	{ "and not a millisecond longer", ONE_DAY, NULL, NULL,
	    "x;+86399.999 seconds;+0.001 seconds", "d, m -> completed" },
	{ "over a restart", ONE_DAY, NULL, NULL,
	    "x;+12 hours;restart;+11 hours 59 minutes 59.999 seconds",
	    "-> at d" },
	{ "after which it ends when it would have", ONE_DAY, NULL, NULL,
	    "x;+12 hours;restart;+12 hours", "d, m -> completed" },
	{ "after a long downtime it ends at once", ONE_DAY, NULL, NULL,
	    "x;>20 days", "d, m -> completed" },
	{ "the next delay counts from the moment the first was left", TWO_DAYS,
	    NULL, NULL, "x;>20 days;+23 hours", "d, m -> at d2" },
	{ "and ends a day later", TWO_DAYS, NULL, NULL, "x;>20 days;+24 hours",
	    "d, m, d2, m2 -> completed" },
	{ "in time, two delays are two days", TWO_DAYS, NULL, NULL,
	    "x;+47 hours", "d, m -> at d2" },
	{ "exactly", TWO_DAYS, NULL, NULL, "x;+48 hours",
	    "d, m, d2, m2 -> completed" },
	{ "a fraction of a unit is exact too",
	    TRIGGER "d delay {'duration':'1.5 hours'}", NULL, NULL,
	    "x;+5399.999 seconds", "-> at d" },
	{ "as is a sum of units",
	    TRIGGER "d delay {'duration':'1 hour, 2 minutes and 3 sec'}", NULL,
	    NULL, "x;+3723 seconds", "d -> completed" },
	{ "the longest is thirty days",
	    TRIGGER "d delay {'duration':'30 days'}", NULL, NULL,
	    "x;+2591999.999 seconds", "-> at d" },
	{ "which end", TRIGGER "d delay {'duration':'30 days'}", NULL, NULL,
	    "x;+30 days", "d -> completed" },
	{ "each run has its own", ONE_DAY, NULL, NULL, "x;+1 hour;x;+23 hours",
	    "d, m -> completed | -> at d" },
};

/* A delay of a day from noon before a day that has an hour or a date more or
 * less in some calendar: it is 24 hours all the same. */
static void
test_calendar(void)
{
	static const struct {
		int64_t from_ms;
		const char *what;
	} days[] = {
		{ INT64_C(1792843200000), "the night an hour is twice" },
		{ INT64_C(1806148800000), "the night an hour is missing" },
		{ INT64_C(1835352000000), "the eve of a leap day" },
		{ INT64_C(1835438400000), "a leap day" },
		{ INT64_C(1798718400000), "the end of a year" },
	};
	struct accepted out;
	struct run run;
	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	story_up(NULL);
	int64_t a = story_automation(ONE_DAY, NULL, NULL);
	for (size_t i = 0; i < N_OF(days); i++) {
		rig.now_ms = days[i].from_ms;
		rig_event("x", "ada@example.com", NULL, NULL, &out);
		rig_runs(a, &run);
		is_int(run.due_ms, days[i].from_ms + RIG_DAY, days[i].what);
		rig.now_ms += RIG_DAY - 1;
		rig_do_due();
		ok(rig_run(run.id).status == RUN_RUNNING, "is not shorter");
		rig.now_ms++;
		rig_do_due();
		ok(rig_run(run.id).status == RUN_COMPLETED, "nor longer");
	}
	unsetenv("TZ");
	tzset();
	rig_down();
}

/* What a run says of the times of its steps. */
static void
test_moments(void)
{
	struct run_step *steps;
	struct run run;
	story_up(NULL);
	int64_t a = story_automation(TWO_DAYS, NULL, NULL);
	story_play("x;>2 days;>1 day");
	rig_runs(a, &run);
	is_int(rig_steps(run.id, &steps), 4, "four steps are behind a run");
	static const int started[] = { 0, 48, 48, 72 };
	static const int finished[] = { 48, 48, 72, 72 };
	for (int i = 0; i < 4; i++)
		ok(steps[i].started_ms ==
			    RIG_NOON + started[i] * (int64_t)RIG_HOUR &&
			steps[i].finished_ms ==
			    RIG_NOON + finished[i] * (int64_t)RIG_HOUR,
		    "step %d says when it began and ended", i);
	is_int(run.finished_ms, RIG_NOON + 3 * (int64_t)RIG_DAY,
	    "and the run when it did");
	rig_down();
}

/* ---- condition ----------------------------------------------------------- */

#define RULE(rule) TRIGGER "c condition " rule "\n" MAIL("yes") "\n" MAIL("no")
#define BOTH       "t>c c>yes:condition_met c>no:condition_not_met"
#define IS(field, value) \
	RULE("{'type':'rule','field':'" field \
	     "','operator':'eq','value':" value "}")

static const char met[] = "c {'result':true}, yes -> completed";
static const char not_met[] = "c {'result':false}, no -> completed";

#define HEARD_RULE(field) \
	TRIGGER \
	"w wait_for_event {'event_name':'order.paid'}\n" \
	"c condition {'type':'rule','field':'" field \
	"','operator':'eq','value':'pro'}\n" MAIL("yes") "\n" MAIL("no")
#define HEARD_WAYS \
	"t>w w>c:event_received c>yes:condition_met c>no:condition_not_met"

static const struct story conditions[] = {
	{ "a condition over the event is met", IS("event.plan", "'pro'"), BOTH,
	    NULL, "x {'plan':'pro'}", met },
	{ "or not", IS("event.plan", "'pro'"), BOTH, NULL, "x {'plan':'basic'}",
	    not_met },
	{ "what the event does not say is not equal", IS("event.plan", "'pro'"),
	    BOTH, NULL, "x", not_met },
	{ "a field within a field", IS("event.order.plan", "'pro'"), BOTH, NULL,
	    "x {'order':{'plan':'pro'}}", met },
	{ "a field whose name has a dot", IS("event.order.plan", "'pro'"), BOTH,
	    NULL, "x {'order.plan':'pro'}", met },
	{ "a condition over the contact's own field",
	    IS("contact.first_name", "'Ada'"), BOTH, NULL,
	    "be {'first_name':'Ada'};x", met },
	{ "over a property", IS("contact.properties.plan", "'pro'"), BOTH, NULL,
	    "be {'properties':{'plan':'pro'}};x", met },
	{ "over a property by its bare name", IS("contact.plan", "'pro'"), BOTH,
	    NULL, "be {'properties':{'plan':'pro'}};x", met },
	{ "a property nobody has", IS("contact.plan", "'pro'"), BOTH, NULL, "x",
	    not_met },
	{ "over whether it is unsubscribed", IS("contact.unsubscribed", "true"),
	    BOTH, NULL, "be {'unsubscribed':true};x",
	    "c {'result':true}, yes skipped {'reason':'unsubscribed'} -> "
	    "completed" },
	{ "all of several rules",
	    RULE("{'type':'and','rules':[{'type':'rule','field':'event.a',"
		 "'operator':'eq','value':1},{'type':'rule','field':'event.b',"
		 "'operator':'gt','value':1}]}"),
	    BOTH, NULL, "x {'a':1,'b':2}", met },
	{ "one of which is false",
	    RULE("{'type':'and','rules':[{'type':'rule','field':'event.a',"
		 "'operator':'eq','value':1},{'type':'rule','field':'event.b',"
		 "'operator':'gt','value':1}]}"),
	    BOTH, NULL, "x {'a':1,'b':1}", not_met },
	{ "one of several rules",
	    RULE("{'type':'or','rules':[{'type':'rule','field':'event.a',"
		 "'operator':'eq','value':1},{'type':'rule','field':'event.b',"
		 "'operator':'gt','value':1}]}"),
	    BOTH, NULL, "x {'b':2}", met },
	{ "over an event waited for, whose name has a dot",
	    HEARD_RULE("wait_events.order.paid.plan"), HEARD_WAYS, NULL,
	    "x;order.paid {'plan':'pro'}",
	    "w heard, c {'result':true}, yes -> completed" },
	{ "which says something else",
	    HEARD_RULE("wait_events.order.paid.plan"), HEARD_WAYS, NULL,
	    "x {'plan':'pro'};order.paid {'plan':'basic'}",
	    "w heard, c {'result':false}, no -> completed" },
	{ "over the first event, after another was waited for",
	    HEARD_RULE("event.plan"), HEARD_WAYS, NULL,
	    "x {'plan':'pro'};order.paid {'plan':'basic'}",
	    "w heard, c {'result':true}, yes -> completed" },
	{ "over what it did not carry",
	    HEARD_RULE("wait_events.order.paid.plans"), HEARD_WAYS, NULL,
	    "x;order.paid {'plan':'pro'}",
	    "w heard, c {'result':false}, no -> completed" },
	{ "without a way for the rule met the run ends",
	    TRIGGER "c condition {'type':'rule','field':'event.a','operator':"
		    "'eq','value':1}\n" MAIL("no"),
	    "t>c c>no:condition_not_met", NULL, "x {'a':1}",
	    "c {'result':true} -> completed" },
	{ "without a way for the rule not met too",
	    TRIGGER "c condition {'type':'rule','field':'event.a','operator':"
		    "'eq','value':1}\n" MAIL("yes"),
	    "t>c c>yes:condition_met", NULL, "x",
	    "c {'result':false} -> completed" },
	{ "two ways may come together",
	    IS("event.plan", "'pro'") "\n" MAIL("end"), BOTH " yes>end no>end",
	    NULL, "x;x {'plan':'pro'}",
	    "c {'result':false}, no, end -> completed | c {'result':true}, "
	    "yes, end -> completed" },
	{ "the contact is read when the step runs, the event was",
	    TRIGGER
	    "d delay {'duration':'1 day'}\n"
	    "c condition {'type':'rule','field':'contact.plan',"
	    "'operator':'eq','value':'pro'}\n" MAIL("yes") "\n" MAIL("no"),
	    "t>d d>c c>yes:condition_met c>no:condition_not_met", NULL,
	    "be {'properties':{'plan':'basic'}};x {'plan':'basic'};"
	    "be {'properties':{'plan':'pro'}};+1 day",
	    "d, c {'result':true}, yes -> completed" },
};

/* ---- exit and ends ------------------------------------------------------- */

static const struct story ends[] = {
	{ "an exit ends the run before its way does",
	    TRIGGER MAIL("m") "\ne exit {}\n" MAIL("n"), NULL, NULL, "x",
	    "m, e -> cancelled exit_step" },
	{ "with a reason of its author's",
	    TRIGGER "e exit {'reason':'not our customer'}", NULL, NULL, "x",
	    "e -> cancelled not our customer" },
	{ "a trigger alone is a run that ends at once",
	    "t trigger {'event_name':'x'}", NULL, NULL, "x", "-> completed" },
	{ "a step without a way out ends the run",
	    TRIGGER "d delay {'duration':'1 day'}", NULL, NULL, "x;+1 day",
	    "d -> completed" },
};

/* ---- mails --------------------------------------------------------------- */

static const struct story mails[] = {
	{ "a mail has values of an event waited for",
	    TRIGGER "w wait_for_event {'event_name':'order.paid'}\n"
		    "m send_email {'template':{'id':'order','variables':{"
		    "'NO':{'var':'wait_events.order.paid.no'},"
		    "'PLAN':{'var':'event.plan'}}}}",
	    NULL, NULL,
	    "x {'plan':'pro','no':1};order.paid {'no':7,'plan':'basic'}",
	    "w heard, m <7 of pro> -> completed" },
	{ "of the one that came last, if it came twice",
	    TRIGGER "w wait_for_event {'event_name':'order.paid'}\n"
		    "v wait_for_event {'event_name':'order.paid'}\n"
		    "m send_email {'template':{'id':'order','variables':{"
		    "'NO':{'var':'wait_events.order.paid.no'},"
		    "'PLAN':'any'}}}",
	    NULL, NULL, "x;order.paid {'no':7};order.paid {'no':8}",
	    "w heard, v heard, m <8 of any> -> completed" },
	{ "a value that is missing fails the step, and the run",
	    TRIGGER "m send_email {'template':{'id':'order','variables':{"
		    "'NO':{'var':'event.no'},'PLAN':'any'}}}\n" MAIL("n"),
	    NULL, NULL, "x", "m failed invalid_email -> failed invalid_email" },
	{ "a step that is skipped does not end the run",
	    TRIGGER MAIL("m") "\ne exit {}", NULL, NULL,
	    "be {'unsubscribed':true};x",
	    "m skipped {'reason':'unsubscribed'}, e -> cancelled exit_step" },
	{ "a contact that came back gets mails again",
	    TRIGGER MAIL("m") "\nd delay {'duration':'1 day'}\n" MAIL("n"),
	    NULL, NULL,
	    "be {'unsubscribed':true};x;be {'unsubscribed':false};"
	    "+1 day",
	    "m skipped {'reason':'unsubscribed'}, d, n -> completed" },
};

/* ---- what is refused ----------------------------------------------------- */

static void
test_refusals(void)
{
	static const struct {
		const char *steps, *ways, *words;
	} bad[] = {
		{ TRIGGER "d delay {'duration':'31 days'}", NULL,
		    "at most 30 days" },
		{ TRIGGER "d delay {'duration':'720 hours 1 second'}", NULL,
		    "at most 30 days" },
		{ TRIGGER "d delay {'duration':'0 seconds'}", NULL,
		    "`0 seconds`" },
		{ TRIGGER "d delay {'duration':'soon'}", NULL, "`soon`" },
		{ TRIGGER "d delay {'duration':5}", NULL, "duration" },
		{ TRIGGER "d delay {}", NULL, "missing `config.duration`" },
		{ TRIGGER "w wait_for_event {'event_name':'y','timeout':"
			  "'31 days'}",
		    NULL, "at most 30 days" },
		{ TRIGGER "w wait_for_event {'event_name':'y','lookback':"
			  "'31 days'}",
		    NULL, "at most 30 days" },
		{ TRIGGER "w wait_for_event {}", NULL,
		    "missing `config.event_name`" },
		{ TRIGGER "w wait_for_event {'event_name':'y','filter_rule':{"
			  "'type':'rule','field':'wait_events.y.n','operator':"
			  "'eq','value':1}}",
		    NULL, "config.filter_rule" },
		{ TRIGGER "c condition {'type':'rule','field':'event.plan',"
			  "'operator':'nearly','value':1}",
		    NULL, "`nearly`" },
		{ TRIGGER "e exit {'reason':''}", NULL, "config.reason" },
		{ TRIGGER "e leave {}", NULL,
		    "no step type `leave`, only trigger, send_email, delay" },
		{ TRIGGER "d delay {'duration':'1 day'}\n" MAIL("m"),
		    "t>d d>m:timeout", "type `timeout` leaves step `d`" },
		{ TRIGGER "c condition {'type':'rule','field':'event.a',"
			  "'operator':'exists'}\n" MAIL("m"),
		    "t>c c>m", "type `default` leaves step `c`" },
		{ TRIGGER "d delay {'duration':'1 day'}\n" MAIL("m"), "t>d",
		    "Step `m`: no connection leads to it" },
		{ TRIGGER "d delay {'duration':'1 day'}\n" MAIL("m"),
		    "t>d d>m m>d", "cycle" },
		{ TRIGGER "d delay {'duration':'1 day'}", "t>d d>d",
		    "`d` leads to itself" },
		{ TRIGGER "d delay {'duration':'1 day'}", "t>d d>t",
		    "nothing may lead into the trigger" },
		{ TRIGGER "d delay {'duration':'1 day'}\n" MAIL("m"),
		    "t>d t>m d>m", "already has a connection" },
		{ TRIGGER "u trigger {'event_name':'y'}", NULL,
		    "exactly one trigger" },
	};
	story_up(NULL);
	for (size_t i = 0; i < N_OF(bad); i++) {
		const char *why =
		    story_refusal(bad[i].steps, bad[i].ways, NULL);
		ok(why != NULL && strstr(why, bad[i].words) != NULL,
		    "refused: %s", why != NULL ? why : "not at all");
	}
	rig_down();
}

/* ---- long ways ----------------------------------------------------------- */

/* Lines of a trigger and n-1 steps of one kind. */
static const char *
long_chain(int n, const char *rest)
{
	struct buf b = { 0 };
	buf_str(&b, "t trigger {'event_name':'x'}");
	for (int i = 1; i < n; i++)
		buf_printf(&b, "\ns%d %s", i, rest);
	const char *text = arena_strndup(rig.arena, b.data, b.len);
	buf_free(&b);
	return text;
}

static void
test_longest(void)
{
	struct run_step *steps;
	struct run run;
	story_up(NULL);
	int64_t a = story_automation(long_chain(GRAPH_STEPS_MAX,
					 "delay {'duration':'1 hour'}"),
	    NULL, NULL);
	story_play("x;+148 hours");
	rig_runs(a, &run);
	ok(run.status == RUN_RUNNING && run.step == GRAPH_STEPS_MAX - 1,
	    "a hundred and fifty steps are walked to the last one");
	story_play("+1 hour");
	run = rig_run(run.id);
	is_int(run.status, RUN_COMPLETED, "which ends");
	int n = rig_steps(run.id, &steps);
	bool in_order = n == GRAPH_STEPS_MAX - 1;
	for (int i = 0; i < n; i++)
		in_order = in_order && steps[i].step == i + 1 &&
		    steps[i].finished_ms ==
			RIG_NOON + (i + 1) * (int64_t)RIG_HOUR;
	ok(in_order, "each took its hour");
	const char *why = story_refusal(long_chain(GRAPH_STEPS_MAX + 1,
					    "delay {'duration':'1 hour'}"),
	    NULL, NULL);
	ok(why != NULL && strstr(why, "1 to 150 elements, not 151") != NULL,
	    "one more is refused: %s", why);
	rig_down();
}

/* More updates than the events one work may lead to would hold, were each run
 * let go on behind them. */
static void
test_long_updates(void)
{
	struct run run;
	story_up(NULL);
	story_automation(
	    "t trigger {'entry':{'type':'contact_property_changed','field':"
	    "'plan'}}",
	    NULL, NULL);
	struct buf b = { 0 };
	buf_str(&b, "t trigger {'event_name':'x'}");
	for (int i = 1; i < GRAPH_STEPS_MAX; i++)
		buf_printf(&b,
		    "\ns%d contact_update {'properties':{'plan':'p%d'}}", i, i);
	int64_t a = story_automation(b.data, NULL, NULL);
	buf_free(&b);
	story_play("x");
	rig_runs(a, &run);
	is_int(run.status, RUN_COMPLETED,
	    "a hundred and forty-nine updates in one go");
	is(story_contact("ada"), "- - {'plan':'p149'}", "the last one stands");
	rig_down();
}

int
main(void)
{
	test_calendar();
	test_moments();
	story_up(NULL);
	rig_template("order", "{{{NO}}} of {{{PLAN}}}", "<p>x</p>", true);
	STORIES(delays);
	STORIES(conditions);
	STORIES(ends);
	STORIES(mails);
	rig_down();
	test_refusals();
	test_longest();
	test_long_updates();
	return tap_done();
}
