/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Metrics of mail, from the counts of each hour; of single mails, from their
 * rows. What no part of the server hears of yet counts as nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/metrics_rows.h"
#include "base/clock.h"
#include "base/id.h"
#include "engine/sender.h"
#include "model/date.h"
#include "model/email.h"
#include "model/metric.h"
#include "model/zone.h"
#include "store/emails.h"
#include "store/mail_hours.h"

enum { SUMS_MAX = 200000, USUAL_DAYS = 6 };

static const char *const granularities[] = { "hourly", "daily", "weekly",
	"monthly" };
static const int64_t shortest_ms[] = { MAIL_HOUR_MS, DATE_DAY_MS,
	7 * DATE_DAY_MS, 28 * DATE_DAY_MS };
/* ---- what is wanted ---------------------------------------------------- */

static int
read_choice(struct call *c, const char *name, const char *const *words, int n,
    int usual, int *choice_r, struct fault *fault_r)
{
	const char *text = http_query_get(c->req, name);
	*choice_r = usual;
	for (int i = 0; text != NULL && i < n; i++)
		if (strcmp(words[i], text) == 0) {
			*choice_r = i;
			return 0;
		}
	return text == NULL ? 0
			    : fault(fault_r, FAULT_INVALID,
				  "`%s` must be one of %s to %s, not `%.80s`.",
				  name, words[0], words[n - 1], text);
}

/* A bound; a date alone is a whole day of the zone. */
static int
read_moment(struct call *c, const struct metrics_wanted *w, const char *name,
    bool is_end, int64_t *ms_r, struct fault *fault_r)
{
	const char *text = http_query_get(c->req, name);
	bool date_only;
	if (text == NULL)
		return 0;
	if (date_parse(text, ms_r, &date_only) != 1)
		return fault(fault_r, FAULT_INVALID,
		    "`%s` must be an ISO 8601 date or datetime, not `%.80s`.",
		    name, text);
	if (date_only)
		*ms_r =
		    zone_moment(&w->zone, *ms_r + (is_end ? DATE_DAY_MS : 0));
	return 0;
}

static int
read_range(struct call *c, struct metrics_wanted *w, struct fault *fault_r)
{
	w->end_ms = c->now_ms;
	if (read_moment(c, w, "end_date", true, &w->end_ms, fault_r) != 0)
		return -1;
	if (w->end_ms > c->now_ms)
		w->end_ms = c->now_ms;
	w->start_ms = w->end_ms - USUAL_DAYS * DATE_DAY_MS;
	if (read_moment(c, w, "start_date", false, &w->start_ms, fault_r) != 0)
		return -1;
	if (w->start_ms > w->end_ms)
		return fault(fault_r, FAULT_INVALID,
		    "`start_date` must be on or before `end_date`.");
	if (w->by_period &&
	    (w->end_ms - w->start_ms) / shortest_ms[w->granularity] >
		METRICS_PERIODS_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "The date range has more than %d periods of that "
		    "`granularity`.",
		    METRICS_PERIODS_MAX);
	return 0;
}

/* Calls each() for every name in a list joined by commas. 0 or -1. */
static int
each_name(struct call *c, struct metrics_wanted *w, const char *parameter,
    int (*each)(struct metrics_wanted *, const char *, struct fault *),
    struct fault *fault_r)
{
	const char *all = call_query_all(c, parameter);
	char *rest = arena_strdup(c->arena, all), *name;
	while (rest != NULL && (name = strsep(&rest, ",")) != NULL)
		if (name[0] != '\0' && each(w, name, fault_r) != 0)
			return -1;
	return 0;
}

static int
add_metric(struct metrics_wanted *w, const char *name, struct fault *fault_r)
{
	int i = metric_find(name);
	if (i < 0)
		return fault(fault_r, FAULT_INVALID,
		    "`metrics` has no `%.80s`.", name);
	for (int k = 0; k < w->n_metrics; k++)
		if (w->metrics[k] == i)
			return 0;
	w->metrics[w->n_metrics++] = i;
	return 0;
}

