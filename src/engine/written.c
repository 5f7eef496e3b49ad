/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an author wrote into an automation and nobody would read: a name that is
 * misspelt, an event that never comes.
 */
#include <string.h>

#include "base/arena.h"
#include "base/json_names.h"
#include "engine/policy.h"
#include "engine/step.h"

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

int
engine_check_written(struct arena *a, const json_t *automation,
    struct fault *fault_r)
{
	struct json_place p = { .path = "settings",
		.of = "",
		.fault_r = fault_r };
	const json_t *step;
	size_t i;
	json_array_foreach (json_object_get(automation, "steps"), i, step)
		if (check_step(a, step, fault_r) != 0)
			return -1;
	return policy_check_written(&p,
	    json_object_get(automation, "settings"));
}
