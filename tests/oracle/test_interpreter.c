/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interpreter that the engine is compared with, by itself: stories whose
 * end is known. JSON is written with ' for ".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/oracle/generate.h"
#include "tests/oracle/oracle_private.h"
#include "tests/oracle/play.h"
#include "tests/tap.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
static const int64_t DAY = 24 * HOUR, START = 1000000;

static struct world *world;
static char path[4000];

static json_t *
json(const char *text)
{
	char *copy = strdup(text);
	for (char *p = copy; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	json_t *j = json_loads(copy, JSON_DECODE_ANY, NULL);
	if (j == NULL)
		printf("Bail out! no JSON: %s\n", copy), exit(1);
	free(copy);
	return j;
}

/* Enabled. */
static int
automation(const char *text)
{
	json_t *graph = json(text);
	int a = world_automation(world, graph);
	json_decref(graph);
	world_switch(world, a, ORACLE_ENABLE);
	return a;
}

static struct oracle_heard
event(const char *name, const char *email, const char *payload)
{
	json_t *j = payload != NULL ? json(payload) : NULL;
	struct oracle_heard heard = world_event(world, name, email, j);
	json_decref(j);
	world_tick(world);
	return heard;
}

static void
create(const char *email, const char *text)
{
	json_t *fields = json(text);
	world_contact_create(world, email, fields, NULL);
	json_decref(fields);
	world_tick(world);
}

static void
update(const char *email, const char *text)
{
	json_t *fields = json(text);
	world_contact_update(world, email, fields);
	json_decref(fields);
	world_tick(world);
}

static void
at(int64_t ms)
{
	world_advance(world, START + ms);
}

static const struct oracle_run *
run(int i)
{
	return world->runs.items[i];
}

/* A run as words: its status, its reason, its steps; a skipped one in
 * brackets. */
static const char *
story(int i)
{
	const struct oracle_run *r = run(i);
	size_t n = (size_t)snprintf(path, sizeof(path),
	    "%s%s%s:", oracle_status_name(r->status),
	    r->reason != NULL ? "," : "", r->reason != NULL ? r->reason : "");
	for (int k = 0; k < r->history.n; k++) {
		const struct oracle_row *row = r->history.items[k];
		bool skipped = strcmp(row->status, "skipped") == 0;
		n += (size_t)snprintf(path + n, sizeof(path) - n, " %s%s%s",
		    skipped ? "[" : "", row->step, skipped ? "]" : "");
	}
	return path;
}

static void
begin(void)
{
	world = world_new(START, NULL);
	world_segment(world, "list", NULL);
	world_topic(world, "news");
	world_template(world, "mail", NULL);
	world_template(world, "plan", "PLAN");
}

static void
end(void)
{
	world_free(world);
}

/* ---- the two stories --------------------------------------------------- */

static const char guard_story[] =
    "{'steps':["
    "{'key':'start','type':'trigger','config':{'event_name':'go'}},"
    "{'key':'w1','type':'delay','config':{'duration':'2 minutes'}},"
    "{'key':'intro','type':'send_email','config':{'template':{'id':'mail'}}},"
    "{'key':'fork','type':'branch','config':{'branches':["
    "{'key':'pro','filter':{'conditions':[{'field':'customFields.plan',"
    "'operator':'equals','value':'pro','fieldType':'string'}]},"
    "'applies_to':'all_branch_steps','to':'w2','merge_to':'w5'},"
    "{'key':'any','filter':{'conditions':[{'field':'customFields.plan',"
    "'operator':'is_not_empty'}]},'to':'w4'}]}},"
    "{'key':'w2','type':'delay','config':{'duration':'2 minutes'}},"
    "{'key':'pro','type':'send_email','config':{'template':{'id':'mail'}}},"
    "{'key':'w3','type':'delay','config':{'duration':'1 minute'}},"
    "{'key':'follow','type':'send_email','config':{'template':{'id':'mail'}}},"
    "{'key':'w4','type':'delay','config':{'duration':'2 minutes'}},"
    "{'key':'plain','type':'send_email','config':{'template':{'id':'mail'}}},"
    "{'key':'w5','type':'delay','config':{'duration':'2 minutes'}},"
    "{'key':'merged','type':'send_email','config':{'template':{'id':'mail'}}}"
    "],'connections':["
    "{'from':'start','to':'w1'},{'from':'w1','to':'intro'},"
    "{'from':'intro','to':'fork'},{'from':'w2','to':'pro'},"
    "{'from':'pro','to':'w3'},{'from':'w3','to':'follow'},"
    "{'from':'w4','to':'plain'},{'from':'w5','to':'merged'}]}";

/* When the nth mail was written, in minutes. */
static int
minute_of(int n)
{
	if (n >= world->mails.n)
		return -1;
	const struct oracle_mail *m = world->mails.items[n];
	return (int)((m->at_ms - START) / MINUTE);
}

static void
test_guard(void)
{
	begin();
	automation(guard_story);
	create("pro@x", "{'properties':{'plan':'pro'}}");
	event("go", "pro@x", NULL);
	at(HOUR);
	is(story(0), "completed: w1 intro fork w2 pro w3 follow w5 merged",
	    "who stays sees the whole lane");
	is_int(minute_of(1), 4, "its mail comes after four minutes");
	is_int(minute_of(2), 5, "the next one after five");
	is_int(minute_of(3), 7, "and behind the lane after seven");
	end();
	begin();
	automation(guard_story);
	create("pro@x", "{'properties':{'plan':'pro'}}");
	event("go", "pro@x", NULL);
	at(3 * MINUTE);
	update("pro@x", "{'properties':{'plan':'free'}}");
	at(HOUR);
	is(story(0), "completed: w1 intro fork w2 w5 merged",
	    "who loses the plan leaves the lane at its next step");
	is_int(minute_of(1), 6, "and goes on where it merges");
	create("basic@x", "{'properties':{'plan':'basic'}}");
	event("go", "basic@x", NULL);
	create("none@x", "{}");
	event("go", "none@x", NULL);
	at(2 * HOUR);
	is(story(1), "completed: w1 intro fork w4 plain",
	    "another plan takes the other lane");
	is(story(2), "completed: w1 intro fork", "no plan takes none");
	end();
}

static const char welcome[] =
    "{'steps':["
    "{'key':'start','type':'trigger','config':{'event_name':'user.created'}},"
    "{'key':'hello','type':'send_email','config':{'template':{'id':'mail'}}},"
    "{'key':'wait','type':'wait_for_event','config':{"
    "'event_name':'user.verified','timeout':'3 days'}},"
    "{'key':'thanks','type':'send_email','config':{'template':{'id':'mail'}}},"
    "{'key':'remind','type':'send_email','config':{'template':{'id':'mail'}}}"
    "],'connections':["
    "{'from':'start','to':'hello'},{'from':'hello','to':'wait'},"
    "{'from':'wait','to':'thanks','type':'event_received'},"
    "{'from':'wait','to':'remind','type':'timeout'}]}";

static void
test_welcome(void)
{
	begin();
	automation(welcome);
	is_int(event("user.created", "a@x", NULL).runs, 1, "a stranger enters");
	ok(world_contact(world, "a@x") != NULL, "and is known from then on");
	event("user.created", "b@x", NULL);
	event("user.created", "c@x", NULL);
	at(DAY);
	event("user.verified", "a@x", NULL);
	world_set_clock(world, START + 3 * DAY);
	event("user.verified", "c@x", NULL);
	at(4 * DAY);
	is(story(0), "completed: hello wait thanks", "the event came");
	is(story(1), "completed: hello wait remind", "it did not");
	is(story(2), "completed: hello wait remind",
	    "at the same moment time is first");
	is_int(event("user.verified", "a@x", NULL).outcome,
	    ORACLE_NO_AUTOMATION, "nobody starts by that one");
	end();
}

/* ---- rules ------------------------------------------------------------- */

static void
test_rules(void)
{
	static const struct {
		const char *rule;
		bool expected;
	} cases[] = {
		{ "{'type':'rule','field':'event.n','operator':'gt',"
		  "'value':4}",
		    true },
		{ "{'type':'rule','field':'event.n','operator':'eq',"
		  "'value':'5'}",
		    false },
		{ "{'type':'rule','field':'event.none','operator':'neq',"
		  "'value':1}",
		    true },
		{ "{'type':'rule','field':'event.none','operator':'lte',"
		  "'value':1}",
		    false },
		{ "{'type':'rule','field':'event.null','operator':'exists'}",
		    false },
		{ "{'type':'rule','field':'event.list','operator':'contains',"
		  "'value':'b'}",
		    true },
		{ "{'type':'rule','field':'event.a.b','operator':'eq',"
		  "'value':'dotted'}",
		    true },
		{ "{'type':'rule','field':'event.o.p','operator':'eq',"
		  "'value':true}",
		    true },
		{ "{'type':'and','rules':[{'type':'rule','field':'event.s',"
		  "'operator':'starts_with','value':'he'},{'type':'not',"
		  "'rule':{'type':'rule','field':'event.s','operator':"
		  "'ends_with','value':'x'}}]}",
		    true },
		{ "{'type':'or','rules':[{'type':'rule','field':'event.s',"
		  "'operator':'is_empty'},{'type':'rule','field':'event.n',"
		  "'operator':'in','value':[1,2]}]}",
		    false },
		{ "{'type':'rule','field':'wait_events.a.b.c','operator':'eq',"
		  "'value':'longest'}",
		    true },
		{ "{'conditions':[{'field':'event.n','operator':'equals',"
		  "'value':'5','fieldType':'number'}]}",
		    true },
		{ "{'logicalOperator':'OR','groups':[{'field':'event.none',"
		  "'operator':'contains','value':'x'},{'field':"
		  "'eventProperties.s','operator':'not_contains','value':"
		  "'y'}]}",
		    true },
		{ "{'field':'event.none','operator':'not_equals',"
		  "'value':'x'}",
		    true },
		{ "{'field':'event.n','operator':'between','value':[9,5],"
		  "'fieldType':'number'}",
		    true },
		{ "{'field':'plan','operator':'equals','value':false,"
		  "'fieldType':'boolean'}",
		    false },
	};
	json_t *event = json("{'n':5,'s':'hello','null':null,'list':['a','b'],"
			     "'a.b':'dotted','a':{'b':'x'},'o':{'p':true}}");
	json_t *waits = json("{'a':{'b.c':'short'},'a.b':{'c':'longest'}}");
	json_t *contact = json("{'properties':{}}");
	const struct oracle_view v = { contact, event, waits };
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *rule = json(cases[i].rule);
		is_int(oracle_rule(rule, &v), cases[i].expected, cases[i].rule);
		json_decref(rule);
	}
	json_decref(event);
	json_decref(waits);
	json_decref(contact);
}

