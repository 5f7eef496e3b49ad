/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people do to runs by hand.
 */
#include "base/arena.h"
#include "base/fault.h"
#include "engine/admit.h"
#include "engine/backlog.h"
#include "engine/catalog.h"
#include "engine/runner.h"
#include "engine/scope.h"
#include "model/contact.h"
#include "store/contacts.h"
#include "store/runs.h"

/* The flow new runs of an automation start on, enabled or not. */
static int
find_flow(struct engine *e, struct txn *t, const struct automation *m,
    struct flow *flow, struct fault *fault_r)
{
	const struct flow *f = catalog_version(e, t, m->version, fault_r);
	if (f == NULL)
		return -1;
	*flow = *f;
	flow->automation = *m;
	return 0;
}

static int
start(struct engine *e, struct txn *t, struct arena *a,
    const struct automation *m, const struct contact *c, const char *payload,
    int64_t now_ms, int64_t *run_r, struct fault *fault_r)
{
	const struct event nobody = { .contact = c->id, .payload = payload };
	struct scope s = { .arena = a, .contact = c, .payload = payload };
	struct admission ad = { .now_ms = now_ms };
	struct contact now;
	struct flow f;
	int rc = catalog_refresh(e, t, fault_r) != 0
	    ? -1
	    : backlog_holds(e, t, c->id, fault_r);
	if (rc < 0 ||
	    (rc == 0 && accept_catch_up(e, t, c->id, now_ms, fault_r) < 0))
		return -1;
	rc = store_contact_by_id(t, a, c->id, &now, fault_r);
	if (rc != 1)
		return rc == 0
		    ? fault(fault_r, FAULT_NOT_FOUND, "Contact not found")
		    : -1;
	s.contact = c = &now;
	if (find_flow(e, t, m, &f, fault_r) != 0 ||
	    admit(e, t, &f, c->id, &s, &ad, fault_r) != 0)
		return -1;
	if (ad.reason != SKIP_NONE)
		return fault(fault_r, FAULT_INVALID,
		    "The contact may not enter: %s",
		    skip_reason_text(ad.reason));
	return runner_start(e, t, a, &f, c, &nobody, now_ms, run_r, fault_r) !=
		    0 ||
		admit_entered(e, t, &f, c->id, &ad, *run_r, fault_r) != 0
	    ? -1
	    : 0;
}

int
engine_run_start(struct engine *e, struct txn *t, struct arena *a,
    const struct automation *m, const struct contact *c, const char *payload,
    int64_t now_ms, int64_t *run_r, struct fault *fault_r)
{
	return accept_finish(e, t, a,
	    start(e, t, a, m, c, payload, now_ms, run_r, fault_r), now_ms,
	    fault_r);
}

int
engine_run_cancel(struct engine *e, struct txn *t, struct arena *a,
    struct run *r, int64_t now_ms, struct fault *fault_r)
{
	if (r->status != RUN_RUNNING)
		return 0;
	int rc = runner_end(e, t, a, r, RUN_CANCELLED, "cancelled_by_hand",
		     now_ms, fault_r) == 0
	    ? 1
	    : -1;
	return accept_finish(e, t, a, rc, now_ms, fault_r);
}

int
engine_run_retry(struct engine *e, struct txn *t, struct arena *a,
    struct run *r, int64_t now_ms, struct fault *fault_r)
{
	if (r->status != RUN_FAILED)
		return 0;
	int rc = runner_retry(e, t, r, now_ms, fault_r) == 0 ? 1 : -1;
	return accept_finish(e, t, a, rc, now_ms, fault_r);
}
