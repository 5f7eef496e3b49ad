/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cutting a case down to what it takes for the two to differ.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/oracle/duel.h"

/* Does it still differ? Not being taken at all does not count. */
static bool
differs(const json_t *script)
{
	duel_renew();
	char *text = duel(script);
	bool is_so =
	    text != NULL && strncmp(text, "the engine refuses", 18) != 0;
	free(text);
	return is_so;
}

/* Keeps the smaller case if it differs, too. */
static bool
try(json_t **script, json_t *smaller)
{
	if (!differs(smaller)) {
		json_decref(smaller);
		return false;
	}
	json_decref(*script);
	*script = smaller;
	return true;
}

/* Leaves out items of an array of the case, at first many at once. */
static bool
shrink_array(json_t **script, const char *name)
{
	bool any = false;
	size_t n = json_array_size(json_object_get(*script, name));
	for (size_t width = (n + 1) / 2; width > 0; width /= 2)
		for (size_t end = n; end >= width;) {
			json_t *smaller = json_deep_copy(*script);
			json_t *items = json_object_get(smaller, name);
			for (size_t i = 0; i < width; i++)
				json_array_remove(items, end - 1 - i);
			end = try(script, smaller) ? (any = true, end - width)
						   : end - 1;
			n = json_array_size(json_object_get(*script, name));
			if (end > n)
				end = n;
		}
	return any;
}

/* ---- within an automation ---------------------------------------------- */

static json_t *
graph_of(json_t *script, size_t automation)
{
	return json_object_get(json_array_get(json_object_get(script,
						  "automations"),
				   automation),
	    "graph");
}

/* Removes a field that names the step. */
static void
unname(json_t *object, const char *field, const char *key)
{
	const char *value = json_string_value(json_object_get(object, field));
	if (value != NULL && strcmp(value, key) == 0)
		json_object_del(object, field);
}

/* Removes a step and every way to it or from it. */
static void
remove_step(json_t *graph, size_t step)
{
	json_t *steps = json_object_get(graph, "steps"), *item, *lane;
	json_t *ways = json_object_get(graph, "connections");
	json_t *gone = json_incref(json_array_get(steps, step));
	const char *key = json_string_value(json_object_get(gone, "key"));
	size_t i, k;
	json_array_remove(steps, step);
	for (i = json_array_size(ways); i-- > 0;) {
		item = json_array_get(ways, i);
		unname(item, "from", key);
		unname(item, "to", key);
		if (json_object_get(item, "from") == NULL ||
		    json_object_get(item, "to") == NULL)
			json_array_remove(ways, i);
	}
	json_array_foreach (steps, i, item) {
		json_t *config = json_object_get(item, "config");
		unname(config, "otherwise", key);
		json_array_foreach (json_object_get(config, "branches"), k,
		    lane) {
			unname(lane, "to", key);
			unname(lane, "merge_to", key);
		}
	}
	json_decref(gone);
}

static bool
shrink_steps(json_t **script, size_t automation)
{
	bool any = false;
	size_t n = json_array_size(
	    json_object_get(graph_of(*script, automation), "steps"));
	while (n-- > 1) {
		json_t *smaller = json_deep_copy(*script);
		remove_step(graph_of(smaller, automation), n);
		any |= try(script, smaller);
	}
	return any;
}

/* Leaves out fields of an object that is found by a path of keys. */
static bool
shrink_settings(json_t **script, size_t automation)
{
	static const char *const fields[] = { "reentry", "exit", "on_stop",
		"max_duration" };
	bool any = false;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		json_t *smaller = json_deep_copy(*script);
		json_t *settings =
		    json_object_get(graph_of(smaller, automation), "settings");
		if (json_object_del(settings, fields[i]) == 0)
			any |= try(script, smaller);
		else
			json_decref(smaller);
	}
	return any;
}

json_t *
duel_shrink(const json_t *original)
{
	json_t *script = json_deep_copy(original);
	bool any = differs(script);
	for (int turn = 0; any && turn < 3; turn++) {
		any = shrink_array(&script, "actions");
		any |= shrink_array(&script, "automations");
		size_t n =
		    json_array_size(json_object_get(script, "automations"));
		for (size_t i = 0; i < n; i++) {
			any |= shrink_steps(&script, i);
			any |= shrink_settings(&script, i);
		}
	}
	return script;
}
