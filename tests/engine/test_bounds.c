/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A contact with very many runs: what does not concern them costs nothing, and
 * nothing of it blocks what does.
 */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "store/contacts.h"
#include "store/events.h"
#include "store/runs.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

enum { MANY = 1000, EVENTS = 100 };

static const char ada[] = "ada@example.com";

static void
send(const char *name, const char *payload)
{
	struct accepted out;
	ok(rig_event(name, ada, story_text(payload), NULL, &out) == 0,
	    "%s is taken", name);
}

static void
send_many(const char *name, const char *payload, int n)
{
	struct accepted out;
	int good = 0;
	for (int i = 0; i < n; i++)
		good +=
		    rig_event(name, ada, story_text(payload), NULL, &out) == 0;
	ok(good == n, "%s is taken %d times", name, n);
}

/* How many runs of an automation have a status. */
static int
count(int64_t automation, enum run_status status)
{
	struct run *all;
	int n = rig_runs_all(automation, &all), found = 0;
	for (int i = 0; i < n; i++)
		found += all[i].status == status;
	return found;
}

/* How long so many events take, at best. */
static int64_t
time_of(const char *name)
{
	int64_t best = INT64_MAX;
	for (int k = 0; k < 3; k++) {
		int64_t began = clock_mono_us();
		send_many(name, "{'n':2}", EVENTS);
		int64_t took = clock_mono_us() - began;
		best = took < best ? took : best;
	}
	return best;
}

/* Neither filters nor places that an event does not fit are looked at run by
 * run. */
static void
test_unfit(void)
{
	static const char one[] = "{'type':'rule','field':'event.n',"
				  "'operator':'eq','value':1}";
	story_up(NULL);
	rig_contact(ada);
	const char *steps = arena_printf(rig.arena,
	    "t trigger {'event_name':'x'}\n"
	    "w wait_for_event {'event_name':'y',"
	    "'filter_rule':%s}",
	    one);
	const char *settings = arena_printf(rig.arena,
	    "{'exit':[{'type':'event_received','event_name':'out',"
	    "'filter':%s}]}",
	    one);
	int64_t a = story_automation(steps, NULL, settings);
	send_many("x", "{}", 1);
	int64_t wait = time_of("y"), exit = time_of("out");
	send_many("x", "{}", MANY);
	ok(time_of("y") < 10 * wait, "a thousand waits cost what one costs");
	ok(time_of("out") < 10 * exit, "and so do a thousand exits");
	is_int(count(a, RUN_RUNNING), MANY + 1, "nothing was concerned");
	send("y", "{'n':1}");
	rig_do_due();
	ok(count(a, RUN_COMPLETED) == MANY + 1, "what fits concerns all");
	rig_down();
}

/* Runs that stand still do not keep others from moving before an event. */
static void
test_paused(void)
{
	story_up(NULL);
	rig_contact(ada);
	int64_t still = story_automation("t trigger {'event_name':'x'}\n"
					 "d delay {'duration':'1 hour'}",
	    NULL, NULL);
	send_many("x", "{}", 3 * MANY / 10);
	int64_t a = story_automation("t trigger {'event_name':'z'}\n"
				     "d delay {'duration':'1 hour'}\n"
				     "w wait_for_event {'event_name':'y'}",
	    NULL, NULL);
	send("z", "{}");
	is_int(rig_automation_pause(still, true), 0, "one is paused");
	rig.now_ms += 2 * RIG_HOUR;
	send("y", "{}");
	is(story_runs(a), "d, w heard -> completed",
	    "the other's run moved before the event came");
	is_int(count(still, RUN_RUNNING), 3 * MANY / 10, "those stand still");
	rig_down();
}

/* ---- more than one transaction may do ----------------------------------- */

enum { WAITING = 30 };

#define TRIGGER "t trigger {'event_name':'x'}\n"
#define STEPS \
	TRIGGER "w wait_for_event {'event_name':'y'}\n" \
		"u contact_update {'properties':{'n':{'var':'event.n'}}}\n" \
		"z wait_for_event {'event_name':'z'}"

static int64_t
begin(int bound)
{
	story_up(NULL);
	rig_contact(ada);
	int64_t a = story_automation(STEPS, NULL, NULL);
	for (int i = 0; i < WAITING; i++)
		send_many("x", story_text("{'n':1}"), 1);
	rig_bound(bound);
	return a;
}

/* An event, and how many runs went on in its own work. */
static int
do_send(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct event e = { .name = arg,
		.email = ada,
		.email_key = ada,
		.payload = "{}" };
	struct accepted out;
	if (engine_accept(rig.engine, t, a, &e, rig.now_ms, &out, f) != 0)
		return -1;
	struct list live;
	struct contact c;
	if (store_contact_by_key(t, a, ada, &c, f) != 1 ||
	    store_run_live(t, a, c.id, 0, 1000, &live, f) != 0)
		return -1;
	int n = 0;
	for (int i = 0; i < live.n; i++)
		n += ((struct run *)live.items)[i].step > 1;
	return n;
}

/* An event is taken once it did as much as one transaction may; the rest
 * follows, and what comes behind it overtakes no run. */
