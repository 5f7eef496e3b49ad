/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A work that fails after the engine did its part: the store undoes its rows,
 * and what the engine knows by heart must be as if it had never been.
 */
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/json.h"
#include "model/address.h"
#include "store/automations.h"
#include "store/events.h"
#include "store/jobs.h"
#include "store/properties.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

#define TRIGGER    "t trigger {'event_name':'x'}\n"
#define MAIL(name) "m send_email {'template':{'id':'" name "'}}"

/* One thing to do to the engine. */
struct deed {
	int (*act)(struct txn *, struct arena *, struct deed *, struct fault *);
	const char *text; /* a name, a graph, a filter */
	int64_t number;   /* of what it made */
};

/* How much is undone: the batch, one work of it, or the work before in the
 * same batch. */
static enum { BATCH, WORK, WORK_BEFORE, EXTENT_COUNT } extent;
static const char *const extents[EXTENT_COUNT] = { "its batch", "it alone",
	"it, before the next in its batch" };

static int
do_deed(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct deed *d = arg;
	return d->act(t, a, d, f) < 0 ? -1 : 0;
}

static int
do_batch(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	return do_deed(t, a, arg, f) < 0
	    ? -1
	    : fault(f, FAULT_INVALID, "It is to fail.");
}

/* As the store does it with a work that fails. */
static int
do_work(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	if (txn_nested_begin(t, f) != 0 || do_deed(t, a, arg, f) != 0)
		return -1;
	return txn_nested_end(t, false, f);
}

/* Does something in vain. */
static void
vain(struct deed d)
{
	int rc = rig_txn(extent == BATCH ? do_batch : do_work, &d);
	ok(extent == BATCH
		? rc == -1 && strcmp(rig.fault.text, "It is to fail.") == 0
		: rc == 0,
	    "a work fails: %s is undone", extents[extent]);
}

static int
do_both(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct deed *both = arg;
	return do_work(t, a, &both[0], f) != 0 ? -1
					       : do_deed(t, a, &both[1], f);
}

/* Does it in vain, perhaps with another text, and then for good: the number
 * for good. */
static int64_t
twice(struct deed d, const char *text)
{
	struct deed both[] = { d, d };
	if (text != NULL)
		both[0].text = text;
	if (extent != WORK_BEFORE)
		vain(both[0]);
	ok(rig_txn(extent == WORK_BEFORE ? do_both : do_deed,
	       extent == WORK_BEFORE ? both : &both[1]) == 0,
	    "the next one does not: %s", extents[extent]);
	return both[1].number;
}

/* ---- what there is to do ------------------------------------------------- */

static int
accept(struct txn *t, struct arena *a, struct deed *d, struct fault *f)
{
	struct event e = { .name = d->text, .email = "ada@example.com" };
	struct accepted out;
	e.email_key = address_key(a, e.email, f);
	int rc = engine_accept(rig.engine, t, a, &e, rig.now_ms, &out, f);
	d->number = out.event;
	return rc;
}

static int
automation(struct txn *t, struct arena *a, struct deed *d, struct fault *f)
{
	struct automation was,
	    m = { .id = txn_new_id(t, rig.now_ms), .name = "test" };
	json_t *o = json_parse(a, d->text, strlen(d->text), f);
	struct graph *g = o != NULL ? graph_from_json(a, o, f) : NULL;
	if (g == NULL || store_automation_insert(t, &m, f) != 0 ||
	    engine_version_add(rig.engine, t, a, &m, g, f) != 0)
		return -1;
	was = m;
	m.enabled = 1;
	d->number = m.num;
	return engine_automation_set(rig.engine, t, a, &was, &m, rig.now_ms, f);
}

static int
contact(struct txn *t, struct arena *a, struct deed *d, struct fault *f)
{
	const struct cause nobody = { 0 };
	struct contact c = { .email = "eve@example.com",
		.email_key = "eve@example.com",
		.properties = d->text };
	return engine_contact_create(rig.engine, t, a, &c, NULL, 0, &nobody,
	    rig.now_ms, f);
}

