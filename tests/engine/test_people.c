/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steps that write: contact_update, contact_delete, and those that put a
 * contact into a segment or take it out.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "model/property.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

#define TRIGGER   "t trigger {'event_name':'x'}\n"
#define MAIL(key) key " send_email {'template':{'id':'t'}}"

/* ---- contact_update ------------------------------------------------------ */

static const struct {
	const char *config, *before, *payload, *changed, *after;
} updates[] = {
	{ "'first_name':'Ada','last_name':'Love'", "{}", "{}",
	    "'first_name','last_name'", "Ada Love {}" },
	{ "'first_name':'Ada'", "{'first_name':'Eve','last_name':'Love'}", "{}",
	    "'first_name'", "Ada Love {}" },
	{ "'first_name':'Ada'", "{'first_name':'Ada'}", "{}", "", "Ada - {}" },
	{ "'first_name':null", "{'first_name':'Ada'}", "{}", "'first_name'",
	    "- - {}" },
	{ "'first_name':null", "{}", "{}", "", "- - {}" },
	{ "'first_name':7,'last_name':true", "{}", "{}",
	    "'first_name','last_name'", "7 true {}" },
	{ "'first_name':{'var':'event.name'}", "{}", "{'name':'Ada'}",
	    "'first_name'", "Ada - {}" },
	{ "'first_name':{'var':'event.name'}", "{'first_name':'Eve'}",
	    "{'name':null}", "'first_name'", "- - {}" },
	{ "'first_name':{'var':'event.name'}", "{'first_name':'Eve'}", "{}", "",
	    "Eve - {}" },
	{ "'first_name':{'var':'event.name'}", "{'first_name':'Eve'}",
	    "{'name':{'first':'Ada'}}", "", "Eve - {}" },
	{ "'first_name':{'var':'event.name.first'}", "{}",
	    "{'name':{'first':'Ada'}}", "'first_name'", "Ada - {}" },
	{ "'last_name':{'var':'contact.first_name'}", "{'first_name':'Eve'}",
	    "{}", "'last_name'", "Eve Eve {}" },
	{ "'last_name':{'var':'contact.plan'}", "{'properties':{'plan':'pro'}}",
	    "{}", "'last_name'", "- pro {'plan':'pro'}" },
	{ "'unsubscribed':true", "{}", "{}", "'unsubscribed'",
	    "- - unsubscribed {}" },
	{ "'unsubscribed':false", "{'unsubscribed':true}", "{}",
	    "'unsubscribed'", "- - {}" },
	{ "'unsubscribed':true", "{'unsubscribed':true}", "{}", "",
	    "- - unsubscribed {}" },
	{ "'unsubscribed':{'var':'event.u'}", "{}", "{'u':true}",
	    "'unsubscribed'", "- - unsubscribed {}" },
	{ "'unsubscribed':{'var':'event.u'}", "{}", "{'u':'true'}", "",
	    "- - {}" },
	{ "'unsubscribed':{'var':'event.u'}", "{}", "{'u':1}", "", "- - {}" },
	{ "'unsubscribed':{'var':'event.u'}", "{'unsubscribed':true}",
	    "{'u':null}", "", "- - unsubscribed {}" },
	{ "'properties':{'plan':'pro','n':3,'vip':true}", "{}", "{}",
	    "'properties.plan','properties.n','properties.vip'",
	    "- - {'plan':'pro','n':3,'vip':true}" },
	{ "'properties':{'plan':'pro'}",
	    "{'properties':{'plan':'basic','n':3}}", "{}", "'properties.plan'",
	    "- - {'plan':'pro','n':3}" },
	{ "'properties':{'plan':'pro'}", "{'properties':{'plan':'pro'}}", "{}",
	    "", "- - {'plan':'pro'}" },
	{ "'properties':{'n':'3'}", "{'properties':{'n':2}}", "{}",
	    "'properties.n'", "- - {'n':3}" },
	{ "'properties':{'n':'3'}", "{'properties':{'n':3}}", "{}", "",
	    "- - {'n':3}" },
	{ "'properties':{'plan':5,'vip':'false'}", "{}", "{}",
	    "'properties.plan','properties.vip'",
	    "- - {'plan':'5','vip':false}" },
	{ "'properties':{'plan':null,'n':null}", "{'properties':{'n':3}}", "{}",
	    "'properties.n'", "- - {}" },
	{ "'properties':{'plan':{'var':'event.plan'}}", "{}", "{'plan':'pro'}",
	    "'properties.plan'", "- - {'plan':'pro'}" },
	{ "'properties':{'plan':{'var':'event.none'},'n':1}", "{}", "{}",
	    "'properties.n'", "- - {'n':1}" },
	{ "'last_name':'L','properties':{'b':1,'a':1},'unsubscribed':true,"
	  "'first_name':'F'",
	    "{}", "{}",
	    "'first_name','last_name','unsubscribed','properties.b',"
	    "'properties.a'",
	    "F L unsubscribed {'b':1,'a':1}" },
};

