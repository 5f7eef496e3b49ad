/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Automations. An edit makes a new version; runs stay on the one they started
 * on.
 */
#include <string.h>

#include "api/call.h"
#include "api/find.h"
#include "base/id.h"
#include "base/json.h"
#include "conf/conf.h"
#include "engine/engine.h"
#include "model/automation.h"
#include "store/automations.h"

struct automation_input {
	const char *name;
	int enabled;         /* -1: not said */
	bool has_steps;      /* steps and connections are said */
	bool has_settings;   /* also null, which clears them */
	struct graph *graph; /* of a new automation */
};

/* ---- what requests say ------------------------------------------------- */

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
		    "The `status` field must be `enabled` or `disabled`, not "
		    "`%s`.",
		    status);
	return 0;
}

/* Reads a graph and checks all that is always checked. */
static struct graph *
read_graph(struct call *c, const json_t *o, struct fault *fault_r)
{
	struct graph *g = graph_from_json(c->arena, o, fault_r);
	return g != NULL && engine_check_graph(g, fault_r) == 0 ? g : NULL;
}

static int
read_input(struct call *c, struct fault *fault_r)
{
	struct automation_input *in = c->input =
	    arena_alloc(c->arena, sizeof(*in));
	const json_t *o = c->body;
	if (call_need_object(c, fault_r) != 0 ||
	    call_get_line(c, "name", AUTOMATION_NAME_MAX, &in->name, fault_r) <
		0 ||
	    read_status(o, &in->enabled, fault_r) != 0)
		return -1;
	if (engine_check_written(c->arena, o, fault_r) != 0)
		return -1;
	in->has_settings = json_object_get(o, "settings") != NULL;
	in->has_steps = json_object_get(o, "steps") != NULL ||
	    json_object_get(o, "connections") != NULL ||
	    json_object_get(o, "edges") != NULL;
	if (!in->has_steps)
		return 0;
	in->graph = read_graph(c, o, fault_r);
	return in->graph != NULL ? 0 : -1;
}

static int
create_parse(struct call *c, struct fault *fault_r)
{
	const char *name;
	json_t *steps;
	if (call_need_object(c, fault_r) != 0 ||
	    json_need_string(c->body, "name", &name, fault_r) != 0 ||
	    json_need_array(c->body, "steps", &steps, fault_r) != 0)
		return -1;
	return read_input(c, fault_r);
}

static int
update_parse(struct call *c, struct fault *fault_r)
{
	if (read_input(c, fault_r) != 0)
		return -1;
	const struct automation_input *in = c->input;
	if (in->name == NULL && in->enabled < 0 && !in->has_steps &&
	    !in->has_settings)
		return fault(fault_r, FAULT_INVALID,
		    "Give at least one of `name`, `status`, `settings`, and "
		    "`steps` with `connections`.");
	return 0;
}

/* ---- writing ----------------------------------------------------------- */

/* Writes a new automation with its first version. */
static int
insert(struct call *c, struct txn *t, struct automation *a,
    const struct graph *g, struct fault *fault_r)
{
	struct engine *e = c->api->engine;
	struct automation blank = *a;
	blank.enabled = 0;
	blank.id = txn_new_id(t, c->now_ms);
	if (store_automation_insert(t, &blank, fault_r) != 0)
		return -1;
	a->id = blank.id;
	a->num = blank.num;
	if ((a->enabled &&
		engine_check_enable(e, t, c->arena, g, fault_r) != 0) ||
	    engine_version_add(e, t, c->arena, a, g, fault_r) != 0)
		return -1;
	return engine_automation_set(e, t, c->arena, &blank, a, c->now_ms,
	    fault_r);
}

static int
create_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct automation_input *in = c->input;
	struct automation a = { .name = in->name, .enabled = in->enabled > 0 };
	if (insert(c, t, &a, in->graph, fault_r) != 0)
		return -1;
	return call_object(c, 201, "automation", a.id, NULL);
}

/* The version there is with what the body says over it; checked. */
static struct graph *
changed_graph(struct call *c, struct txn *t, int64_t version,
    struct fault *fault_r)
{
	const struct automation_input *in = c->input;
	json_t *old = find_graph_json(c, t, version, fault_r);
	if (old == NULL)
		return NULL;
	if (in->has_steps)
		json_object_update(old, graph_to_json(c->arena, in->graph));
	if (in->has_settings)
		json_object_set(old, "settings",
		    json_object_get(c->body, "settings"));
	return read_graph(c, old, fault_r);
}

/* Adds the version a body asks for, if it does. 1, 0, -1 */
static int
change_version(struct call *c, struct txn *t, const struct automation *was,
    struct automation *to, struct fault *fault_r)
{
	const struct automation_input *in = c->input;
	if (!in->has_steps && !in->has_settings)
		return 0;
	if (was->enabled && to->enabled && !c->api->conf->versioned_edits)
		return fault(fault_r, FAULT_INVALID,
		    "The graph of an enabled automation cannot be changed: "
		    "disable or duplicate it first, or allow "
		    "engine.versioned_edits.");
	struct graph *g = changed_graph(c, t, was->version, fault_r);
	if (g == NULL ||
	    engine_version_add(c->api->engine, t, c->arena, to, g, fault_r) !=
		0)
		return -1;
	return 1;
}

