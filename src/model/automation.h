/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * An automation: a name, a status, and a graph of steps in immutable versions.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/defs.h"

struct arena;
struct fault;

enum {
	GRAPH_STEPS_MAX = 150,
	STEP_KEY_MAX = 64,
	AUTOMATION_NAME_MAX = 255,
	LANES_MAX = 10
};

struct automation {
	int64_t num; /* small number, for rows that repeat it */
	int64_t id;
	const char *name;
	int enabled;     /* 1, 0, or -1: deleted */
	bool paused;     /* nobody enters, its runs stand still */
	int64_t version; /* number of the version new runs start on */
	int64_t updated_ms;
};

/* Which way out of a step. */
enum connection_type {
	CONNECTION_DEFAULT,
	CONNECTION_CONDITION_MET,
	CONNECTION_CONDITION_NOT_MET,
	CONNECTION_EVENT_RECEIVED,
	CONNECTION_TIMEOUT,
	CONNECTION_TYPE_COUNT
};
const char *connection_type_name(enum connection_type);

/* One way out of a branch: taken when its filter is true, left when its steps
 * are done or, if it is guarded, when its filter is true no more. */
struct lane {
	const char *key;
	int to, merge_to; /* indexes of steps; -1: none */
	bool is_guarded;
	const json_t *filter;
};

struct step {
	const char *key;
	const char *type;
	const json_t *config;
	struct lane *lanes; /* of a branch */
	int n_lanes;
};

struct connection {
	int from, to; /* indexes of steps */
	enum connection_type type;
	bool is_implied; /* said by a config, not by a connection */
};

struct graph {
	struct step *steps;
	int n_steps;
	struct connection *connections;
	int n_connections;
	int trigger;            /* index of the one trigger step */
	const json_t *settings; /* an object; NULL: none */
};

/*
 * Reads a graph from its JSON (an object with steps, connections and perhaps
 * settings) and checks what is always checked: 1 to 150 steps, unique keys,
 * exactly one trigger; no dangling, self, cyclic, duplicate or into-trigger
 * connections, those of branches among them. What a step's config may hold
 * besides is its step type's business, what the settings may say the engine's.
 * Everything lives in the arena; the JSON must live as long. NULL with fault_r.
 */
struct graph *graph_from_json(struct arena *, const json_t *,
    struct fault *fault_r);
/* The graph as the API shows it: {"steps":[...],"connections":[...]} and its
 * settings, with every connection's type filled in. Owned by the arena. */
json_t *graph_to_json(struct arena *, const struct graph *);
/* Index of the step of that key, -1 if there is none. */
int graph_step(const struct graph *, const char *key);
/* Step behind that way out, -1 if there is none. */
int graph_next(const struct graph *, int step, enum connection_type);
/* Index of a step that no way leads to from the trigger, -1 if there is none.
 */
int graph_unreachable(const struct graph *);
/* No way may come back to a step it has passed, also not by way of a lane's
 * end. 0, or -1 with fault_r. */
int graph_check_acyclic(const struct graph *, struct fault *fault_r);
