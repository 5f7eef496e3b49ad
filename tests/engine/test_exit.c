/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ends a run before its steps do: each rule during a delay, during a wait,
 * and before a step.
 */
#include <string.h>

#include "base/arena.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

#define TRIGGER    "t trigger {'event_name':'x'}\n"
#define DELAY      TRIGGER "s delay {'duration':'1 day'}\n" MAIL
#define WAIT       TRIGGER "s wait_for_event {'event_name':'y'}\n" MAIL
#define MAIL       "m send_email {'template':{'id':'t'}}"
#define EXIT(rule) "{'exit':[{'type':" rule "}]}"
#define PRO \
	"{'type':'rule','field':'contact.plan','operator':'eq','value':'pro'}"
#define BE(plan) "be {'properties':{'plan':'" plan "'}}"

#define LEFT(reason) "s skipped {'reason':'" reason "'} -> cancelled " reason

/* ---- rules of events ----------------------------------------------------- */

#define EVENT EXIT("'event_received','event_name':'bought'")
#define EVENT_N \
	EXIT("'event','eventName':'bought','filter':{'type':'rule'," \
	     "'field':'event.n','operator':'gt','value':5}")

/* Each rule, what fires it and what does not; tried on a delay and on a wait.
 */
static const struct {
	const char *settings, *before, *passes, *fires, *reason;
} rules[] = {
	{ EVENT, "", "sold;bough", "bought", "event_received" },
	{ EVENT_N, "", "bought;bought {'n':5}", "bought {'n':6}",
	    "event_received" },
	{ EXIT("'event','event_name':'bought','filter':" PRO), BE("basic") ";",
	    "bought", BE("pro") ";bought", "event_received" },
	{ EXIT("'event','event_name':'resend:email.opened'"), "", "hello",
	    "foreign resend:email.opened {'email_id':'1'}", "event_received" },
	{ EXIT("'contact_property_matches_with','filter':" PRO),
	    BE("basic") ";", BE("free"), BE("pro"),
	    "contact_property_matches_with" },
	{ EXIT("'property_match','filterCriteria':" PRO), "",
	    "be {'first_name':'Ada'}", BE("pro"),
	    "contact_property_matches_with" },
	{ EXIT("'segment_left','segment_id':'$VIP'"),
	    "be {'segments':['$VIP','$OTHER']};", "quit $OTHER", "quit $VIP",
	    "segment_left" },
	{ EXIT("'removed_from_list','listId':'$VIP'"),
	    "be {'segments':['$VIP','$OTHER']};", "join $VIP", "quit $VIP",
	    "segment_left" },
	{ EXIT("'segment_left','segment_ids':['$OTHER','$VIP']"),
	    "be {'segments':['$VIP']};", "quit $OTHER", "quit $VIP",
	    "segment_left" },
	{ EXIT("'segment_left','segment_id':'$PRO'"), BE("pro") ";",
	    "be {'first_name':'Ada'}", BE("basic"), "segment_left" },
	{ EXIT("'unsubscribed'"), "be {};", "leave $News", "leave",
	    "unsubscribed" },
	{ EXIT("'unsubscribe'"), "be {'unsubscribed':true};", "leave",
	    "be {'unsubscribed':false};be {'unsubscribed':true}",
	    "unsubscribed" },
	{ EXIT("'unsubscribed','topic_id':'$News'"), "be {};", "leave $Tips",
	    "leave $News", "unsubscribed" },
	{ EXIT("'unsubscribed','topic_id':'$News'"), "be {};", "leave $Tips",
	    "leave", "unsubscribed" },
	{ EXIT("'hard_bounced'"), "be {};",
	    "foreign resend:email.bounced {'bounce':{'type':'Transient'}};"
	    "foreign resend:email.failed {'bounce':{'type':'Permanent'}}",
	    "foreign resend:email.bounced {'bounce':{'type':'Permanent'}}",
	    "hard_bounced" },
	{ EXIT("'hard_bounce'"), "be {};", "foreign resend:email.bounced {}",
	    "foreign resend:email.bounced {'bounce':{'type':'Permanent'}}",
	    "hard_bounced" },
	{ EXIT("'complained'"), "be {};",
	    "foreign resend:email.opened {'email_id':'1'}",
	    "foreign resend:email.complained {'email_id':'1'}", "complained" },
	{ EXIT("'complaint'"), "be {};", "as eve;be {};leave;as ada",
	    "foreign resend:email.complained {'email_id':'1'}", "complained" },
};

