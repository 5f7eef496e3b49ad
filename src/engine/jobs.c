/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/jobs.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/log.h"
#include "engine/admit.h"
#include "engine/catalog.h"
#include "engine/entry.h"
#include "engine/importer.h"
#include "engine/part.h"
#include "engine/people.h"
#include "engine/runner.h"
#include "engine/scope.h"
#include "engine/share.h"
#include "model/contact.h"
#include "model/rule.h"
#include "store/contacts.h"
#include "store/direct.h"
#include "store/emails.h"
#include "store/erase.h"
#include "store/runs.h"
#include "store/segments.h"
#include "store/webhooks.h"

enum {
	SLICE_US = 3000,
	ROWS = 50,      /* of a chunk, between two looks at the clock */
	SCAN = 2000,    /* of rows only looked at */
	WAIT_MS = 1000, /* for one that cannot go on now */
	RETRY_MS =
	    1000, /* behind the first failure; twice that behind the next */
	RETRY_MAX_MS = 3600 * 1000,
};

/* A job under way. */
struct labour {
	struct engine *engine;
	struct txn *txn;
	struct arena *arena;
	struct job *job;
	int64_t now_ms;
	const struct share *share;
	struct arena *keep; /* holds the job; arena holds what a chunk needs */
};

enum progress { JOB_FAILED = -1, JOB_MORE, JOB_DONE, JOB_WAITS };

/* ---- kinds ------------------------------------------------------------- */

static enum progress
cancel_runs(struct labour *l, struct fault *fault_r)
{
	struct list list;
	if (store_run_running(l->txn, l->arena, l->job->subject, ROWS, &list,
		fault_r) != 0)
		return JOB_FAILED;
	struct run *runs = list.items;
	for (int i = 0; i < list.n; i++) {
		/* What began since then is of an automation enabled again, or
		 * was started by hand. */
		if (runs[i].id > l->job->id)
			return JOB_DONE;
		if (runner_end(l->engine, l->txn, l->arena, &runs[i],
			RUN_CANCELLED, l->job->detail, l->now_ms, fault_r) != 0)
			return JOB_FAILED;
		l->job->done++;
	}
	return list.has_more ? JOB_MORE : JOB_DONE;
}

/* Some contacts behind the cursor: of a segment, or of all. */
static int
next_contacts(struct labour *l, int64_t segment, struct list *list_r,
    struct fault *fault_r)
{
	/* Going up from the cursor, as a page before it does. */
	const struct page p = { .before =
				    l->job->cursor != 0 ? l->job->cursor : 1,
		.limit = ROWS };
	return segment != 0
	    ? store_member_list(l->txn, l->arena, segment, &p, list_r, fault_r)
	    : store_contact_list(l->txn, l->arena, &p, list_r, fault_r);
}

/* Lets one contact in that was there before, if it may come. */
static int
admit_one(struct labour *l, const struct flow *f, const struct contact *c,
    struct fault *fault_r)
{
	const struct event nobody = { .contact = c->id };
	struct scope s = { .arena = l->arena, .contact = c };
	struct admission ad = { .now_ms = l->now_ms };
	int64_t run;
	int rc = entry_enrols(l->txn, f->entry, &s, fault_r);
	if (rc != 1)
		return rc;
	if (admit(l->engine, l->txn, f, c->id, &s, &ad, fault_r) != 0)
		return -1;
	if (ad.reason != SKIP_NONE)
		return admit_refused(l->txn, f, c->id, 0, &ad, fault_r);
	l->job->done++;
	return runner_start(l->engine, l->txn, l->arena, f, c, &nobody,
		   l->now_ms, &run, fault_r) != 0 ||
		admit_entered(l->engine, l->txn, f, c->id, &ad, run, fault_r) !=
		    0
	    ? -1
	    : 0;
}

/* The same with all that it causes: each may lead to as much as an event may.
 */