/* One row: what the step says, what became of the contact, and whether anybody
 * heard of it. */
static void
check_update(size_t i, int64_t listener)
{
	char what[200];
	int before = rig_runs(listener, NULL);
	bool changes = updates[i].changed[0] != '\0';
	story_strangers();
	int64_t a = story_automation(arena_printf(rig.arena,
					 TRIGGER "u contact_update {%s}",
					 updates[i].config),
	    NULL, NULL);
	story_play(arena_printf(rig.arena, "be %s;x %s", updates[i].before,
	    updates[i].payload));
	const char *said = arena_printf(rig.arena,
	    "u {'changed':[%s]} -> completed", updates[i].changed);
	snprintf(what, sizeof(what), "%s: says what changed",
	    updates[i].config);
	is(story_runs(a), said, what);
	snprintf(what, sizeof(what), "%s of %s: is that", updates[i].config,
	    updates[i].before);
	is(story_contact("ada"), updates[i].after, what);
	is_int(rig_runs(listener, NULL), before + changes,
	    changes ? "and others hear of it" : "and nobody hears of it");
	rig_automation_set(a, -1);
}

static void
test_updates(void)
{
	story_up(NULL);
	int64_t listener = story_automation("t trigger {'event_name':"
					    "'resend:contact.updated'}",
	    NULL, NULL);
	for (size_t i = 0; i < N_OF(updates); i++)
		check_update(i, listener);
	rig_down();
}

static const struct story updating[] = {
	{ "the steps behind an update see what it wrote",
	    TRIGGER "u contact_update {'first_name':{'var':'event.name'}}\n"
		    "m send_email {'template':{'id':'hi'}}",
	    NULL, NULL, "x {'name':'Ada'}",
	    "u {'changed':['first_name']}, m <Hi Ada> -> completed" },
	{ "an event waited for may be written down",
	    TRIGGER "w wait_for_event {'event_name':'a.b'}\n"
		    "u contact_update {'first_name':{'var':"
		    "'wait_events.a.b.name'}}\n"
		    "m send_email {'template':{'id':'hi'}}",
	    NULL, NULL, "x;a.b {'name':'Ada'}",
	    "w heard, u {'changed':['first_name']}, m <Hi Ada> -> completed" },
	{ "what unsubscribes keeps the mails behind it from being sent",
	    TRIGGER "u contact_update {'unsubscribed':true}\n" MAIL("m"), NULL,
	    NULL, "x",
	    "u {'changed':['unsubscribed']}, m skipped {'reason':"
	    "'unsubscribed'} -> completed" },
	{ "a run resumed by its own update's event goes on once",
	    TRIGGER "u contact_update {'first_name':'Ada'}\n"
		    "w wait_for_event {'event_name':'resend:contact.updated'}",
	    NULL, NULL, "x", "u {'changed':['first_name']} -> at w" },
};

