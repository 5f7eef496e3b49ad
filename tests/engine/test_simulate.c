/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Simulations: what the timeline shows, in which order, and where it ends.
 */
#include "engine/simulate.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/id.h"
#include "base/json.h"
#include "model/duration.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

/* As long as it takes: what is tested is not the machine. */
enum { LONG_US = 60 * 1000 * 1000 };

#define TRIGGER "t trigger {'event_name':'x'}\n"
#define MAIL    "m send_email {'template':{'id':'t'}}"
#define ON_PLAN \
	"t trigger {'entry':{'type':'contact_property_changed','field':" \
	"'plan'}}\n"

static struct simulation sim;
static struct timeline line;

static int
do_simulate(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	(void)arg;
	return engine_simulate(rig.engine, t, a, &sim, rig.now_ms, &line, f);
}

static json_t *
parsed(const char *quoted)
{
	const char *text = story_text(quoted);
	return json_parse(rig.arena, text, strlen(text), &rig.fault);
}

/* A simulation of these steps with somebody made up. */
static void
given(const char *steps, const char *ways, const char *settings)
{
	static struct contact who;
	who = (struct contact){ .email = "zoe@example.com",
		.email_key = "zoe@example.com" };
	sim = (struct simulation){ .name = "S",
		.contact = &who,
		.for_ms = 30 * (int64_t)RIG_DAY,
		.most_us = LONG_US };
	const char *text = story_graph(steps, ways, settings);
	json_t *o = json_parse(rig.arena, text, strlen(text), &rig.fault);
	sim.graph = graph_from_json(rig.arena, o, &rig.fault);
	if (sim.graph == NULL)
		ok(false, "a graph: %s", rig.fault.text);
}

/* Later on, an event or, if it begins with {, a change of the contact. */
static void
later(const char *after, const char *what)
{
	enum { MOST = 100 };
	struct simulated s = { 0 };
	duration_parse(after, INT64_MAX / 2, &s.after_ms, &rig.fault);
	if (what[0] == '{')
		s.changes = parsed(what);
	else
		s.event = what;
	if (sim.later == NULL)
		sim.later = arena_alloc(rig.arena, MOST * sizeof(s));
	sim.later[sim.n_later++] = s;
}

static const char *const kinds[] = { [SIM_EVENT] = "event",
	[SIM_CHANGE] = "change",
	[SIM_START] = "start",
	[SIM_STEP] = "",
	[SIM_MAIL] = "mail",
	[SIM_END] = "end",
	[SIM_EXIT] = "exit",
	[SIM_NOTE] = "note" };

/* The number of a run among those of the timeline, from 1. */
static int
nth_run(int64_t run)
{
	int n = 0;
	for (int i = 0; i < line.n; i++) {
		n += line.rows[i].kind == SIM_START;
		if (line.rows[i].run == run)
			break;
	}
	return n;
}

static void
put_row(struct buf *b, int i)
{
	const struct simulated_row *r = &line.rows[i];
	buf_str(b, kinds[r->kind]);
	if (r->kind == SIM_STEP)
		buf_str(b, r->step);
	else if (r->kind == SIM_MAIL)
		buf_printf(b, " %s", r->step);
	if (r->run != 0 && r->run != line.run.id)
		buf_printf(b, " #%d", nth_run(r->run));
	if (r->text != NULL)
		buf_printf(b, " %s", r->text);
}

static void
simulate(void)
{
	line = (struct timeline){ 0 };
	if (rig_txn(do_simulate, NULL) != 0)
		ok(false, "a simulation: %s", rig.fault.text);
}

/* The timeline as text: "event x, start x, m, mail m, end completed"; what is
 * of another run than the first says which. */
static const char *
timeline(void)
{
	struct buf b = { 0 };
	simulate();
	for (int i = 0; i < line.n; i++) {
		if (i > 0)
			buf_str(&b, ", ");
		put_row(&b, i);
	}
	buf_str(&b, "");
	const char *text = arena_strdup(rig.arena, b.data);
	buf_free(&b);
	return text;
}

