/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who gets into an automation: by an event, a change, a segment or by hand.
 */
#include <string.h>

#include "base/arena.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

#define ENTRY(config) "t trigger {'entry':{" config "}}"
#define PRO \
	"{'type':'rule','field':'contact.plan','operator':'eq','value':'pro'}"
#define BE(plan) "be {'properties':{'plan':'" plan "'}}"

static const char in[] = "-> completed";
static const char twice[] = "-> completed | -> completed";

/* ---- events -------------------------------------------------------------- */

#define FILTER_N \
	",'filter':{'type':'rule','field':'event.n','operator':'gt','value':" \
	"5}"

static const struct story events[] = {
	{ "an event of the name lets in",
	    ENTRY("'type':'event_received','event_name':'x'"), NULL, NULL, "x",
	    in },
	{ "each time", ENTRY("'type':'event_received','event_name':'x'"), NULL,
	    NULL, "x;x", twice },
	{ "not another one", ENTRY("'type':'event_received','event_name':'x'"),
	    NULL, NULL, "y;xx;resend:x", "" },
	{ "the name may be spelled otherwise",
	    ENTRY("'type':'event_received','eventName':'x'"), NULL, NULL, "x",
	    in },
	{ "a filter lets in whom it takes",
	    ENTRY("'type':'event_received','event_name':'x'" FILTER_N), NULL,
	    NULL, "x {'n':6}", in },
	{ "and keeps out whom it does not",
	    ENTRY("'type':'event_received','event_name':'x'" FILTER_N), NULL,
	    NULL, "x {'n':5};x", " / filter, filter" },
	{ "a filter may ask the contact",
	    ENTRY("'type':'event_received','event_name':'x','filter':" PRO),
	    NULL, NULL, BE("basic") ";x;" BE("pro") ";x",
	    "-> completed / "
	    "filter" },
	{ "of whom nothing is known of a stranger",
	    ENTRY("'type':'event_received','event_name':'x','filter':" PRO),
	    NULL, NULL, "x", " / filter" },
	{ "a system event is an event too",
	    ENTRY("'type':'event_received','event_name':"
		  "'resend:contact.created'"),
	    NULL, NULL, "be {};" BE("pro"), in },
	{ "one of a mail, whosever mail it was",
	    ENTRY("'type':'event_received','event_name':'resend:email.opened'"),
	    NULL, NULL, "be {};foreign resend:email.opened {'email_id':'1'}",
	    in },
};

/* ---- created ------------------------------------------------------------- */

static const struct story created[] = {
	{ "a new contact comes in", ENTRY("'type':'contact_created'"), NULL,
	    NULL, "be {}", in },
	{ "once", ENTRY("'type':'contact_created'"), NULL, NULL,
	    "be {};be {};" BE("pro"), in },
	{ "also a stranger whose event started a run of another",
	    "t trigger {'entry':{'type':'contact_created'}}", NULL, NULL,
	    "hello", in },
	{ "not one whose event started nothing",
	    "t trigger {'entry':{'type':'contact_created'}}", NULL, NULL,
	    "nobody listens", "" },
	{ "again after it was deleted", ENTRY("'type':'contact_created'"), NULL,
	    NULL, "be {};gone;be {}", twice },
	{ "if a filter takes it",
	    ENTRY("'type':'contact_created','filter':" PRO), NULL, NULL,
	    BE("pro"), in },
	{ "else never", ENTRY("'type':'contact_created','filter':" PRO), NULL,
	    NULL, BE("basic") ";" BE("pro"), "" },
	{ "if it is in the segment when it is new",
	    ENTRY("'type':'contact_created','segment_id':'$VIP'"), NULL, NULL,
	    "be {'segments':['$VIP']}", in },
	{ "or in one of several",
	    ENTRY("'type':'contact_created','segment_ids':['$OTHER','$VIP']"),
	    NULL, NULL, "be {'segments':['$VIP']}", in },
	{ "not if it is in another",
	    ENTRY("'type':'contact_created','segment_id':'$VIP'"), NULL, NULL,
	    "be {'segments':['$OTHER']}", "" },
	{ "nor if it comes into it later",
	    ENTRY("'type':'contact_created','segment_id':'$VIP'"), NULL, NULL,
	    "be {};join $VIP", "" },
	{ "also by a segment's rule",
	    ENTRY("'type':'contact_created','segment_id':'$PRO'"), NULL, NULL,
	    BE("pro"), in },
};

/* ---- segments ------------------------------------------------------------ */