/* ---- what others hear ---------------------------------------------------- */

static void
test_events(void)
{
	struct run run;
	story_up(NULL);
	int64_t updated = story_automation("t trigger {'event_name':"
					   "'resend:contact.updated'}",
	    NULL, NULL);
	int64_t left = story_automation("t trigger {'event_name':"
					"'resend:contact.unsubscribed'}",
	    NULL, NULL);
	story_automation(TRIGGER "u contact_update {'first_name':'Ada',"
				 "'unsubscribed':true}",
	    NULL, NULL);
	story_play("be {'first_name':'Eve'};x");
	is_int(rig_runs(updated, &run), 1, "an update is heard of");
	ok(strstr(run.payload,
	       "\"previous\":{\"first_name\":\"Eve\","
	       "\"unsubscribed\":false}") != NULL,
	    "with what was before: %s", run.payload);
	int64_t first = run.id;
	is_int(rig_runs(left, &run), 1, "that it unsubscribes too");
	ok(run.id > first, "after the update");
	is(run.payload, "{\"email_id\":null,\"topic_id\":null}",
	    "of everything");
	story_play("x");
	ok(rig_runs(updated, NULL) == 1 && rig_runs(left, NULL) == 1,
	    "neither is heard of again when nothing changes");
	rig_down();
}

/* ---- contact_delete ------------------------------------------------------ */

static const struct story deletes[] = {
	{ "a deleted contact's run is done, its other steps are not",
	    TRIGGER "d contact_delete {}\n" MAIL("m"), NULL, NULL, "be {};x",
	    "d -> completed" },
	{ "the same within a lane",
	    TRIGGER "b branch {'branches':[{'key':'l','filter':{'type':'rule',"
		    "'field':'event.n','operator':'eq','value':1},'to':'d',"
		    "'merge_to':'m'}]}\nd contact_delete {}\n" MAIL("m"),
	    "t>b", NULL, "x {'n':1}", "b {'branch':'l'}, d -> completed" },
	{ "a run that rested before its step is done too",
	    TRIGGER
	    "s delay {'duration':'1 day'}\nd contact_delete {}\n" MAIL("m"),
	    NULL, NULL, "x;+1 day", "s, d -> completed" },
	{ "runs of it that rest are over, at a delay",
	    TRIGGER "c condition {'type':'rule','field':'event.last',"
		    "'operator':'eq','value':true}\n"
		    "w delay {'duration':'1 day'}\nd contact_delete {}",
	    "t>c c>d:condition_met c>w:condition_not_met", NULL,
	    "x;x {'last':true};+2 days",
	    "c {'result':false}, w skipped {'reason':'contact_deleted'} -> "
	    "cancelled contact_deleted | c {'result':true}, d -> completed" },
	{ "and at a wait",
	    TRIGGER "c condition {'type':'rule','field':'event.last',"
		    "'operator':'eq','value':true}\n"
		    "w wait_for_event {'event_name':'y'}\nd contact_delete {}",
	    "t>c c>d:condition_met c>w:condition_not_met", NULL,
	    "x;x {'last':true};y;+2 days",
	    "c {'result':false}, w skipped {'reason':'contact_deleted'} -> "
	    "cancelled contact_deleted | c {'result':true}, d -> completed" },
	{ "those of others are not",
	    TRIGGER "c condition {'type':'rule','field':'event.last',"
		    "'operator':'eq','value':true}\n"
		    "w delay {'duration':'1 day'}\nd contact_delete {}",
	    "t>c c>d:condition_met c>w:condition_not_met", NULL,
	    "x;as eve;x {'last':true};+1 day",
	    "c {'result':false}, w -> completed | c {'result':true}, d -> "
	    "completed" },
	{ "its address is a stranger's afterwards",
	    TRIGGER "d contact_delete {}", NULL, NULL, "x;x",
	    "d -> completed | d -> completed" },
	{ "a contact deleted by somebody ends its runs",
	    TRIGGER "w delay {'duration':'1 day'}\n" MAIL("m"), NULL, NULL,
	    "x;gone;+1 day",
	    "w skipped {'reason':'contact_deleted'} -> cancelled "
	    "contact_deleted" },
};

