/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/admit.h"

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "engine/policy.h"
#include "model/contact.h"
#include "store/contacts.h"
#include "store/runs.h"

/* The contact's last run in the automation, of that key. 1, 0, -1 */
static int
last_run(struct txn *t, const struct flow *f, int64_t contact, int64_t key,
    int64_t *run_r, struct fault *fault_r)
{
	int64_t automation = f->automation.num;
	int rc = store_entry_get(t, contact, automation, key, run_r, fault_r);
	if (rc != 0 || f->policy->key != NULL)
		return rc;
	/* The rule may be younger than the run. */
	return store_run_last(t, contact, automation, run_r, fault_r);
}

/* Whether a run of that contact and key is running. 1, 0, -1 */
static int
is_active(struct txn *t, const struct flow *f, int64_t contact, int64_t key,
    struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct run r = { .status = RUN_COMPLETED };
	int64_t id;
	int rc;
	if (f->policy->key == NULL) {
		rc = store_run_last_live(t, contact, f->automation.num, &id,
		    fault_r);
	} else {
		rc = last_run(t, f, contact, key, &id, fault_r);
		if (rc == 1)
			rc = store_run_get(t, a, id, &r, fault_r);
		if (rc == 1)
			rc = r.status == RUN_RUNNING;
	}
	arena_free(a);
	return rc;
}

int
admit(struct engine *e, struct txn *t, const struct flow *f, int64_t contact,
    struct scope *s, struct admission *ad, struct fault *fault_r)
{
	const struct policy *p = f->policy;
	int64_t last;
	int rc = 0;
	ad->contact_seen = e->contact_writes;
	ad->reason = SKIP_NONE;
	if (f->automation.paused) {
		ad->reason = SKIP_PAUSED;
		return 0;
	}
	ad->key = policy_key(p, s);
	if (contact == 0 || p->reentry == REENTRY_ALWAYS)
		return 0;
	if (p->reentry == REENTRY_ONE_AT_A_TIME) {
		rc = is_active(t, f, contact, ad->key, fault_r);
		if (rc == 1)
			ad->reason = SKIP_REENTRY_ACTIVE;
		return rc < 0 ? -1 : 0;
	}
	rc = last_run(t, f, contact, ad->key, &last, fault_r);
	if (rc == 1 && p->reentry == REENTRY_ONCE)
		ad->reason = SKIP_REENTRY_ONCE;
	if (rc == 1 && p->reentry == REENTRY_ONCE_PER &&
	    id_time_ms(last) + p->per_ms > ad->now_ms)
		ad->reason = SKIP_REENTRY_WINDOW;
	return rc < 0 ? -1 : 0;
}

int
admit_refused(struct txn *t, const struct flow *f, int64_t contact,
    int64_t event, const struct admission *ad, struct fault *fault_r)
{
	const struct skip s = { .id = txn_new_id(t, ad->now_ms),
		.automation = f->automation.num,
		.contact = contact,
		.event = event,
		.reason = ad->reason };
	return store_skip_insert(t, &s, fault_r);
}

/* Whether the contact is there; its run may have deleted it at once, which is
 * asked only where some contact was written. 1, 0, -1 */
static int
is_there(struct engine *e, struct txn *t, int64_t contact,
    const struct admission *ad, struct fault *fault_r)
{
	if (ad->contact_seen == e->contact_writes)
		return 1;
	struct arena *a = arena_new();
	struct contact c;
	int rc = store_contact_by_id(t, a, contact, &c, fault_r);
	arena_free(a);
	return rc;
}

int
admit_entered(struct engine *e, struct txn *t, const struct flow *f,
    int64_t contact, const struct admission *ad, int64_t run,
    struct fault *fault_r)
{
	if (f->policy->reentry == REENTRY_ALWAYS)
		return 0;
	int rc = is_there(e, t, contact, ad, fault_r);
	return rc == 1 ? store_entry_put(t, contact, f->automation.num, ad->key,
			     run, fault_r)
		       : rc;
}
