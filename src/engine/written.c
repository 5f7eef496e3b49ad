/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an author wrote into an automation and nobody would read: a name that is
 * misspelt, an event that never comes.
 */
#include <string.h>

#include "base/arena.h"
#include "base/json_names.h"
#include "engine/engine.h"
#include "engine/policy.h"
#include "engine/step.h"

/* What reading one answers may be sent back with it. */
const struct json_name automation_names[] = { { "name" }, { "status" },
	{ "steps" }, { "connections" }, { "edges", "connections" },
	{ "settings" }, { "object", "object" }, { "id", "id" },
	{ "paused", "paused" }, { "created_at", "created_at" },
	{ "updated_at", "updated_at" }, { NULL } };
static const struct json_name step_names[] = { { "key" }, { "ref", "key" },
	{ "type" }, { "config" }, { NULL } };
static const struct json_name connection_names[] = { { "from" }, { "to" },
	{ "type" }, { "edge_type", "type" }, { NULL } };

/* A string under a step's name or the name it had in early clients. */
static const char *
text_of(const json_t *step, const char *name, const char *old_name)
{
	const char *text = json_string_value(json_object_get(step, name));
	return text != NULL
	    ? text
	    : json_string_value(json_object_get(step, old_name));
}

/* Asks the type of a step about its config. */
static int
check_step(struct arena *a, const json_t *step, struct fault *fault_r)
{
	struct json_place p = { .path = "config", .fault_r = fault_r };
	const char *key = text_of(step, "key", "ref");
	const char *name = text_of(step, "type", "type");
	const json_t *config = json_object_get(step, "config");
	const struct step_type *type =
	    name == NULL ? NULL : step_type_find(name);
	if (type == NULL || key == NULL)
		return 0;
	p.of = arena_printf(a, " of step `%.64s`", key);
	if (type->names != NULL &&
	    json_names_check(&p, config, type->names) != 0)
		return -1;
	return type->check_written == NULL ? 0
					   : type->check_written(&p, config);
}

/* The names of all objects in a list of the automation. */
static int
check_list(const json_t *automation, const char *list,
    const struct json_name *names, struct fault *fault_r)
{
	struct json_place p = { .path = "", .of = "", .fault_r = fault_r };
	const json_t *item;
	size_t i;
	json_array_foreach (json_object_get(automation, list), i, item) {
		size_t at = json_place_enter(&p, "%s[%zu]", list, i);
		if (json_names_check(&p, item, names) != 0)
			return -1;
		json_place_leave(&p, at);
	}
	return 0;
}

/* The names around configs and settings. */
static int
check_frame(const json_t *automation, struct fault *fault_r)
{
	struct json_place p = { .path = "", .of = "", .fault_r = fault_r };
	return json_names_check(&p, automation, automation_names) != 0 ||
		check_list(automation, "steps", step_names, fault_r) != 0 ||
		check_list(automation, "connections", connection_names,
		    fault_r) != 0
	    ? -1
	    : check_list(automation, "edges", connection_names, fault_r);
}

int
engine_check_written(struct arena *a, const json_t *automation,
    struct fault *fault_r)
{
	struct json_place p = { .path = "settings",
		.of = "",
		.fault_r = fault_r };
	const json_t *step;
	size_t i;
	if (check_frame(automation, fault_r) != 0)
		return -1;
	json_array_foreach (json_object_get(automation, "steps"), i, step)
		if (check_step(a, step, fault_r) != 0)
			return -1;
	return policy_check_written(&p,
	    json_object_get(automation, "settings"));
}
