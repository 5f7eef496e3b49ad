/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the interpreter's files share.
 */
#pragma once

#include "tests/oracle/oracle.h"

struct oracle_segment {
	const char *name;
	json_t *filter; /* or NULL */
};

struct oracle_template {
	const char *name;
	const char *needs; /* a variable it cannot do without; or NULL */
};

struct world {
	int64_t now_ms;
	int crowd; /* most runs that were due together */
	int bound; /* of what one transaction may move; 0: none */
	struct oracle_list contacts, segments, topics, templates, automations;
	struct oracle_list runs, mails, events;
	struct oracle_list queue; /* events caused and not yet applied */
	struct oracle_list memory;
	json_t *types; /* of properties: the first value each had */
	json_t *heard; /* names exits and waits listen, or have listened, to */
	json_t *kept;  /* array: what lives as long as the world */
};

enum { ORACLE_DEPTH_MAX = 8, ORACLE_STRIDE_MAX = 50, ORACLE_MAILS_A_DAY = 20 };

/* ---- memory ------------------------------------------------------------ */

/* Zeroed, freed with the world. */
void *oracle_get(struct world *, size_t);
char *oracle_strdup(struct world *, const char *);
/* The world owns the value from now on. */
json_t *oracle_keep(struct world *, json_t *);
void oracle_list_add(struct oracle_list *, void *);
void *oracle_list_shift(struct oracle_list *);

/* ---- reading JSON ------------------------------------------------------ */

/* The first of names separated by `|` that is there and not null. */
json_t *oracle_any(const json_t *, const char *names);
const char *oracle_text(const json_t *, const char *names);
/* A duration in words, in ms; 0: none. */
int64_t oracle_duration(const json_t *, const char *names);
/* The value, or the names below a|b and as|bs: does one of them equal it? */
bool oracle_names(const json_t *, const char *one, const char *many,
    const char *value);
/* Does the config name any at all? */
bool oracle_names_any(const json_t *, const char *one, const char *many);
/* What a value reads as: text of a scalar; NULL if it is none. buf holds
 * numbers. */
const char *oracle_scalar(const json_t *, char buf[64]);
bool oracle_is_missing(const json_t *);

/* ---- rules ------------------------------------------------------------- */

/* Where a rule's fields are looked up; each may be NULL. */
struct oracle_view {
	const json_t *contact, *event, *wait_events;
};
/* The value of a field such as event.order.id; NULL: missing. */
const json_t *oracle_lookup(const struct oracle_view *, const char *field);
/* A rule in either dialect; NULL is true. */
bool oracle_rule(const json_t *, const struct oracle_view *);

/* ---- graphs ------------------------------------------------------------ */

const json_t *oracle_graph_step_of(const json_t *graph, const char *key);
const char *oracle_step_type(const json_t *step);
const json_t *oracle_step_config(const json_t *step);
/* The step behind a way out, NULL: the path ends. */
const json_t *oracle_graph_way(const json_t *graph, const json_t *step,
    const char *out);
const json_t *oracle_graph_trigger(const json_t *graph);
const json_t *oracle_graph_settings(const json_t *graph);

/* ---- time -------------------------------------------------------------- */

/* Wakes the runs that are due, each once, oldest first: those of a contact or
 * of all (NULL), in an automation or in all (NULL). Whether there were any. */
bool oracle_wake_due(struct world *, const struct oracle_contact *,
    const struct oracle_automation *);

/* ---- contacts ---------------------------------------------------------- */

struct oracle_contact *oracle_find(const struct world *, const char *email);
int oracle_segment_index(const struct world *, const char *name);
int oracle_topic_index(const struct world *, const char *name);
/* Each of these queues the events of what really changed. */
struct oracle_contact *oracle_create(struct world *, const char *email,
    const json_t *fields, const json_t *segments, int depth);
/* The names of the fields that changed, as an array the caller owns; NULL: a
 * property is of another type. */