static void
test_bound(void)
{
	int64_t a = begin(7);
	is_int(rig_txn(do_send, (char *)"y"), 7,
	    "seven of thirty go on at once");
	send("z", "{}");
	rig_do_due();
	is_int(count(a, RUN_COMPLETED), WAITING,
	    "all heard the one and then the other");
	rig_down();
}

/* The order of events is on disk, whatever ends between two transactions. */
static void
test_killed(void)
{
	int64_t a = begin(1);
	struct accepted out, again;
	struct event e;
	enum event_outcome how = EVENT_UNDER_WAY;
	ok(rig_event("y", ada, "{}", "k1", &out) == 0 &&
		rig_event("z", ada, "{}", "k2", &again) == 0,
	    "two events");
	for (int i = 0; i < 5 * WAITING; i++) {
		rig_kill();
		rig_tick();
	}
	is_int(count(a, RUN_COMPLETED), WAITING, "all came to their end");
	ok(rig_event_get(again.event, &e, &how) == 1 &&
		how == EVENT_NO_AUTOMATION,
	    "what the last led to is known");
	ok(rig_event("z", ada, "{}", "k2", &out) == 0 && out.duplicate &&
		out.event == again.event,
	    "it was taken once");
	rig_down();
}

/* An event that was taken before a timeout wins, also where its turn comes
 * after that moment. */
static void
test_timeout(void)
{
	story_up(NULL);
	rig_contact(ada);
	int64_t a = story_automation(TRIGGER
	    "w wait_for_event {'event_name':'y','timeout':'1 hour'}",
	    NULL, NULL);
	send_many("x", "{}", WAITING);
	rig_bound(3);
	rig.now_ms += RIG_HOUR - 1;
	is_int(rig_pause(ENGINE_RUNS, true), 0, "runs stand still");
	send("y", "{}");
	rig.now_ms += RIG_HOUR;
	is_int(rig_pause(ENGINE_RUNS, false), 0, "they go on");
	rig_do_due();
	is_int(count(a, RUN_COMPLETED), WAITING, "all have ended");
	struct run *runs;
	int n = rig_runs_all(a, &runs), heard = 0;
	for (int i = 0; i < n; i++) {
		struct run_step *steps;
		heard += rig_steps(runs[i].id, &steps) == 1 &&
		    strstr(steps[0].output, "event_id") != NULL;
	}
	is_int(heard, WAITING, "by the event");
	rig_down();
}

/* An event that came to nothing says so. */
static void
is_nothing(int64_t id, enum event_outcome expected)
{
	struct event e;
	enum event_outcome how = EVENT_UNDER_WAY;
	ok(rig_event_get(id, &e, &how) == 1 && how == expected,
	    "what waited is not under way any more");
}

/* Whoever is deleted by hand hears nothing more; what waits for it goes. */
static void
test_deleted(void)
{
	int64_t a = begin(1);
	struct contact c;
	struct accepted out;
	is_int(rig_txn(do_send, (char *)"y"), 1, "an event is under way");
	ok(rig_event("z", ada, "{}", NULL, &out) == 0, "and one behind it");
	is_int(rig_contact_find(ada, &c), 1, "the contact is there");
	ok(rig_people_delete(c.id) >= 0, "and is deleted");
	rig_do_due();
	is_int(count(a, RUN_RUNNING), 0, "nothing runs");
	is_nothing(out.event, EVENT_NO_AUTOMATION);
	send("y", "{}");
	is_int(rig_contact_find(ada, &c), 0, "nor comes it back");
	rig_down();
}

/* Somebody who leaves while much is under way, and is deleted then. */
static int
do_leave(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct cause nobody = { 0 };
	struct contact is, after;
	int64_t *id = arg;
	if (do_send(t, a, (char *)"y", f) < 0 ||
	    store_contact_by_key(t, a, ada, &is, f) != 1)
		return -1;
	after = is;
	after.unsubscribed = true;
	*id = is.id;
	return engine_contact_update(rig.engine, t, a, &is, &after, &nobody,
		   rig.now_ms, f) < 0
	    ? -1
	    : engine_contact_delete(rig.engine, t, a, is.id, &nobody,
		  rig.now_ms, f);
}

/* How many of a contact's events have that name, none of them under way. */
static int
do_count(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct contact c = { .id = *(int64_t *)arg,
		.email_key = ada,
		.email = ada };
	enum event_outcome how;
	struct list list;
	int64_t after = 0;
	int n = 0;
	if (store_event_of_contact(t, a, &c, &after, 1000, &list, f) < 0)
		return -1;
	for (int i = 0; i < list.n; i++) {
		struct event e = ((struct event *)list.items)[i];
		if (strcmp(e.name, "resend:contact.unsubscribed") != 0)
			continue;
		if (store_event_get(t, a, e.id, &e, &how, f) != 1)
			return -1;
		n += how != EVENT_UNDER_WAY;
	}
	return n;
}

/* That somebody left is kept, whatever it has to wait for. */
static void
test_left(void)
{
	int64_t contact;
	begin(1);
	ok(rig_txn(do_leave, &contact) >= 0, "somebody leaves and is deleted");
	rig_do_due();
	is_int(rig_txn(do_count, &contact), 1, "when that was is known");
	rig_down();
}

int
main(void)
{
	test_unfit();
	test_paused();
	test_bound();
	test_killed();
	test_timeout();
	test_deleted();
	test_left();
	return tap_done();
}