/* What one automation does to the contact is so for the next, also of the same
 * event. */
static void
test_gone_meanwhile(void)
{
	struct accepted out;
	struct contact c;
	story_up(NULL);
	story_automation(TRIGGER "u contact_update {'first_name':'Ada'}", NULL,
	    NULL);
	int64_t heard = story_automation("t trigger {'event_name':"
					 "'resend:contact.updated'}",
	    NULL, NULL);
	story_automation(TRIGGER "d contact_delete {}", NULL, NULL);
	int64_t last = story_automation(TRIGGER MAIL("m"), NULL, NULL);
	int64_t ada = rig_contact("ada@example.com");
	const struct event by_id = { .name = "x", .contact = ada };
	ok(rig_accept(&by_id, &out) == 0 && out.runs == 2,
	    "an automation deletes whom an event is about");
	is(story_runs(heard), "", "what it caused before finds nobody");
	is(story_runs(last), "", "nor does the next automation");
	is_int(rig_contact_find("ada@example.com", &c), 0, "there is nobody");
	ok(rig_event("x", "ada@example.com", NULL, NULL, &out) == 0 &&
		out.runs == 3,
	    "an event of an address");
	is(story_runs(last), "m -> completed", "finds a stranger then");
	ok(rig_contact_find("ada@example.com", &c) == 1 && c.id != ada &&
		c.first_name == NULL,
	    "who is a new contact");
	rig_down();
}

/* ---- segments ------------------------------------------------------------ */

#define PRO \
	"{'type':'rule','field':'contact.plan','operator':'eq','value':'pro'}"

static const struct story segments[] = {
	{ "a contact comes into a segment",
	    TRIGGER "s add_to_segment {'segment_id':'$VIP'}", NULL, NULL, "x",
	    "s {'changed':true} -> completed" },
	{ "once", TRIGGER "s add_to_segment {'segment_id':'$VIP'}", NULL, NULL,
	    "x;x",
	    "s {'changed':true} -> completed | s {'changed':false} -> "
	    "completed" },
	{ "and out of it",
	    TRIGGER "s remove_from_segment {'segment_id':'$VIP'}", NULL, NULL,
	    "be {'segments':['$VIP']};x;x",
	    "s {'changed':true} -> completed | s {'changed':false} -> "
	    "completed" },
	{ "one whose members a rule chooses takes nobody",
	    TRIGGER "s add_to_segment {'segment_id':'$PRO'}\n" MAIL("m"), NULL,
	    NULL, "x", "s failed segment_computed -> failed segment_computed" },
	{ "nor lets it go",
	    TRIGGER "s remove_from_segment {'segment_id':'$PRO'}\n" MAIL("m"),
	    NULL, NULL, "be {'properties':{'plan':'pro'}};x",
	    "s failed segment_computed -> failed segment_computed" },
};

static int
do_delete_segment(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	(void)a;
	return engine_segment_delete(rig.engine, t, *(int64_t *)arg, rig.now_ms,
	    f);
}

static int
delete_segment(int64_t id)
{
	return rig_txn(do_delete_segment, &id);
}