static int
computed(struct txn *t, struct arena *a, struct deed *d, struct fault *f)
{
	struct segment s = { .name = "computed", .filter = d->text };
	const struct cause nobody = { 0 };
	struct contact c = { .email = "eve@example.com",
		.email_key = "eve@example.com",
		.properties = "{\"plan\":\"pro\"}" };
	if (engine_segment_create(rig.engine, t, &s, rig.now_ms, f) != 0)
		return -1;
	d->number = s.id;
	return engine_contact_create(rig.engine, t, a, &c, NULL, 0, &nobody,
	    rig.now_ms, f);
}

/* ---- the tests ----------------------------------------------------------- */

static int
do_name(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	return store_name_get(t, a, "y", arg, f);
}

/* The number of a new name was given in vain: it is given anew. */
static void
test_names(void)
{
	struct event_name name;
	struct event e;
	enum event_outcome outcome;
	story_up(NULL);
	const struct deed d = { accept, .text = "y" };
	int64_t id = twice(d, NULL);
	is_int(rig_txn(do_name, &name), 1, "the event's name is in the store");
	ok(rig_event_get(id, &e, &outcome) == 1 && strcmp(e.name, "y") == 0,
	    "and the event has it");
	rig_down();
}

/* A name of an event nobody knew, given in vain to another. */
static void
test_other_name(void)
{
	struct event e;
	enum event_outcome outcome;
	story_up(NULL);
	const struct deed d = { accept, .text = "y" };
	int64_t id = twice(d, "z");
	struct deed again = { accept, .text = "z" };
	ok(rig_txn(do_deed, &again) == 0, "then the other one comes");
	ok(rig_event_get(id, &e, &outcome) == 1 && strcmp(e.name, "y") == 0,
	    "the first name is its event's");
	ok(rig_event_get(again.number, &e, &outcome) == 1 &&
		strcmp(e.name, "z") == 0,
	    "the second the other's");
	rig_down();
}

/* What waits and exits listen to is written with the version. */
static void
test_interest(void)
{
	story_up(NULL);
	const struct deed d = { automation,
		.text =
		    story_graph(TRIGGER "w wait_for_event {'event_name':'y'}",
			NULL, NULL) };
	int64_t a = twice(d, NULL);
	story_play("x");
	is(story_runs(a), "-> at w", "a run waits");
	rig_restart();
	story_play("y");
	is(story_runs(a), "w heard -> completed",
	    "and hears its event after a restart");
	rig_down();
}

/* The number of a version is given again: to another graph. */
static void
test_version(void)
{
	story_up(NULL);
	rig_template("vain", "In vain", "<p>x</p>", true);
	rig_template("good", "For good", "<p>x</p>", true);
	const struct deed d = { automation,
		.text = story_graph(TRIGGER MAIL("good"), NULL, NULL) };
	int64_t a = twice(d, story_graph(TRIGGER MAIL("vain"), NULL, NULL));
	story_play("x");
	is(story_runs(a), "m <For good> -> completed",
	    "runs go the way that was written for good");
	rig_down();
}

/* An automation that never was hears nothing. */
static void
test_listeners(void)
{
	struct accepted out;
	story_up(NULL);
	vain((struct deed){ automation,
	    .text = story_graph(TRIGGER MAIL("t"), NULL, NULL) });
	rig_event("x", "ada@example.com", NULL, NULL, &out);
	is_int(out.outcome, EVENT_NO_AUTOMATION, "nobody listens");
	rig_down();
}

static int
do_property(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct list list;
	bool *found = arg;
	if (store_property_all(t, a, &list, f) != 0)
		return -1;
	const struct contact_property *all = list.items;
	for (int i = 0; i < list.n; i++)
		*found = *found || strcmp(all[i].key, "plan") == 0;
	return 0;
}

