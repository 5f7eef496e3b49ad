/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A step type: one file, one declarative struct, a line in the table of
 * step.c. A step says what is next; the runner alone writes it down.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"
#include "base/json_names.h"
#include "engine/engine_private.h"
#include "engine/scope.h"
#include "model/contact.h"

/* A lane the run is in: the branch step, and which of its lanes. */
struct lane_at {
	int branch, lane;
};

/* What a step is given: the run, its contact, and the moment. */
struct step_call {
	struct engine *engine;
	struct txn *txn;
	struct arena *arena; /* lives until the run rests */
	int64_t now_ms;
	const struct flow *flow;
	struct run *run;
	const struct step *step;
	const void *config;            /* made by compile() */
	const struct contact *contact; /* as it is now; NULL: deleted */
	struct scope scope;            /* what paths stand for */
	/* resume(): the event that came; NULL: the moment did */
	const struct event *received;

	/* The runner's. */
	struct contact contact_row;
	unsigned contact_seen; /* of engine->contact_writes */
	bool has_context;      /* it was read */
	bool context_changed;
	json_t *waited; /* {"event name": payload}; NULL: nothing yet */
	struct lane_at lanes[GRAPH_STEPS_MAX];
	int n_lanes;
	/* it may leave its step and enters none; a step that took long sets it,
	 * and the run goes on behind the others */
	bool holds;
	bool stays; /* nothing was done at all */
};

enum step_what {
	STEP_GO,   /* done; on along a connection or into a lane */
	STEP_SKIP, /* not done, for a reason; on along a connection */
	STEP_REST, /* until a moment or an event; resume() is called then */
	STEP_END,  /* done, and the run with it */
	STEP_EXIT, /* done, and the run has left for a reason */
	STEP_FAIL, /* the run fails */
};

struct step_next {
	enum step_what what;
	enum connection_type out; /* STEP_GO, STEP_SKIP */
	const struct lane *lane;  /* STEP_GO of a branch; NULL: none fits */
	int64_t until_ms;         /* STEP_REST; 0: no moment */
	const char *output;       /* JSON object as text; or NULL */
	const char *reason;       /* STEP_EXIT */
	const char *error_name, *error_text; /* STEP_FAIL */
};

struct step_type {
	const char *name;
	const char *summary; /* one sentence for the documents */
	unsigned outs;       /* bits of the connections that may leave it */
	/* Names its config may have; NULL: check_written() knows. */
	const struct json_name *names;
	/* What an author may not write besides, asked before compile() of what
	 * comes in and never of a stored version: names within the config's
	 * objects, events that never come. NULL: nothing. 0 or -1. */
	int (*check_written)(struct json_place *, const json_t *config);
	/* Reads and checks a config; the result lives in the arena. NULL with
	 * fault_r, which names the field. */
	void *(*compile)(struct arena *, const struct step *,
	    struct fault *fault_r);
	/* What must exist before it may run; NULL: nothing. 0 or -1. */
	int (*check_enable)(struct engine *, struct txn *, struct arena *,
	    const void *config, struct fault *fault_r);
	/* The rest belongs to check_enable(), but needs no store. The event
	 * whose payload the run has from then on; NULL: of none. */
	const char *(*awaits)(const void *config);
	/* Calls fn for each path of the config until it returns false. True if
	 * it never did; NULL: there are no paths. */
	bool (*walk_paths)(const void *config,
	    bool (*fn)(void *arg, const char *path), void *arg);
	/* Whether the connections that leave it may be gone; NULL: yes. 0 or
	 * -1. */
	int (*check_ways)(const struct graph *, int step, const void *config,
	    struct fault *fault_r);
	/* What it listens to, when a version is saved; NULL: nothing. */
	int (*save)(struct engine *, struct txn *, const void *config,
	    struct fault *fault_r);
	/* 0 with next, -1 with fault_r when the store failed. */
	int (*enter)(struct step_call *, struct step_next *,
	    struct fault *fault_r);
	/* After STEP_REST; NULL: it goes on along its default connection. */
	int (*resume)(struct step_call *, struct step_next *,
	    struct fault *fault_r);
	/* Whether an event that came while it rested is for it; NULL: none is.
	 */
	bool (*hears)(struct step_call *, const struct event *);
	/* The run goes while it rests here; NULL: nothing to clear away. */
	int (*leave)(struct step_call *, struct fault *fault_r);
};

#define OUT(type) (1u << CONNECTION_##type)

extern const struct step_type step_trigger, step_send_email, step_delay,
    step_wait_for_event, step_condition, step_branch, step_contact_update,
    step_contact_delete, step_add_to_segment, step_remove_from_segment,
    step_exit;

/* Who is refused for a name that is missing may have written it and seen the
 * official client drop it, for that has names of its own. Both are told, and
 * which is for whom. */
#define CLIENT_SPELLING(names) \
	" (spelt so in the API; in a file for Resend's own CLI or SDK: " names \
	")"

/* NULL if there is none. */
const struct step_type *step_type_find(const char *name);

/* The names of all types, for a sentence. */
const char *step_type_list(struct arena *);
/* What a step's change of its contact follows from. */
struct cause step_cause(const struct step_call *);
/* Ends the step as failed; always 0. */
int step_fail(struct step_call *, struct step_next *, const char *name,
    const char *text);
/* True if v is {"var":"path"} with a path that can be looked up: *path_r.
 * A fault names what is wrong. 1, 0 it is no such object, -1 */
int step_read_var(const json_t *v, const char **path_r, struct fault *fault_r);
/* No object there is almost {"var":path}, one that would be taken as it stands:
 * other names beside `var`, or `VAR`. 0, -1 with the place's fault. */
int step_check_var(const struct json_place *, const char *name,
    const json_t *v);
/* The same of each value of the object. */
int step_check_vars(const struct json_place *, const json_t *values);
/* Calls fn for the path of each value that is {"var":path}, as
 * step_type.walk_paths does. */
bool step_walk_vars(const json_t *values,
    bool (*fn)(void *arg, const char *path), void *arg);