static void
test_unknown_segment(void)
{
	const char *why;
	story_up(NULL);
	story_name("NONE", 4711);
	why = story_refusal(TRIGGER "s add_to_segment {'segment_id':'$NONE'}",
	    NULL, NULL);
	ok(why != NULL && strstr(why, "there is no segment") != NULL,
	    "a segment there is none of is refused: %s", why);
	why = story_refusal(TRIGGER "s add_to_segment {}", NULL, NULL);
	ok(why != NULL && strstr(why, "config.segment_id") != NULL,
	    "as is none at all: %s", why);
	int64_t gone = story_segment("GONE", NULL);
	int64_t a = story_automation(TRIGGER
	    "s add_to_segment {'segment_id':'$GONE'}\n" MAIL("m"),
	    NULL, NULL);
	int64_t b = story_automation(TRIGGER
	    "s remove_from_segment {'segment_id':'$GONE'}\n" MAIL("m"),
	    NULL, NULL);
	is_int(delete_segment(gone), 1, "one that is deleted later");
	story_play("x");
	is(story_runs(a),
	    "s failed segment_not_found -> failed segment_not_found",
	    "fails what comes into it");
	is(story_runs(b),
	    "s failed segment_not_found -> failed segment_not_found",
	    "and what goes out of it");
	rig_down();
}

/* Who comes in and goes out is heard of, once each. */
static void
test_membership_events(void)
{
	struct run run;
	story_up(NULL);
	int64_t vip = story_segment("VIP", NULL);
	story_segment("PRO", PRO);
	int64_t joined = story_automation("t trigger {'event_name':"
					  "'resend:segment.joined'}",
	    NULL, NULL);
	int64_t left =
	    story_automation("t trigger {'event_name':'resend:segment.left'}",
		NULL, NULL);
	story_automation(TRIGGER "s add_to_segment {'segment_id':'$VIP'}\n"
				 "a add_to_segment {'segment_id':'$VIP'}\n"
				 "r remove_from_segment {'segment_id':"
				 "'$VIP'}\n"
				 "q remove_from_segment {'segment_id':"
				 "'$VIP'}",
	    NULL, NULL);
	story_play("x");
	is_int(rig_runs(joined, &run), 1, "who came in is heard of once");
	is(run.payload, story_text("{'segment_id':'$VIP'}"), "and where");
	is_int(rig_runs(left, &run), 1, "who went out too");
	is(run.payload, story_text("{'segment_id':'$VIP'}"), "and of what");
	struct contact c;
	rig_contact_find(story_address("ada"), &c);
	ok(!rig_segment_has(c.id, vip), "it is out");
	story_play("be {'properties':{'plan':'pro'}}");
	rig_runs(joined, &run);
	is(run.payload, story_text("{'segment_id':'$PRO'}"),
	    "a rule that turns true brings in");
	story_play("be {'properties':{'plan':'basic'}}");
	rig_runs(left, &run);
	is(run.payload, story_text("{'segment_id':'$PRO'}"),
	    "one that turns false sends out");
	rig_down();
}

/* n properties "p0", "p1", ... as an object; the text a value has. */
static const char *
many_properties(int n, const char *value)
{
	struct buf b = { 0 };
	for (int i = 0; i < n; i++)
		buf_printf(&b, "%s'p%d':%s", i == 0 ? "{" : ",", i, value);
	buf_char(&b, '}');
	const char *text = arena_strdup(rig.arena, b.data);
	buf_free(&b);
	return text;
}

/* A contact that is full, and a text that is too long, stay as they are. */
static void
test_limits(void)
{
	char longer[PROPERTY_TEXT_MAX + 2];
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	story_up(NULL);
	const char *all = many_properties(PROPERTIES_MAX, "'1'");
	int64_t a = story_automation(TRIGGER
	    "u contact_update {'properties':{'p0':2,'p1':{'var':"
	    "'event.text'},'more':1}}",
	    NULL, NULL);
	story_play(arena_printf(rig.arena,
	    "be {'properties':%s};x {'text':'%s'}", all, longer));
	is(story_runs(a), "u {'changed':['properties.p0']} -> completed",
	    "only what there is room for changes");
	story_play("be {'properties':{'p7':null}};x {'text':'a'}");
	ok(strstr(story_runs(a), "'properties.p1','properties.more'") != NULL,
	    "as soon as there is room it does: %s", story_runs(a));
	a = story_automation(TRIGGER "u contact_update {'properties':{'p9':"
				     "null,'other':1}}",
	    NULL, NULL);
	story_play("x");
	is(story_runs(a),
	    "u {'changed':['properties.p9','properties.other']} -> completed",
	    "what goes makes room for what comes");
	rig_down();
}