static int
add_dimension(struct metrics_wanted *w, const char *name, struct fault *fault_r)
{
	if (strcmp(name, "period") == 0)
		w->by_period = true;
	else if (strcmp(name, "domain") == 0)
		w->by_domain = true;
	else if (strcmp(name, "email") == 0)
		w->by_email = true;
	else if (strcmp(name, "broadcast") == 0)
		return fault(fault_r, FAULT_INVALID,
		    "`dimensions`: there are no broadcasts on this server.");
	else
		return fault(fault_r, FAULT_INVALID,
		    "`dimensions` has no `%.80s`.", name);
	return 0;
}

static int
add_email(struct metrics_wanted *w, const char *text, struct fault *fault_r)
{
	int64_t id;
	if (call_text_id(text, "email_id", "Email", &id, fault_r) != 0)
		return -1;
	if (w->n_emails == METRICS_EMAILS_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "`email_id` takes at most %d ids.", METRICS_EMAILS_MAX);
	w->emails[w->n_emails++] = id;
	return 0;
}

/* What cannot be told apart here. */
static int
refuse_ids(struct call *c, struct fault *fault_r)
{
	if (http_query_get(c->req, "broadcast_id") != NULL)
		return fault(fault_r, FAULT_INVALID,
		    "`broadcast_id`: there are no broadcasts on this server.");
	if (http_query_get(c->req, "domain_id") != NULL)
		return fault(fault_r, FAULT_INVALID,
		    "`domain_id` is not taken: ask for the dimension `domain` "
		    "and choose among its rows.");
	return 0;
}

static int
metrics_parse(struct call *c, struct fault *fault_r)
{
	struct metrics_wanted *w = c->input = arena_alloc(c->arena, sizeof(*w));
	const char *zone = http_query_get(c->req, "timezone");
	int granularity;
	if (zone != NULL && !zone_find(zone, &w->zone))
		return fault(fault_r, FAULT_INVALID,
		    "`timezone` is not known: `%.80s`.", zone);
	if (read_choice(c, "granularity", granularities, N_OF(granularities),
		DAILY, &granularity, fault_r) != 0)
		return -1;
	w->granularity = (enum granularity)granularity;
	if (refuse_ids(c, fault_r) != 0 ||
	    each_name(c, w, "metrics", add_metric, fault_r) != 0 ||
	    each_name(c, w, "dimensions", add_dimension, fault_r) != 0 ||
	    each_name(c, w, "email_id", add_email, fault_r) != 0 ||
	    read_range(c, w, fault_r) != 0)
		return -1;
	if (w->n_metrics == 0)
		while (metric_name(w->n_metrics) != NULL) {
			w->metrics[w->n_metrics] = w->n_metrics;
			w->n_metrics++;
		}
	return !w->by_email || w->n_emails > 0
	    ? 0
	    : fault(fault_r, FAULT_INVALID,
		  "The dimension `email` needs `email_id`: up to %d mails to "
		  "tell apart.",
		  METRICS_EMAILS_MAX);
}

/* ---- counting ---------------------------------------------------------- */

static int
count_hours(struct call *c, struct txn *t, struct metrics_rows *r,
    struct fault *fault_r)
{
	const struct metrics_wanted *w = r->wanted;
	const struct mail_hours hours = { .from = w->start_ms / MAIL_HOUR_MS,
		.until = (w->end_ms + MAIL_HOUR_MS - 1) / MAIL_HOUR_MS,
		.by_hour = w->by_period,
		.by_domain = w->by_domain };
	struct list list;
	if (store_mail_hour_sum(t, c->arena, &hours, SUMS_MAX, &list,
		fault_r) != 0)
		return -1;
	if (list.has_more)
		return fault(fault_r, FAULT_INVALID,
		    "There are more than %d counts to tell apart in the date "
		    "range: ask for a shorter one, or for fewer `dimensions`.",
		    SUMS_MAX);
	const struct mail_hour *all = list.items;
	for (int i = 0; i < list.n; i++)
		metrics_add(r, all[i].hour * MAIL_HOUR_MS, all[i].domain, 0,
		    all[i].metric, all[i].n);
	metrics_sort(r);
	return 0;
}

