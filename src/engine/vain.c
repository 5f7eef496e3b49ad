/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What steps say in vain of each other: a way that is never gone, an event that
 * none of them receives. One step alone cannot tell.
 */
#include "engine/vain.h"

#include <string.h>

#include "base/fault.h"
#include "engine/step.h"
#include "model/automation.h"

struct looking {
	const struct graph *graph;
	void *const *configs;
	const char *astray; /* a path that leads nowhere; NULL: none yet */
};

static const struct step_type *
type_of(const struct graph *g, int step)
{
	return step_type_find(g->steps[step].type);
}

/* True if it is what the event carried, or a field of that. */
static bool
is_of_event(const char *path, const char *event)
{
	size_t n = strlen(event);
	return strncmp(path, event, n) == 0 &&
	    (path[n] == '\0' || path[n] == '.');
}

/* True if some step may receive what the path asks for; the first that none may
 * is kept. */
static bool
leads_somewhere(void *arg, const char *path)
{
	static const char prefix[] = "wait_events.";
	struct looking *l = arg;
	if (strncmp(path, prefix, sizeof(prefix) - 1) != 0)
		return true;
	for (int i = 0; i < l->graph->n_steps; i++) {
		const struct step_type *type = type_of(l->graph, i);
		if (type->awaits != NULL &&
		    is_of_event(path + sizeof(prefix) - 1,
			type->awaits(l->configs[i])))
			return true;
	}
	l->astray = path;
	return false;
}

/* A step's own share. */
static int
check_step(struct looking *l, int step, struct fault *fault_r)
{
	const struct step_type *type = type_of(l->graph, step);
	const void *config = l->configs[step];
	if (type->check_ways != NULL &&
	    type->check_ways(l->graph, step, config, fault_r) != 0)
		return -1;
	return type->walk_paths == NULL ||
		type->walk_paths(config, leads_somewhere, l)
	    ? 0
	    : fault(fault_r, FAULT_INVALID,
		  "`%.200s` leads nowhere: no wait_for_event step awaits such "
		  "an event.",
		  l->astray);
}

int
vain_check(const struct graph *g, void *const *configs, struct fault *fault_r)
{
	struct looking l = { .graph = g, .configs = configs };
	for (int i = 0; i < g->n_steps; i++)
		if (check_step(&l, i, fault_r) != 0)
			return fault_at(fault_r, "Step `%s`", g->steps[i].key);
	return 0;
}
