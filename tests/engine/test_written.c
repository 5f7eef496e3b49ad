/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an author writes and nobody would read is refused when it comes in:
 * names that mean nothing where they stand, events that never come.
 */
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

#define TRIGGER "t trigger {'event_name':'x'}"
#define IS_A    "{'type':'rule','field':'event.a','operator':'exists'}"

/* One step behind a trigger, or the trigger itself. */
struct written {
	const char *step;
	const char *says; /* behind the name of the field */
};

static void
check_refused(const char *steps, const char *settings, const char *says)
{
	const char *why = story_refusal(steps, NULL, settings);
	ok(why != NULL && strstr(why, story_text(says)) != NULL, "refused: %s",
	    why != NULL ? why : "not at all");
}

/* ---- names --------------------------------------------------------------- */

static const struct written bad_steps[] = {
	{ "delay {'duraton':'1 day'}",
	    "`config.duraton` of step `s` is unknown; known are: duration." },
	{ "delay {'duration':'1 day','unit':null}", "`config.unit`" },
	{ "delay {'seconds':60}", "`config.seconds`" },
	{ "send_email {'templat':{'id':'t'}}",
	    "`config.templat` of step `s` is unknown; known are: template, "
	    "from, subject, reply_to, topic_id." },
	{ "send_email {'template':{'id':'t','variable':{}}}",
	    "`config.template.variable` of step `s` is unknown; known are: "
	    "id, variables." },
	{ "send_email {'template':{'id':'t'},'replyTo':'a@example.com'}",
	    "`config.replyTo`" },
	{ "wait_for_event {'event_name':'y','filter_rules':" IS_A "}",
	    "`config.filter_rules` of step `s` is unknown; known are: "
	    "event_name, timeout, filter_rule, lookback." },
	{ "wait_for_event {'event_name':'y','timeout_seconds':5}",
	    "`config.timeout_seconds`" },
	{ "wait_for_event {'event_name':'y','filter_rule':{'type':'and',"
	  "'rules':[" IS_A ",{'type':'rule','feild':'event.a'}]}}",
	    "`config.filter_rule.rules[1].feild` of step `s` is unknown; "
	    "known are: type, field, operator, value." },
	{ "condition {'type':'rule','field':'event.a','operator':'eq',"
	  "'vlaue':1}",
	    "`config.vlaue` of step `s`" },
	{ "condition {'type':'not','rule':" IS_A ",'rules':[]}",
	    "`config.rules` of step `s` is unknown; known are: type, rule." },
	{ "condition {'type':'not','rule':{'type':'or','rules':[],'x':1}}",
	    "`config.rule.x` of step `s` is unknown; known are: type, rules." },
	{ "condition {'logicalOperator':'AND','condition':[],'conditions':["
	  "{'field':'a','operator':'is_empty'}]}",
	    "`config.condition` of step `s` is unknown; known are: "
	    "logicalOperator (or logical_operator), conditions (or groups)." },
	{ "condition {'conditions':[{'field':'a','operator':'is_empty'},"
	  "{'groups':[{'field':'a','operator':'equals','values':1}]}]}",
	    "`config.conditions[1].groups[0].values` of step `s` is unknown; "
	    "known are: field, operator, value, value2 (or value_2, valueTo, "
	    "value_to), fieldType (or field_type)." },
	{ "branch {'branches':[],'otherwize':'m'}",
	    "`config.otherwize` of step `s` is unknown; known are: branches, "
	    "otherwise." },
	{ "branch {'branches':[{'key':'a','filter':" IS_A
	  ",'apply_to':'all_branch_steps'}]}",
	    "`config.branches[0].apply_to` of step `s` is unknown; known are: "
	    "key, filter, applies_to, to, merge_to." },
	{ "branch {'branches':[{'key':'a','filter':{'type':'rule','op':1}}]}",
	    "`config.branches[0].filter.op`" },
	{ "contact_update {'firstname':'Ada','last_name':'Lee'}",
	    "`config.firstname` of step `s` is unknown; known are: "
	    "first_name, last_name, unsubscribed, properties." },
	{ "contact_delete {'contact':'all'}",
	    "`config.contact` of step `s` is unknown; known are: none." },
	{ "add_to_segment {'segment':'$VIP'}",
	    "`config.segment` of step `s` is unknown; known are: "
	    "segment_id (or segment_ids, segmentId, segmentIds, list_id, "
	    "list_ids, "
	    "listId, listIds)." },
	{ "remove_from_segment {'segment_id':'$VIP','listId':'$OTHER'}",
	    "`config.segment_id` of step `s` and `listId` beside it say "
	    "different things; give one." },
	{ "exit {'reasn':'enough'}", "`config.reasn`" },
	{ "send_email {'template':{'id':'t','variables':{'A':1,'N':{'VAR':"
	  "'event.n'}}}}",
	    "`config.template.variables.N` of step `s` has `VAR`, which must "
	    "be written `var`." },
	{ "send_email {'template':{'id':'t','variables':{'N':{'var':'event.n',"
	  "'fallback':'x'}}}}",
	    "`config.template.variables.N` of step `s` has `fallback` beside "
	    "`var`; {'var': 'path'} has no other names." },
	{ "contact_update {'first_name':{'VAR':'event.n'}}",
	    "`config.first_name` of step `s` has `VAR`, which must be written "
	    "`var`." },
	{ "contact_update {'properties':{'plan':{'or':1,'var':'event.n'}}}",
	    "`config.properties.plan` of step `s` has `or` beside `var`" },
};