/* ---- what begins runs ---------------------------------------------------- */

static void
test_starts(void)
{
	given(TRIGGER MAIL, NULL, NULL);
	is(timeline(), "event x, start x, m, mail m, end completed",
	    "an event starts a run");
	later("1 hour", "x");
	is(timeline(),
	    "event x, start x, m, mail m, end completed, event x, "
	    "start #2 x, m #2, mail m #2, end #2 completed",
	    "another starts another one");
	given("t trigger {'entry':{'type':'manual'}}\n" MAIL, NULL, NULL);
	is(timeline(), "start, m, mail m, end completed",
	    "one that is started by hand names no event");
	given(ON_PLAN MAIL, NULL, NULL);
	later("1 hour", "{'properties':{'plan':'pro'}}");
	later("2 hours", "{'properties':{'plan':'pro'}}");
	later("3 hours", "{'properties':{'plan':'basic'}}");
	is(timeline(),
	    "start, m, mail m, end completed, "
	    "change, start #2 resend:contact.updated, m #2, mail m #2, "
	    "end #2 completed, change, "
	    "change, start #3 resend:contact.updated, m #3, mail m #3, "
	    "end #3 completed",
	    "so does a change of a property");
}

/* A run that changes its contact so that another one begins. */
static void
test_segments(void)
{
	int64_t pros = story_segment("PRO",
	    "{'type':'rule','field':'contact.properties.plan','operator':'eq',"
	    "'value':'pro'}");
	ok(pros != 0, "a segment with a filter");
	given("t trigger {'entry':{'type':'contact_matches_segment',"
	      "'segment_id':'$PRO'}}\n" MAIL,
	    NULL, NULL);
	later("1 hour", "{'properties':{'plan':'pro'}}");
	is(timeline(),
	    "note Nothing begins: the contact is not what the entry asks for., "
	    "change, start resend:segment.joined, m, mail m, end completed",
	    "who comes into a segment starts a run");
}

/* ---- what is copied ------------------------------------------------------ */

enum { MANY = 1050 };

/* Segments and topics that nobody names, newer than those before. */
static void
make_many(void)
{
	char name[40];
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "many %d", i);
		rig_segment(name, NULL);
		rig_topic(name, true);
	}
}

/* However many there are besides, what a run comes across is there. */
static void
test_copied(void)
{
	story_segment("OLD", NULL);
	story_segment("MINE", NULL);
	int64_t topic = rig_topic("old", true);
	story_name("TOPIC", topic);
	story_play("as kim;be {};join $MINE");
	struct contact kim;
	rig_contact_find(story_address("kim"), &kim);
	rig_topic_choose(kim.id, topic, false);
	make_many();
	given(TRIGGER "a add_to_segment {'segment_id':'$OLD'}\n"
		      "m send_email {'template':{'id':'t'},'topic_id':'$TOPIC'"
		      "}\nq remove_from_segment {'segment_id':'$MINE'}\n"
		      "d delay {'duration':'1 hour'}",
	    NULL, "{'exit':[{'type':'segment_left','segment_id':'$MINE'}]}");
	is(timeline(), "event x, start x, a, m, mail m, q, d, end completed",
	    "an automation that names the oldest of many, and a stranger");
	sim.contact = &kim;
	is(timeline(), "event x, start x, a, m, q, exit segment_left",
	    "somebody who is in one of them and has left the other");
	ok(line.n > 3 && line.rows[3].status == STEP_SKIPPED,
	    "gets no mail of it");
	rig_segment_set(kim.id, story_segment("HEX", NULL), true);
	given("t trigger {'entry':{'type':'contact_added_to_list',"
	      "'segment_ids':['$HEX','$OLD']}}\n" MAIL,
	    NULL, NULL);
	sim.contact = &kim;
	is(timeline(), "start, m, mail m, end completed",
	    "segments of an entry are there as well");
}

