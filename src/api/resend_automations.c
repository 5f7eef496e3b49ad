/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Automations and their runs. An edit makes a new version; runs stay on the
 * one they started on.
 */
#include <string.h>

#include "api/call.h"
#include "base/id.h"
#include "base/json.h"
#include "base/utf8.h"
#include "engine/engine.h"
#include "model/automation.h"
#include "model/run.h"
#include "store/automations.h"
#include "store/runs.h"

struct automation_input {
	const char *name;
	int enabled;         /* -1: not said */
	struct graph *graph; /* NULL: not said */
	const char *graph_text;
};

static int
read_status(const json_t *o, int *enabled_r, struct fault *fault_r)
{
	const char *status;
	*enabled_r = -1;
	int rc = json_get_string(o, "status", &status, fault_r);
	if (rc <= 0)
		return rc;
	*enabled_r = strcmp(status, "enabled") == 0;
	if (!*enabled_r && strcmp(status, "disabled") != 0)
		return fault(fault_r, FAULT_INVALID,
		    "The `status` field must "
		    "be `enabled` or `disabled`, not `%s`.",
		    status);
	return 0;
}

static int
read_graph(struct call *c, struct automation_input *in, struct fault *fault_r)
{
	in->graph = graph_from_json(c->arena, c->body, fault_r);
	if (in->graph == NULL || engine_check_graph(in->graph, fault_r) != 0)
		return -1;
	in->graph_text =
	    json_text(c->arena, graph_to_json(c->arena, in->graph));
	return 0;
}

static int
read_input(struct call *c, struct fault *fault_r)
{
	struct automation_input *in = c->input =
	    arena_alloc(c->arena, sizeof(*in));
	if (!json_is_object(c->body))
		return fault(fault_r, FAULT_INVALID,
		    "The body must be a JSON object.");
	if (json_get_string(c->body, "name", &in->name, fault_r) < 0 ||
	    read_status(c->body, &in->enabled, fault_r) != 0)
		return -1;
	if (in->name != NULL &&
	    (in->name[0] == '\0' || strlen(in->name) > AUTOMATION_NAME_MAX ||
		utf8_has_control(in->name, strlen(in->name))))
		return fault(fault_r, FAULT_INVALID,
		    "The `name` field must "
		    "have 1 to %d bytes and no control characters.",
		    AUTOMATION_NAME_MAX);
	return 0;
}

static int
create_parse(struct call *c, struct fault *fault_r)
{
	const char *name;
	if (read_input(c, fault_r) != 0 ||
	    json_need_string(c->body, "name", &name, fault_r) != 0)
		return -1;
	return read_graph(c, c->input, fault_r);
}

static int
update_parse(struct call *c, struct fault *fault_r)
{
	if (read_input(c, fault_r) != 0)
		return -1;
	struct automation_input *in = c->input;
	if (json_object_get(c->body, "steps") != NULL ||
	    json_object_get(c->body, "connections") != NULL ||
	    json_object_get(c->body, "edges") != NULL)
		return read_graph(c, in, fault_r);
	if (in->name == NULL && in->enabled < 0)
		return fault(fault_r, FAULT_INVALID,
		    "Give at least one of "
		    "`name`, `status`, and `steps` with `connections`.");
	return 0;
}

/* Writes a new automation with its first version. */
static int
insert(struct call *c, struct txn *t, struct automation *a, const char *graph,
    struct fault *fault_r)
{
	a->id = txn_new_id(t, c->now_ms);
	if (store_automation_insert(t, a, fault_r) != 0 ||
	    store_graph_insert(t, a->num, graph, &a->version, fault_r) != 0)
		return -1;
	return store_automation_update(t, a, fault_r);
}

static int
create_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct automation_input *in = c->input;
	struct automation a = { .name = in->name, .enabled = in->enabled > 0 };
	if (a.enabled &&
	    engine_check_enable(c->api->engine, t, c->arena, in->graph,
		fault_r) != 0)
		return -1;
	if (insert(c, t, &a, in->graph_text, fault_r) != 0)
		return -1;
	return call_object(c, 201, "automation", a.id, NULL);
}

static int
find(struct call *c, struct txn *t, struct automation *a, struct fault *fault_r)
{
	int64_t id;
	if (call_id(c, 0, "Automation", &id, fault_r) != 0)
		return -1;
	int rc = store_automation_by_id(t, c->arena, id, a, fault_r);
	return rc == 0 ? not_found(fault_r, "Automation") : rc == 1 ? 0 : -1;
}