/* ---- entering ---------------------------------------------------------- */

/* A trigger with these settings, and a step of that type and config. */
static int
pair(const char *entry, const char *settings, const char *type,
    const char *config)
{
	char text[2000];
	snprintf(text, sizeof(text),
	    "{'steps':[{'key':'start','type':'trigger','config':{%s}},"
	    "{'key':'step','type':'%s','config':{%s}}],"
	    "'connections':[{'from':'start','to':'step'}],'settings':{%s}}",
	    entry, type, config, settings);
	return automation(text);
}

static const char on_go[] = "'event_name':'go'";
static const char hour[] = "'duration':'1 hour'";

static void
test_reentry(void)
{
	begin();
	pair(on_go, "'reentry':{'policy':'once','key':'event.id'}", "delay",
	    hour);
	is_int(event("go", "a@x", "{'id':1}").runs, 1, "once: in");
	is_int(event("go", "a@x", "{'id':1}").outcome, ORACLE_NOT_STARTED,
	    "not again");
	is_int(event("go", "a@x", "{'id':2}").runs, 1, "another key is");
	is_int(event("go", "a@x", NULL).runs, 1, "so is none");
	is_int(event("go", "b@x", "{'id':1}").runs, 1, "so is somebody else");
	end();
	begin();
	pair(on_go, "'reentry':{'policy':'once_per','per':'10 minutes'}",
	    "delay", hour);
	event("go", "a@x", NULL);
	at(10 * MINUTE - 1);
	is_int(event("go", "a@x", NULL).runs, 0, "once_per: too early");
	at(10 * MINUTE);
	is_int(event("go", "a@x", NULL).runs, 1, "in again");
	end();
	begin();
	pair(on_go, "'reentry':{'policy':'one_at_a_time'}", "delay", hour);
	event("go", "a@x", NULL);
	is_int(event("go", "a@x", NULL).runs, 0, "one at a time");
	world_set_clock(world, START + HOUR);
	is_int(event("go", "a@x", NULL).runs, 1, "the first is over by now");
	end();
}

