/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much a run keeps of the events it waited for, and how much of them a wait
 * looks at that looks back.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "store/runs.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

enum { MOST = 1 << 20 };

#define TRIGGER "t trigger {'event_name':'x'}\n"
#define WAITS \
	TRIGGER "w wait_for_event {'event_name':'w'}\n" \
		"v wait_for_event {'event_name':'v'}\n" \
		"u wait_for_event {'event_name':'u'}\n"
#define ASKS(key, name) \
	key " condition {'type':'rule','field':'wait_events." name \
	    "','operator':'eq','value':1}\n"
/* All three are asked, whatever the answers. */
#define WAYS \
	"t>w w>v v>u u>a a>b:condition_met a>b:condition_not_met " \
	"b>c:condition_met b>c:condition_not_met"

/* A payload {"n":1,"fat":"..."} of that many bytes. */
static const char *
payload(size_t bytes)
{
	static const char frame[] = "{'n':1,'fat':''}";
	size_t n = bytes - strlen(frame);
	char *fat = arena_alloc(rig.arena, n + 1);
	memset(fat, 'x', n);
	fat[n] = '\0';
	return story_text(arena_printf(rig.arena, "{'n':1,'fat':'%s'}", fat));
}

static void
send(const char *name, size_t bytes)
{
	struct accepted out;
	ok(rig_event(name, story_address("ada"), payload(bytes), NULL, &out) ==
		0,
	    "an event of %zu bytes", bytes);
	rig_do_due();
}

/* How many bytes the newest run keeps. */
static size_t
kept(int64_t automation)
{
	struct run run;
	rig_runs(automation, &run);
	return run.context != NULL ? strlen(run.context) : 0;
}

/* What would be too much is not kept; what is small enough still is. */
static void
test_too_much(void)
{
	story_up(NULL);
	int64_t a =
	    story_automation(WAITS ASKS("a", "w.n") ASKS("b", "v.n") ASKS("c",
				 "u.n") "d delay {'duration':'1 day'}",
		WAYS " c>d:condition_met c>d:condition_not_met", NULL);
	story_play("x");
	send("w", 600000);
	send("v", 600000);
	send("u", 400000);
	is(story_runs(a),
	    "w heard, v heard unkept, u heard, a {'result':true}, "
	    "b {'result':false}, c {'result':true} -> at d",
	    "of three events the second is too much");
	ok(kept(a) > 1000000 && kept(a) < MOST + 100, "a run keeps %zu bytes",
	    kept(a));
	story_play("restart;+1 day");
	ok(strstr(story_runs(a), ", d -> completed") != NULL,
	    "and goes on from there");
	rig_down();
}

/* To the byte: {"w":PAYLOAD} may be as long as that, and no longer. */
static void
test_border(void)
{
	static const struct {
		size_t bytes;
		const char *runs;
	} cases[] = {
		{ MOST - 6, "w heard, a {'result':true} -> completed" },
		{ MOST - 5, "w heard unkept, a {'result':false} -> completed" },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		story_up(NULL);
		int64_t a = story_automation(TRIGGER
		    "w wait_for_event {'event_name':'w'}\n"
		    "a condition {'type':'rule','field':'wait_events.w.n',"
		    "'operator':'eq','value':1}",
		    NULL, NULL);
		story_play("x");
		send("w", cases[i].bytes);
		is(story_runs(a), cases[i].runs, "at the border");
		rig_down();
	}
}

/* Of two events of a name the last counts, also when it is not kept: what the
 * first carried would be taken for it. */
static void
test_same_name(void)
{
	story_up(NULL);
	int64_t a = story_automation(TRIGGER
	    "w wait_for_event {'event_name':'w'}\n"
	    "v wait_for_event {'event_name':'v'}\n"
	    "z wait_for_event {'event_name':'w'}\n"
	    "a condition {'type':'rule','field':'wait_events.w.n',"
	    "'operator':'exists'}",
	    NULL, NULL);
	story_play("x");
	send("w", 100);
	send("v", 600000);
	send("w", 600000);
	is(story_runs(a),
	    "w heard, v heard, z heard unkept, a {'result':false} -> completed",
	    "what the first carried is not taken for the last's");
	rig_down();
}

/* Each takes the place of the one before, so many large ones fit. */
static void
test_in_place(void)
{
	story_up(NULL);
	int64_t a =
	    story_automation(TRIGGER "w wait_for_event {'event_name':'w'}\n"
				     "v wait_for_event {'event_name':'w'}\n"
				     "u wait_for_event {'event_name':'w'}",
		NULL, NULL);
	story_play("x");
	send("w", 900000);
	send("w", 900000);
	send("w", 900000);
	is(story_runs(a), "w heard, v heard, u heard -> completed",
	    "an event takes the place of one of its name");
	rig_down();
}

/* However many waits a run passes, it keeps no more than that. */
static void
test_many(void)
{
	enum { WAITS_MAX = 20 };
	char steps[4096] = TRIGGER, script[64];
	story_up(NULL);
	for (int i = 0; i < WAITS_MAX; i++)
		snprintf(steps + strlen(steps), sizeof(steps) - strlen(steps),
		    "s%d wait_for_event {'event_name':'e%d'}\n", i, i);
	strcat(steps, "d delay {'duration':'1 day'}");
	int64_t a = story_automation(steps, NULL, NULL);
	story_play("x");
	for (int i = 0; i < WAITS_MAX; i++) {
		snprintf(script, sizeof(script), "e%d", i);
		send(script, 300000);
	}
	ok(kept(a) < MOST + 100, "after %d waits a run keeps %zu bytes",
	    WAITS_MAX, kept(a));
	ok(strstr(story_runs(a), "s19 heard unkept -> at d") != NULL,
	    "and has heard all of them");
	rig_down();
}

