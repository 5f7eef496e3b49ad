/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a run keeps of the events it waited for, and how much.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
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

int
main(void)
{
	test_too_much();
	test_border();
	test_same_name();
	test_in_place();
	test_many();
	return tap_done();
}