static void
test_entries(void)
{
	begin();
	pair("'entry':{'type':'contact_created'}", "", "delay", hour);
	pair("'entry':{'type':'segment_match','segmentIds':['list']}", "",
	    "delay", hour);
	pair("'entry':{'type':'contact_property_matches_with','filter':"
	     "{'field':'plan','operator':'equals','value':'pro'}}",
	    "", "delay", hour);
	pair("'entry':{'type':'contact_property_changed','field':'plan',"
	     "'from':'a','to':'b'}",
	    "", "delay", hour);
	create("a@x", "{'properties':{'plan':'a'}}");
	is_int(world->runs.n, 1, "created: one starts");
	world_segment_put(world, "a@x", "list", true);
	world_segment_put(world, "a@x", "list", true);
	is_int(world->runs.n, 2, "joined: one more, once");
	update("a@x", "{'properties':{'plan':'b'}}");
	is_int(world->runs.n, 3, "changed from a to b");
	update("a@x", "{'properties':{'plan':'pro'}}");
	update("a@x", "{'first_name':'Ada'}");
	is_int(world->runs.n, 4, "turned true, once");
	end();
}

/* ---- leaving ----------------------------------------------------------- */

static void
test_exits(void)
{
	begin();
	pair(on_go,
	    "'exit':[{'type':'event','event_name':'stop'},"
	    "{'type':'property_match','filter':{'field':'plan','operator':"
	    "'equals','value':'none'}},{'type':'unsubscribed'}]",
	    "delay", hour);
	pair(on_go, "'max_duration':'30 minutes'", "delay", hour);
	event("go", "a@x", NULL);
	event("stop", "a@x", NULL);
	is(story(0), "cancelled,event_received: [step]", "an event throws out");
	event("go", "a@x", NULL);
	update("a@x", "{'properties':{'plan':'none'}}");
	is(story(2), "cancelled,contact_property_matches_with: [step]",
	    "so does what the contact is");
	event("go", "a@x", NULL);
	is(story(4),
	    "cancelled,contact_property_matches_with:", "also at the door");
	update("a@x", "{'properties':{'plan':null}}");
	event("go", "a@x", NULL);
	world_unsubscribe(world, "a@x", NULL);
	is(story(6), "cancelled,unsubscribed: [step]", "so does leaving");
	at(HOUR);
	is(story(1), "cancelled,max_duration: [step]", "and time");
	end();
}