/* The graph of a version as JSON. */
static json_t *
load_json(struct call *c, struct txn *t, int64_t version, struct fault *fault_r)
{
	const char *text;
	int rc = store_graph_get(t, c->arena, version, &text, fault_r);
	if (rc == 0)
		fault(fault_r, FAULT_INTERNAL, "A version is gone.");
	return rc == 1 ? json_parse(c->arena, text, strlen(text), fault_r)
		       : NULL;
}

static struct graph *
load_graph(struct call *c, struct txn *t, int64_t version,
    struct fault *fault_r)
{
	json_t *o = load_json(c, t, version, fault_r);
	return o == NULL ? NULL : graph_from_json(c->arena, o, fault_r);
}

static int
update_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct automation_input *in = c->input;
	struct automation a;
	if (find(c, t, &a, fault_r) != 0)
		return -1;
	if (in->graph != NULL && a.enabled && in->enabled != 0)
		return fault(fault_r, FAULT_INVALID,
		    "The graph of an enabled "
		    "automation cannot be changed: disable or duplicate it "
		    "first.");
	if (in->name != NULL)
		a.name = in->name;
	if (in->graph != NULL &&
	    store_graph_insert(t, a.num, in->graph_text, &a.version, fault_r) !=
		0)
		return -1;
	if (in->enabled == 1 && !a.enabled) {
		struct graph *g = load_graph(c, t, a.version, fault_r);
		if (g == NULL ||
		    engine_check_enable(c->api->engine, t, c->arena, g,
			fault_r) != 0)
			return -1;
	}
	if (in->enabled >= 0)
		a.enabled = in->enabled;
	a.updated_ms = c->now_ms;
	if (store_automation_update(t, &a, fault_r) != 0)
		return -1;
	return call_object(c, 200, "automation", a.id, NULL);
}

static int
stop_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct automation a;
	if (find(c, t, &a, fault_r) != 0)
		return -1;
	a.enabled = 0;
	a.updated_ms = c->now_ms;
	if (store_automation_update(t, &a, fault_r) != 0)
		return -1;
	return call_object(c, 200, "automation", a.id,
	    json_pack("{s:s}", "status", "disabled"));
}

static int
duplicate_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct automation a;
	const char *graph;
	if (find(c, t, &a, fault_r) != 0 ||
	    store_graph_get(t, c->arena, a.version, &graph, fault_r) != 1)
		return -1;
	struct automation copy = { .name = copy_name(c->arena, a.name) };
	if (insert(c, t, &copy, graph, fault_r) != 0)
		return -1;
	return call_object(c, 201, "automation", copy.id, NULL);
}

static int
delete_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct automation a;
	if (find(c, t, &a, fault_r) != 0)
		return -1;
	a.enabled = -1;
	if (store_automation_update(t, &a, fault_r) != 0)
		return -1;
	return call_object(c, 200, "automation", a.id,
	    json_pack("{s:b}", "deleted", 1));
}

static json_t *
summary_json(const void *item)
{
	const struct automation *a = item;
	return json_pack("{s:o, s:s, s:s, s:o, s:o}", "id", json_id(a->id),
	    "name", a->name, "status", a->enabled ? "enabled" : "disabled",
	    "created_at", json_time(id_time_ms(a->id)), "updated_at",
	    json_time(a->updated_ms));
}

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct automation a;
	if (find(c, t, &a, fault_r) != 0)
		return -1;
	json_t *graph = load_json(c, t, a.version, fault_r);
	if (graph == NULL)
		return -1;
	json_t *o = summary_json(&a);
	json_object_set_new(o, "object", json_string("automation"));
	json_object_update(o, graph);
	return call_json(c, 200, o);
}

static int
list_parse(struct call *c, struct fault *fault_r)
{
	const char *status = http_query_get(c->req, "status");
	int *enabled = c->input = arena_alloc(c->arena, sizeof(*enabled));
	*enabled = status == NULL ? -1 : strcmp(status, "enabled") == 0;
	if (status != NULL && !*enabled && strcmp(status, "disabled") != 0)
		return fault(fault_r, FAULT_INVALID,
		    "The `status` must be `enabled` or `disabled`.");
	return call_parse_page(c, fault_r);
}

static int
list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct list list;
	if (store_automation_list(t, c->arena, &c->page, *(int *)c->input,
		&list, fault_r) != 0)
		return -1;
	return call_list(c, &list, sizeof(struct automation), summary_json);
}

/* ---- runs -------------------------------------------------------------- */

static json_t *
run_json(const void *item)
{
	const struct run *r = item;
	return json_pack("{s:o, s:s, s:o, s:o, s:o}", "id", json_id(r->id),
	    "status", run_status_name(r->status), "started_at",
	    json_time(id_time_ms(r->id)), "completed_at",
	    json_time(r->finished_ms), "created_at",
	    json_time(id_time_ms(r->id)));
}