static void
check_rule(size_t i, const char *steps, const char *rest)
{
	const char *script = arena_printf(rig.arena, "%sx;%s;+1 hour",
	    rules[i].before, rules[i].passes);
	const struct story passing = { arena_printf(rig.arena, "%s: not by %s",
					   rules[i].settings, rules[i].passes),
		steps, NULL, rules[i].settings, script, "-> at s" };
	const struct story firing = { arena_printf(rig.arena, "%s: by %s",
					  rules[i].settings, rules[i].fires),
		steps, NULL, rules[i].settings,
		arena_printf(rig.arena, "%s;%s;%s", script, rules[i].fires,
		    rest),
		arena_printf(rig.arena, LEFT("%s"), rules[i].reason,
		    rules[i].reason) };
	story_check(&passing, 1);
	story_check(&firing, 1);
}

static void
test_rules(void)
{
	for (size_t i = 0; i < N_OF(rules); i++) {
		check_rule(i, DELAY, "+1 day");
		check_rule(i, WAIT, "y");
	}
}

/* ---- state, before steps and meanwhile ----------------------------------- */

#define MATCH_PRO     EXIT("'contact_property_matches_with','filter':" PRO)
#define NOT_MET       EXIT("'entry_criteria_not_met'")
#define ENTRY(config) "t trigger {'entry':{" config "}}\n"
#define REST          "s delay {'duration':'1 day'}\n" MAIL
#define MATCHED_ENTRY \
	ENTRY("'type':'contact_property_matches_with','filter':" PRO) REST
#define JOINED_ENTRY \
	ENTRY("'type':'contact_added_to_list','segment_ids':['$VIP'," \
	      "'$OTHER']") \
	REST