static void
test_properties(void)
{
	bool found = false;
	story_up(NULL);
	const struct deed d = { contact, .text = "{\"plan\":\"pro\"}" };
	twice(d, NULL);
	rig_txn(do_property, &found);
	ok(found, "a new property is defined");
	rig_down();
}

static void
test_segments(void)
{
	struct contact c;
	story_up(NULL);
	const struct deed d = { computed,
		.text = story_text("{'type':'rule','field':'contact.plan',"
				   "'operator':'eq','value':'pro'}") };
	int64_t segment = twice(d,
	    story_text("{'type':'rule','field':'contact.plan','operator':"
		       "'eq','value':'basic'}"));
	rig_contact_find("eve@example.com", &c);
	ok(rig_segment_has(c.id, segment),
	    "a segment's members are chosen by the rule that was written for "
	    "good");
	rig_down();
}

/* ---- counts -------------------------------------------------------------- */

static int
do_tally(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct tally *sum = arg;
	(void)a;
	return store_hour_sum(t, 1, 0, rig.now_ms / HOUR_MS, sum, f);
}

static void
test_tallies(void)
{
	struct tally sum;
	story_up(NULL);
	int64_t a = story_automation(TRIGGER MAIL("t"), NULL, NULL);
	is_int(a, 1, "the first automation");
	const struct deed d = { accept, .text = "x" };
	twice(d, NULL);
	rig_txn(do_tally, &sum);
	ok(sum.entered == 1 && sum.completed == 1 && sum.mails == 1 &&
		sum.failed == 0 && sum.exited == 0,
	    "what was undone is not counted");
	is_int(rig_runs(a, NULL), 1, "there is one run");
	rig_down();
}

/* The runs of a work that failed are not due any more. */
static void
test_schedule(void)
{
	story_up(NULL);
	int64_t a = story_automation(TRIGGER "d delay {'duration':'1 hour'}",
	    NULL, NULL);
	const struct deed d = { accept, .text = "x" };
	twice(d, NULL);
	rig.now_ms += RIG_HOUR;
	rig_do_due();
	is(story_runs(a), "d -> completed", "the run for good is woken");
	rig_do_due();
	is_int(rig_runs(a, NULL), 1, "and is the only one");
	rig_down();
}

/* A change that was undone is heard of by nobody, in this work or the next. */
static void
test_caused(void)
{
	story_up(NULL);
	int64_t a = story_automation("t trigger {'entry':{'type':"
				     "'contact_created'}}",
	    NULL, NULL);
	vain((struct deed){ .act = contact });
	struct deed other = { accept, .text = "unheard" };
	rig_txn(do_deed, &other);
	rig_do_due();
	is(story_runs(a), "", "nobody hears of it");
	struct deed good = { .act = contact };
	rig_txn(do_deed, &good);
	is(story_runs(a), "-> completed", "of the one for good once");
	rig_down();
}

/* A pause that was undone is none. */
static int
pause_runs(struct txn *t, struct arena *a, struct deed *d, struct fault *f)
{
	(void)a, (void)d;
	return engine_pause(rig.engine, t, ENGINE_RUNS, true, f);
}

static void
test_pause(void)
{
	story_up(NULL);
	int64_t a = story_automation(TRIGGER MAIL("t"), NULL, NULL);
	vain((struct deed){ .act = pause_runs });
	rig_tick();
	ok(!engine_is_paused(rig.engine, ENGINE_RUNS), "it is not paused");
	story_play("x");
	is(story_runs(a), "m -> completed", "runs go on");
	rig_down();
}

int
main(void)
{
	for (int i = 0; i < EXTENT_COUNT; i++) {
		extent = i;
		test_names();
		test_other_name();
		test_interest();
		test_version();
		test_listeners();
		test_properties();
		test_segments();
		test_tallies();
		test_schedule();
		test_caused();
		test_pause();
	}
	return tap_done();
}
