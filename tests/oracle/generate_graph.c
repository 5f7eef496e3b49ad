/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random automations: entry rules, settings, steps and the ways between them.
 */
#include "tests/oracle/generate_private.h"

#include <stdlib.h>
#include <string.h>

#include "tests/oracle/oracle.h"

/* ---- entry and settings ------------------------------------------------ */

/* Adds a filter, mostly. */
static void
add_filter(struct dice *d, json_t *config, const char *key, int percent,
    int fields)
{
	if (dice_percent(d, percent))
		json_object_set_new(config, key, some_filter(d, fields));
}

/* Adds one or two segments, in one of the ways they are written. */
static void
add_segments(struct dice *d, json_t *config)
{
	json_t *one = some_segment(d, false);
	if (dice_percent(d, 60))
		json_object_set_new(config,
		    dice_percent(d, 70) ? "segment_id" : "listId", one);
	else
		json_object_set_new(config, "segment_ids",
		    json_pack("[o,o]", one, some_segment(d, false)));
}

static json_t *
entry_by_event(struct dice *d)
{
	json_t *entry = json_pack("{s:s}", "event_name", some_heard_event(d));
	if (dice_percent(d, 50))
		return entry;
	json_object_set_new(entry, "type",
	    json_string(
		dice_percent(d, 70) ? "event_received" : "custom_event"));
	add_filter(d, entry, "filter", 60, FIELDS_EVENT);
	return json_pack("{s:o}", "entry", entry);
}

/* The rules that listen to writes. */
static json_t *
entry_by_write(struct dice *d)
{
	static const char *const fields[] = { "contact.properties.plan", "plan",
		"first_name" };
	json_t *entry = json_object();
	int kind = dice_below(d, d->segments > 0 ? 5 : 3);
	if (kind == 0) {
		json_object_set_new(entry, "type",
		    json_string("contact_created"));
		add_filter(d, entry, "filter", 50, FIELDS_CONTACT);
		if (d->segments > 0 && dice_percent(d, 40))
			add_segments(d, entry);
	} else if (kind == 1) {
		json_object_set_new(entry, "type",
		    json_string("contact_property_matches_with"));
		add_filter(d, entry, "filter", 100, FIELDS_CONTACT);
		if (d->segments > 0 && dice_percent(d, 20))
			add_segments(d, entry);
	} else if (kind == 2) {
		json_object_set_new(entry, "type",
		    json_string("contact_property_changed"));
		json_object_set_new(entry, "field",
		    json_string(dice_pick(d, fields)));
		if (dice_percent(d, 30))
			json_object_set_new(entry, "from",
			    some_value(d, false));
		if (dice_percent(d, 40))
			json_object_set_new(entry, "to", some_value(d, false));
	} else {
		json_object_set_new(entry, "type",
		    json_string(
			kind == 3 ? "contact_added_to_list" : "segment_match"));
		add_segments(d, entry);
	}
	return json_pack("{s:o}", "entry", entry);
}

json_t *
some_entry(struct dice *d)
{
	if (dice_percent(d, 5))
		return json_pack("{s:{s:s}}", "entry", "type", "manual");
	return dice_percent(d, 60) ? entry_by_event(d) : entry_by_write(d);
}

static json_t *
some_exit(struct dice *d)
{
	static const char *const types[] = { "event_received", "event",
		"contact_property_matches_with", "property_match",
		"entry_criteria_not_met", "unsubscribed", "hard_bounced",
		"complained", "segment_left", "removed_from_list" };
	int kind = dice_below(d, d->segments > 0 ? 10 : 8);
	json_t *rule = json_pack("{s:s}", "type", types[kind]);
	if (kind < 2) {
		json_object_set_new(rule, "event_name",
		    json_string(some_heard_event(d)));
		add_filter(d, rule, "filter", 50,
		    FIELDS_EVENT | FIELDS_CONTACT);
	} else if (kind < 4) {
		add_filter(d, rule, "filter", 100, FIELDS_CONTACT);
	} else if (kind == 5 && dice_percent(d, 50)) {
		json_object_set_new(rule, "topic_id", json_string("@topic0"));
	} else if (kind > 7) {
		add_segments(d, rule);
	}
	return rule;
}