static void
test_switches(void)
{
	begin();
	int a = pair(on_go, "", "wait_for_event",
	    "'event_name':'on','timeout':'1 minute'");
	event("go", "a@x", NULL);
	event("go", "b@x", NULL);
	world_switch(world, a, ORACLE_PAUSE);
	is_int(event("go", "c@x", NULL).runs, 0, "paused: nobody enters");
	event("on", "a@x", NULL);
	at(HOUR);
	is(story(0), "completed: step", "what is heard is heard");
	is(story(1), "running:", "time stands");
	world_switch(world, a, ORACLE_RESUME);
	world_tick(world);
	is(story(1), "completed: step", "until it goes on");
	event("go", "a@x", NULL);
	world_switch(world, a, ORACLE_DELETE);
	is(story(2), "cancelled,automation_deleted: [step]", "deleted");
	end();
}

static void
test_failure(void)
{
	begin();
	pair(on_go, "", "send_email",
	    "'template':{'id':'plan','variables':{'PLAN':{'var':"
	    "'contact.properties.plan'}}}");
	event("go", "a@x", NULL);
	is(story(0), "failed,invalid_email: step", "a mail lacks a value");
	update("a@x", "{'properties':{'plan':'pro'}}");
	ok(world_run_retry(world, 0), "it is tried again");
	is(story(0), "completed: step step", "and is sent");
	update("a@x", "{'unsubscribed':true}");
	event("go", "a@x", NULL);
	is(story(1), "completed: [step]", "who has left gets none");
	end();
}

