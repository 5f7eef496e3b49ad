/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A contact that leaves: its row goes at once, and so do its runs, unless they
 * are very many. The rest of them follows in slices; what wakes meanwhile finds
 * no contact, and ends by itself.
 */
#include "base/arena.h"
#include "engine/backlog.h"
#include "engine/hooks.h"
#include "engine/jobs.h"
#include "engine/people.h"
#include "engine/runner.h"
#include "model/contact.h"
#include "store/contacts.h"
#include "store/runs.h"
#include "store/segments.h"
#include "store/suppressions.h"

enum { SLICE = 200 /* rows of a kind in one go */ };

int
people_end_runs(struct engine *e, struct txn *t, struct arena *a,
    int64_t contact, int64_t but, int64_t until, const char *reason,
    int64_t *done_r, int64_t now_ms, struct fault *fault_r)
{
	struct list list;
	if (store_run_live(t, a, contact, 0, SLICE, &list, fault_r) != 0)
		return -1;
	struct run *runs = list.items;
	for (int i = 0; i < list.n; i++) {
		if (runs[i].id > until)
			return 0;
		if (runs[i].id == but)
			continue;
		if (runner_end(e, t, a, &runs[i], RUN_CANCELLED, reason, now_ms,
			fault_r) != 0)
			return -1;
		++*done_r;
	}
	return list.has_more;
}

int
people_forget(struct engine *e, struct txn *t, struct arena *a, int64_t contact,
    int64_t but, int64_t now_ms, struct fault *fault_r)
{
	int64_t done = 0;
	int runs = people_end_runs(e, t, a, contact, but, INT64_MAX,
	    "contact_deleted", &done, now_ms, fault_r);
	int rest = runs < 0
	    ? -1
	    : store_run_forget_contact(t, contact, SLICE, fault_r);
	return rest < 0 ? -1 : runs == 1 || rest == 1;
}

/* Tells of a contact as it is before it goes. */
static int
say_deleted(struct engine *e, struct txn *t, struct arena *a, int64_t contact,
    int64_t now_ms, struct fault *fault_r)
{
	struct contact c;
	int rc = hooks_listen(e, t, HOOK_CONTACT_DELETED, fault_r);
	if (rc == 1)
		rc = store_contact_by_id(t, a, contact, &c, fault_r);
	return rc != 1 ? rc
		       : hooks_say_contact(e, t, a, HOOK_CONTACT_DELETED, &c,
			     now_ms, fault_r);
}

int
people_delete(struct engine *e, struct txn *t, struct arena *a, int64_t contact,
    const struct cause *cause, int64_t now_ms, struct fault *fault_r)
{
	e->contact_writes++;
	/* What a step deletes, events of its address may make anew. */
	if (cause->run == 0 && backlog_drop(e, t, contact, fault_r) != 0)
		return -1;
	if (say_deleted(e, t, a, contact, now_ms, fault_r) != 0)
		return -1;
	int more = people_forget(e, t, a, contact, cause->run, now_ms, fault_r);
	if (more < 0 ||
	    (more == 1 &&
		jobs_begin(e, t, JOB_FORGET_CONTACT, contact, NULL, now_ms,
		    fault_r) != 0) ||
	    store_member_forget(t, contact, fault_r) != 0)
		return -1;
	return store_contact_delete(t, contact, fault_r);
}

/* ---- for those outside the engine -------------------------------------- */

int
engine_contact_delete(struct engine *e, struct txn *t, struct arena *a,
    int64_t contact, const struct cause *cause, int64_t now_ms,
    struct fault *fault_r)
{
	int rc = people_delete(e, t, a, contact, cause, now_ms, fault_r);
	return accept_finish(e, t, a, rc, now_ms, fault_r);
}

int
engine_contact_erase(struct engine *e, struct txn *t, struct arena *a,
    const struct contact *c, int64_t now_ms, struct fault *fault_r)
{
	const struct cause nobody = { 0 };
	if (jobs_begin(e, t, JOB_ERASE_CONTACT, c->id, c->email_key, now_ms,
		fault_r) != 0 ||
	    store_suppression_hide(t, c->email_key, fault_r) != 0)
		return -1;
	return engine_contact_delete(e, t, a, c->id, &nobody, now_ms, fault_r);
}

int
engine_runs_cancel(struct engine *e, struct txn *t, struct arena *a,
    int64_t contact, int64_t now_ms, int64_t *done_r, struct fault *fault_r)
{
	static const char reason[] = "cancelled_by_hand";
	*done_r = 0;
	int rc = people_end_runs(e, t, a, contact, 0, INT64_MAX, reason, done_r,
	    now_ms, fault_r);
	if (rc == 1 &&
	    jobs_begin(e, t, JOB_CANCEL_CONTACT, contact, reason, now_ms,
		fault_r) != 0)
		rc = -1;
	return accept_finish(e, t, a, rc, now_ms, fault_r);
}
