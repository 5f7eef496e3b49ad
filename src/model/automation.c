/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The graph of an automation, read from what a client wrote. Faults name the
 * step, the field and what was expected, because an author reads them.
 */
#include "model/automation.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/utf8.h"

static const char *const connection_names[CONNECTION_TYPE_COUNT] = {
	[CONNECTION_DEFAULT] = "default",
	[CONNECTION_CONDITION_MET] = "condition_met",
	[CONNECTION_CONDITION_NOT_MET] = "condition_not_met",
	[CONNECTION_EVENT_RECEIVED] = "event_received",
	[CONNECTION_TIMEOUT] = "timeout",
};

const char *
connection_type_name(enum connection_type t)
{
	return connection_names[t];
}

static int
connection_type_find(const char *name)
{
	for (int i = 0; i < CONNECTION_TYPE_COUNT; i++)
		if (strcmp(connection_names[i], name) == 0)
			return i;
	return -1;
}

static int
step_find(const struct graph *g, const char *key)
{
	for (int i = 0; i < g->n_steps; i++)
		if (strcmp(g->steps[i].key, key) == 0)
			return i;
	return -1;
}

/* A string under its name or the name it had in early clients. */
static int
get_either(const json_t *o, const char *name, const char *old_name,
    const char **value_r, struct fault *fault_r)
{
	int rc = json_get_string(o, name, value_r, fault_r);
	return rc != 0 ? rc : json_get_string(o, old_name, value_r, fault_r);
}

static int
read_step(struct arena *a, struct graph *g, const json_t *o,
    struct fault *fault_r)
{
	struct step *s = &g->steps[g->n_steps];
	const char *key;
	json_t *config;
	if (!json_is_object(o))
		return fault(fault_r, FAULT_INVALID,
		    "steps[%d] must be an object.", g->n_steps);
	int rc = get_either(o, "key", "ref", &key, fault_r);
	if (rc == 0)
		return fault(fault_r, FAULT_MISSING,
		    "steps[%d]: missing `key`.", g->n_steps);
	if (rc < 0)
		return fault_at(fault_r, "steps[%d]", g->n_steps);
	size_t n = strlen(key);
	if (n == 0 || n > STEP_KEY_MAX || utf8_has_control(key, n))
		return fault(fault_r, FAULT_INVALID,
		    "steps[%d]: `key` must "
		    "have 1 to %d bytes and no control characters.",
		    g->n_steps, STEP_KEY_MAX);
	if (step_find(g, key) >= 0)
		return fault(fault_r, FAULT_INVALID,
		    "Step `%s`: the key is used twice.", key);
	if (json_need_string(o, "type", &s->type, fault_r) != 0 ||
	    (rc = json_get_object(o, "config", &config, fault_r)) < 0)
		return fault_at(fault_r, "Step `%s`", key);
	s->key = arena_strdup(a, key);
	s->type = arena_strdup(a, s->type);
	s->config = config;
	if (rc == 0)
		return fault(fault_r, FAULT_MISSING,
		    "Step `%s`: missing `config`.", key);
	if (strcmp(s->type, "trigger") == 0) {
		if (g->trigger >= 0)
			return fault(fault_r, FAULT_INVALID,
			    "Step `%s`: there "
			    "must be exactly one trigger, and `%s` is one.",
			    key, g->steps[g->trigger].key);
		g->trigger = g->n_steps;
	}
	g->n_steps++;
	return 0;
}

static int
read_connection(struct graph *g, const json_t *o, struct fault *fault_r)
{
	int n = g->n_connections;
	struct connection *c = &g->connections[n];
	const char *from, *to, *type;
	if (!json_is_object(o))
		return fault(fault_r, FAULT_INVALID,
		    "connections[%d] must be an object.", n);
	if (json_need_string(o, "from", &from, fault_r) != 0 ||
	    json_need_string(o, "to", &to, fault_r) != 0 ||
	    get_either(o, "type", "edge_type", &type, fault_r) < 0)
		return fault_at(fault_r, "connections[%d]", n);
	c->from = step_find(g, from);
	c->to = step_find(g, to);
	if (c->from < 0 || c->to < 0)
		return fault(fault_r, FAULT_INVALID,
		    "connections[%d]: `%s` "
		    "names no step: `%s`.",
		    n, c->from < 0 ? "from" : "to", c->from < 0 ? from : to);
	int t = type == NULL ? CONNECTION_DEFAULT : connection_type_find(type);
	if (t < 0)
		return fault(fault_r, FAULT_INVALID,
		    "connections[%d]: `type` "
		    "must be one of default, condition_met, "
		    "condition_not_met, event_received, timeout, not `%s`.",
		    n, type);
	c->type = (enum connection_type)t;
	if (c->from == c->to)
		return fault(fault_r, FAULT_INVALID,
		    "connections[%d]: `%s` leads to itself.", n, from);
	if (c->to == g->trigger)
		return fault(fault_r, FAULT_INVALID,
		    "connections[%d]: nothing may lead into the trigger.", n);
	if (graph_next(g, c->from, c->type) >= 0)
		return fault(fault_r, FAULT_INVALID,
		    "connections[%d]: `%s` "
		    "already has a connection of type `%s`.",
		    n, from, connection_names[t]);
	g->n_connections++;
	return 0;
}