#define JOINED(more) ENTRY("'type':'contact_added_to_list'," more)

static const struct story joined[] = {
	{ "who comes into a segment comes in", JOINED("'segment_id':'$VIP'"),
	    NULL, NULL, "be {};join $VIP", in },
	{ "also as a new contact", JOINED("'segment_id':'$VIP'"), NULL, NULL,
	    "be {'segments':['$VIP']}", in },
	{ "not who is in it already", JOINED("'segment_id':'$VIP'"), NULL, NULL,
	    "be {};join $VIP;join $VIP", in },
	{ "again who went out and came again", JOINED("'segment_id':'$VIP'"),
	    NULL, NULL, "be {};join $VIP;quit $VIP;join $VIP", twice },
	{ "not who goes out", JOINED("'segment_id':'$VIP'"), NULL, NULL,
	    "be {};quit $VIP", "" },
	{ "nor who comes into another", JOINED("'segment_id':'$VIP'"), NULL,
	    NULL, "be {};join $OTHER", "" },
	{ "into one of several", JOINED("'segment_ids':['$OTHER','$VIP']"),
	    NULL, NULL, "be {};join $VIP;join $OTHER", twice },
	{ "if a filter takes it", JOINED("'segment_id':'$VIP','filter':" PRO),
	    NULL, NULL,
	    BE("basic") ";join $VIP;quit $VIP;" BE("pro") ";join $VIP", in },
	{ "by the segment's own rule, when it turns true",
	    JOINED("'segment_id':'$PRO'"), NULL, NULL,
	    BE("basic") ";" BE("pro"), in },
	{ "not again while it stays so", JOINED("'segment_id':'$PRO'"), NULL,
	    NULL, BE("pro") ";be {'first_name':'Ada'}", in },
	{ "again when it was false between", JOINED("'segment_id':'$PRO'"),
	    NULL, NULL, BE("pro") ";" BE("basic") ";" BE("pro"), twice },
};

/* ---- a filter turns true ------------------------------------------------- */

#define MATCHED(more) \
	ENTRY("'type':'contact_property_matches_with','filter':" PRO more)

static const struct story matched[] = {
	{ "a contact whose filter turns true comes in", MATCHED(""), NULL, NULL,
	    BE("basic") ";" BE("pro"), in },
	{ "a new one for whom it is true too", MATCHED(""), NULL, NULL,
	    BE("pro"), in },
	{ "not one for whom it stays false", MATCHED(""), NULL, NULL,
	    BE("basic") ";" BE("free"), "" },
	{ "the same written again is nothing", MATCHED(""), NULL, NULL,
	    BE("pro") ";" BE("pro") ";" BE("pro"), in },
	{ "nor is another field", MATCHED(""), NULL, NULL,
	    BE("pro") ";be {'first_name':'Ada'};be {'properties':{'n':1}}",
	    in },
	{ "again when it was false between", MATCHED(""), NULL, NULL,
	    BE("pro") ";" BE("basic") ";" BE("pro"), twice },
	{ "a property that is cleared and set again", MATCHED(""), NULL, NULL,
	    BE("pro") ";be {'properties':{'plan':null}};" BE("pro"), twice },
	{ "by an automation's own update", MATCHED(""), NULL, NULL,
	    BE("basic") ";upgrade", in },
	{ "members of a segment alone", MATCHED(",'segment_id':'$VIP'"), NULL,
	    NULL, BE("pro") ";" BE("basic") ";join $VIP;" BE("pro"), in },
};

/* ---- a field changes ----------------------------------------------------- */

#define CHANGED(more) ENTRY("'type':'contact_property_changed'," more)