/* A segment with a filter is come into by itself, whoever names it. */
static void
test_computed(void)
{
	story_segment("COOKS",
	    "{'type':'rule','field':'contact.properties.cooks','operator':"
	    "'eq','value':true}");
	given(TRIGGER "w wait_for_event {'event_name':'resend:segment.joined'"
		      "}\n" MAIL,
	    NULL, NULL);
	later("1 hour", "{'properties':{'cooks':true}}");
	is(timeline(), "event x, start x, change, w, m, mail m, end completed",
	    "a segment nobody named is come into");
}

/* ---- coming in again ----------------------------------------------------- */

static int64_t
known_automation(const char *steps, const char *settings)
{
	return rig_automation(story_graph(steps, NULL, settings), true);
}

/* What a rule of re-entry would say, of what is simulated and of what was. */
static void
test_reentry(void)
{
	static const char once[] = "{'reentry':{'policy':'once'}}",
			  one[] = "{'reentry':{'policy':'one_at_a_time'}}";
	given(TRIGGER MAIL, NULL, once);
	later("1 hour", "x");
	is(timeline(),
	    "event x, start x, m, mail m, end completed, event x, note The "
	    "contact was in the automation before, and may be so once.",
	    "another event says why it starts nothing");
	struct contact ann;
	story_play("as ann;be {}");
	rig_contact_find(story_address("ann"), &ann);
	int64_t m = known_automation(TRIGGER MAIL, once);
	rig_event("x", ann.email, NULL, NULL, &(struct accepted){ 0 });
	given(TRIGGER MAIL, NULL, once);
	sim.contact = &ann;
	is(timeline(), "event x, start x, m, mail m, end completed",
	    "an automation of the asker's has no past");
	sim.automation = m;
	is(timeline(),
	    "event x, note The contact was in the automation before, and may "
	    "be so once.",
	    "who was in one that there is does not come in again");
	m = known_automation(TRIGGER "d delay {'duration':'3 days'}", one);
	rig_event("x", ann.email, NULL, NULL, &(struct accepted){ 0 });
	given(TRIGGER "d delay {'duration':'3 days'}", NULL, one);
	sim.contact = &ann;
	sim.automation = m;
	is(timeline(),
	    "event x, note The contact is in the automation now, and may be "
	    "so one time at a time.",
	    "nor who is in it now");
	is_int(line.run.id, 0, "and no run of before is told");
	m = known_automation(ON_PLAN MAIL, once);
	rig_run_start(m, ann.id, NULL, &(int64_t){ 0 });
	given(ON_PLAN MAIL, NULL, once);
	sim.contact = &ann;
	sim.automation = m;
	is(timeline(),
	    "note The contact may not enter: The contact was in the "
	    "automation before, and may be so once.",
	    "the same without an event");
}

/* ---- order --------------------------------------------------------------- */

/* True if no row is earlier than the one before it. */
static bool
is_ordered(void)
{
	for (int i = 1; i < line.n; i++)
		if (line.rows[i].at_ms < line.rows[i - 1].at_ms)
			return false;
	return true;
}

/* Runs beside each other: rows of one moment are told run by run. */
static void
test_order(void)
{
	given(TRIGGER "d delay {'duration':'1 hour'}\n" MAIL
		      "\nl delay {'duration':'1 hour'}",
	    NULL, NULL);
	later("30 minutes", "x");
	later("1 hour", "x");
	is(timeline(),
	    "event x, start x, event x, start #2 x, event x, "
	    "d, m, mail m, start #3 x, d #2, m #2, mail m #2, "
	    "l, end completed, d #3, m #3, mail m #3, "
	    "l #2, end #2 completed, l #3, end #3 completed",
	    "what happens at one moment is told run by run");
	ok(is_ordered(), "and moments in order");
}

/* ---- the end ------------------------------------------------------------- */