static const struct written bad_triggers[] = {
	{ "{'event':'x'}",
	    "`config.event` of step `t` is unknown; known are: event_name, "
	    "entry." },
	{ "{'eventName':'x'}", "`config.eventName`" },
	{ "{'event_name':'x','filter':" IS_A "}", "`config.filter`" },
	{ "{'entry':{'type':'event_received','event_name':'x','filtre':" IS_A
	  "}}",
	    "`config.entry.filtre` of step `t` is unknown; known are: type, "
	    "event_name (or eventName), filter (or filter_criteria, "
	    "filterCriteria)." },
	{ "{'entry':{'typ':'event_received'}}", "`config.entry.typ`" },
	{ "{'entry':{'type':'event_received','event_name':'x','filter':{"
	  "'type':'rule','field':'event.a','operater':'exists'}}}",
	    "`config.entry.filter.operater`" },
	{ "{'entry':{'type':'contact_created','event_name':'x'}}",
	    "`config.entry.event_name` of step `t` is unknown; known are: "
	    "type, "
	    "segment_id (or segment_ids, segmentId, segmentIds, list_id, "
	    "list_ids, "
	    "listId, listIds), "
	    "filter (or filter_criteria, filterCriteria)." },
	{ "{'entry':{'type':'contact_property_changed','field':'plan',"
	  "'form':'a'}}",
	    "`config.entry.form` of step `t` is unknown; known are: type, "
	    "field, from (or from_value, fromValue), to (or to_value, "
	    "toValue), segment_id (or segment_ids," },
	{ "{'entry':{'type':'manual','filter':" IS_A "}}",
	    "`config.entry.filter` of step `t` is unknown; known are: type." },
	{ "{'entry':{'type':'event_received','event_name':'x','eventName':"
	  "'y'}}",
	    "`config.entry.event_name` of step `t` and `eventName` beside it "
	    "say different things; give one." },
	{ "{'event_name':'x','entry':{'type':'event_received','event_name':"
	  "'y'}}",
	    "`config.event_name` of step `t` and `entry` beside it say "
	    "different things; give one." },
	{ "{'event_name':'x','entry':{'type':'manual'}}",
	    "`config.event_name` of step `t` and `entry`" },
};