static const struct story changed[] = {
	{ "who has a field changed comes in", CHANGED("'field':'plan'"), NULL,
	    NULL, BE("basic") ";" BE("pro"), in },
	{ "not who is new", CHANGED("'field':'plan'"), NULL, NULL, BE("pro"),
	    "" },
	{ "who has it now and had it not", CHANGED("'field':'plan'"), NULL,
	    NULL, "be {};" BE("pro"), in },
	{ "who had it and has it no more", CHANGED("'field':'plan'"), NULL,
	    NULL, BE("pro") ";be {'properties':{'plan':null}}", in },
	{ "not who has it written as it was", CHANGED("'field':'plan'"), NULL,
	    NULL, BE("pro") ";" BE("pro"), "" },
	{ "nor who has another field changed", CHANGED("'field':'plan'"), NULL,
	    NULL, BE("pro") ";be {'properties':{'n':1}}", "" },
	{ "the field may be named in full",
	    CHANGED("'field':'contact.properties.plan'"), NULL, NULL,
	    BE("basic") ";" BE("pro"), in },
	{ "or as others name it", CHANGED("'field':'customFields.plan'"), NULL,
	    NULL, BE("basic") ";" BE("pro"), in },
	{ "or be one every contact has", CHANGED("'field':'first_name'"), NULL,
	    NULL, "be {'first_name':'Eve'};be {'first_name':'Ada'}", in },
	{ "from one value", CHANGED("'field':'plan','from':'basic'"), NULL,
	    NULL, BE("free") ";" BE("basic") ";" BE("pro"), in },
	{ "to another", CHANGED("'field':'plan','to':'pro'"), NULL, NULL,
	    BE("free") ";" BE("basic") ";" BE("pro") ";" BE("basic"), in },
	{ "from one to another",
	    CHANGED("'field':'plan','from':'basic','to':'pro'"), NULL, NULL,
	    BE("free") ";" BE("pro") ";" BE("basic") ";" BE("pro"), in },
	{ "a number is no text", CHANGED("'field':'s','to':5"), NULL, NULL,
	    "be {};be {'properties':{'s':'5'}}", "" },
	{ "but a number", CHANGED("'field':'n','to':5"), NULL, NULL,
	    "be {};be {'properties':{'n':5}}", in },
	{ "if a filter takes it", CHANGED("'field':'n','filter':" PRO), NULL,
	    NULL,
	    BE("basic") ";be {'properties':{'n':1}};" BE(
		"pro") ";be {'properties':{'n':2}}",
	    in },
};

/* ---- by hand ------------------------------------------------------------- */

static const struct story by_hand[] = {
	{ "whoever is put in by hand comes in", ENTRY("'type':'manual'"), NULL,
	    NULL, "be {};start", in },
	{ "and nobody else", ENTRY("'type':'manual'"), NULL, NULL,
	    "be {};" BE("pro") ";manual", "" },
	{ "every other kind can be started by hand too",
	    CHANGED("'field':'plan'"), NULL, NULL, "be {};start", in },
	{ "with a payload",
	    "t trigger {'entry':{'type':'manual'}}\n"
	    "c condition {'type':'rule','field':'event.n','operator':'eq',"
	    "'value':7}",
	    NULL, NULL, "be {};start {'n':7}",
	    "c {'result':true} -> completed" },
	{ "what an entry's filter says does not count then",
	    ENTRY("'type':'event_received','event_name':'x'" FILTER_N), NULL,
	    NULL, "be {};start", in },
	{ "also while it is stopped", ENTRY("'type':'manual'"), NULL, NULL,
	    "be {};stop;start", in },
};

/* ---- other words --------------------------------------------------------- */

static void
test_aliases(void)
{
	static const struct {
		const char *type, *more, *script;
	} words[] = {
		{ "event", "'event_name':'x'", "x" },
		{ "custom_event", "'eventName':'x'", "x" },
		{ "event_triggered", "'event_name':'x'", "x" },
		{ "contact_added", "'listId':'$VIP'",
		    "be {'segments':['$VIP']}" },
		{ "added_to_list", "'list_id':'$VIP'", "be {};join $VIP" },
		{ "new_contact_added_to", "'segmentId':'$VIP'",
		    "be {};join $VIP" },
		{ "contact_added_to", "'segmentIds':['$VIP']",
		    "be {};join $VIP" },
		{ "contact_matches_segment", "'segment_id':'$PRO'", BE("pro") },
		{ "segment_match", "'segment_id':'$PRO'", BE("pro") },
		{ "segment_entered", "'segment_ids':['$PRO']", BE("pro") },
		{ "contact_added_to_segment", "'listIds':['$VIP']",
		    "be {};join $VIP" },
		{ "contact_property_matches_with", "'filterCriteria':" PRO,
		    BE("pro") },
		{ "contact_property_matches_with", "'filter_criteria':" PRO,
		    BE("pro") },
		{ "contact_property_changes", "'field':'plan'",
		    "be {};" BE("pro") },
		{ "contact_property_changes_from",
		    "'field':'plan','fromValue':'a'", BE("a") ";" BE("b") },
		{ "contact_property_changes_from_to",
		    "'field':'plan','from_value':'a','toValue':'b'",
		    BE("a") ";" BE("b") },
	};
	for (size_t i = 0; i < N_OF(words); i++) {
		const struct story s = { words[i].type,
			arena_printf(rig.arena,
			    "t trigger {'entry':{'type':'%s',%s}}",
			    words[i].type, words[i].more),
			NULL, NULL, words[i].script, in };
		story_check(&s, 1);
	}
}

