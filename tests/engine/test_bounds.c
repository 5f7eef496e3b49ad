/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A contact with very many runs: what does not concern them costs nothing, and
 * nothing of it blocks what does.
 */
#include "base/arena.h"
#include "base/clock.h"
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

int
main(void)
{
	test_unfit();
	test_paused();
	return tap_done();
}