static const struct story states[] = {
	{ "a run begins and ends at once if the rule is true already", DELAY,
	    NULL, MATCH_PRO, BE("pro") ";x",
	    "-> cancelled contact_property_matches_with" },
	{ "a run of a trigger alone completes, though",
	    "t trigger {"
	    "'event_name':'x'}",
	    NULL, MATCH_PRO, BE("pro") ";x", "-> completed" },
	{ "its own update may end it",
	    TRIGGER "u contact_update {'properties':{'plan':'pro'}}\n" MAIL,
	    NULL, MATCH_PRO, "be {};x",
	    "u {'changed':['properties.plan']} -> cancelled "
	    "contact_property_matches_with" },
	{ "one after its last step comes too late",
	    TRIGGER "u contact_update {'properties':{'plan':'pro'}}", NULL,
	    MATCH_PRO, "be {};x",
	    "u {'changed':['properties.plan']} -> completed" },
	{ "another's may too", DELAY, NULL, MATCH_PRO, "be {};x;upgrade",
	    LEFT("contact_property_matches_with") },
	{ "who meets the entry no more is out", MATCHED_ENTRY, NULL, NOT_MET,
	    BE("pro") ";" BE("basic"), LEFT("entry_criteria_not_met") },
	{ "and may come in again", MATCHED_ENTRY, NULL, NOT_MET,
	    BE("pro") ";" BE("basic") ";" BE("pro") ";+1 day",
	    LEFT("entry_criteria_not_met") " | s, m -> completed" },
	{ "who still meets it stays", MATCHED_ENTRY, NULL, NOT_MET,
	    BE("pro") ";be {'first_name':'Ada'};+1 day", "s, m -> completed" },
	{ "who is in one of its segments stays", JOINED_ENTRY, NULL, NOT_MET,
	    "be {'segments':['$VIP']};join $OTHER;quit $VIP",
	    "-> at s | -> at s" },
	{ "who is in none is out", JOINED_ENTRY, NULL, NOT_MET,
	    "be {'segments':['$VIP']};quit $VIP",
	    LEFT("entry_criteria_not_met") },
	{ "an entry by an event is always met", DELAY, NULL, NOT_MET,
	    "be {};x;" BE("pro") ";" BE("basic") ";+1 day",
	    "s, m -> completed" },
	{ "as is one of a new contact",
	    ENTRY("'type':'contact_created','filter':" PRO) REST, NULL, NOT_MET,
	    BE("pro") ";" BE("basic") ";+1 day", "s, m -> completed" },
	{ "the first rule that is true gives the reason", DELAY, NULL,
	    "{'exit':[{'type':'event','event_name':'y'},{'type':"
	    "'property_match','filter':" PRO "},{'type':'event','event_name':"
	    "'resend:contact.updated'}]}",
	    "be {};x;" BE("pro"), LEFT("contact_property_matches_with") },
	{ "in the order they are written", DELAY, NULL,
	    "{'exit':[{'type':'event','event_name':"
	    "'resend:contact.updated'},{'type':'property_match','filter':" PRO
	    "}]}",
	    "be {};x;" BE("pro"), LEFT("event_received") },
};

/* ---- exits, waits and starts --------------------------------------------- */

static const struct story together[] = {
	{ "an event that is waited for and ends the run ends it", WAIT, NULL,
	    EXIT("'event_received','event_name':'y'"), "x;y",
	    LEFT("event_received") },
	{ "one that starts it and ends it does both", DELAY, NULL,
	    EXIT("'event_received','event_name':'x'"), "x;x;x",
	    LEFT("event_received") " | " LEFT("event_received") " | -> at s" },
	{ "the end comes first, so that one at a time is kept", DELAY, NULL,
	    "{'exit':[{'type':'event','event_name':'x'}],'reentry':{'policy':"
	    "'one_at_a_time'}}",
	    "x;x", LEFT("event_received") " | -> at s" },
	{ "all runs of the contact end", DELAY, NULL, EVENT, "x;x;bought",
	    LEFT("event_received") " | " LEFT("event_received") },
	{ "those of others do not", DELAY, NULL, EVENT, "x;as eve;x;bought",
	    "-> at s | " LEFT("event_received") },
	{ "what was due before the event is done before it", DELAY, NULL, EVENT,
	    "x;~1 day;bought", "s, m -> completed" },
	{ "to the millisecond", DELAY, NULL, EVENT,
	    "x;~86399.999 seconds;bought", LEFT("event_received") },
	{ "an event before the run does not end it", DELAY, NULL, EVENT,
	    "bought;x;+1 day", "s, m -> completed" },
	{ "a run that has ended stays as it is", DELAY, NULL, EVENT,
	    "x;+1 day;bought", "s, m -> completed" },
	{ "within a lane too",
	    TRIGGER "b branch {'branches':[{'key':'l','filter':{'type':'rule',"
		    "'field':'event.n','operator':'eq','value':1},'to':'s',"
		    "'merge_to':'m'}]}\ns delay {'duration':'1 day'}\n" MAIL,
	    "t>b", EVENT, "x {'n':1};bought",
	    "b {'branch':'l'}, " LEFT("event_received") },
	{ "a contact deleted by somebody ends its run, whatever the rules",
	    DELAY, NULL, EVENT, "be {};x;gone;+1 day",
	    LEFT("contact_deleted") },
};

/* ---- how long at most ---------------------------------------------------- */