/* What cannot be of the property's type fails the step, and none of it is
 * written. */
static void
test_types(void)
{
	struct contact c = { .email = "new@x.example",
		.email_key = "new@x.example",
		.properties = "{\"n\":\"x\",\"more\":1}" };
	struct run_step *steps;
	struct run run;
	story_up(NULL);
	int64_t a = story_automation(TRIGGER
	    "u contact_update {'first_name':'Ada','properties':"
	    "{'plan':'pro','n':{'var':'event.n'}}}",
	    NULL, NULL);
	story_play("be {'properties':{'plan':'basic','n':3}};x {'n':'many'}");
	is(story_runs(a),
	    "u failed invalid_property -> failed invalid_property",
	    "a text that is no number fails the step");
	is_int(rig_runs(a, &run), 1, "its run");
	ok(rig_steps(run.id, &steps) > 0 &&
		strstr(steps[0].error,
		    "The property `n` must be a number, not \\\"many\\\".") !=
		    NULL,
	    "says what is what");
	is(story_contact("ada"), "- - {'plan':'basic','n':3}",
	    "and nothing is written");
	ok(rig_people_create(&c, NULL, 0) == -1, "nobody is made with it");
	is(rig.fault.text, "The property `n` must be a number, not \"x\".",
	    "as is said");
	c.properties = "{\"n\":\"4\",\"plan\":true}";
	ok(rig_people_create(&c, NULL, 0) == 1, "what can be is made one");
	is_int(rig_contact_find("new@x.example", &c), 1, "who is there then");
	is(c.properties, "{\"n\":4,\"plan\":\"true\"}",
	    "with the type that the first had");
	rig_down();
}

static void
test_update_refusals(void)
{
	static const struct {
		const char *config, *words;
	} bad[] = {
		{ "{}", "names nothing to write" },
		{ "{'first_name':{}}", "`config.first_name`" },
		{ "{'first_name':['Ada']}", "`config.first_name`" },
		{ "{'first_name':{'var':'name'}}", "`var` must be a path" },
		{ "{'first_name':{'var':'event.'}}", "`var` must be a path" },
		{ "{'unsubscribed':'yes'}", "`config.unsubscribed` must be" },
		{ "{'properties':[]}", "properties" },
		{ "{'properties':{'a b':1}}", "letters, digits" },
		{ "{'properties':{'a':{'b':1}}}", "`config.a`" },
		{ NULL,
		    "`config.properties.p0` of step `u` may have at most "
		    "2000 characters." },
	};
	char longer[PROPERTY_TEXT_MAX + 4] = "'";
	memset(longer + 1, 'a', PROPERTY_TEXT_MAX + 1);
	longer[PROPERTY_TEXT_MAX + 2] = '\'';
	story_up(NULL);
	for (size_t i = 0; i < N_OF(bad); i++) {
		const char *config = bad[i].config != NULL
		    ? bad[i].config
		    : arena_printf(rig.arena, "{'properties':%s}",
			  many_properties(1, longer));
		const char *why =
		    story_refusal(arena_printf(rig.arena,
				      TRIGGER "u contact_update %s", config),
			NULL, NULL);
		ok(why != NULL && strstr(why, bad[i].words) != NULL,
		    "%.60s: %s", config, why != NULL ? why : "taken");
	}
	rig_down();
}

int
main(void)
{
	test_updates();
	test_update_refusals();
	test_limits();
	test_types();
	test_events();
	test_gone_meanwhile();
	test_unknown_segment();
	test_membership_events();
	story_up(NULL);
	rig_template("hi", "Hi {{{FIRST_NAME|you}}}", "<p>x</p>", true);
	story_segment("VIP", NULL);
	story_segment("PRO", PRO);
	STORIES(updating);
	STORIES(deletes);
	STORIES(segments);
	rig_down();
	return tap_done();
}