/* Marks what can be reached from a step; true if a way leads back to a step
 * that is still open (marked 1). */
static bool
walk(const struct graph *g, int step, char *mark)
{
	mark[step] = 1;
	for (int i = 0; i < g->n_connections; i++) {
		const struct connection *c = &g->connections[i];
		if (c->from != step)
			continue;
		if (mark[c->to] == 1 ||
		    (mark[c->to] == 0 && walk(g, c->to, mark)))
			return true;
	}
	mark[step] = 2;
	return false;
}

static bool
is_cyclic(const struct graph *g)
{
	char mark[GRAPH_STEPS_MAX] = { 0 };
	for (int i = 0; i < g->n_steps; i++)
		if (mark[i] == 0 && walk(g, i, mark))
			return true;
	return false;
}

struct graph *
graph_from_json(struct arena *a, const json_t *o, struct fault *fault_r)
{
	json_t *steps, *connections, *item;
	size_t i;
	if (!json_is_object(o)) {
		fault(fault_r, FAULT_INVALID,
		    "The body must be a JSON object.");
		return NULL;
	}
	if (json_need_array(o, "steps", &steps, fault_r) != 0)
		return NULL;
	int rc = json_get_array(o, "connections", &connections, fault_r);
	if (rc == 0)
		rc = json_get_array(o, "edges", &connections, fault_r);
	if (rc == 0)
		fault(fault_r, FAULT_MISSING, "Missing `connections` field.");
	if (rc != 1)
		return NULL;
	size_t n_steps = json_array_size(steps);
	size_t n_connections = json_array_size(connections);
	if (n_steps < 1 || n_steps > GRAPH_STEPS_MAX) {
		fault(fault_r, FAULT_INVALID,
		    "`steps` must have 1 to %d "
		    "elements, not %zu.",
		    GRAPH_STEPS_MAX, n_steps);
		return NULL;
	}
	if (n_connections > n_steps * CONNECTION_TYPE_COUNT) {
		fault(fault_r, FAULT_INVALID,
		    "`connections` has more elements than %zu steps can have.",
		    n_steps);
		return NULL;
	}
	struct graph *g = arena_alloc(a, sizeof(*g));
	g->trigger = -1;
	g->steps = arena_alloc(a, n_steps * sizeof(*g->steps));
	g->connections =
	    arena_alloc(a, (n_connections + 1) * sizeof(*g->connections));
	json_array_foreach (steps, i, item)
		if (read_step(a, g, item, fault_r) != 0)
			return NULL;
	if (g->trigger < 0) {
		fault(fault_r, FAULT_INVALID,
		    "`steps` must have exactly one step of type `trigger`.");
		return NULL;
	}
	json_array_foreach (connections, i, item)
		if (read_connection(g, item, fault_r) != 0)
			return NULL;
	if (is_cyclic(g)) {
		fault(fault_r, FAULT_INVALID,
		    "The connections form a cycle; each way must end.");
		return NULL;
	}
	return g;
}

static void
decref(void *p)
{
	json_decref(p);
}

json_t *
graph_to_json(struct arena *a, const struct graph *g)
{
	json_t *steps = json_array(), *connections = json_array();
	for (int i = 0; i < g->n_steps; i++)
		json_array_append_new(steps,
		    json_pack("{s:s, s:s, s:O}", "key", g->steps[i].key, "type",
			g->steps[i].type, "config", g->steps[i].config));
	for (int i = 0; i < g->n_connections; i++) {
		const struct connection *c = &g->connections[i];
		json_array_append_new(connections,
		    json_pack("{s:s, s:s, s:s}", "from", g->steps[c->from].key,
			"to", g->steps[c->to].key, "type",
			connection_names[c->type]));
	}
	json_t *o =
	    json_pack("{s:o, s:o}", "steps", steps, "connections", connections);
	arena_own(a, o, decref);
	return o;
}

int
graph_next(const struct graph *g, int step, enum connection_type type)
{
	for (int i = 0; i < g->n_connections; i++)
		if (g->connections[i].from == step &&
		    g->connections[i].type == type)
			return g->connections[i].to;
	return -1;
}

int
graph_unreachable(const struct graph *g)
{
	char mark[GRAPH_STEPS_MAX] = { 0 };
	walk(g, g->trigger, mark);
	for (int i = 0; i < g->n_steps; i++)
		if (mark[i] == 0)
			return i;
	return -1;
}
