/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * How fast to hand mail to the MTA: a window of sessions that grows while the
 * MTA keeps up and halves when it does not, a pause after trouble, and an
 * operator's limit of messages a second. Pure: time is an argument, in
 * microseconds of a clock that never steps.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

enum {
	PACE_ROUND = 20,           /* answers after which the window may grow */
	PACE_SLOW_US = 300 * 1000, /* an answer later than this is slow */
	PACE_WAIT_MOST_S = 60,
};

/* A wait of 1, 2, 4 .. 60 seconds, a fifth more or less by chance. */
struct pace_wait {
	int step;
	int64_t since_us; /* what began before that made no new step */
	int64_t until_us;
};

struct pace {
	int most;              /* sessions, the setting */
	int rate;              /* messages a second, the setting; 0: no limit */
	int window;            /* sessions to use now */
	bool is_new;           /* no trouble yet: the window doubles */
	int n_answers, n_slow; /* of the round under way */
	struct pace_wait pause;
	int64_t credit, credit_us; /* millionths of a message, and as of when */
	uint64_t chance;
};

void pace_init(struct pace *, int most, int rate, uint64_t seed, int64_t now);
/* The sessions that may work now; 0 while a pause lasts. */
int pace_window(const struct pace *, int64_t now);
/* The messages that may start now under the rate; INT_MAX without one. */
int pace_credit(const struct pace *, int64_t now);
/* One message starts. */
void pace_start(struct pace *, int64_t now);
/* The MTA answered a message that it was given at `begun`, and had nothing to
 * say against us. */
void pace_answer(struct pace *, int64_t begun, int64_t now);
/* It said "later", or was gone. What began before the last trouble tells
 * nothing new and is passed over. */
void pace_trouble(struct pace *, int64_t begun, int64_t now);
/* The moment a window or credit that is 0 now ends to be so; 0 if neither
 * is 0. */
int64_t pace_wake(const struct pace *, int64_t now);

/* The next, longer wait, unless that was known already (see above). */
void pace_wait_more(struct pace_wait *, uint64_t *chance, int64_t begun,
    int64_t now);
void pace_wait_clear(struct pace_wait *);