static int
enrol_one(struct labour *l, const struct flow *f, const struct contact *c,
    struct fault *fault_r)
{
	l->job->cursor = c->id;
	accept_begin(l->engine);
	return admit_one(l, f, c, fault_r) != 0
	    ? -1
	    : accept_caused(l->engine, l->txn, l->arena, l->now_ms, fault_r);
}

static enum progress
enrol(struct labour *l, struct fault *fault_r)
{
	struct list list;
	if (catalog_refresh(l->engine, l->txn, fault_r) != 0)
		return JOB_FAILED;
	const struct flow *f =
	    catalog_enabled(l->engine->catalog, l->job->subject);
	if (f == NULL)
		return JOB_DONE;
	if (f->automation.paused || engine_is_paused(l->engine, ENGINE_RUNS))
		return JOB_WAITS;
	int64_t segment = f->entry->n_segments == 1 ? f->entry->segments[0] : 0;
	if (next_contacts(l, segment, &list, fault_r) != 0)
		return JOB_FAILED;
	/* The page is newest first. */
	const struct contact *all = list.items;
	for (int i = list.n - 1; i >= 0; i--) {
		if (enrol_one(l, f, &all[i], fault_r) != 0)
			return JOB_FAILED;
		/* A run may go a long way before it rests. */
		if (i > 0 && share_is_over(l->share))
			return JOB_MORE;
	}
	return list.has_more ? JOB_MORE : JOB_DONE;
}

static enum progress
fill_segment(struct labour *l, struct fault *fault_r)
{
	struct computed *all;
	struct list list;
	int n, at = 0;
	if (catalog_computed(l->engine, l->txn, l->arena, &all, &n, fault_r) !=
	    0)
		return JOB_FAILED;
	while (at < n && all[at].segment != l->job->subject)
		at++;
	if (at == n)
		return JOB_DONE;
	if (next_contacts(l, 0, &list, fault_r) != 0)
		return JOB_FAILED;
	const struct contact *contacts = list.items;
	for (int i = list.n - 1; i >= 0; i--) {
		struct scope s = { .arena = l->arena, .contact = &contacts[i] };
		l->job->cursor = contacts[i].id;
		if (!rule_true(all[at].filter, scope_lookup, &s))
			continue;
		if (store_member_insert(l->txn, all[at].segment, contacts[i].id,
			fault_r) < 0)
			return JOB_FAILED;
		l->job->done++;
	}
	return list.has_more ? JOB_MORE : JOB_DONE;
}

static enum progress
empty_segment(struct labour *l, struct fault *fault_r)
{
	int n = store_segment_empty(l->txn, l->job->subject, ROWS, fault_r);
	if (n < 0)
		return JOB_FAILED;
	l->job->done += n;
	return n == ROWS ? JOB_MORE : JOB_DONE;
}

static enum progress
empty_webhook(struct labour *l, struct fault *fault_r)
{
	int n = store_hook_event_empty(l->txn, l->job->subject, ROWS, fault_r);
	if (n < 0)
		return JOB_FAILED;
	l->job->done += n;
	return n == ROWS ? JOB_MORE : JOB_DONE;
}

/* How a step of ours went that says 1 for more to do, 0 for none. */
static enum progress
progress_of(int rc)
{
	return rc < 0 ? JOB_FAILED : rc == 0 ? JOB_DONE : JOB_MORE;
}

static enum progress
forget_contact(struct labour *l, struct fault *fault_r)
{
	return progress_of(people_forget(l->engine, l->txn, l->arena,
	    l->job->subject, 0, l->now_ms, fault_r));
}

/* What began since then goes on. */
static enum progress
cancel_contact(struct labour *l, struct fault *fault_r)
{
	return progress_of(
	    people_end_runs(l->engine, l->txn, l->arena, l->job->subject, 0,
		l->job->id, l->job->detail, &l->job->done, l->now_ms, fault_r));
}

/* First runs and mails, by their indexes; then all events and what webhooks are
 * told, in order. A mail on its way is waited for. */