static const struct {
	const char *settings, *says;
} bad_settings[] = {
	{ "{'re_entry':{}}",
	    "`settings.re_entry` is unknown; known are: reentry, exit, "
	    "enrol_existing, on_stop, max_duration." },
	{ "{'reentry':{'policy':'once_per','per':'1 day','keys':'event.a'}}",
	    "`settings.reentry.keys` is unknown; known are: policy, per, "
	    "key." },
	{ "{'reentry':{'policy':'once','per':'1 day'}}",
	    "`settings.reentry.per` means nothing to the policy `once`; it "
	    "goes with `once_per`." },
	{ "{'reentry':{'policy':'always','per':'1 day'}}",
	    "`settings.reentry.per` means nothing to the policy `always`" },
	{ "{'reentry':{'policy':'one','per':'1 day'}}",
	    "reentry.policy must be one of" },
	{ "{'exit':[{'type':'unsubscribed'},{'type':'event_received',"
	  "'event_name':'y','filer':" IS_A "}]}",
	    "`settings.exit[1].filer` is unknown; known are: type, "
	    "event_name (or eventName), filter (or filter_criteria, "
	    "filterCriteria)." },
	{ "{'exit':[{'type':'complained','event_name':'y'}]}",
	    "`settings.exit[0].event_name` is unknown; known are: type." },
	{ "{'exit':[{'type':'unsubscribed','topic':'$VIP'}]}",
	    "`settings.exit[0].topic` is unknown; known are: type, "
	    "topic_id." },
	{ "{'exit':[{'type':'segment_left','segment':'$VIP'}]}",
	    "`settings.exit[0].segment` is unknown; known are: type, "
	    "segment_id (or segment_ids, segmentId, segmentIds, list_id, "
	    "list_ids, "
	    "listId, listIds)." },
	{ "{'exit':[{'type':'property_match','filter':{'type':'rule','fild':"
	  "1}}]}",
	    "`settings.exit[0].filter.fild`" },
	{ "{'exit':[{'typo':1}]}", "`settings.exit[0].typo`" },
};

/* What is missing is told as the API spells it, and as the official client's
 * files do, apart. */
#define API    " (spelt so in the API; "
#define CLIENT "in a file for Resend's own CLI or SDK: "
static const struct written missing[] = {
	{ TRIGGER "\ns wait_for_event {}",
	    "missing `config.event_name`, the event to wait for" API CLIENT
	    "`eventName`)." },
	{ "t trigger {}",
	    "missing `config.event_name`, the event that starts the "
	    "automation" API CLIENT "`eventName`)." },
	{ TRIGGER "\ns add_to_segment {}",
	    "missing `config.segment_id`, the id of a segment" API CLIENT
	    "`segmentId`)." },
	{ TRIGGER "\ns contact_update {}",
	    "names nothing to write: first_name, last_name, unsubscribed, "
	    "properties" API CLIENT "`firstName`, `lastName`)." },
};

/* Around configs and settings. */
static const struct {
	const char *automation, *says;
} bad_frames[] = {
	{ "{'setings':{}}",
	    "`setings` is unknown; known are: name, status, steps, "
	    "connections (or edges), settings." },
	{ "{'steps':[{'key':'t','type':'trigger','conifg':{}}]}",
	    "`steps[0].conifg` is unknown; known are: key (or ref), type, "
	    "config." },
	{ "{'steps':[{'key':'t','ref':'u','type':'trigger','config':{}}]}",
	    "`steps[0].key` and `ref` beside it say different things" },
	{ "{'connections':[{'from':'a','to':'b'},{'from':'a','to':'c',"
	  "'typ':'timeout'}]}",
	    "`connections[1].typ` is unknown; known are: from, to, type (or "
	    "edge_type)." },
	{ "{'edges':[{'from':'a','to':'b','typ':'timeout'}]}",
	    "`edges[0].typ` is unknown" },
	{ "{'connections':[],'edges':[{'from':'a','to':'b'}]}",
	    "`connections` and `edges` beside it say different things" },
};
/* What reading one answers, and the alpha's words. */
static const char *const good_frames[] = {
	"{'object':'automation','id':'x','name':'N','status':'enabled',"
	"'paused':false,'created_at':'c','updated_at':'u','steps':[],"
	"'connections':[],'settings':{}}",
	"{'steps':[{'ref':'t','type':'trigger','config':{}}],'edges':[{'from':"
	"'a','to':'b','edge_type':'timeout'}]}",
};

