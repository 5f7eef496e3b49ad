/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "api/metrics_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "model/date.h"
#include "store/mail_hours.h"

/* From the first moment of a period into the next, when clocks are set, too. */
static const int64_t step_ms[] = { MAIL_HOUR_MS, DATE_DAY_MS + 2 * MAIL_HOUR_MS,
	7 * DATE_DAY_MS + 2 * MAIL_HOUR_MS,
	31 * DATE_DAY_MS + 2 * MAIL_HOUR_MS };

/* The first moment of the period a moment is in. */
static int64_t
period_of(const struct metrics_wanted *w, int64_t ms)
{
	int64_t local = ms + zone_ahead_ms(&w->zone, ms);
	int64_t day = date_day(local);
	struct date d = date_of_day(day);
	switch (w->granularity) {
	case HOURLY:
		return ms -
		    (local % MAIL_HOUR_MS + MAIL_HOUR_MS) % MAIL_HOUR_MS;
	case DAILY:
		break;
	case WEEKLY:
		day -= (date_weekday(day) + 6) % 7;
		break;
	case MONTHLY:
		day = date_day_number(d.year, d.month, 1);
		break;
	}
	return zone_moment(&w->zone, day * DATE_DAY_MS);
}

static bool
is_row(const struct metrics_row *row, int64_t period, const char *domain,
    int64_t email)
{
	return row->period == period && row->email == email &&
	    same_text(row->domain, domain);
}

/* The row of a period, domain and email. Of hours it is where the last one was,
 * or behind it; mails are few, and in order of time alone. */
static struct metrics_row *
row_of(struct metrics_rows *r, int64_t period, const char *domain,
    int64_t email)
{
	while (r->wanted->n_emails == 0 && r->at < r->n &&
	    !is_row(&r->list[r->at], period, domain, email))
		r->at++;
	for (int i = r->at; i < r->n; i++)
		if (is_row(&r->list[i], period, domain, email))
			return &r->list[i];
	if (r->n == r->room) {
		r->room = r->room * 2 + 16;
		r->list = xrealloc(r->list, (size_t)r->room * sizeof(*r->list));
	}
	r->list[r->n] = (struct metrics_row){ .period = period,
		.domain = domain,
		.email = email };
	return &r->list[r->n++];
}

void
metrics_add(struct metrics_rows *r, int64_t ms, const char *domain,
    int64_t email, enum mail_metric what, int64_t n)
{
	const struct metrics_wanted *w = r->wanted;
	if ((unsigned)what >= METRIC_COUNT)
		return;
	r->totals[what] += n;
	row_of(r, w->by_period ? period_of(w, ms) : 0,
	    w->by_domain ? domain : NULL, w->by_email ? email : 0)
	    ->counts[what] += n;
}

void
metrics_add_periods(struct metrics_rows *r)
{
	const struct metrics_wanted *w = r->wanted;
	int64_t ms = period_of(w, w->start_ms);
	while (ms < w->end_ms && r->n <= METRICS_PERIODS_MAX) {
		row_of(r, ms, NULL, 0);
		ms = period_of(w, ms + step_ms[w->granularity]);
	}
	r->at = 0;
}

static int
by_period_and_domain(const void *a, const void *b)
{
	const struct metrics_row *x = a, *y = b;
	if (x->period != y->period)
		return x->period < y->period ? -1 : 1;
	return x->domain == NULL || y->domain == NULL
	    ? 0
	    : strcmp(x->domain, y->domain);
}

void
metrics_sort(struct metrics_rows *r)
{
	if (r->n > 1)
		qsort(r->list, (size_t)r->n, sizeof(*r->list),
		    by_period_and_domain);
}