static enum progress
erase_contact(struct labour *l, struct fault *fault_r)
{
	struct job *j = l->job;
	enum progress p = forget_contact(l, fault_r);
	if (p != JOB_DONE)
		return p;
	int n = store_erase_runs(l->txn, j->subject, ROWS, fault_r);
	if (n == 0)
		n = store_erase_emails(l->txn, j->subject, ROWS, fault_r);
	if (n == 0)
		n = store_erase_mail_to(l->txn, l->arena, j->detail, ROWS,
		    fault_r);
	/* That it was erased is still told. */
	if (n == 0)
		n = store_hook_event_erase(l->txn, j->subject, j->id, ROWS,
		    fault_r);
	if (n != 0) {
		j->done += n > 0 ? n : 0;
		return n < 0 ? JOB_FAILED : JOB_MORE;
	}
	int rc = store_erase_told(l->txn, l->arena, j->subject, j->detail,
	    j->id, SCAN, &j->cursor, fault_r);
	if (rc != 0)
		return progress_of(rc);
	rc = store_email_is_sending(l->txn, j->subject, fault_r);
	if (rc == 0)
		rc = store_recipient_is_sending(l->txn, j->detail, fault_r);
	return rc < 0 ? JOB_FAILED : rc == 1 ? JOB_WAITS : JOB_DONE;
}

static enum progress
import_contacts(struct labour *l, struct fault *fault_r)
{
	return progress_of(importer_go_on(l->engine, l->txn, l->arena, l->job,
	    l->share, l->now_ms, fault_r));
}

static enum progress (*const kinds[JOB_KIND_COUNT])(struct labour *,
    struct fault *fault_r) = {
	[JOB_CANCEL_RUNS] = cancel_runs,
	[JOB_ENROL] = enrol,
	[JOB_FILL_SEGMENT] = fill_segment,
	[JOB_EMPTY_SEGMENT] = empty_segment,
	[JOB_ERASE_CONTACT] = erase_contact,
	[JOB_FORGET_CONTACT] = forget_contact,
	[JOB_CANCEL_CONTACT] = cancel_contact,
	[JOB_EMPTY_WEBHOOK] = empty_webhook,
	[JOB_IMPORT] = import_contacts,
};

int
jobs_begin(struct engine *e, struct txn *t, enum job_kind kind, int64_t subject,
    const char *detail, int64_t now_ms, struct fault *fault_r)
{
	const struct job j = { .id = txn_new_id(t, now_ms),
		.kind = kind,
		.subject = subject,
		.detail = detail };
	e->has_jobs = true;
	return store_job_insert(t, &j, fault_r);
}

/* ---- going on ---------------------------------------------------------- */

/* Who began a job is not there to hear that it failed: it is kept, and tried
 * again later and later. */
static enum progress
retry_later(struct labour *l, const struct job *was, const struct fault *why)
{
	struct job *j = l->job;
	char id[ID_UUID_LEN];
	int64_t wait = RETRY_MS;
	for (int64_t i = 0; i < was->failures && wait < RETRY_MAX_MS; i++)
		wait *= 2;
	*j = *was;
	wait = wait < RETRY_MAX_MS ? wait : RETRY_MAX_MS;
	j->failures++;
	j->retry_ms = l->now_ms + wait;
	j->error = arena_strdup(l->keep, why->text);
	log_error("The job %s failed and is tried again in %lld s. id=%s "
		  "failures=%lld error=%s",
	    job_kind_name(j->kind), (long long)wait / 1000, id_uuid(j->id, id),
	    (long long)j->failures, log_text(why->text));
	return JOB_WAITS;
}

/* Does some rows of a job. */
static enum progress
do_some(struct labour *l, struct fault *fault_r)
{
	struct job *j = l->job;
	if ((unsigned)j->kind >= JOB_KIND_COUNT || kinds[j->kind] == NULL) {
		fault(fault_r, FAULT_INTERNAL,
		    "Jobs of kind %d are a newer Postflow's.", (int)j->kind);
		return JOB_FAILED;
	}
	return kinds[j->kind](l, fault_r);
}