/* Why what is written so is refused; NULL if it is not. */
static const char *
frame_refusal(const char *text)
{
	const char *json = story_text(text);
	const json_t *o = json_parse(rig.arena, json, strlen(json), &rig.fault);
	return o == NULL || engine_check_written(rig.arena, o, &rig.fault) != 0
	    ? rig.fault.text
	    : NULL;
}

static void
test_frames(void)
{
	for (size_t i = 0; i < N_OF(bad_frames); i++) {
		const char *why = frame_refusal(bad_frames[i].automation);
		ok(why != NULL && strstr(why, bad_frames[i].says) != NULL,
		    "refused: %s", why != NULL ? why : "not at all");
	}
	for (size_t i = 0; i < N_OF(good_frames); i++) {
		const char *why = frame_refusal(good_frames[i]);
		ok(why == NULL, "taken: frame %zu %s", i,
		    why != NULL ? why : "");
	}
}

static void
test_names(void)
{
	for (size_t i = 0; i < N_OF(missing); i++) {
		const char *why = story_refusal(missing[i].step, NULL, NULL);
		ok(why != NULL && strstr(why, missing[i].says) != NULL,
		    "refused: %s", why != NULL ? why : "not at all");
	}
	for (size_t i = 0; i < N_OF(bad_steps); i++)
		check_refused(arena_printf(rig.arena, TRIGGER "\ns %s",
				  bad_steps[i].step),
		    NULL, bad_steps[i].says);
	for (size_t i = 0; i < N_OF(bad_triggers); i++)
		check_refused(arena_printf(rig.arena, "t trigger %s",
				  bad_triggers[i].step),
		    NULL, bad_triggers[i].says);
	for (size_t i = 0; i < N_OF(bad_settings); i++)
		check_refused(TRIGGER, bad_settings[i].settings,
		    bad_settings[i].says);
}

/* Names that others' clients write and that are not needed, or said twice. */
static void
test_taken(void)
{
	static const char *const steps[] = {
		"t trigger {'event_name':'x','entry':null}",
		"t trigger "
		"{'event_name':'x','entry':{'type':'event','eventName'"
		":'x'}}",
		"t trigger {'entry':{'type':'event_triggered','eventName':'x',"
		"'filterCriteria':{'logicalOperator':'AND','groups':[{'id':"
		"'filter_1','field':'event.a','operator':'is_not_empty',"
		"'fieldType':'string'}]}}}",
		"t trigger {'entry':{'type':'contact_property_changes_from_to',"
		"'field':'plan','fieldType':'string','fromValue':'a','toValue':"
		"'b','listIds':['$VIP']}}",
		TRIGGER
		"\nb branch {'branches':[{'key':'a','label':'A','filter':" IS_A
		"}]}",
		TRIGGER "\ns add_to_segment {'listId':'$VIP','segment_id':"
			"'$VIP'}",
		TRIGGER "\nu contact_update {'properties':{'anything':1}}",
		TRIGGER "\nm send_email {'template':{'id':'any','variables':{"
			"'ANYTHING':{'at':'all'}}}}",
	};
	for (size_t i = 0; i < N_OF(steps); i++) {
		const char *why = story_refusal(steps[i], NULL, NULL);
		ok(why == NULL, "taken: config %zu %s", i,
		    why != NULL ? why : "");
	}
}

/* ---- events -------------------------------------------------------------- */

#define OURS \
	"there are resend:contact.created, updated, unsubscribed; " \
	"resend:segment.joined, left; resend:email.sent, delivered, bounced, " \
	"complained, opened, clicked, failed, suppressed, replied."

/* Where an automation names an event. */
static const struct {
	const char *steps, *settings, *field;
} places[] = {
	{ "t trigger {'event_name':'%s'}", NULL,
	    "`config.event_name` of step `t`" },
	{ "t trigger {'entry':{'type':'event_received','event_name':'%s'}}",
	    NULL, "`config.entry.event_name` of step `t`" },
	{ "t trigger {'entry':{'type':'event','eventName':'%s'}}", NULL,
	    "`config.entry.eventName` of step `t`" },
	{ TRIGGER "\nw wait_for_event {'event_name':'%s'}", NULL,
	    "`config.event_name` of step `w`" },
	{ TRIGGER, "{'exit':[{'type':'event','event_name':'%s'}]}",
	    "`settings.exit[0].event_name`" },
	{ TRIGGER, "{'exit':[{'type':'event','eventName':'%s'}]}",
	    "`settings.exit[0].eventName`" },
};

