/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A case through both, compared after each action.
 */
#include "tests/oracle/duel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "tests/engine/rig.h"
#include "tests/oracle/real.h"

struct duel_tally duel_tally;

/* What automations of the database have listened to. */
static json_t *heard;

struct sides {
	struct play *play;
	struct real *real;
	struct buf difference; /* empty: none yet */
};

/*
 * Spans are measured as nothing (--wrap=clock_mono_us): else the engine's
 * slices would end where the machine is slow, and whose turn it is with them.
 */
int64_t __wrap_clock_mono_us(void);

int64_t
__wrap_clock_mono_us(void)
{
	return 0;
}

/* ---- telling differences ----------------------------------------------- */

static void
show(struct buf *b, const char *side, const json_t *value)
{
	char *text = value != NULL
	    ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY)
	    : NULL;
	buf_printf(b, "  %s: %s\n", side, text != NULL ? text : "(nothing)");
	free(text);
}

/* The smallest parts that differ, with the way to them. */
static void
compare(struct buf *b, const char *path, const json_t *engine,
    const json_t *oracle)
{
	char below[200];
	const char *key;
	json_t *value;
	if (engine != NULL && oracle != NULL && json_equal(engine, oracle))
		return;
	if (json_is_object(engine) && json_is_object(oracle) &&
	    json_object_size(engine) == json_object_size(oracle)) {
		json_object_foreach ((json_t *)oracle, key, value) {
			snprintf(below, sizeof(below), "%s.%s", path, key);
			compare(b, below, json_object_get(engine, key), value);
		}
	} else if (json_is_array(engine) && json_is_array(oracle) &&
	    json_array_size(engine) == json_array_size(oracle)) {
		for (size_t i = 0; i < json_array_size(oracle); i++) {
			snprintf(below, sizeof(below), "%s[%zu]", path, i);
			compare(b, below, json_array_get(engine, i),
			    json_array_get(oracle, i));
		}
	} else {
		buf_printf(b, "%s\n", path);
		show(b, "engine", engine);
		show(b, "oracle", oracle);
	}
}

/* Compares all there is; what differs is told behind a headline. */
static void
compare_all(struct sides *s, const char *when, const json_t *action)
{
	struct buf b = { 0 };
	json_t *oracle = play_picture(s->play), *engine = real_picture(s->real);
	compare(&b, "", engine, oracle);
	if (b.len > 0) {
		buf_printf(&s->difference, "%s ", when);
		show(&s->difference, "at", action);
		buf_add(&s->difference, b.data, b.len);
	}
	buf_free(&b);
	json_decref(oracle);
	json_decref(engine);
}

static void
compare_results(struct sides *s, const json_t *action, const char *engine,
    const char *oracle)
{
	if (strcmp(engine, oracle) == 0)
		return;
	show(&s->difference, "the result of", action);
	buf_printf(&s->difference, "  engine: %s\n  oracle: %s\n", engine,
	    oracle);
}

/* ---- moving both ------------------------------------------------------- */

/* Nothing that calls on the rig returned is used any more. */
static void
forget(void)
{
	arena_free(rig.arena);
	rig.arena = arena_new();
}

static void
set_clock(struct sides *s, int64_t ms)
{
	rig.now_ms = ms;
	world_set_clock(s->play->world, ms);
}

static void
tick(struct sides *s)
{
	world_tick(s->play->world);
	if (!world_is_crowded(s->play->world))
		real_tick();
}

/* Goes towards a moment, to each before it at which something is due. */
static void
go_before(struct sides *s, int64_t ms)
{
	int64_t due;
	while (!world_is_crowded(s->play->world) &&
	    (due = world_next_due(s->play->world)) != 0 && due < ms) {
		if (due > rig.now_ms)
			set_clock(s, due);
		tick(s);
	}
}

/* Comes to the action's moment. Looking things up in the rig is a transaction
 * in which the engine does what is due; so where the action is to meet what is
 * due at its moment, all is looked up before. */
static void
arrive(struct sides *s, const json_t *action)
{
	int64_t ms = play_moment(s->play, action);
	go_before(s, ms);
	if (json_is_true(json_object_get(action, "tick"))) {
		set_clock(s, ms);
		tick(s);
	}
	real_look_up(s->real, action);
	set_clock(s, ms);
}

/* Whether an action only makes sense as the interpreter says: those that
 * switch an automation, which the API would refuse or ignore. */
static bool
is_switch(const char *what)
{
	static const char *const those[] = { "enable", "stop", "pause",
		"resume", "remove" };
	for (size_t i = 0; i < sizeof(those) / sizeof(those[0]); i++)
		if (strcmp(those[i], what) == 0)
			return true;
	return false;
}

/* The interpreter is first: the engine does not begin what gets out of hand. */
static void
act(struct sides *s, const json_t *action)
{
	const char *what = json_string_value(json_object_get(action, "do"));
	char oracle[PLAY_RESULT_LEN], engine[PLAY_RESULT_LEN];
	arrive(s, action);
	play_do(s->play, action, oracle);
	world_tick(s->play->world);
	if (world_is_crowded(s->play->world))
		return;
	if (strcmp(oracle, "refused") != 0 || !is_switch(what)) {
		real_do(s->real, engine);
		compare_results(s, action, engine, oracle);
	}
	real_tick();
	compare_all(s, "after", action);
	forget();
	duel_tally.actions++;
}

static void
count(const struct play *p)
{
	const struct oracle_list *runs = world_runs(p->world);
	duel_tally.crowded += world_is_crowded(p->world);
	duel_tally.runs += runs->n;
	duel_tally.mails += world_mails(p->world)->n;
	for (int i = 0; i < runs->n; i++) {
		const struct oracle_run *r = runs->items[i];
		duel_tally.steps += r->history.n;
	}
}

void
duel_renew(void)
{
	json_decref(heard);
	heard = json_object();
	rig_down();
	rig_up(NULL);
	rig_template("hello", "Hello", "<p>Hello</p>", true);
	rig_template("plan", "Plan", "<p>{{{PLAN}}}</p>", true);
}

char *
duel(const json_t *script)
{
	static const int bounds[] = { 200, 1, 2, 3, 5 };
	static int n;
	char tag[20];
	size_t i;
	json_t *action;
	snprintf(tag, sizeof(tag), "%d", ++n);
	struct sides s = { .play = play_new(script, tag, rig.now_ms, heard) };
	/* Where one transaction may do little, many must come to the same. */
	int64_t seed = json_integer_value(json_object_get(script, "seed"));
	int bound = bounds[(size_t)seed % N_OF(bounds)];
	rig_bound(bound);
	world_set_bound(s.play->world, bound);
	s.real = real_new(s.play);
	if (s.real == NULL)
		buf_printf(&s.difference, "the engine refuses it: %s\n",
		    rig.fault.text);
	json_array_foreach (json_object_get(script, "actions"), i, action)
		if (s.difference.len == 0 && !world_is_crowded(s.play->world))
			act(&s, action);
	count(s.play);
	if (s.real != NULL)
		real_free(s.real);
	play_free(s.play);
	forget();
	if (s.difference.len > 0)
		return buf_take(&s.difference);
	buf_free(&s.difference);
	return NULL;
}