/* So many steps behind the trigger, none of which does anything. */
static const char *
chain(int n)
{
	struct buf b = { 0 };
	buf_str(&b, "t trigger {'event_name':'x'}");
	for (int i = 0; i < n; i++)
		buf_printf(&b, "\nc%d contact_update {'last_name':'Z'}", i);
	const char *text = arena_strdup(rig.arena, b.data);
	buf_free(&b);
	return text;
}

/* More than is shown: the earliest is, and a note tells. */
static void
test_cut(void)
{
	enum { STEPS = 140, RUNS = 20 };
	given(chain(STEPS), NULL, NULL);
	for (int i = 1; i < RUNS; i++) {
		char after[40];
		snprintf(after, sizeof(after), "%d hours", i);
		later(after, "x");
	}
	simulate();
	is_int(line.n, SIMULATED_ROWS + 1, "a long timeline is cut");
	ok(is_ordered(), "what is left is in order");
	const struct simulated_row *last = &line.rows[line.n - 1];
	is(last->text, "The timeline ends here: more happened than is shown.",
	    "and it says so");
	/* Each run is an event, a start, its steps and an end. */
	is_int((last->at_ms - rig.now_ms) / RIG_HOUR,
	    SIMULATED_ROWS / (STEPS + 3), "at the moment up to which it goes");
	is_int(line.run.status, RUN_COMPLETED, "the first run is told whole");
}

/* One row fewer than too many: nothing is cut. */
static void
test_whole(void)
{
	given(chain(147), NULL, NULL);
	for (int i = 1; i < 13; i++)
		later("1 hour", "x");
	later("1 hour", "{'first_name':'Zoe'}");
	while (sim.n_later < 62)
		later("2 hours", "{'first_name':'Zoe'}");
	simulate();
	is_int(line.n, SIMULATED_ROWS, "as much as can be shown");
	ok(line.rows[line.n - 1].kind == SIM_CHANGE, "is shown to the end");
	later("2 hours", "{'first_name':'Zoe'}");
	simulate();
	is_int(line.n, SIMULATED_ROWS + 1, "one more");
	ok(line.rows[line.n - 1].kind == SIM_NOTE, "is one too many");
}

/* Real time is bounded as well. */
static void
test_late(void)
{
	given(TRIGGER "d delay {'duration':'1 hour'}", NULL, NULL);
	sim.most_us = 1;
	is(timeline(),
	    "event x, start x, note The simulation ends here: it took too "
	    "long.",
	    "a simulation that takes too long says so");
	is(line.waits_at, "d", "and where the run was");
	given(TRIGGER "w wait_for_event {'event_name':'never'}", NULL, NULL);
	is(timeline(), "event x, start x",
	    "one whose run never ends is over when nothing happens any more");
	is(line.waits_at, "w", "and says where it rests");
	sim.most_us = 1;
	is(timeline(), "event x, start x", "which takes no time at all");
}

/* Properties that are given have the types that are defined. */
static void
test_types(void)
{
	story_up(NULL);
	story_play("be {'properties':{'n':3}}");
	given(TRIGGER "u contact_update {'properties':{'n':'5'}}", NULL, NULL);
	struct contact who = *sim.contact;
	who.properties = "{\"n\":\"x\"}";
	sim.contact = &who;
	ok(rig_txn(do_simulate, NULL) == -1 && rig.fault.kind == FAULT_INVALID,
	    "a contact that there cannot be");
	is(rig.fault.text, "The property `n` must be a number, not \"x\".",
	    "is refused");
	who.properties = "{\"n\":\"5\"}";
	ok(rig_txn(do_simulate, NULL) == 0, "one that there can be");
	bool is_told = false;
	for (int i = 0; i < line.n; i++)
		is_told |= line.rows[i].output != NULL &&
		    strcmp(line.rows[i].output, "{\"changed\":[]}") == 0;
	ok(is_told, "has a value of the type");
	rig_down();
}

int
main(void)
{
	story_up(NULL);
	test_starts();
	test_segments();
	test_copied();
	test_computed();
	test_reentry();
	test_order();
	test_cut();
	test_whole();
	test_late();
	rig_down();
	test_types();
	return tap_done();
}
