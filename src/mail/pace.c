/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policy in short: twenty good answers in a row make the window larger,
 * doubled until the first trouble and by one after that; a second slow answer
 * in such a round (so the 95th percentile is over the limit) or a "later"
 * halves it, and a "later" also pauses. Postfix makes a sender it cannot keep
 * up with wait one second a message, which is what "slow" must see.
 */
#include "mail/pace.h"

#include <limits.h>

enum { MILLION = 1000000, TENTH_US = MILLION / 10 };

/* The next number by chance (xorshift; nothing secret depends on it). */
static uint64_t
chance_next(uint64_t *chance)
{
	uint64_t x = *chance | 1;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *chance = x;
}

void
pace_wait_more(struct pace_wait *w, uint64_t *chance, int64_t begun,
    int64_t now)
{
	if (w->step > 0 && begun <= w->since_us)
		return;
	int64_t s = w->step < 6 ? INT64_C(1) << w->step : PACE_WAIT_MOST_S;
	int64_t fifth = s * MILLION / 5;
	w->step++;
	w->since_us = now;
	w->until_us = now + s * MILLION - fifth +
	    (int64_t)(chance_next(chance) % (uint64_t)(2 * fifth));
}

void
pace_wait_clear(struct pace_wait *w)
{
	w->step = 0;
}

void
pace_init(struct pace *p, int most, int rate, uint64_t seed, int64_t now)
{
	*p = (struct pace){
		.most = most > 0 ? most : 1,
		.rate = rate > 0 ? rate : 0,
		.window = 1,
		.is_new = true,
		.credit = MILLION,
		.credit_us = now,
		.chance = seed,
	};
}

int
pace_window(const struct pace *p, int64_t now)
{
	return now < p->pause.until_us ? 0 : p->window;
}

/* The credit at this moment: a tenth of a second's worth at most, but at
 * least one message. */
static int64_t
credit_at(const struct pace *p, int64_t now)
{
	int64_t most = (int64_t)p->rate * TENTH_US;
	int64_t span = now - p->credit_us;
	if (most < MILLION)
		most = MILLION;
	if (span > MILLION)
		span = MILLION;
	int64_t credit = p->credit + (span > 0 ? span * p->rate : 0);
	return credit < most ? credit : most;
}

int
pace_credit(const struct pace *p, int64_t now)
{
	if (p->rate == 0)
		return INT_MAX;
	return (int)(credit_at(p, now) / MILLION);
}

void
pace_start(struct pace *p, int64_t now)
{
	if (p->rate == 0)
		return;
	p->credit = credit_at(p, now) - MILLION;
	p->credit_us = now;
}

/* Begins to count anew. */
static void
round_start(struct pace *p)
{
	p->n_answers = p->n_slow = 0;
}

/* Half the window, and the end of the quick growth. */
static void
halve(struct pace *p)
{
	p->window = p->window > 1 ? p->window / 2 : 1;
	p->is_new = false;
	round_start(p);
}

void
pace_answer(struct pace *p, int64_t begun, int64_t now)
{
	p->n_answers++;
	if (now - begun > PACE_SLOW_US && ++p->n_slow > PACE_ROUND / 20) {
		halve(p);
		return;
	}
	if (p->n_answers < PACE_ROUND)
		return;
	p->window += p->is_new ? p->window : 1;
	if (p->window > p->most)
		p->window = p->most;
	pace_wait_clear(&p->pause);
	round_start(p);
}

void
pace_trouble(struct pace *p, int64_t begun, int64_t now)
{
	if (p->pause.since_us > 0 && begun <= p->pause.since_us)
		return;
	halve(p);
	pace_wait_more(&p->pause, &p->chance, begun, now);
}

int64_t
pace_wake(const struct pace *p, int64_t now)
{
	int64_t wake = now < p->pause.until_us ? p->pause.until_us : 0;
	int64_t lack = MILLION - (p->rate > 0 ? credit_at(p, now) : MILLION);
	if (lack > 0) {
		int64_t paid = now + lack / p->rate + 1;
		wake = paid > wake ? paid : wake;
	}
	return wake;
}
