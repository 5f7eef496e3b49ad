/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an automation would do to a contact: the same engine, on a store in
 * memory and a clock that is moved from one due moment to the next. Nothing is
 * written and nothing is sent.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/defs.h"
#include "model/run.h"

struct arena;
struct contact;
struct engine;
struct fault;
struct graph;
struct txn;

enum {
	SIMULATED_MAX = 100,  /* things that happen later */
	SIMULATED_ROWS = 2000 /* of the timeline */
};

/* Something that happens some time after the begin. */
struct simulated {
	int64_t after_ms;
	const char *event;     /* its name; or NULL */
	const char *payload;   /* JSON object as text; or NULL */
	const json_t *changes; /* fields of the contact; or NULL */
};

struct simulation {
	const char *name;   /* of the automation */
	int64_t automation; /* its number; 0: one that there is not */
	const struct graph *graph;
	const struct contact *contact; /* id 0: one that there is not */
	const int64_t *segments;       /* of such a one */
	int n_segments;
	const char *event; /* what begins it; NULL: what the trigger says */
	const char *payload;
	struct simulated *later; /* in order of time */
	int n_later;
	int64_t for_ms;
	int64_t most_us; /* of real time; 0: the usual */
};

enum simulated_kind {
	SIM_EVENT,
	SIM_CHANGE,
	SIM_START, /* of a run; text: the event that did it */
	SIM_STEP,
	SIM_MAIL,
	SIM_END,  /* of a run, by its steps or a failure */
	SIM_EXIT, /* of a run, for a reason */
	SIM_NOTE  /* why nothing began, or no more is shown */
};

struct simulated_row {
	int64_t at_ms;
	enum simulated_kind kind;
	int64_t run;      /* 0: of none */
	int order;        /* within its run */
	const char *step; /* its key; or NULL */
	const char *type;
	enum step_status status;
	int64_t began_ms;   /* SIM_STEP */
	const char *text;   /* event's name, reason, note; or NULL */
	const char *output; /* JSON as text; or NULL */
	const char *from, *to, *subject;
	int n; /* how many rows were made before it */
};

struct timeline {
	/* In order of time: the first SIMULATED_ROWS of them, and then a note
	 * if that is not all. */
	struct simulated_row *rows;
	int n, room;
	int64_t late_ms;      /* where it was given up; 0: it was not */
	struct run run;       /* the first one; id 0: none began */
	const char *waits_at; /* key of the step it rests at then; or NULL */
};

/* Reads what the automation names from the transaction, lets go of it, and
 * plays for up to a second: see store_compute(). 0, or -1 with fault_r, also
 * when the automation could not be enabled. */
int engine_simulate(struct engine *, struct txn *, struct arena *,
    const struct simulation *, int64_t now_ms, struct timeline *,
    struct fault *fault_r);
/* Puts fields over a contact: first_name, last_name, unsubscribed, properties.
 * 0, or -1 with fault_r that names the field. */
int simulate_change(struct arena *, struct contact *, const json_t *fields,
    struct fault *fault_r);