json_t *oracle_write(struct world *, struct oracle_contact *,
    const json_t *fields, int depth);
bool oracle_membership(struct world *, struct oracle_contact *, int segment,
    bool in, int depth);
/* Ends its runs. */
void oracle_forget(struct world *, struct oracle_contact *);

/* ---- events ------------------------------------------------------------ */

/* An event of now; the payload is taken over. */
struct oracle_event *oracle_new_event(struct world *, const char *name,
    struct oracle_contact *, json_t *payload, int depth);
/* Notes what an automation listens to. */
void oracle_note_heard(struct world *, const struct oracle_automation *);
/* Does anybody listen to the name, or has an automation before? */
bool oracle_is_heard(const struct world *, const char *name);
/* Applies what was caused, until nothing is left. */
void oracle_drain(struct world *);

/* ---- entering and leaving ---------------------------------------------- */

/* Which events an automation listens to. */
bool oracle_entry_listens(const struct oracle_automation *, const char *event);
/* Whether its entry rule lets the event in. */
bool oracle_entry_matches(const struct world *,
    const struct oracle_automation *, const struct oracle_event *);
/* Whether re-entry lets the contact in; key_r: of the new run. */
bool oracle_entry_again(struct world *, const struct oracle_automation *,
    const struct oracle_contact *, const json_t *payload, const char **key_r);
/* The reason of the first exit rule the event matches, NULL: none. */
const char *oracle_exit_by_event(const struct world *,
    const struct oracle_run *, const struct oracle_event *);
/* The same for rules that are a state. */
const char *oracle_exit_by_state(const struct world *,
    const struct oracle_run *);
/* Adds what its exit rules listen to, as keys of an object. */
void oracle_exit_note(const struct oracle_automation *, json_t *events);

/* ---- runs -------------------------------------------------------------- */

struct oracle_run *oracle_run_start(struct world *, struct oracle_automation *,
    struct oracle_contact *, struct oracle_event *, json_t *payload,
    const char *key);
/* Moves on until it rests, ends or has caused an event. */
void oracle_run_move(struct world *, struct oracle_run *);
/* Its moment has come. */
void oracle_run_wake(struct world *, struct oracle_run *);
/* Does it rest in a wait for that event, or one about its own mail? */
bool oracle_run_waits(const struct oracle_run *, const struct oracle_event *);
/* It hears what it waits for: whether the wait is over and it stands behind
 * it. */
bool oracle_run_hear(struct world *, struct oracle_run *,
    const struct oracle_event *);
void oracle_run_end(struct oracle_run *, enum oracle_status,
    const char *reason);
/* Somebody or something ends it where it is; the step it rests in is skipped.
 */
void oracle_run_cancel(struct world *, struct oracle_run *, const char *reason);
/* Ends it if it has lived too long. */
bool oracle_run_is_over(struct world *, struct oracle_run *);
bool oracle_run_is_paused(const struct oracle_run *);
struct oracle_view oracle_run_view(const struct oracle_run *);
/* A row of its history; output is taken over. */
void oracle_run_note(struct world *, struct oracle_run *, const char *status,
    json_t *output, const char *error);
/* What it is at is behind it: it stands before what is next along that way. */
void oracle_run_go(struct oracle_run *, const char *out);

/* The steps a run rests in. */
void oracle_wait_enter(struct world *, struct oracle_run *);
void oracle_delay_enter(struct world *, struct oracle_run *);
/* Does a step of the run, which stands at it. */
void oracle_step_do(struct world *, struct oracle_run *);
/* Takes a lane of a branch, or the way past all of them. */
void oracle_branch_do(struct world *, struct oracle_run *);
/* Is it in a lane that ends at the step it stands before? */
void oracle_lanes_arrive(struct oracle_run *);
/* Whether all guards let it in; it stands elsewhere, or has ended, if not. */
bool oracle_lanes_guard(struct oracle_run *);
/* The end of a path: on behind the innermost lane, or completed. */
void oracle_lanes_end(struct oracle_run *);
