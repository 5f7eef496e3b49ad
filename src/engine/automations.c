/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Automations as they are written: what is checked when, and what begins when
 * one is enabled, stopped or deleted.
 */
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "conf/conf.h"
#include "engine/catalog.h"
#include "engine/entry.h"
#include "engine/jobs.h"
#include "engine/names.h"
#include "engine/policy.h"
#include "engine/step.h"
#include "engine/vain.h"
#include "store/automations.h"
#include "store/events.h"

int
engine_check_graph(const struct graph *g, struct fault *fault_r)
{
	struct arena *a = arena_new();
	bool good = catalog_compile(a, g, fault_r) != NULL &&
	    policy_compile(a, g->settings, fault_r) != NULL;
	arena_free(a);
	return good ? 0 : -1;
}

/* What each step needs that is not there. */
static int
check_steps(struct engine *e, struct txn *t, struct arena *a,
    const struct graph *g, void **configs, struct fault *fault_r)
{
	for (int i = 0; i < g->n_steps; i++) {
		const struct step_type *type = step_type_find(g->steps[i].type);
		if (type->check_enable == NULL ||
		    type->check_enable(e, t, a, configs[i], fault_r) == 0)
			continue;
		return fault_r->kind == FAULT_UNAVAILABLE
		    ? -1
		    : fault_at(fault_r, "Step `%s`", g->steps[i].key);
	}
	return 0;
}

int
engine_check_enable(struct engine *e, struct txn *t, struct arena *a,
    const struct graph *g, struct fault *fault_r)
{
	void **configs = catalog_compile(a, g, fault_r);
	const struct policy *p =
	    configs == NULL ? NULL : policy_compile(a, g->settings, fault_r);
	if (p == NULL)
		return -1;
	int alone = graph_unreachable(g);
	if (alone >= 0)
		return fault(fault_r, FAULT_INVALID,
		    "Step `%s`: no connection "
		    "leads to it from the trigger.",
		    g->steps[alone].key);
	if (p->enrol_existing && !entry_can_enrol(configs[g->trigger]))
		return fault(fault_r, FAULT_INVALID,
		    "settings: enrol_existing needs an entry that tells who "
		    "is there already: a segment, a filter over the contact, "
		    "or contact_created.");
	return vain_check(g, configs, fault_r) != 0 ||
		check_steps(e, t, a, g, configs, fault_r) != 0 ||
		policy_check(t, a, p, fault_r) != 0
	    ? -1
	    : 0;
}

/* ---- versions ---------------------------------------------------------- */

struct saving {
	struct engine *engine;
	struct txn *txn;
	struct fault *fault_r;
};

static int
note_exit(void *arg, const char *name)
{
	const struct saving *s = arg;
	return names_interest(s->engine, s->txn, name, INTEREST_EXIT,
	    s->fault_r);
}

/* Events that runs of the version may wait for or end by. */
static int
note_interest(struct engine *e, struct txn *t, struct arena *a,
    const struct graph *g, struct fault *fault_r)
{
	struct saving saving = { e, t, fault_r };
	void **configs = catalog_compile(a, g, fault_r);
	const struct policy *p =
	    configs == NULL ? NULL : policy_compile(a, g->settings, fault_r);
	if (p == NULL)
		return -1;
	for (int i = 0; i < g->n_steps; i++) {
		const struct step_type *type = step_type_find(g->steps[i].type);
		if (type->save != NULL &&
		    type->save(e, t, configs[i], fault_r) != 0)
			return -1;
	}
	return policy_events(p, note_exit, &saving);
}

int
engine_version_add(struct engine *e, struct txn *t, struct arena *a,
    struct automation *m, const struct graph *g, struct fault *fault_r)
{
	const char *text = json_text(a, graph_to_json(a, g));
	return note_interest(e, t, a, g, fault_r) != 0 ||
		store_graph_insert(t, m->num, text, &m->version, fault_r) != 0
	    ? -1
	    : 0;
}

/* ---- being enabled, stopped, deleted ------------------------------------ */

/* Enrolling those who were there goes no further. */
static int
end_enrolling(struct txn *t, struct arena *a, int64_t automation,
    struct fault *fault_r)
{
	struct job j;
	int rc = store_job_find(t, a, JOB_ENROL, automation, &j, fault_r);
	return rc == 1 ? store_job_delete(t, j.id, fault_r) : rc;
}

static bool
cancels_on_stop(const struct engine *e, const struct policy *p)
{
	if (p->cancels_on_stop >= 0)
		return p->cancels_on_stop;
	return strcmp(((const struct conf *)e->conf)->on_stop, "cancel") == 0;
}

int
engine_automation_set(struct engine *e, struct txn *t, struct arena *a,
    const struct automation *was, const struct automation *to, int64_t now_ms,
    struct fault *fault_r)
{
	bool begins = to->enabled == 1 && was->enabled != 1;
	bool stops = to->enabled != 1 && was->enabled == 1;
	bool is_gone = to->enabled < 0 && was->enabled >= 0;
	if (store_automation_update(t, to, fault_r) != 0)
		return -1;
	if (!begins && !stops && !is_gone)
		return 0;
	const struct flow *f = catalog_version(e, t, to->version, fault_r);
	if (f == NULL && !is_gone)
		return -1;
	if (begins && f->policy->enrol_existing)
		return jobs_begin(e, t, JOB_ENROL, to->num, NULL, now_ms,
		    fault_r);
	if (!begins && end_enrolling(t, a, to->num, fault_r) < 0)
		return -1;
	if (is_gone)
		return jobs_begin(e, t, JOB_CANCEL_RUNS, to->num,
		    "automation_deleted", now_ms, fault_r);
	if (stops && cancels_on_stop(e, f->policy))
		return jobs_begin(e, t, JOB_CANCEL_RUNS, to->num,
		    "automation_stopped", now_ms, fault_r);
	return 0;
}