/* One chunk of a job, in a part of the transaction of its own. */
static enum progress
chunk(struct labour *l, struct fault *fault_r)
{
	struct job *j = l->job;
	const struct job was = *j;
	struct fault why = { 0 };
	struct part part;
	if (part_begin(l->engine, l->txn, &part, fault_r) != 0)
		return JOB_FAILED;
	enum progress p = do_some(l, &why);
	int rc = accept_finish(l->engine, l->txn, l->arena,
	    p == JOB_FAILED ? -1 : 0, l->now_ms, &why);
	rc = part_end(l->engine, l->txn, &part, rc, &why, fault_r);
	if (rc <= 0)
		return rc < 0 ? JOB_FAILED : retry_later(l, &was, &why);
	j->failures = 0;
	j->retry_ms = 0;
	j->error = NULL;
	return p;
}

/* One job until it is done, waits, or time is over. */
static enum progress
go_on(struct labour *l, struct fault *fault_r)
{
	enum progress p;
	char id[ID_UUID_LEN];
	/* One at least, or a busy machine would never get on. */
	do {
		l->arena = arena_new();
		p = chunk(l, fault_r);
		arena_free(l->arena);
	} while (p == JOB_MORE && !share_is_over(l->share));
	if (p == JOB_FAILED)
		return p;
	if (p == JOB_DONE)
		log_info("job %s done id=%s rows=%lld",
		    job_kind_name(l->job->kind), id_uuid(l->job->id, id),
		    (long long)l->job->done);
	if ((p == JOB_DONE ? store_job_delete(l->txn, l->job->id, fault_r)
			   : store_job_update(l->txn, l->job, fault_r)) != 0)
		return JOB_FAILED;
	return p;
}

/* The job behind that one; behind the last comes the first again. 1, 0, -1 */
static int
next_job(struct txn *t, struct arena *a, int64_t behind, struct job *j,
    struct fault *fault_r)
{
	int rc = store_job_next(t, a, behind, j, fault_r);
	return rc == 0 && behind != 0 ? store_job_next(t, a, 0, j, fault_r)
				      : rc;
}

/* When to come again, also for one that waits. */
static int64_t
sooner(int64_t next_ms, const struct job *j, int64_t now_ms)
{
	int64_t ms = j->retry_ms > now_ms ? j->retry_ms : now_ms + WAIT_MS;
	return next_ms == 0 || ms < next_ms ? ms : next_ms;
}

/* Goes round the jobs, from the one behind that whose turn it was, until all
 * wait or are done or time is over. 0 or -1 */
static int
go_round(struct engine *e, struct txn *t, struct arena *a, int64_t now_ms,
    int64_t *next_r, struct fault *fault_r)
{
	const struct share share = share_begin(t, SLICE_US);
	int64_t first = 0;
	struct job j;
	int rc;
	while ((rc = next_job(t, a, e->job_turn, &j, fault_r)) == 1 &&
	    j.id != first) {
		struct labour l = { e, t, NULL, &j, now_ms, &share, a };
		enum progress p =
		    j.retry_ms > now_ms ? JOB_WAITS : go_on(&l, fault_r);
		if (p == JOB_FAILED)
			return -1;
		e->job_turn = j.id;
		if (p == JOB_MORE || share_is_over(&share)) {
			*next_r = now_ms;
			return 0;
		}
		if (p == JOB_WAITS) {
			*next_r = sooner(*next_r, &j, now_ms);
			first = first == 0 ? j.id : first;
		}
	}
	return rc < 0 ? -1 : 0;
}

int
jobs_go_on(struct engine *e, struct txn *t, int64_t now_ms, int64_t *next_r,
    struct fault *fault_r)
{
	*next_r = 0;
	if (!e->has_jobs)
		return 0;
	struct arena *a = arena_new();
	int rc = go_round(e, t, a, now_ms, next_r, fault_r);
	arena_free(a);
	e->has_jobs = *next_r != 0 || rc != 0;
	return rc;
}
