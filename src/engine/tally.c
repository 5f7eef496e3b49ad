/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/log.h"
#include "conf/conf.h"
#include "engine/engine_private.h"
#include "store/automations.h"
#include "store/jobs.h"

enum {
	WATCHED_MAX = 256,
	USUAL_HOURS = 7 * 24,
	YOUNG_HOURS = 24, /* nothing is usual before */
};

enum count { ENTERED, COMPLETED, EXITED, FAILED, RETRIED, MAILS };

struct note {
	int64_t automation;
	enum count what;
};

struct tallies {
	struct note *notes;
	int n, room;
	/* of all automations; what of it this batch has written */
	struct tally whole, written;
	/* automations that wrote mails in the batch under way */
	int64_t watched[WATCHED_MAX];
	int n_watched;
};

struct tallies *
tallies_new(void)
{
	return xcalloc(1, sizeof(struct tallies));
}

void
tallies_free(struct tallies *t)
{
	if (t == NULL)
		return;
	free(t->notes);
	free(t);
}

void
tallies_forget(struct tallies *t)
{
	t->n = 0;
}

static void
note(struct engine *e, int64_t automation, enum count what)
{
	struct tallies *t = e->tallies;
	if (t->n == t->room) {
		t->room = t->room == 0 ? 64 : t->room * 2;
		t->notes =
		    xrealloc(t->notes, (size_t)t->room * sizeof(*t->notes));
	}
	t->notes[t->n++] = (struct note){ automation, what };
}

void
tally_entered(struct engine *e, const struct run *r)
{
	note(e, r->automation, ENTERED);
}

void
tally_ended(struct engine *e, const struct run *r)
{
	static const enum count counts[RUN_STATUS_COUNT] = {
		[RUN_COMPLETED] = COMPLETED,
		[RUN_FAILED] = FAILED,
		[RUN_CANCELLED] = EXITED,
	};
	note(e, r->automation, counts[r->status]);
}

void
tally_retried(struct engine *e, const struct run *r)
{
	note(e, r->automation, RETRIED);
}

void
tally_mail(struct engine *e, int64_t automation)
{
	note(e, automation, MAILS);
}

void
tally_sent(struct engine *e)
{
	e->tallies->whole.mails++;
}

int
tally_mark(const struct engine *e)
{
	return e->tallies->n;
}

void
tally_undo(struct engine *e, int mark)
{
	e->tallies->n = mark;
}

static int
by_automation(const void *a, const void *b)
{
	const struct note *x = a, *y = b;
	return (x->automation > y->automation) -
	    (x->automation < y->automation);
}

static void
add(struct tally *sum, enum count what)
{
	switch (what) {
	case ENTERED:
		sum->entered++;
		break;
	case COMPLETED:
		sum->completed++;
		break;
	case EXITED:
		sum->exited++;
		break;
	case FAILED:
		sum->failed++;
		break;
	case RETRIED:
		sum->failed--;
		break;
	case MAILS:
		sum->mails++;
		break;
	}
}

/* The mails of an automation are to be looked at when the batch ends. */
static void
watch(struct tallies *t, int64_t automation)
{
	for (int i = 0; i < t->n_watched; i++)
		if (t->watched[i] == automation)
			return;
	if (t->n_watched < WATCHED_MAX)
		t->watched[t->n_watched++] = automation;
}

int
tally_write(struct engine *e, struct txn *t, int64_t now_ms,
    struct fault *fault_r)
{
	struct tallies *all = e->tallies;
	if (all->n > 1)
		qsort(all->notes, (size_t)all->n, sizeof(*all->notes),
		    by_automation);
	for (int i = 0; i < all->n;) {
		int64_t automation = all->notes[i].automation;
		struct tally sum = { 0 };
		for (; i < all->n && all->notes[i].automation == automation;
		     i++)
			add(&sum, all->notes[i].what);
		all->whole.entered += sum.entered;
		if (store_hour_add(t, automation, now_ms / HOUR_MS, &sum,
			fault_r) != 0)
			return -1;
		if (sum.mails > 0)
			watch(all, automation);
	}
	all->n = 0;
	return 0;
}

int
tally_write_whole(struct engine *e, struct txn *t, int64_t now_ms,
    struct fault *fault_r)
{
	struct tallies *all = e->tallies;
	all->written = all->whole;
	return all->whole.entered == 0 && all->whole.mails == 0
	    ? 0
	    : store_hour_add(t, WHOLE_SERVER, now_ms / HOUR_MS, &all->whole,
		  fault_r);
}

void
tallies_settle(struct tallies *t, bool committed)
{
	if (committed) {
		t->whole.entered -= t->written.entered;
		t->whole.mails -= t->written.mails;
	} else {
		t->whole = (struct tally){ 0 };
	}
	t->written = (struct tally){ 0 };
}

/* ---- surges ------------------------------------------------------------ */

/* Mails an hour that are too many for an automation; 0: any are fine. */
static int
find_limit(struct engine *e, struct txn *t, const struct automation *a,
    int64_t hour, int64_t *limit_r, struct fault *fault_r)
{
	const struct conf *conf = e->conf;
	int64_t age = hour - id_time_ms(a->id) / HOUR_MS;
	struct tally before;
	*limit_r = 0;
	if (conf->surge_factor == 0 || age < YOUNG_HOURS)
		return 0;
	int64_t hours = age < USUAL_HOURS ? age : USUAL_HOURS;
	if (store_hour_sum(t, a->num, hour - hours, hour - 1, &before,
		fault_r) != 0)
		return -1;
	int64_t most = before.mails * conf->surge_factor / hours;
	*limit_r = most > conf->surge_mails ? most : conf->surge_mails;
	return 0;
}

static int
watch_one(struct engine *e, struct txn *t, struct arena *arena, int64_t num,
    int64_t now_ms, struct fault *fault_r)
{
	int64_t hour = now_ms / HOUR_MS, limit;
	char id[ID_UUID_LEN];
	struct automation a;
	struct tally now;
	int rc = store_automation_by_num(t, arena, num, &a, fault_r);
	if (rc != 1 || a.paused)
		return rc < 0 ? -1 : 0;
	if (find_limit(e, t, &a, hour, &limit, fault_r) != 0 ||
	    store_hour_sum(t, num, hour, hour, &now, fault_r) != 0)
		return -1;
	if (limit == 0 || now.mails <= limit)
		return 0;
	log_error("automation %s paused: %lld mails this hour are over %d "
		  "times the usual name=%s",
	    id_uuid(a.id, id), (long long)now.mails,
	    ((const struct conf *)e->conf)->surge_factor, log_text(a.name));
	a.paused = true;
	return store_automation_update(t, &a, fault_r);
}

int
tally_watch(struct engine *e, struct txn *t, int64_t now_ms,
    struct fault *fault_r)
{
	struct tallies *all = e->tallies;
	struct arena *a = arena_new();
	int rc = 0;
	if (((const struct conf *)e->conf)->surge_factor != 0)
		for (int i = 0; rc == 0 && i < all->n_watched; i++)
			rc = watch_one(e, t, a, all->watched[i], now_ms,
			    fault_r);
	all->n_watched = 0;
	arena_free(a);
	return rc;
}
