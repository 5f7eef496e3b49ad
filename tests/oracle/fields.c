/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a field such as event.order.id or wait_events.order.paid.sum stands for.
 */
#include "tests/oracle/oracle_private.h"

#include <stdio.h>
#include <string.h>

/* What a path leads to: the whole rest as one key first, then step by step. */
static const json_t *
walk(const json_t *from, const char *path)
{
	char key[128];
	const json_t *exact = json_object_get(from, path);
	const char *dot = strchr(path, '.');
	if (exact != NULL || dot == NULL)
		return exact;
	snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
	return walk(json_object_get(from, key), dot + 1);
}

/* The longest event name that the path begins with; what is behind it. */
static const json_t *
walk_events(const json_t *events, const char *path)
{
	const char *name, *rest = NULL;
	size_t longest = 0;
	json_t *payload;
	const json_t *best = NULL;
	json_object_foreach ((json_t *)events, name, payload) {
		size_t n = strlen(name);
		if (n <= longest || strncmp(name, path, n) != 0 ||
		    path[n] != '.')
			continue;
		longest = n;
		best = payload;
		rest = path + n + 1;
	}
	return best != NULL ? walk(best, rest) : NULL;
}

const json_t *
oracle_lookup(const struct oracle_view *v, const char *field)
{
	if (strncmp(field, "event.", 6) == 0)
		return walk(v->event, field + 6);
	if (strncmp(field, "contact.", 8) == 0)
		return walk(v->contact, field + 8);
	if (strncmp(field, "wait_events.", 12) == 0)
		return walk_events(v->wait_events, field + 12);
	return NULL;
}