static int
by_settling(const void *a, const void *b)
{
	const struct email *x = a, *y = b;
	return (x->settled_ms > y->settled_ms) -
	    (x->settled_ms < y->settled_ms);
}

static int
count_emails(struct call *c, struct txn *t, struct metrics_rows *r,
    struct fault *fault_r)
{
	const struct metrics_wanted *w = r->wanted;
	struct email *all =
	    arena_alloc(c->arena, (size_t)w->n_emails * sizeof(*all));
	int n = 0;
	for (int i = 0; i < w->n_emails; i++) {
		int rc = store_email_get(t, c->arena, w->emails[i], &all[n],
		    fault_r);
		if (rc < 0)
			return -1;
		n += rc;
	}
	qsort(all, (size_t)n, sizeof(*all), by_settling);
	for (int i = 0; i < n; i++)
		if (all[i].settled_ms >= w->start_ms &&
		    all[i].settled_ms < w->end_ms + 1)
			metrics_add(r, all[i].settled_ms,
			    sender_domain(c->arena, all[i].sender), all[i].id,
			    metric_of_email(&all[i]), 1);
	return 0;
}

/* ---- the answer -------------------------------------------------------- */

static void
put_values(const struct metrics_wanted *w, json_t *o, const int64_t *counts)
{
	for (int i = 0; i < w->n_metrics; i++) {
		int m = w->metrics[i];
		double v = metric_value(m, counts);
		json_object_set_new(o, metric_name(m),
		    metric_is_rate(m) ? json_real(v)
				      : json_integer((json_int_t)v));
	}
}

static json_t *
row_json(const struct metrics_wanted *w, const struct metrics_row *r)
{
	char text[CLOCK_ISO_LEN];
	json_t *o = json_object();
	if (w->by_period)
		json_object_set_new(o, "period",
		    json_string(clock_iso(r->period, text)));
	if (w->by_domain)
		json_object_set_new(o, "domain_name",
		    json_string(r->domain != NULL ? r->domain : ""));
	if (w->by_email)
		json_object_set_new(o, "email_id", json_id(r->email));
	put_values(w, o, r->counts);
	return o;
}

static json_t *
answer_json(const struct metrics_wanted *w, const struct metrics_rows *r)
{
	static const char *const names[] = { "period", "domain", "email" };
	const bool has[] = { w->by_period, w->by_domain, w->by_email };
	char start[CLOCK_ISO_LEN], end[CLOCK_ISO_LEN];
	json_t *metrics = json_array(), *dimensions = json_array();
	json_t *totals = json_object(), *data = json_array();
	for (int i = 0; i < w->n_metrics; i++)
		json_array_append_new(metrics,
		    json_string(metric_name(w->metrics[i])));
	for (size_t i = 0; i < N_OF(names); i++)
		if (has[i])
			json_array_append_new(dimensions,
			    json_string(names[i]));
	put_values(w, totals, r->totals);
	for (int i = 0; i < r->n; i++)
		json_array_append_new(data, row_json(w, &r->list[i]));
	bool is_split = json_array_size(dimensions) > 0;
	json_t *o = json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:o}", "object",
	    "metrics", "start_date", clock_iso(w->start_ms, start), "end_date",
	    clock_iso(w->end_ms, end), "metrics", metrics, "dimensions",
	    dimensions, "granularity", granularities[w->granularity], "totals",
	    totals);
	if (is_split)
		json_object_set(o, "data", data);
	json_decref(data);
	return o;
}

static int
metrics_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct metrics_wanted *w = c->input;
	struct metrics_rows r = { .wanted = w };
	if (w->by_period && !w->by_domain && !w->by_email)
		metrics_add_periods(&r);
	int rc = w->n_emails > 0 ? count_emails(c, t, &r, fault_r)
				 : count_hours(c, t, &r, fault_r);
	if (rc == 0)
		call_json(c, 200, answer_json(w, &r));
	free(r.list);
	return rc;
}

const struct route routes_metrics[] = {
	{ "GET", "/emails/metrics", metrics_run, ROUTE_READ, metrics_parse },
	{ NULL },
};
