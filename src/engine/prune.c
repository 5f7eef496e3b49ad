/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/prune.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/id.h"
#include "conf/conf.h"
#include "engine/engine_private.h"
#include "engine/share.h"
#include "store/emails.h"
#include "store/events.h"
#include "store/imports.h"
#include "store/keys.h"
#include "store/mail_hours.h"
#include "store/runs.h"
#include "store/usage.h"
#include "store/webhooks.h"

enum {
	SLICE_US = 3000,
	ROWS = 50, /* between two looks at the clock */
	COUNTED = 2000,
	RUNS = 10,   /* each with its steps, and in three indexes */
	IMPORTS = 5, /* each with the rows that failed */
	EACH_MS = 60000,
	PAUSE_MS = 20,     /* between two slices, for others */
	FREE_PAGES = 1000, /* kept for what is written next */
};

struct pruner {
	int at;             /* what is being pruned */
	int64_t automation; /* whose runs */
	int64_t next_ms;
};

struct pruner *
pruner_new(void)
{
	return xcalloc(1, sizeof(struct pruner));
}

void
pruner_free(struct pruner *p)
{
	free(p);
}

/* Removes up to ROWS rows: how many, or -1. Fewer: there are no more. */
typedef int pruning(struct engine *, struct pruner *, struct txn *,
    int64_t now_ms, struct fault *fault_r);

/* The first id to be kept; 0: all are. */
static int64_t
kept_from(int64_t keep_ms, int64_t now_ms)
{
	return keep_ms == 0 || keep_ms >= now_ms ? 0
						 : id_at_ms(now_ms - keep_ms);
}

static int
prune_keys(struct engine *e, struct pruner *p, struct txn *t, int64_t now_ms,
    struct fault *fault_r)
{
	(void)e, (void)p;
	return store_idempotency_prune(t, now_ms, ROWS, fault_r);
}

static int
prune_events(struct engine *e, struct pruner *p, struct txn *t, int64_t now_ms,
    struct fault *fault_r)
{
	const struct conf *c = e->conf;
	(void)p;
	return store_event_prune(t, kept_from(c->keep_events_ms, now_ms), ROWS,
	    fault_r);
}

static int
prune_skips(struct engine *e, struct pruner *p, struct txn *t, int64_t now_ms,
    struct fault *fault_r)
{
	const struct conf *c = e->conf;
	(void)p;
	return store_skip_prune(t, kept_from(c->keep_events_ms, now_ms), ROWS,
	    fault_r);
}

static int
prune_imports(struct engine *e, struct pruner *p, struct txn *t, int64_t now_ms,
    struct fault *fault_r)
{
	const struct conf *c = e->conf;
	(void)p;
	int n = store_import_prune(t, kept_from(c->keep_events_ms, now_ms),
	    IMPORTS, fault_r);
	return n == IMPORTS ? ROWS : n;
}

static int
prune_recent(struct engine *e, struct pruner *p, struct txn *t, int64_t now_ms,
    struct fault *fault_r)
{
	/* No wait looks back further. */
	const int64_t longest = INT64_C(31) * 24 * 3600 * 1000;
	(void)e, (void)p;
	return store_recent_prune(t, kept_from(longest, now_ms), ROWS, fault_r);
}

static int
prune_emails(struct engine *e, struct pruner *p, struct txn *t, int64_t now_ms,
    struct fault *fault_r)
{
	const struct conf *c = e->conf;
	(void)p;
	return store_email_prune(t, kept_from(c->keep_emails_ms, now_ms), ROWS,
	    fault_r);
}

static int
prune_hooks(struct engine *e, struct pruner *p, struct txn *t, int64_t now_ms,
    struct fault *fault_r)
{
	const struct conf *c = e->conf;
	(void)p;
	return store_hook_event_prune(t, kept_from(c->keep_webhooks_ms, now_ms),
	    ROWS, fault_r);
}

static int
prune_mail_hours(struct engine *e, struct pruner *p, struct txn *t,
    int64_t now_ms, struct fault *fault_r)
{
	const struct conf *c = e->conf;
	(void)p;
	return c->keep_emails_ms == 0
	    ? 0
	    : store_mail_hour_prune(t,
		  (now_ms - c->keep_emails_ms) / MAIL_HOUR_MS, ROWS, fault_r);
}

/* Finished runs, automation by automation: ROWS as long as there is another. */
static int
prune_runs(struct engine *e, struct pruner *p, struct txn *t, int64_t now_ms,
    struct fault *fault_r)
{
	const struct conf *c = e->conf;
	int64_t before = kept_from(c->keep_runs_ms, now_ms);
	int n = 0;
	if (before == 0)
		return 0;
	for (int s = RUN_COMPLETED; p->automation != 0 && s < RUN_STATUS_COUNT;
	     s++) {
		n = store_run_prune(t, p->automation, (enum run_status)s,
		    before, RUNS, fault_r);
		if (n != 0)
			return n < 0 ? -1 : ROWS;
	}
	if (store_run_automation_behind(t, p->automation, &p->automation,
		fault_r) != 0)
		return -1;
	return p->automation != 0 ? ROWS : 0;
}

/* New contacts are counted, a slice of many at a time: they are only looked at.
 */
static int
count_contacts(struct engine *e, struct pruner *p, struct txn *t,
    int64_t now_ms, struct fault *fault_r)
{
	(void)e, (void)p, (void)now_ms;
	int n = store_contact_count_on(t, COUNTED, fault_r);
	return n == COUNTED ? ROWS : n < 0 ? -1 : 0;
}

/* What is free goes back to the disk, at the end of each round. */
static int
give_back(struct engine *e, struct pruner *p, struct txn *t, int64_t now_ms,
    struct fault *fault_r)
{
	int64_t n;
	(void)e, (void)p, (void)now_ms;
	if (store_free_pages(t, &n, fault_r) != 0)
		return -1;
	if (n <= FREE_PAGES)
		return 0;
	return store_give_back(t, ROWS, fault_r) < 0 ? -1 : ROWS;
}

static pruning *const prunings[] = { prune_keys, prune_events, prune_skips,
	prune_imports, prune_recent, prune_runs, prune_emails, prune_mail_hours,
	prune_hooks, count_contacts, give_back };

int
prune_go_on(struct engine *e, struct pruner *p, struct txn *t, int64_t now_ms,
    int64_t *next_r, struct fault *fault_r)
{
	const struct share share = share_begin(t, SLICE_US);
	*next_r = p->next_ms;
	if (now_ms < p->next_ms && p->next_ms - now_ms <= EACH_MS)
		return 0;
	while (p->at < (int)N_OF(prunings) && !share_is_over(&share)) {
		int n = prunings[p->at](e, p, t, now_ms, fault_r);
		if (n < 0)
			return -1;
		if (n < ROWS)
			p->at++;
	}
	bool is_done = p->at == (int)N_OF(prunings);
	if (is_done)
		p->at = 0;
	p->next_ms = now_ms + (is_done ? EACH_MS : PAUSE_MS);
	*next_r = p->next_ms;
	return 0;
}
