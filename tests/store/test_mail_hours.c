/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts of mail: summed by what is told apart, in order of domain and hour.
 */
#include "store/mail_hours.h"

#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"
#include "tests/store/rig.h"
#include "tests/store/within.h"
#include "tests/tap.h"

static void
add(struct txn *t, int64_t hour, const char *domain, enum mail_metric what)
{
	struct fault f;
	if (store_mail_hour_add(t, hour, domain, what, 1, &f) != 0)
		ok(false, "%s", f.text);
}

/* The sums as text, "+" behind them if there are more. */
static const char *
sums(struct txn *t, struct arena *a, bool by_hour, bool by_domain, int limit)
{
	const struct mail_hours h = { .from = 1,
		.until = 4,
		.by_hour = by_hour,
		.by_domain = by_domain };
	struct list list;
	struct fault f;
	const char *text = "";
	if (store_mail_hour_sum(t, a, &h, limit, &list, &f) != 0)
		return "failed";
	const struct mail_hour *all = list.items;
	for (int i = 0; i < list.n; i++)
		text = arena_printf(a, "%s%s%lld:%d=%lld ", text, all[i].domain,
		    (long long)all[i].hour, all[i].metric, (long long)all[i].n);
	return list.has_more ? arena_printf(a, "%s+", text) : text;
}

static void
test_sums(struct txn *t, struct arena *a)
{
	add(t, 0, "a", METRIC_SENT);
	for (int hour = 1; hour < 4; hour++) {
		add(t, hour, "b", METRIC_SENT);
		add(t, hour, "a", METRIC_SENT);
		add(t, hour, "a", METRIC_SENT);
	}
	add(t, 2, "b", METRIC_DELIVERED);
	add(t, 4, "a", METRIC_SENT);
	is(sums(t, a, false, false, 10), "0:1=1 0:13=9 ", "of everything");
	is(sums(t, a, true, false, 10), "1:13=3 2:1=1 2:13=3 3:13=3 ",
	    "by hour");
	is(sums(t, a, false, true, 10), "a0:13=6 b0:1=1 b0:13=3 ", "by domain");
	is(sums(t, a, true, true, 10),
	    "a1:13=2 a2:13=2 a3:13=2 b1:13=1 b2:1=1 b2:13=1 b3:13=1 ",
	    "by both");
	is(sums(t, a, true, true, 6),
	    "a1:13=2 a2:13=2 a3:13=2 b1:13=1 b2:1=1 b2:13=1 +",
	    "that there are more is told");
}

int
main(void)
{
	struct store_options o = rig_options("mail_hours.db");
	struct fault f;
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	struct store *store = store_open(&o, &f);
	if (!ok(store != NULL, "a store is opened"))
		return tap_done();
	within(store, test_sums);
	store_close(store);
	return tap_done();
}
