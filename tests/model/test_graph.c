/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Graphs as large and as entangled as they may be: which are refused, and what
 * that costs.
 */
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"
#include "model/automation.h"
#include "tests/tap.h"

enum { LAST = GRAPH_STEPS_MAX - 1, ROUNDS = 20, TIMES = 6 };

static struct arena *arena;

/* Where step i's lane k goes to: the steps behind it, as far as there are. */
static int
behind(int i, int k)
{
	return i + k + 1 < LAST ? i + k + 1 : LAST;
}

/* What this thread has computed so far, whoever has the machine besides. */
static int64_t
computed_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* How the graphs below differ. */
struct shape {
	bool leads;      /* the lanes lead somewhere; else nothing is walked */
	int back;        /* where one lane of the last branch leads */
	int first_merge; /* where those of the first branch merge */
};

static void
put_branch(struct buf *b, int i, const struct shape *s)
{
	buf_printf(b,
	    ",{\"key\":\"s%d\",\"type\":\"branch\",\"config\":{\"branches\":[",
	    i);
	for (int k = 0; k < LANES_MAX; k++)
		buf_printf(b,
		    "%s{\"key\":\"l%d\",\"filter\":{},\"%s\":\"s%d\","
		    "\"merge_to\":\"s%d\"}",
		    k > 0 ? "," : "", k, s->leads ? "to" : "not_to",
		    i == LAST - 1 && k == 0 ? s->back : behind(i, k),
		    i == 1 ? s->first_merge : LAST);
	buf_str(b, "]}}");
}

/* A trigger, and branches of ten lanes each into the steps behind them, which
 * merge at the last step. */
static json_t *
entangled(const struct shape *s)
{
	struct buf b = { 0 };
	struct fault f;
	buf_str(&b,
	    "{\"steps\":[{\"key\":\"s0\",\"type\":\"trigger\",\"config\":{}}");
	for (int i = 1; i < LAST; i++)
		put_branch(&b, i, s);
	buf_printf(&b,
	    ",{\"key\":\"s%d\",\"type\":\"exit\",\"config\":{}}],"
	    "\"connections\":[{\"from\":\"s0\",\"to\":\"s1\"}]}",
	    LAST);
	json_t *o = json_parse(arena, b.data, b.len, &f);
	if (o == NULL)
		ok(false, "a graph: %s", f.text);
	buf_free(&b);
	return o;
}

/* Why such a graph is refused; "" if it is not. *us_r is what that took, the
 * best of some rounds. */
static const char *
refusal(const struct shape *s, int64_t *us_r)
{
	const json_t *o = entangled(s);
	struct fault f = { 0 };
	*us_r = INT64_MAX;
	for (int i = 0; i < ROUNDS; i++) {
		struct arena *a = arena_new();
		int64_t began = computed_us();
		struct graph *g = graph_from_json(a, o, &f);
		int64_t us = computed_us() - began;
		*us_r = us < *us_r ? us : *us_r;
		if (g != NULL)
			f.text[0] = '\0';
		arena_free(a);
	}
	return arena_strdup(arena, f.text);
}

/* To walk the ways through a graph costs no more than some times reading it,
 * whether it is good or goes in circles. */
static void
test_entangled(void)
{
	static const struct {
		struct shape shape;
		bool is_good;
		const char *what;
	} cases[] = {
		{ { true, LAST, LAST }, true, "as many lanes as there may be" },
		{ { true, 1, LAST }, false, "one leads back to the beginning" },
		{ { true, LAST - 2, LAST }, false, "one leads back by a step" },
		{ { true, LAST, 3 }, false, "one merges at a step before it" },
	};
	int64_t reading_us;
	is(refusal(&(struct shape){ false, LAST, LAST }, &reading_us), "",
	    "lanes that lead nowhere");
	for (size_t i = 0; i < N_OF(cases); i++) {
		int64_t us;
		const char *why = refusal(&cases[i].shape, &us);
		ok(cases[i].is_good ? why[0] == '\0'
				    : strstr(why, "a cycle") != NULL,
		    "%s: %s", cases[i].what, why);
		ok(us < TIMES * (reading_us + 500),
		    "known within %lld us, reading is %lld us", (long long)us,
		    (long long)reading_us);
	}
}

int
main(void)
{
	arena = arena_new();
	test_entangled();
	arena_free(arena);
	return tap_done();
}