/* ---- one thing leads to another ---------------------------------------- */

static void
test_causes(void)
{
	begin();
	pair("'event_name':'resend:contact.updated'", "", "contact_update",
	    "'properties':{'n':{'var':'event.first_name'}}");
	pair("'event_name':'resend:contact.updated'", "", "contact_update",
	    "'properties':{'a':1}");
	create("a@x", "{}");
	update("a@x", "{'first_name':'Ada'}");
	is_int(world->runs.n, 6, "a change that changes nothing ends it");
	end();
	begin();
	pair("'event_name':'resend:segment.left'", "", "add_to_segment",
	    "'segment_id':'list'");
	pair("'event_name':'resend:segment.joined'", "", "remove_from_segment",
	    "'segment_id':'list'");
	create("a@x", "{}");
	world_segment_put(world, "a@x", "list", true);
	world_tick(world);
	is_int(world->runs.n, ORACLE_DEPTH_MAX, "a loop ends by its depth");
	end();
}

static void
test_lookback(void)
{
	begin();
	pair(on_go, "", "wait_for_event",
	    "'event_name':'on','lookback':'1 minute','filter_rule':"
	    "{'type':'rule','field':'event.n','operator':'eq','value':1}");
	create("a@x", "{}");
	event("on", "a@x", "{'n':1}");
	event("on", "a@x", "{'n':2}");
	at(MINUTE);
	event("go", "a@x", NULL);
	is(story(0), "completed: step", "what came before counts");
	at(MINUTE + 1);
	event("go", "a@x", NULL);
	is(story(1), "running:", "for a minute");
	end();
}

static void
test_cycles(void)
{
	json_t *j = json(guard_story);
	ok(oracle_is_acyclic(j), "the story has no cycle");
	json_t *back = json("{'from':'merged','to':'w2'}");
	json_array_append(json_object_get(j, "connections"), back);
	ok(!oracle_is_acyclic(j), "a way back into a lane is one");
	json_decref(back);
	json_decref(j);
}

/* ---- random cases ------------------------------------------------------ */

/* Plays a case; the caller owns the picture. */
static json_t *
play_through(const json_t *script)
{
	struct play *p = play_new(script, "x", START, NULL);
	char result[PLAY_RESULT_LEN];
	size_t i;
	json_t *action;
	json_array_foreach (json_object_get(script, "actions"), i, action) {
		world_advance(p->world, play_moment(p, action));
		play_do(p, action, result);
		world_tick(p->world);
	}
	json_t *picture = play_picture(p);
	play_free(p);
	return picture;
}

static void
test_cases(void)
{
	int same = 0, acyclic = 0, graphs = 0;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		json_t *a = generate_case(seed), *b = generate_case(seed);
		json_t *one = play_through(a), *two = play_through(b), *item;
		size_t i;
		same += json_equal(a, b) && json_equal(one, two);
		json_array_foreach (json_object_get(a, "automations"), i,
		    item) {
			graphs++;
			acyclic +=
			    oracle_is_acyclic(json_object_get(item, "graph"));
		}
		json_decref(a);
		json_decref(b);
		json_decref(one);
		json_decref(two);
	}
	is_int(same, 100, "a seed is a case, and a case has one end");
	is_int(acyclic, graphs, "graphs have no cycle");
}

int
main(void)
{
	test_guard();
	test_welcome();
	test_rules();
	test_reentry();
	test_entries();
	test_exits();
	test_switches();
	test_failure();
	test_causes();
	test_lookback();
	test_cycles();
	test_cases();
	return tap_done();
}