/* The text with the name in it. */
static const char *
with(const char *text, const char *name)
{
	const char *at = text == NULL ? NULL : strstr(text, "%s");
	return at == NULL ? text
			  : arena_printf(rig.arena, "%.*s%s%s",
				(int)(at - text), text, name, at + 2);
}

static void
check_event(const char *name, const char *says)
{
	for (size_t i = 0; i < N_OF(places); i++) {
		const char *steps = with(places[i].steps, name);
		const char *settings = with(places[i].settings, name);
		const char *why;
		if (says != NULL) {
			check_refused(steps, settings,
			    arena_printf(rig.arena, "%s %s", places[i].field,
				says));
			continue;
		}
		why = story_refusal(steps, NULL, settings);
		ok(why == NULL, "an event that may come: %s %s", name,
		    why != NULL ? why : "");
	}
}

static void
test_events(void)
{
	static const char *const own[] = { "resend:contact.created",
		"resend:contact.updated", "resend:contact.unsubscribed",
		"resend:segment.joined", "resend:segment.left",
		"resend:email.sent", "resend:email.delivered",
		"resend:email.bounced", "resend:email.complained",
		"resend:email.opened", "resend:email.clicked",
		"resend:email.failed", "resend:email.suppressed",
		"resend:email.replied" };
	char longest[EVENT_NAME_MAX + 1], longer[EVENT_NAME_MAX + 2];
	memset(longest, 'a', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	for (size_t i = 0; i < N_OF(own); i++)
		check_event(own[i], NULL);
	check_event(longest, NULL);
	check_event("user created/x \xc3\xbc", NULL);
	check_event("resend", NULL);
	check_event("Resend:nonsense", NULL);
	check_event(longer, "must have 1 to 255 bytes.");
	check_event("a\\nb", "holds a control character.");
	check_event("a\\u007fb", "holds a control character.");
	check_event("resend:nonsense",
	    "names no event of ours: `resend:nonsense`; " OURS);
	check_event("resend:", "names no event of ours: `resend:`; " OURS);
	check_event("resend:email.open",
	    "names no event of ours: `resend:email.open`; " OURS);
	check_event("resend:email.", "names no event of ours");
	check_event("resend:contact.opened", "names no event of ours");
}

/* ---- what was saved before ----------------------------------------------- */

/* A version that was saved when less was asked is read and goes on. */
static void
test_old(void)
{
	const char *graph = story_graph("t trigger {'event_name':'x','filtre':1"
					"}\n"
					"w wait_for_event {'event_name':"
					"'resend:nonsense','timeout':'1 day',"
					"'lokback':'1 day'}\n"
					"d delay {'duration':'1 day','uint':1}",
	    "t>w w>d:timeout",
	    "{'again':true,'exit':[{'type':'complained','event_name':'bought'}"
	    "]}");
	int64_t num = rig_automation_old(graph);
	ok(num > 0, "it is there %s", num > 0 ? "" : rig.fault.text);
	story_play("x;bought;restart;+1 day");
	is(story_runs(num), "w {'timed_out':true} -> at d",
	    "what it names in vain does nothing");
	is_int(rig_automation_edit(num, graph), -1,
	    "who writes it again is asked");
	ok(strstr(rig.fault.text, "`config.filtre`") != NULL, "%s",
	    rig.fault.text);
}

int
main(void)
{
	story_up(NULL);
	rig_template("any", "T", "{{{ANYTHING}}}", true);
	story_segment("VIP", NULL);
	story_segment("OTHER", NULL);
	test_frames();
	test_names();
	test_taken();
	test_events();
	test_old();
	rig_down();
	return tap_done();
}