static int
update_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct automation_input *in = c->input;
	struct automation was;
	if (find_automation(c, t, 0, &was, fault_r) != 0)
		return -1;
	struct automation to = was;
	to.updated_ms = c->now_ms;
	if (in->name != NULL)
		to.name = in->name;
	if (in->enabled >= 0)
		to.enabled = in->enabled;
	int changed = change_version(c, t, &was, &to, fault_r);
	if (changed < 0)
		return -1;
	if (to.enabled && (changed || !was.enabled)) {
		struct graph *g = find_graph(c, t, to.version, fault_r);
		if (g == NULL ||
		    engine_check_enable(c->api->engine, t, c->arena, g,
			fault_r) != 0)
			return -1;
	}
	if (engine_automation_set(c->api->engine, t, c->arena, &was, &to,
		c->now_ms, fault_r) != 0)
		return -1;
	return call_object(c, 200, "automation", to.id, NULL);
}

static const char *
status_name(const struct automation *a)
{
	return a->enabled ? "enabled" : "disabled";
}

/* How it stands, paused being a way to stand. */
static int
answer_status(struct call *c, const struct automation *a)
{
	return call_object(c, 200, "automation", a->id,
	    json_pack("{s:s}", "status",
		a->paused ? "paused" : status_name(a)));
}

static int
stop_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct automation was;
	if (find_automation(c, t, 0, &was, fault_r) != 0)
		return -1;
	struct automation to = was;
	to.enabled = 0;
	to.updated_ms = c->now_ms;
	if (engine_automation_set(c->api->engine, t, c->arena, &was, &to,
		c->now_ms, fault_r) != 0)
		return -1;
	return call_object(c, 200, "automation", to.id,
	    json_pack("{s:s}", "status", "disabled"));
}

static int
set_paused(struct call *c, struct txn *t, bool paused, struct fault *fault_r)
{
	struct automation was;
	if (find_automation(c, t, 0, &was, fault_r) != 0)
		return -1;
	struct automation to = was;
	to.paused = paused;
	if (engine_automation_set(c->api->engine, t, c->arena, &was, &to,
		c->now_ms, fault_r) != 0)
		return -1;
	return answer_status(c, &to);
}

static int
pause_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	return set_paused(c, t, true, fault_r);
}

static int
resume_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	return set_paused(c, t, false, fault_r);
}

static int
duplicate_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct automation a;
	if (find_automation(c, t, 0, &a, fault_r) != 0)
		return -1;
	struct graph *g = find_graph(c, t, a.version, fault_r);
	struct automation copy = { .name = copy_name(c->arena, a.name) };
	if (g == NULL || insert(c, t, &copy, g, fault_r) != 0)
		return -1;
	return call_object(c, 201, "automation", copy.id, NULL);
}

static int
delete_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct automation was;
	if (find_automation(c, t, 0, &was, fault_r) != 0)
		return -1;
	struct automation to = was;
	to.enabled = -1;
	to.updated_ms = c->now_ms;
	if (engine_automation_set(c->api->engine, t, c->arena, &was, &to,
		c->now_ms, fault_r) != 0)
		return -1;
	return call_object(c, 200, "automation", to.id,
	    json_pack("{s:b}", "deleted", 1));
}

/* ---- reading ----------------------------------------------------------- */

static json_t *
summary_json(const void *item)
{
	const struct automation *a = item;
	return json_pack("{s:o, s:s, s:s, s:b, s:o, s:o}", "id", json_id(a->id),
	    "name", a->name, "status", status_name(a), "paused", a->paused,
	    "created_at", json_time(id_time_ms(a->id)), "updated_at",
	    json_time(a->updated_ms));
}

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct automation a;
	if (find_automation(c, t, 0, &a, fault_r) != 0)
		return -1;
	json_t *graph = find_graph_json(c, t, a.version, fault_r);
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

const struct route routes_automations[] = {
	{ "POST", "/automations", create_run,
	    ROUTE_WRITE | ROUTE_BODY | ROUTE_CLOSED, create_parse,
	    .fields = automation_names },
	{ "GET", "/automations", list_run, ROUTE_READ, list_parse },
	{ "GET", "/automations/:id", get_run, ROUTE_READ },
	{ "PATCH", "/automations/:id", update_run,
	    ROUTE_WRITE | ROUTE_BODY | ROUTE_CLOSED, update_parse,
	    .fields = automation_names },
	{ "DELETE", "/automations/:id", delete_run, ROUTE_WRITE },
	{ "POST", "/automations/:id/stop", stop_run, ROUTE_WRITE },
	{ "POST", "/automations/:id/pause", pause_run, ROUTE_WRITE },
	{ "POST", "/automations/:id/resume", resume_run, ROUTE_WRITE },
	{ "POST", "/automations/:id/duplicate", duplicate_run, ROUTE_WRITE },
	{ NULL }
};