static json_t *
some_reentry(struct dice *d)
{
	static const char *const policies[] = { "always", "once", "once_per",
		"one_at_a_time" };
	const char *policy = dice_pick(d, policies);
	json_t *rule = json_pack("{s:s}", "policy", policy);
	if (strcmp(policy, "once_per") == 0)
		json_object_set_new(rule, "per", json_string(some_duration(d)));
	if (dice_percent(d, 30))
		json_object_set_new(rule, "key",
		    json_string(dice_percent(d, 70) ? "event.k" : "event.a"));
	return rule;
}

json_t *
some_settings(struct dice *d)
{
	static const char *const lives[] = { "1 minute", "90 seconds",
		"5 minutes", "1 hour" };
	json_t *settings = json_object(), *exits = json_array();
	if (dice_percent(d, 50))
		json_object_set_new(settings, "reentry", some_reentry(d));
	for (int n = dice_percent(d, 40) ? 1 + dice_below(d, 2) : 0; n > 0; n--)
		json_array_append_new(exits, some_exit(d));
	if (json_array_size(exits) > 0)
		json_object_set(settings, "exit", exits);
	json_decref(exits);
	if (dice_percent(d, 30))
		json_object_set_new(settings, "on_stop",
		    json_string(dice_percent(d, 70) ? "cancel" : "continue"));
	if (dice_percent(d, 25))
		json_object_set_new(settings, "max_duration",
		    json_string(dice_pick(d, lives)));
	return settings;
}

/* ---- ways -------------------------------------------------------------- */

enum { STEPS_MAX = 12, OPEN_MAX = 64 };

/* A way out that leads nowhere yet: a connection of a type, or a lane. */
struct way {
	int step;
	const char *type; /* NULL: a lane's, or a branch's otherwise */
	json_t *config;   /* where its `key` is written */
	const char *key;
};

struct plan {
	json_t *steps, *connections;
	struct way open[OPEN_MAX];
	int n_open;
};

static void
open_way(struct plan *p, const char *type, json_t *config, const char *key)
{
	if (p->n_open == OPEN_MAX)
		abort();
	p->open[p->n_open++] = (struct way){ (int)json_array_size(p->steps) - 1,
		type, config, key };
}

/* The ways out of a step that was just added. */
static void
open_ways(struct dice *d, struct plan *p, const char *type, json_t *config)
{
	size_t i;
	json_t *lane;
	if (strcmp(type, "condition") == 0) {
		open_way(p, "condition_met", NULL, NULL);
		open_way(p, "condition_not_met", NULL, NULL);
	} else if (strcmp(type, "wait_for_event") == 0) {
		open_way(p, dice_percent(d, 80) ? "event_received" : "default",
		    NULL, NULL);
		if (json_object_get(config, "timeout") != NULL)
			open_way(p, "timeout", NULL, NULL);
	} else if (strcmp(type, "branch") == 0) {
		json_array_foreach (json_object_get(config, "branches"), i,
		    lane)
			open_way(p, NULL, lane, "to");
		if (dice_percent(d, 50))
			open_way(p, NULL, config, "otherwise");
		else
			open_way(p, "default", NULL, NULL);
	} else if (strcmp(type, "exit") != 0 &&
	    strcmp(type, "contact_delete") != 0) {
		open_way(p, "default", NULL, NULL);
	}
}

static void
lead(struct plan *p, int way, int to)
{
	struct way w = p->open[way];
	p->open[way] = p->open[--p->n_open];
	if (w.type == NULL)
		json_object_set_new(w.config, w.key, json_sprintf("s%d", to));
	else
		json_array_append_new(p->connections,
		    strcmp(w.type, "default") == 0
			? json_pack("{s:o,s:o}", "from",
			      json_sprintf("s%d", w.step), "to",
			      json_sprintf("s%d", to))
			: json_pack("{s:o,s:o,s:s}", "from",
			      json_sprintf("s%d", w.step), "to",
			      json_sprintf("s%d", to), "type", w.type));
}