static int
runs_parse(struct call *c, struct fault *fault_r)
{
	unsigned *set = c->input = arena_alloc(c->arena, sizeof(*set));
	const char *query = http_query_get(c->req, "status");
	char *rest = arena_strdup(c->arena, query), *word;
	*set = query == NULL ? ~0u : 0;
	while (rest != NULL && (word = strsep(&rest, ",")) != NULL) {
		int status = run_status_find(word);
		if (status < 0)
			return fault(fault_r, FAULT_INVALID,
			    "The `status` "
			    "must be a list of running, completed, failed, "
			    "cancelled.");
		*set |= 1u << status;
	}
	return call_parse_page(c, fault_r);
}

static int
runs_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct automation a;
	struct list list;
	if (find(c, t, &a, fault_r) != 0 ||
	    store_run_list(t, c->arena, a.num, *(unsigned *)c->input, &c->page,
		&list, fault_r) != 0)
		return -1;
	return call_list(c, &list, sizeof(struct run), run_json);
}

/* How a step stands that has no history row. */
static enum step_status
implied_status(const struct run *r, const struct graph *g, int step)
{
	if (step == g->trigger)
		return STEP_COMPLETED;
	if (r->status == RUN_RUNNING)
		return step != r->step ? STEP_PENDING
		    : r->due_ms != 0   ? STEP_WAITING
				       : STEP_RUNNING;
	return r->status == RUN_COMPLETED ? STEP_SKIPPED : STEP_PENDING;
}

static json_t *
step_json(const struct run *r, const struct graph *g, int i,
    const struct run_step *done)
{
	enum step_status status =
	    done != NULL ? done->status : implied_status(r, g, i);
	int64_t started = done != NULL ? done->started_ms
	    : i == g->trigger          ? id_time_ms(r->id)
	    : status == STEP_WAITING   ? r->entered_ms
				       : 0;
	int64_t finished = done != NULL ? done->finished_ms
	    : i == g->trigger           ? id_time_ms(r->id)
					: 0;
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "key",
	    g->steps[i].key, "type", g->steps[i].type, "status",
	    step_status_name(status), "output",
	    json_text_value(done != NULL ? done->output : NULL), "error",
	    json_text_value(done != NULL ? done->error : NULL), "started_at",
	    json_time(started), "completed_at", json_time(finished),
	    "created_at", json_time(id_time_ms(r->id)));
}

static int
run_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct automation a;
	struct run r;
	struct list history;
	int64_t id;
	if (find(c, t, &a, fault_r) != 0 ||
	    call_id(c, 1, "Automation run", &id, fault_r) != 0)
		return -1;
	int rc = store_run_get(t, c->arena, id, &r, fault_r);
	if (rc < 0)
		return -1;
	if (rc == 0 || r.automation != a.num)
		return not_found(fault_r, "Automation run");
	struct graph *g = load_graph(c, t, r.version, fault_r);
	if (g == NULL ||
	    store_step_list(t, c->arena, r.id, &history, fault_r) != 0)
		return -1;
	const struct run_step *rows = history.items;
	const struct run_step *done[GRAPH_STEPS_MAX] = { NULL };
	for (int i = 0; i < history.n; i++)
		if (rows[i].step >= 0 && rows[i].step < g->n_steps)
			done[rows[i].step] = &rows[i];
	json_t *steps = json_array();
	for (int i = 0; i < g->n_steps; i++)
		json_array_append_new(steps, step_json(&r, g, i, done[i]));
	json_t *o = run_json(&r);
	json_object_update_new(o,
	    json_pack("{s:s, s:o, s:o, s:s?, s:o}", "object", "automation_run",
		"contact_id", json_id(r.contact), "event_id", json_id(r.event),
		"exit_reason", r.reason, "steps", steps));
	return call_json(c, 200, o);
}

const struct route routes_automations[] = {
	{ "POST", "/automations", create_run, ROUTE_WRITE | ROUTE_BODY,
	    create_parse },
	{ "GET", "/automations", list_run, ROUTE_READ, list_parse },
	{ "GET", "/automations/:id", get_run, ROUTE_READ },
	{ "PATCH", "/automations/:id", update_run, ROUTE_WRITE | ROUTE_BODY,
	    update_parse },
	{ "DELETE", "/automations/:id", delete_run, ROUTE_WRITE },
	{ "POST", "/automations/:id/stop", stop_run, ROUTE_WRITE },
	{ "POST", "/automations/:id/duplicate", duplicate_run, ROUTE_WRITE },
	{ "GET", "/automations/:id/runs", runs_run, ROUTE_READ, runs_parse },
	{ "GET", "/automations/:id/runs/:run", run_run, ROUTE_READ }, { NULL }
};
