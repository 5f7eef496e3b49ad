/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pace of injection: time is an argument, nothing waits.
 */
#include <limits.h>

#include "mail/pace.h"
#include "tests/tap.h"

enum { MS = 1000, S = 1000 * 1000 };

/* n answers that took so long each; the moment after them. */
static int64_t
answers(struct pace *p, int n, int64_t now, int64_t took)
{
	while (n-- > 0) {
		now += took;
		pace_answer(p, now - took, now);
	}
	return now;
}

static void
test_growth(void)
{
	struct pace p;
	int64_t now = 5 * S;
	pace_init(&p, 10, 0, 1, now);
	is_int(pace_window(&p, now), 1, "it begins with one session");
	now = answers(&p, PACE_ROUND - 1, now, MS);
	is_int(pace_window(&p, now), 1, "nineteen good answers change nothing");
	now = answers(&p, 1, now, MS);
	is_int(pace_window(&p, now), 2, "the twentieth doubles the window");
	now = answers(&p, 3 * PACE_ROUND, now, MS);
	is_int(pace_window(&p, now), 10, "eighty answers reach the most");
	now = answers(&p, 100 * PACE_ROUND, now, MS);
	is_int(pace_window(&p, now), 10, "and no more than that");
	is_int(pace_wake(&p, now), 0, "nothing is to be waited for");
}

static void
test_trouble(void)
{
	struct pace p;
	int64_t now = 5 * S;
	pace_init(&p, 8, 0, 1, now);
	now = answers(&p, 3 * PACE_ROUND, now, MS);
	is_int(pace_window(&p, now), 8, "eight sessions");
	pace_trouble(&p, now - MS, now);
	is_int(pace_window(&p, now), 0, "trouble pauses");
	int64_t wake = pace_wake(&p, now);
	ok(wake >= now + 800 * MS && wake <= now + 1200 * MS,
	    "for about a second: %lld us", (long long)(wake - now));
	pace_trouble(&p, now - MS, now + 10 * MS);
	is_int(pace_wake(&p, now + 10 * MS), wake,
	    "what was under way when it came tells nothing new");
	is_int(pace_window(&p, wake - 1), 0, "a pause lasts to its end");
	is_int(pace_window(&p, wake), 4, "then half the sessions work");
	now = answers(&p, PACE_ROUND, wake, MS);
	is_int(pace_window(&p, now), 5, "from then on it grows by one");
	now = answers(&p, PACE_ROUND, now, MS);
	is_int(pace_window(&p, now), 6, "each round");
}

static void
test_pauses(void)
{
	static const int seconds[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };
	struct pace p;
	int64_t now = 5 * S;
	bool fits = true, differs = false;
	int64_t odd = 0;
	pace_init(&p, 8, 0, 7, now);
	for (size_t i = 0; i < N_OF(seconds); i++) {
		pace_trouble(&p, now, now + 1);
		int64_t wake = pace_wake(&p, now + 1), span = wake - now - 1;
		int64_t whole = (int64_t)seconds[i] * S;
		fits = fits && span >= whole * 4 / 5 && span < whole * 6 / 5;
		differs = differs || (i > 0 && span * S / whole != odd);
		odd = span * S / whole;
		now = wake;
	}
	ok(fits, "pauses of 1, 2, 4 .. 60 seconds, a fifth more or less");
	ok(differs, "not by the same part each time");
	is_int(pace_window(&p, now), 1, "one session is always left");
	now = answers(&p, 5, now, MS);
	pace_trouble(&p, now, now + 1);
	ok(pace_wake(&p, now + 1) > now + 40 * S,
	    "a few good answers do not make the next pause short");
	now = answers(&p, PACE_ROUND, pace_wake(&p, now + 1), MS);
	pace_trouble(&p, now, now + 1);
	ok(pace_wake(&p, now + 1) < now + 2 * S, "a whole round does");
}

static void
test_slow(void)
{
	struct pace p;
	int64_t now = 5 * S;
	pace_init(&p, 8, 0, 1, now);
	now = answers(&p, 3 * PACE_ROUND, now, MS);
	now = answers(&p, 1, now, 400 * MS);
	is_int(pace_window(&p, now), 8, "one slow answer in twenty may be");
	now = answers(&p, 1, now, 400 * MS);
	is_int(pace_window(&p, now), 4, "the second halves the window");
	is_int(pace_wake(&p, now), 0, "without a pause");
	now = answers(&p, 2, now, S);
	is_int(pace_window(&p, now), 2, "Postfix's one second a message");
	now = answers(&p, 2, now, S);
	now = answers(&p, 50, now, S);
	is_int(pace_window(&p, now), 1, "leads down to one session");
	now = answers(&p, 1, now, 400 * MS);
	now = answers(&p, PACE_ROUND - 1, now, MS);
	is_int(pace_window(&p, now), 2, "and up again when it is over");
	now = answers(&p, 1, now, 400 * MS);
	now = answers(&p, PACE_ROUND - 1, now, MS);
	now = answers(&p, 1, now, 400 * MS);
	is_int(pace_window(&p, now), 3, "each round counts for itself");
}

static void
test_rate(void)
{
	struct pace p;
	int64_t now = 5 * S;
	pace_init(&p, 8, 0, 1, now);
	is_int(pace_credit(&p, now), INT_MAX, "no rate, no limit");
	pace_init(&p, 8, 100, 1, now);
	is_int(pace_credit(&p, now), 1, "a rate begins with one message");
	pace_start(&p, now);
	is_int(pace_credit(&p, now), 0, "which is used up");
	int64_t wake = pace_wake(&p, now);
	ok(wake > now + 9 * MS && wake < now + 11 * MS,
	    "100 a second: the next after 10 ms");
	is_int(pace_credit(&p, wake), 1, "and then it is there");
	is_int(pace_credit(&p, now + 3600LL * S), 10,
	    "an idle hour saves up a tenth of a second");
	int n = 0;
	for (int64_t t = now; t < now + 2 * S; t += MS)
		for (; pace_credit(&p, t) > 0; n++)
			pace_start(&p, t);
	ok(n >= 198 && n <= 201, "two seconds let 200 pass: %d", n);
	pace_init(&p, 8, 1, 1, now);
	pace_start(&p, now);
	wake = pace_wake(&p, now);
	ok(wake >= now + S && wake < now + S + MS, "one a second works too");
	pace_trouble(&p, now, now + 1);
	ok(pace_wake(&p, now + 1) >= wake ||
		pace_window(&p, pace_wake(&p, now + 1)) > 0,
	    "the later of two waits counts");
}

int
main(void)
{
	test_growth();
	test_trouble();
	test_pauses();
	test_slow();
	test_rate();
	return tap_done();
}
