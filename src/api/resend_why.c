/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why something happened, or did not: what an event led to, which events let
 * nobody in, and how it went for one contact in one automation.
 */
#include <string.h>

#include "api/call.h"
#include "api/contact_json.h"
#include "api/find.h"
#include "api/run_json.h"
#include "api/verdict.h"
#include "base/id.h"
#include "engine/engine.h"
#include "model/address.h"
#include "model/automation.h"
#include "model/contact.h"
#include "model/email.h"
#include "model/event.h"
#include "store/automations.h"
#include "store/emails.h"
#include "store/events.h"
#include "store/queue.h"
#include "store/runs.h"

enum { OUTCOME_MAX = 100, WHY_RUNS_MAX = 10, WHY_SKIPS_MAX = 20 };

/* Adds to an array, or takes the array away with what could not be made. */
static json_t *
append(json_t *array, json_t *item)
{
	if (item != NULL && json_array_append_new(array, item) == 0)
		return array;
	json_decref(array);
	return NULL;
}

/* ---- of an event ------------------------------------------------------- */

/* The runs an event started: they got their ids right behind its own. */
static json_t *
runs_of_event(struct call *c, struct txn *t, const struct event *e,
    struct fault *fault_r)
{
	const struct page behind = { .before = e->id, .limit = OUTCOME_MAX };
	json_t *data = json_array();
	struct list list = { 0 };
	if (e->contact != 0 &&
	    store_run_of_contact(t, c->arena, e->contact, &behind, &list,
		fault_r) != 0)
		return append(data, NULL);
	const struct run *runs = list.items;
	for (int i = 0; i < list.n && data != NULL; i++)
		if (runs[i].event == e->id)
			data = append(data,
			    run_named_json(c, t, &runs[i], fault_r));
	return data;
}

/* The automations that heard an event and let nobody in. */
static json_t *
skips_of_event(struct call *c, struct txn *t, const struct event *e,
    struct fault *fault_r)
{
	json_t *data = json_array();
	struct list list;
	if (store_skip_of_event(t, c->arena, e->id, OUTCOME_MAX, &list,
		fault_r) != 0)
		return append(data, NULL);
	const struct skip *skips = list.items;
	for (int i = 0; i < list.n && data != NULL; i++) {
		json_t *o = json_pack("{s:s, s:s}", "reason",
		    skip_reason_name(skips[i].reason), "text",
		    skip_reason_text(skips[i].reason));
		if (put_automation(c, t, o, skips[i].automation, fault_r) !=
		    0) {
			json_decref(o);
			o = NULL;
		}
		data = append(data, o);
	}
	return data;
}

static int
outcome_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct event e;
	enum event_outcome outcome;
	int64_t id;
	if (call_id(c, 0, "Event", &id, fault_r) != 0)
		return -1;
	int rc = store_event_get(t, c->arena, id, &e, &outcome, fault_r);
	if (rc != 1)
		return rc == 0 ? not_found(fault_r, "Event") : -1;
	json_t *runs = runs_of_event(c, t, &e, fault_r);
	json_t *skips = runs != NULL ? skips_of_event(c, t, &e, fault_r) : NULL;
	if (skips == NULL) {
		json_decref(runs);
		return -1;
	}
	return call_json(c, 200,
	    json_pack("{s:s, s:o, s:s, s:s, s:o, s:s?, s:o, s:o, s:o}",
		"object", "event_outcome", "event_id", json_id(e.id), "event",
		e.name, "outcome", event_outcome_name(outcome), "contact_id",
		json_id(e.contact), "email", e.email, "created_at",
		json_time(id_time_ms(e.id)), "runs", runs, "skipped", skips));
}

/* ---- of an automation -------------------------------------------------- */

/* Skips with their events' names. */
static json_t *
skips_json(struct call *c, struct txn *t, const struct list *list,
    struct fault *fault_r)
{
	const struct skip *skips = list->items;
	json_t *data = json_array();
	for (int i = 0; i < list->n && data != NULL; i++)
		data = append(data, skip_json(c, t, &skips[i], fault_r));
	return data;
}

static int
skipped_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct automation a;
	struct list list;
	if (find_automation(c, t, 0, &a, fault_r) != 0 ||
	    store_skip_list(t, c->arena, a.num, &c->page, &list, fault_r) != 0)
		return -1;
	json_t *data = skips_json(c, t, &list, fault_r);
	return data == NULL ? -1
			    : call_json(c, 200,
				  json_pack("{s:s, s:b, s:o}", "object", "list",
				      "has_more", list.has_more, "data", data));
}

/* ---- of a contact in an automation ------------------------------------- */

