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

int
graph_step(const struct graph *g, const char *key)
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
	if (graph_step(g, key) >= 0)
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
	c->from = graph_step(g, from);
	c->to = graph_step(g, to);
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

/* The step a member of a branch's config names; -1 if it names none. 0, or -1
 * with fault_r. */
static int
read_target(const struct graph *g, int from, const json_t *o, const char *name,
    int *to_r, struct fault *fault_r)
{
	const char *key;
	*to_r = -1;
	int rc = json_get_string(o, name, &key, fault_r);
	if (rc <= 0)
		return rc;
	*to_r = graph_step(g, key);
	if (*to_r < 0)
		return fault(fault_r, FAULT_INVALID,
		    "`%s` names no step: `%s`.", name, key);
	if (*to_r == from)
		return fault(fault_r, FAULT_INVALID,
		    "`%s` leads to the branch itself.", name);
	if (*to_r == g->trigger)
		return fault(fault_r, FAULT_INVALID,
		    "`%s` leads into the trigger.", name);
	return 0;
}

static int
read_lane(struct arena *a, const struct graph *g, int step, const json_t *o,
    struct lane *l, struct fault *fault_r)
{
	const struct step *s = &g->steps[step];
	const char *applies;
	json_t *filter;
	if (!json_is_object(o))
		return fault(fault_r, FAULT_INVALID, "must be an object.");
	if (json_need_string(o, "key", &l->key, fault_r) != 0 ||
	    json_get_string(o, "applies_to", &applies, fault_r) < 0)
		return -1;
	if (l->key[0] == '\0' || strlen(l->key) > STEP_KEY_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "`key` must have 1 to %d bytes.", STEP_KEY_MAX);
	for (const struct lane *other = s->lanes; other < l; other++)
		if (strcmp(other->key, l->key) == 0)
			return fault(fault_r, FAULT_INVALID,
			    "the key `%s` is used twice.", l->key);
	l->key = arena_strdup(a, l->key);
	l->is_guarded =
	    applies != NULL && strcmp(applies, "all_branch_steps") == 0;
	if (applies != NULL && !l->is_guarded &&
	    strcmp(applies, "branch_entry") != 0)
		return fault(fault_r, FAULT_INVALID,
		    "`applies_to` must be branch_entry or all_branch_steps, "
		    "not `%s`.",
		    applies);
	int rc = json_get_object(o, "filter", &filter, fault_r);
	if (rc == 0)
		fault(fault_r, FAULT_INVALID,
		    "missing `filter`, the rule that takes the lane.");
	if (rc != 1)
		return -1;
	l->filter = filter;
	return read_target(g, step, o, "to", &l->to, fault_r) != 0 ||
		read_target(g, step, o, "merge_to", &l->merge_to, fault_r) != 0
	    ? -1
	    : 0;
}

/* The lanes of a branch, which its config says. */
static int
read_lanes(struct arena *a, struct graph *g, int step, struct fault *fault_r)
{
	struct step *s = &g->steps[step];
	struct connection *other = &g->connections[g->n_connections];
	json_t *list, *item;
	size_t i;
	int rc = json_get_array(s->config, "branches", &list, fault_r);
	if (rc == 1 &&
	    (json_array_size(list) == 0 || json_array_size(list) > LANES_MAX))
		rc = 0;
	if (rc == 0)
		fault(fault_r, FAULT_INVALID,
		    "`config.branches` must be an array of 1 to %d branches.",
		    LANES_MAX);
	if (rc != 1)
		return fault_at(fault_r, "Step `%s`", s->key);
	s->lanes = arena_alloc(a, json_array_size(list) * sizeof(*s->lanes));
	json_array_foreach (list, i, item) {
		if (read_lane(a, g, step, item, &s->lanes[i], fault_r) != 0)
			return fault_at(fault_r, "Step `%s`, branches[%zu]",
			    s->key, i);
		s->n_lanes++;
	}
	*other = (struct connection){ .from = step, .is_implied = true };
	if (read_target(g, step, s->config, "otherwise", &other->to, fault_r) !=
	    0)
		return fault_at(fault_r, "Step `%s`, config", s->key);
	if (other->to < 0)
		return 0;
	if (graph_next(g, step, CONNECTION_DEFAULT) >= 0)
		return fault(fault_r, FAULT_INVALID,
		    "Step `%s`: `config.otherwise` and a connection of type "
		    "`default` say the same; give one.",
		    s->key);
	g->n_connections++;
	return 0;
}

struct graph *
graph_from_json(struct arena *a, const json_t *o, struct fault *fault_r)
{
	json_t *steps, *connections, *settings, *item;
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
	if (json_get_object(o, "settings", &settings, fault_r) < 0)
		return NULL;
	struct graph *g = arena_alloc(a, sizeof(*g));
	g->settings = settings;
	g->trigger = -1;
	g->steps = arena_alloc(a, n_steps * sizeof(*g->steps));
	g->connections =
	    arena_alloc(a, (n_connections + n_steps) * sizeof(*g->connections));
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
	for (int step = 0; step < g->n_steps; step++)
		if (strcmp(g->steps[step].type, "branch") == 0 &&
		    read_lanes(a, g, step, fault_r) != 0)
			return NULL;
	return graph_check_acyclic(g, fault_r) == 0 ? g : NULL;
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
		if (c->is_implied)
			continue;
		json_array_append_new(connections,
		    json_pack("{s:s, s:s, s:s}", "from", g->steps[c->from].key,
			"to", g->steps[c->to].key, "type",
			connection_names[c->type]));
	}
	json_t *o =
	    json_pack("{s:o, s:o}", "steps", steps, "connections", connections);
	if (g->settings != NULL)
		json_object_set(o, "settings", (json_t *)g->settings);
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