/* ---- looking back -------------------------------------------------------- */

#define WANTS_TWO \
	"wait_for_event {'event_name':'w','lookback':'1 hour','filter_rule':" \
	"{'type':'rule','field':'event.n','operator':'eq','value':2}}"
#define LOOKS_BACK TRIGGER "w " WANTS_TWO

/* A new automation that looks back to an event w {'n':2}, and the contact. */
static int64_t
look_back_up(const char *steps)
{
	story_up(NULL);
	int64_t a = story_automation(steps, NULL, NULL);
	story_play("be {}");
	return a;
}

/* As much as may be looked at, and a little more. */
static void
test_bytes(void)
{
	static const struct {
		size_t bytes[4];
		const char *runs, *what;
	} cases[] = {
		{ { MOST, 1 }, "w heard -> completed",
		    "behind a megabyte there is more to look at" },
		{ { MOST, MOST - 7, 1 }, "w heard -> completed",
		    "behind two less the last event as well" },
		{ { MOST, MOST - 6, 1 }, "-> at w", "then it is enough" },
		{ { MOST - 7, MOST, 1 }, "w heard -> completed",
		    "in whatever order" },
		{ { MOST, MOST, MOST, 1 }, "-> at w",
		    "what is beyond is as if it had not come" },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		int64_t a = look_back_up(LOOKS_BACK);
		story_play("w {'n':2}");
		int n = 0;
		while (cases[i].bytes[n] != 1)
			n++;
		while (n-- > 0)
			send("w", cases[i].bytes[n]);
		story_play("x");
		is(story_runs(a), cases[i].runs, cases[i].what);
		story_play("w {'n':2}");
		is(story_runs(a), "w heard -> completed",
		    "the next one is heard in any case");
		rig_down();
	}
}

/* What began the run is not looked at, so it does not count. */
static void
test_own_bytes(void)
{
	int64_t a = look_back_up("t trigger {'event_name':'w'}\nw " WANTS_TWO);
	story_play("stop;w {'n':2}");
	send("w", MOST);
	story_play("enable");
	send("w", MOST);
	is(story_runs(a), "w heard -> completed",
	    "what began the run takes nothing of it");
	rig_down();
}

/* A hundred events are tried. */
static void
test_events(void)
{
	static const struct {
		int others;
		const char *runs;
	} cases[] = {
		{ 99, "w heard -> completed" },
		{ 100, "-> at w" },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		int64_t a = look_back_up(LOOKS_BACK);
		story_play("w {'n':2}");
		for (int k = 0; k < cases[i].others; k++)
			story_play("w {'n':1}");
		story_play("x");
		is(story_runs(a), cases[i].runs, "a hundred events are tried");
		rig_down();
	}
}

/* Any event will do: then no payload is looked at. */
static void
test_any(void)
{
	int64_t a = look_back_up(
	    TRIGGER "w wait_for_event {'event_name':'w','lookback':'1 hour'}");
	send("w", MOST);
	story_play("x");
	is(story_runs(a), "w heard unkept -> completed",
	    "without a filter the newest one counts");
	rig_down();
}

struct glimpse {
	struct event event;
	int64_t automation;
	enum run_status status; /* of its run, within that transaction */
};

static int
do_glimpse(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct glimpse *g = arg;
	struct accepted out;
	struct list list;
	if (engine_accept(rig.engine, t, a, &g->event, rig.now_ms, &out, f) !=
		0 ||
	    store_run_of_both(t, a, g->event.contact, g->automation, 1, &list,
		f) != 0 ||
	    list.n != 1)
		return -1;
	g->status = ((const struct run *)list.items)->status;
	return 0;
}

/* A run that looked at much goes on behind the others, in a later batch. */
static void
test_turns(void)
{
	static const struct {
		size_t bytes;
		enum run_status status;
	} cases[] = {
		{ 1000, RUN_COMPLETED },
		{ 100000, RUN_RUNNING },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct contact c;
		int64_t a = look_back_up(LOOKS_BACK "\nv " WANTS_TWO);
		story_play("w {'n':2}");
		send("w", cases[i].bytes);
		rig_contact_find(story_address("ada"), &c);
		struct glimpse g = { .event = { .name = "x", .contact = c.id },
			.automation = a };
		is_int(rig_txn(do_glimpse, &g), 0, "a run begins");
		ok(g.status == cases[i].status,
		    "it looks at %zu bytes and is %s then", cases[i].bytes,
		    run_status_name(g.status));
		rig_do_due();
		is(story_runs(a), "w heard, v heard -> completed",
		    "it goes on by itself");
		rig_down();
	}
}

int
main(void)
{
	test_too_much();
	test_border();
	test_same_name();
	test_in_place();
	test_many();
	test_bytes();
	test_own_bytes();
	test_events();
	test_any();
	test_turns();
	return tap_done();
}