/* The automation is named by the query. */
static int
why_parse(struct call *c, struct fault *fault_r)
{
	const char *id = http_query_get(c->req, "automation");
	if (id == NULL)
		return fault(fault_r, FAULT_MISSING_PARAMETER,
		    "Missing `automation` parameter: the automation's id.");
	c->params[1] = arena_strdup(c->arena, id);
	return 0;
}

static json_t *
why_automation_json(const struct automation *a, const struct graph *g)
{
	bool is_gone = a->enabled < 0;
	return json_pack("{s:o, s:s, s:s, s:o, s:b, s:O}", "id", json_id(a->id),
	    "name", a->name, "status",
	    is_gone          ? "deleted"
		: a->enabled ? "enabled"
			     : "disabled",
	    "deleted_at", json_time(is_gone ? a->updated_ms : 0), "paused",
	    a->paused, "entry", g->steps[g->trigger].config);
}

/* What became of the mail a step wrote, beside its output. 0 or -1. */
static int
put_mail(struct call *c, struct txn *t, json_t *step, struct fault *fault_r)
{
	const char *text = json_string_value(
	    json_object_get(json_object_get(step, "output"), "email_id"));
	struct email e;
	int64_t id;
	if (text == NULL || id_from_uuid(text, &id) != 1)
		return 0;
	int rc = store_email_get(t, c->arena, id, &e, fault_r);
	if (rc != 1)
		return rc;
	return json_object_set_new(step, "mail",
	    json_pack("{s:o, s:s, s:o, s:i, s:i, s:i, s:s?, s:s?, s:o, s:o}",
		"id", json_id(e.id), "last_event", email_status_name(e.status),
		"created_at", json_time(id_time_ms(e.id)), "attempts",
		e.attempt < 0 ? -e.attempt : e.attempt, "doubts", e.doubts,
		"code", e.code, "answer", e.answer, "queue_id", e.queue_id,
		"next_attempt_at",
		json_time(e.status == EMAIL_QUEUED ? e.due_ms : 0),
		"settled_at",
		json_time(e.status == EMAIL_QUEUED ? 0 : e.settled_ms)));
}

/* A run in full, with its mails. */
static json_t *
why_run_json(struct call *c, struct txn *t, const struct run *r,
    struct fault *fault_r)
{
	json_t *run = run_json(c, t, r, fault_r), *step;
	size_t i;
	json_array_foreach (json_object_get(run, "steps"), i, step)
		if (put_mail(c, t, step, fault_r) != 0) {
			json_decref(run);
			return NULL;
		}
	return run;
}

/* The runs, newest first. */
static json_t *
why_runs_json(struct call *c, struct txn *t, const struct list *list,
    struct fault *fault_r)
{
	const struct run *runs = list->items;
	json_t *data = json_array();
	for (int i = 0; i < list->n && data != NULL; i++)
		data = append(data, why_run_json(c, t, &runs[i], fault_r));
	return data;
}

/* Also one that was deleted: its runs are there. */
static int
find_ever(struct call *c, struct txn *t, struct automation *a,
    struct fault *fault_r)
{
	int64_t id;
	if (call_text_id(c->params[1], "automation", "Automation", &id,
		fault_r) != 0)
		return -1;
	int rc = store_automation_ever(t, c->arena, id, a, fault_r);
	return rc == 1 ? 0 : rc == 0 ? not_found(fault_r, "Automation") : -1;
}

/* Who is asked about: a contact, or a stranger's address in *key_r. */
static int
find_who(struct call *c, struct txn *t, struct contact *contact,
    const char **key_r, struct fault *fault_r)
{
	*key_r = NULL;
	if (find_contact(c, t, 0, contact, fault_r) == 0)
		return 0;
	if (fault_r->kind != FAULT_NOT_FOUND ||
	    strchr(c->params[0], '@') == NULL)
		return -1;
	*key_r = address_key(c->arena, c->params[0], fault_r);
	return *key_r == NULL ? -1 : 0;
}

/* Two lists of skips as one, newest first; not more than are shown. */
static struct list
merged(struct arena *a, const struct list *x, const struct list *y)
{
	const struct skip *from_x = x->items, *from_y = y->items;
	struct skip *to = arena_alloc(a, WHY_SKIPS_MAX * sizeof(*to));
	struct list all = { .items = to };
	int i = 0, j = 0;
	while (all.n < WHY_SKIPS_MAX && (i < x->n || j < y->n)) {
		bool is_x =
		    j == y->n || (i < x->n && from_x[i].id > from_y[j].id);
		to[all.n++] = is_x ? from_x[i++] : from_y[j++];
	}
	all.has_more = x->has_more || y->has_more || i < x->n || j < y->n;
	return all;
}

