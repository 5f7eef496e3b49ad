/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts of mail in the store: one row for an hour, a domain and what was
 * counted.
 */
#pragma once

#include "model/metric.h"
#include "store/list.h"

struct arena;
struct fault;
struct txn;

enum { MAIL_HOUR_MS = 3600 * 1000 };

struct mail_hour {
	int64_t hour; /* since 1970 */
	const char *domain;
	enum mail_metric metric;
	int64_t n;
};

int store_mail_hour_add(struct txn *, int64_t hour, const char *domain,
    enum mail_metric, int64_t n, struct fault *fault_r);
/* How counts are summed: what is not told apart is hour 0, or domain "". */
struct mail_hours {
	int64_t from, until; /* from an hour on, before another */
	bool by_hour, by_domain;
};
/* Sums in order of domain and hour, at most limit; struct mail_hour. 0 or -1.
 */
int store_mail_hour_sum(struct txn *, struct arena *, const struct mail_hours *,
    int limit, struct list *list_r, struct fault *fault_r);
/* Removes up to limit rows before an hour. How many, or -1. */
int store_mail_hour_prune(struct txn *, int64_t before, int limit,
    struct fault *fault_r);