static void
test_refusals(void)
{
	static const struct {
		const char *config, *words;
	} bad[] = {
		{ "{}", "missing `config.event_name`" },
		{ "{'event_name':''}", "missing `config.event_name`" },
		{ "{'event_name':5}", "event_name" },
		{ "{'entry':[]}", "entry" },
		{ "{'entry':{}}", "config.entry" },
		{ "{'entry':{'type':'birthday'}}", "not `birthday`" },
		{ "{'entry':{'type':'event_received'}}",
		    "missing `event_name`, which an entry of type "
		    "`event_received` needs" },
		{ "{'entry':{'type':'contact_added_to_list'}}",
		    "missing `segment_id`" },
		{ "{'entry':{'type':'contact_matches_segment'}}",
		    "missing `segment_id`, which an entry of type "
		    "`contact_matches_segment` needs" },
		{ "{'entry':{'type':'contact_property_matches_with'}}",
		    "missing `filter`" },
		{ "{'entry':{'type':'contact_property_changed'}}",
		    "missing `field`" },
		{ "{'entry':{'type':'contact_added_to_list','segment_id':"
		  "'vip'}}",
		    "`segment_id` must be the id of a segment" },
		{ "{'entry':{'type':'contact_added_to_list','segment_id':"
		  "'$NONE'}}",
		    "there is no segment" },
		{ "{'entry':{'type':'contact_property_matches_with','filter':{"
		  "'type':'rule','field':'event.n','operator':'eq','value':1}"
		  "}}",
		    "`filter`" },
		{ "{'entry':{'type':'event_received','event_name':'x','filter'"
		  ":{'type':'rule','field':'wait_events.y.n','operator':'eq',"
		  "'value':1}}}",
		    "`filter`" },
	};
	story_name("NONE", 4711);
	for (size_t i = 0; i < N_OF(bad); i++) {
		const char *why =
		    story_refusal(arena_printf(rig.arena, "t trigger %s",
				      bad[i].config),
			NULL, NULL);
		ok(why != NULL && strstr(why, bad[i].words) != NULL, "%s: %s",
		    bad[i].config, why != NULL ? why : "taken");
	}
}

/* ---- what they see ------------------------------------------------------- */

static void
test_payloads(void)
{
	struct run run;
	story_up(NULL);
	int64_t vip = story_segment("VIP", NULL);
	int64_t a =
	    story_automation(ENTRY("'type':'contact_created'"), NULL, NULL);
	int64_t b = story_automation(CHANGED("'field':'plan'"), NULL, NULL);
	int64_t c = story_automation(JOINED("'segment_id':'$VIP'"), NULL, NULL);
	(void)vip;
	story_play("be {'first_name':'Ada','properties':{'plan':'basic'}};" BE(
	    "pro") ";join $VIP");
	rig_runs(a, &run);
	ok(strstr(run.payload, "\"first_name\":\"Ada\"") != NULL &&
		strstr(run.payload, "\"plan\":\"basic\"") != NULL &&
		strstr(run.payload, "previous") == NULL,
	    "a new contact's run sees what it was: %s", run.payload);
	rig_runs(b, &run);
	ok(strstr(run.payload, "\"plan\":\"pro\"") != NULL &&
		strstr(run.payload,
		    "\"previous\":{\"properties\":{\"plan\":\"basic\"}}") !=
		    NULL,
	    "a changed one's what it was and is: %s", run.payload);
	rig_runs(c, &run);
	is(run.payload, story_text("{'segment_id':'$VIP'}"),
	    "a member's which segment it is");
	rig_down();
}

int
main(void)
{
	story_up(NULL);
	story_segment("VIP", NULL);
	story_segment("OTHER", NULL);
	story_segment("PRO", PRO);
	story_automation("t trigger {'event_name':'hello'}", NULL, NULL);
	story_automation("t trigger {'event_name':'upgrade'}\n"
			 "u contact_update {'properties':{'plan':'pro'}}",
	    NULL, NULL);
	STORIES(events);
	STORIES(created);
	STORIES(joined);
	STORIES(matched);
	STORIES(changed);
	STORIES(by_hand);
	test_aliases();
	test_refusals();
	rig_down();
	test_payloads();
	return tap_done();
}