#define MOST "{'max_duration':'12 hours'}"

static const struct story longest[] = {
	{ "a run that takes too long is out", DELAY, NULL, MOST, "x;+12 hours",
	    LEFT("max_duration") },
	{ "not earlier", DELAY, NULL, MOST, "x;+43199.999 seconds", "-> at s" },
	{ "one that waits for ever too", WAIT, NULL, MOST, "x;+12 hours",
	    LEFT("max_duration") },
	{ "one that hears its event in time is not", WAIT, NULL, MOST,
	    "x;+43199.999 seconds;y", "s heard, m -> completed" },
	{ "at the very moment it is too late", WAIT, NULL, MOST,
	    "x;~12 hours;y", LEFT("max_duration") },
	{ "it goes before a timer of the same moment",
	    TRIGGER "s delay {'duration':'12 hours'}\n" MAIL, NULL, MOST,
	    "x;+12 hours", LEFT("max_duration") },
	{ "after a downtime it counts first",
	    TRIGGER "s delay {'duration':'1 hour'}\n" MAIL, NULL, MOST,
	    "x;>1 day", LEFT("max_duration") },
	{ "it counts from the beginning",
	    TRIGGER "d delay {'duration':'10 hours'}\n"
		    "s delay {'duration':'10 hours'}\n" MAIL,
	    NULL, MOST, "x;+1 day", "d, " LEFT("max_duration") },
	{ "a run that is done in time is done",
	    TRIGGER "s delay {'duration':'11 hours'}\n" MAIL, NULL, MOST,
	    "x;+1 day", "s, m -> completed" },
	{ "an event's end at that moment comes too late", DELAY, NULL,
	    "{'max_duration':'12 hours','exit':[{'type':'event','event_name':"
	    "'bought'}]}",
	    "x;~12 hours;bought", LEFT("max_duration") },
};

static void
test_refusals(void)
{
	static const struct {
		const char *settings, *words;
	} bad[] = {
		{ "{'exit':{}}", "exit" },
		{ "{'exit':[1]}", "exit[0] must be an object" },
		{ EXIT("'bored'"), "not `bored`" },
		{ "{'exit':[{}]}", "exit[0]" },
		{ EXIT("'event_received'"), "missing `event_name`" },
		{ EXIT("'contact_property_matches_with'"), "missing `filter`" },
		{ EXIT("'segment_left','segment_id':'vip'"), "segment_id" },
		{ EXIT("'segment_left','segment_id':'$NONE'"),
		    "there is no segment" },
		{ EXIT("'unsubscribed','topic_id':'news'"), "`news`" },
		{ EXIT("'unsubscribed','topic_id':'$NONE'"),
		    "`topic_id` names no topic" },
		{ EXIT("'event','event_name':'y','filter':{'type':'rule',"
		       "'field':'wait_events.z.n','operator':'exists'}"),
		    "filter" },
		{ "{'exit':[{'type':'complained'},{'type':'bored'}]}",
		    "exit[1]" },
	};
	story_name("NONE", 4711);
	for (size_t i = 0; i < N_OF(bad); i++) {
		const char *why = story_refusal(DELAY, NULL, bad[i].settings);
		ok(why != NULL && strstr(why, bad[i].words) != NULL, "%s: %s",
		    bad[i].settings, why != NULL ? why : "taken");
	}
}

int
main(void)
{
	story_up(NULL);
	story_segment("VIP", NULL);
	story_segment("OTHER", NULL);
	story_segment("PRO", PRO);
	story_name("News", rig_topic("News", true));
	story_name("Tips", rig_topic("Tips", true));
	story_automation("t trigger {'event_name':'upgrade'}\n"
			 "u contact_update {'properties':{'plan':'pro'}}",
	    NULL, NULL);
	test_rules();
	STORIES(states);
	STORIES(together);
	STORIES(longest);
	test_refusals();
	rig_down();
	return tap_done();
}
