/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was used of limits that are not there: mails and runs by the hour, which
 * are kept, contacts and segments as they are.
 */
#include <time.h>

#include "api/call.h"
#include "api/domains.h"
#include "conf/conf.h"
#include "store/jobs.h"
#include "store/usage.h"

/* Days and months of UTC. */
struct spans {
	int64_t day_ms, next_day_ms, month_ms, next_month_ms;
};

static struct spans
find_spans(int64_t now_ms)
{
	const int64_t day = INT64_C(24) * HOUR_MS;
	time_t now = (time_t)(now_ms / 1000);
	struct tm tm;
	gmtime_r(&now, &tm);
	struct tm month = { .tm_year = tm.tm_year,
		.tm_mon = tm.tm_mon,
		.tm_mday = 1 };
	struct spans s = { .day_ms = now_ms - now_ms % day,
		.month_ms = (int64_t)timegm(&month) * 1000 };
	s.next_day_ms = s.day_ms + day;
	month.tm_mon++;
	s.next_month_ms = (int64_t)timegm(&month) * 1000;
	return s;
}

static json_t *
emails_json(int64_t sent, int64_t resets_ms)
{
	return json_pack("{s:I, s:n, s:I, s:I, s:o}", "used", sent, "limit",
	    "sent", sent, "received", (json_int_t)0, "resets_at",
	    json_time(resets_ms));
}

static json_t *
used_json(int64_t n)
{
	return json_pack("{s:I, s:n}", "used", n, "limit");
}

/* Figures read from the store. */
struct usage {
	struct tally day, month;
	int64_t contacts, segments;
	bool all_contacts;
};

static int
read_usage(struct call *c, struct txn *t, const struct spans *s,
    struct usage *u, struct fault *fault_r)
{
	int64_t hour = c->now_ms / HOUR_MS;
	return store_hour_sum(t, WHOLE_SERVER, s->day_ms / HOUR_MS, hour,
		   &u->day, fault_r) != 0 ||
		store_hour_sum(t, WHOLE_SERVER, s->month_ms / HOUR_MS, hour,
		    &u->month, fault_r) != 0 ||
		store_contact_count(t, &u->contacts, &u->all_contacts,
		    fault_r) != 0 ||
		store_segment_count(t, &u->segments, fault_r) != 0
	    ? -1
	    : 0;
}

static json_t *
contacts_json(const struct usage *u)
{
	json_t *o = used_json(u->contacts);
	json_object_set_new(o, "is_estimate", json_boolean(!u->all_contacts));
	return o;
}

static json_t *
runs_json(const struct usage *u, const struct spans *s)
{
	json_t *o = used_json(u->month.entered);
	json_object_set_new(o, "resets_at", json_time(s->next_month_ms));
	return o;
}

static json_t *
rate_json(int limit)
{
	return json_pack("{s:o, s:s}", "limit",
	    limit > 0 ? json_integer(limit) : json_null(), "duration", "1s");
}

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct conf *conf = c->api->conf;
	const struct spans s = find_spans(c->now_ms);
	struct usage u;
	if (read_usage(c, t, &s, &u, fault_r) != 0)
		return -1;
	json_t *credits = used_json(0);
	json_object_set_new(credits, "next_increase_at", json_null());
	return call_json(c, 200,
	    json_pack("{s:s, s:{s:o, s:o}, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"object", "usage", "emails", "daily",
		emails_json(u.day.mails, s.next_day_ms), "monthly",
		emails_json(u.month.mails, s.next_month_ms), "contacts",
		contacts_json(&u), "segments", used_json(u.segments),
		"broadcasts", used_json(0), "ai_credits", credits,
		"automation_runs", runs_json(&u, &s), "domains",
		used_json(api_domains(c)), "rate_limit",
		rate_json(conf->rate_limit)));
}

const struct route routes_usage[] = { { "GET", "/usage", get_run, ROUTE_READ },
	{ NULL } };
