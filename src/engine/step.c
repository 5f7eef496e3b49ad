/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/step.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/fault.h"

static const struct step_type *const step_types[] = {
	&step_trigger,
	&step_send_email,
	&step_delay,
	&step_wait_for_event,
	&step_condition,
	&step_branch,
	&step_contact_update,
	&step_contact_delete,
	&step_add_to_segment,
	&step_remove_from_segment,
	&step_exit,
};

const struct step_type *
step_type_find(const char *name)
{
	for (size_t i = 0; i < N_OF(step_types); i++)
		if (strcmp(step_types[i]->name, name) == 0)
			return step_types[i];
	return NULL;
}

const char *
step_type_list(struct arena *a)
{
	const char *all = step_types[0]->name;
	for (size_t i = 1; i < N_OF(step_types); i++)
		all = arena_printf(a, "%s, %s", all, step_types[i]->name);
	return all;
}

struct cause
step_cause(const struct step_call *c)
{
	return (struct cause){ .event = c->run->event,
		.depth = c->run->depth + 1,
		.run = c->run->id };
}

int
step_fail(struct step_call *c, struct step_next *next, const char *name,
    const char *text)
{
	next->what = STEP_FAIL;
	next->error_name = name;
	next->error_text = arena_strdup(c->arena, text);
	return 0;
}

int
step_read_var(const json_t *v, const char **path_r, struct fault *fault_r)
{
	const json_t *path = json_object_get(v, "var");
	if (!json_is_object(v) || json_object_size(v) != 1 || path == NULL)
		return 0;
	*path_r = json_string_value(path);
	if (*path_r == NULL || !scope_knows(*path_r))
		return fault(fault_r, FAULT_INVALID,
		    "`var` must be a path that begins with `event.`, "
		    "`contact.` or `wait_events.`.");
	return 1;
}

int
step_check_var(const struct json_place *p, const char *name, const json_t *v)
{
	const char *key;
	json_t *ignored;
	bool has_var = json_object_get(v, "var") != NULL;
	json_object_foreach ((json_t *)v, key, ignored) {
		if (has_var && strcmp(key, "var") != 0)
			return json_place_fault(p, name,
			    "has `%.40s` beside `var`; {\"var\": \"path\"} "
			    "has no other names.",
			    key);
		if (!has_var && strcasecmp(key, "var") == 0)
			return json_place_fault(p, name,
			    "has `%s`, which must be written `var`.", key);
	}
	return 0;
}

int
step_check_vars(const struct json_place *p, const json_t *values)
{
	const char *name;
	json_t *v;
	json_object_foreach ((json_t *)values, name, v)
		if (step_check_var(p, name, v) != 0)
			return -1;
	return 0;
}

bool
step_walk_vars(const json_t *values, bool (*fn)(void *arg, const char *path),
    void *arg)
{
	struct fault ignored;
	const char *name, *path;
	json_t *v;
	json_object_foreach ((json_t *)values, name, v)
		if (step_read_var(v, &path, &ignored) == 1 && !fn(arg, path))
			return false;
	return true;
}
