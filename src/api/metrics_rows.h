/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts of mail put into rows: one for a period, a domain, a mail, or what a
 * request asks for of these.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"
#include "model/metric.h"
#include "model/zone.h"

enum {
	METRICS_NAMES_MAX = 32,
	METRICS_EMAILS_MAX = 100,
	METRICS_PERIODS_MAX = 10000
};

enum granularity { HOURLY, DAILY, WEEKLY, MONTHLY };

/* What a request wants. */
struct metrics_wanted {
	int64_t start_ms, end_ms;
	struct zone zone;
	enum granularity granularity;
	int metrics[METRICS_NAMES_MAX], n_metrics;
	bool by_period, by_domain, by_email;
	int64_t emails[METRICS_EMAILS_MAX];
	int n_emails;
};

/* A row of the answer. */
struct metrics_row {
	int64_t period; /* its first moment; 0: all */
	const char *domain;
	int64_t email;
	int64_t counts[METRIC_COUNT];
};

struct metrics_rows {
	struct metrics_wanted *wanted;
	struct metrics_row *list;
	int n, room;
	int at; /* where the hour counted last is */
	int64_t totals[METRIC_COUNT];
};

/* Counts n at a moment. Counts of hours come in order of domain, if that is
 * wanted, and then of time. */
void metrics_add(struct metrics_rows *, int64_t ms, const char *domain,
    int64_t email, enum mail_metric, int64_t n);
/* Periods in which nothing happened are rows as well; before anything is
 * counted. */
void metrics_add_periods(struct metrics_rows *);
/* In order of period, then of domain, once all hours are counted. */
void metrics_sort(struct metrics_rows *);