/* What did not let them in; also what came before they were a contact. */
static int
load_skips(struct call *c, struct txn *t, struct verdict_facts *v,
    const char *email_key, struct fault *fault_r)
{
	struct list own = { 0 }, strange;
	if (v->contact != NULL &&
	    store_skip_of_both(t, c->arena, v->contact->id, v->automation->num,
		WHY_SKIPS_MAX, &own, fault_r) != 0)
		return -1;
	if (store_skip_of_stranger(t, c->arena, v->automation->num, email_key,
		WHY_SKIPS_MAX, &strange, fault_r) != 0)
		return -1;
	v->is_cut = strange.has_more && strange.n < WHY_SKIPS_MAX;
	v->skips = merged(c->arena, &own, &strange);
	return 0;
}

/* Puts a run before the others, wherever it was. */
static void
bring_forward(struct arena *a, struct list *list, const struct run *first)
{
	const struct run *from = list->items;
	struct run *to = arena_alloc(a, (size_t)(list->n + 1) * sizeof(*to));
	int n = 0;
	to[n++] = *first;
	for (int i = 0; i < list->n; i++)
		if (from[i].id != first->id)
			to[n++] = from[i];
	list->items = to;
	list->n = n;
}

/* The newest runs; one that goes on comes first, however old it is. */
static int
load_runs(struct call *c, struct txn *t, struct verdict_facts *v,
    struct fault *fault_r)
{
	int64_t contact = v->contact->id, automation = v->automation->num, id;
	struct run r;
	if (store_run_of_both(t, c->arena, contact, automation, WHY_RUNS_MAX,
		&v->runs, fault_r) != 0)
		return -1;
	int rc = store_run_last_live(t, contact, automation, &id, fault_r);
	if (rc == 1)
		rc = store_run_get(t, c->arena, id, &r, fault_r);
	if (rc == 1)
		bring_forward(c->arena, &v->runs, &r);
	return rc < 0 ? -1 : 0;
}

/* What is known of the two, for the verdict and the answer. */
static int
load(struct call *c, struct txn *t, struct verdict_facts *v,
    struct contact *contact, struct automation *a, struct fault *fault_r)
{
	struct store_figures figures;
	const char *key;
	store_figures(c->api->store, &figures);
	v->is_disk_full = figures.is_full;
	if (find_who(c, t, contact, &key, fault_r) != 0 ||
	    find_ever(c, t, a, fault_r) != 0)
		return -1;
	v->contact = key == NULL ? contact : NULL;
	v->automation = a;
	v->injection_paused =
	    engine_is_paused(c->api->engine, ENGINE_INJECTION);
	v->engine_paused = engine_is_paused(c->api->engine, ENGINE_RUNS);
	v->graph = find_graph(c, t, a->version, fault_r);
	if (v->graph == NULL ||
	    store_queue_held(t, &v->queue_held, fault_r) != 0)
		return -1;
	if (v->contact != NULL && load_runs(c, t, v, fault_r) != 0)
		return -1;
	return load_skips(c, t, v, key != NULL ? key : contact->email_key,
	    fault_r);
}

static int
why_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct verdict_facts v = { 0 };
	struct contact contact;
	struct automation a;
	if (load(c, t, &v, &contact, &a, fault_r) != 0)
		return -1;
	json_t *runs = why_runs_json(c, t, &v.runs, fault_r);
	json_t *skips =
	    runs != NULL ? skips_json(c, t, &v.skips, fault_r) : NULL;
	if (skips == NULL) {
		json_decref(runs);
		return -1;
	}
	v.newest = json_array_get(runs, 0);
	return call_json(c, 200,
	    json_pack("{s:s, s:o, s:o, s:s, s:o, s:b, s:o, s:b}", "object",
		"why", "contact",
		v.contact != NULL
		    ? contact_json(&contact)
		    : json_pack("{s:n, s:s}", "id", "email", c->params[0]),
		"automation", why_automation_json(&a, v.graph), "verdict",
		verdict(c->arena, &v), "runs", runs, "runs_has_more",
		v.runs.has_more, "skipped", skips, "skipped_has_more",
		v.skips.has_more));
}

const struct route routes_why[] = { { "GET", "/events/:id/outcome", outcome_run,
					ROUTE_READ },
	{ "GET", "/automations/:id/skipped", skipped_run, ROUTE_READ,
	    call_parse_page },
	{ "GET", "/contacts/:contact/why", why_run, ROUTE_READ, why_parse },
	{ NULL } };