static void
add_step(struct dice *d, struct plan *p, const char *type, json_t *config)
{
	json_array_append_new(p->steps,
	    json_pack("{s:o,s:s,s:o}", "key",
		json_sprintf("s%d", (int)json_array_size(p->steps)), "type",
		type, "config", config));
	open_ways(d, p, type, config);
}

/* Some of the ways that are left lead to a later step, too. */
static void
join_some(struct dice *d, struct plan *p)
{
	int n = (int)json_array_size(p->steps);
	for (int i = p->n_open - 1; i >= 0; i--) {
		int from = p->open[i].step;
		if (from + 1 < n && dice_percent(d, 30))
			lead(p, i, from + 1 + dice_below(d, n - from - 1));
	}
}

/* Lanes merge at a later step, where that makes no cycle. */
static void
merge_some(struct dice *d, json_t *graph, json_t *steps)
{
	int n = (int)json_array_size(steps);
	size_t i, k;
	json_t *step, *lane;
	json_array_foreach (steps, i, step)
		json_array_foreach (json_object_get(json_object_get(step,
							"config"),
					"branches"),
		    k, lane) {
			int room = n - (int)i - 1;
			if (room == 0 || !dice_percent(d, 70))
				continue;
			json_object_set_new(lane, "merge_to",
			    json_sprintf("s%d",
				(int)i + 1 + dice_below(d, room)));
			if (!oracle_is_acyclic(graph))
				json_object_del(lane, "merge_to");
		}
}

/* True if a step waits for the event of a path behind "wait_events.". */
static bool
is_awaited(json_t *steps, const char *path)
{
	json_t *step;
	size_t i;
	json_array_foreach (steps, i, step) {
		const char *type =
		    json_string_value(json_object_get(step, "type"));
		const char *name = json_string_value(
		    json_object_get(json_object_get(step, "config"),
			"event_name"));
		size_t n = name == NULL ? 0 : strlen(name);
		if (strcmp(type, "wait_for_event") == 0 &&
		    strncmp(path, name, n) == 0 && path[n] == '.')
			return true;
	}
	return false;
}

/* What no step waits for is not asked for. */
static void
mend_paths(json_t *steps, json_t *v)
{
	static const char prefix[] = "wait_events.";
	const char *key, *path;
	json_t *item;
	void *next;
	size_t i;
	json_array_foreach (v, i, item)
		mend_paths(steps, item);
	json_object_foreach_safe(v, next, key, item)
	{
		mend_paths(steps, item);
		path = json_string_value(item);
		if (path != NULL &&
		    strncmp(path, prefix, sizeof(prefix) - 1) == 0 &&
		    !is_awaited(steps, path + sizeof(prefix) - 1))
			json_object_set_new(v, key, json_string("event.a"));
	}
}

json_t *
some_graph(struct dice *d)
{
	struct plan p = { .steps = json_array(), .connections = json_array() };
	const char *type = "trigger";
	int n = 1 + dice_below(d, STEPS_MAX);
	/* Two of them would double with each turn. */
	bool is_loop = !d->has_loop && dice_percent(d, 8);
	d->has_loop = d->has_loop || is_loop;
	add_step(d, &p, type,
	    is_loop ? json_pack("{s:s}", "event_name", "resend:contact.updated")
		    : some_entry(d));
	if (is_loop) {
		lead(&p, 0, 1);
		add_step(d, &p, "contact_update", endless_update());
	}
	while ((int)json_array_size(p.steps) < n && p.n_open > 0) {
		/* Rather behind one of the last steps. */
		int way = p.n_open - 1 - dice_below(d, p.n_open > 2 ? 3 : 1);
		lead(&p, way, (int)json_array_size(p.steps));
		json_t *config = some_step(d, &type);
		add_step(d, &p, type, config);
	}
	join_some(d, &p);
	json_t *graph = json_pack("{s:O,s:o}", "steps", p.steps, "connections",
	    p.connections);
	merge_some(d, graph, p.steps);
	mend_paths(p.steps, p.steps);
	json_object_set_new(graph, "settings", some_settings(d));
	json_decref(p.steps);
	return graph;
}
