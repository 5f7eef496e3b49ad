/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A second opinion on automations: a small interpreter that keeps its world in
 * memory and knows nothing of the engine. What an automation means is written
 * here once more, in lists and loops, so that the two can be compared. It
 * shares no code with the daemon; slow is fine.
 *
 * Things are known by what a case calls them: contacts by address, segments,
 * topics and templates by name, automations and runs by number from 0 in the
 * order they came. JSON given to a function is borrowed for the call. Wrong
 * use and no memory end the program.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct world;

/* Pointers in the order they came. */
struct oracle_list {
	void **items;
	int n, room;
};

enum { ORACLE_SETS_MAX = 8 };

/* A contact, also one that is gone: an address that comes back is another. */
struct oracle_contact {
	int id;
	/* email, first_name, last_name, unsubscribed, properties */
	json_t *doc;
	bool is_gone;
	bool in_segment[ORACLE_SETS_MAX];
	bool out_of_topic[ORACLE_SETS_MAX];
};

enum oracle_status {
	ORACLE_RUNNING,
	ORACLE_COMPLETED,
	ORACLE_FAILED,
	ORACLE_CANCELLED
};

/* One step behind a run. */
struct oracle_row {
	const char *step;   /* its key */
	const char *status; /* completed, failed or skipped */
	json_t *output;     /* or NULL */
	const char *error;  /* or NULL */
};

/* A lane a run is in. */
struct oracle_lane {
	const json_t *branch; /* the step */
	const json_t *lane;   /* of its config */
};

struct oracle_run {
	int id;
	struct oracle_automation *automation;
	struct oracle_contact *contact;
	struct oracle_event *event; /* what started it; NULL: by hand */
	enum oracle_status status;
	const char *reason; /* why it ended early; or NULL */
	const json_t *step; /* where it is */
	bool is_inside;     /* resting in the step, not before it */
	int64_t started_ms, entered_ms;
	int64_t due_ms; /* 0: nothing wakes it */
	int depth;
	json_t *payload, *wait_events;
	const char *key; /* of re-entry */
	struct oracle_list lanes, history;
};

struct oracle_automation {
	int id;
	json_t *json;
	int64_t saved_ms;
	bool is_enabled, is_paused, is_gone;
};

struct oracle_event {
	int id;
	const char *name;
	const char *email;
	bool is_by_email;               /* it names an address, not a contact */
	struct oracle_contact *contact; /* NULL: nobody known */
	json_t *payload;
	int64_t at_ms;
	int depth;
	bool is_applied;          /* all it did is done */
	struct oracle_run *about; /* whose mail it is about; or NULL */
	json_t *before, *after;   /* the contact around a write; or NULL */
};

struct oracle_mail {
	struct oracle_run *run;
	const char *template;
	int64_t at_ms;
};

/* What an event led to. */
enum oracle_outcome {
	ORACLE_STARTED,
	ORACLE_NO_AUTOMATION,
	ORACLE_TOO_DEEP,
	ORACLE_NOT_STARTED
};
struct oracle_heard {
	enum oracle_outcome outcome;
	int runs;
};

/* heard: the events that exits and waits of another life have listened to, as
 * the keys of an object that is added to; or NULL. Somebody listens to them for
 * ever. */
struct world *world_new(int64_t now_ms, json_t *heard);
void world_free(struct world *);
/* The clock stands until it is set. */
void world_set_clock(struct world *, int64_t now_ms);
/* The earliest moment a run wakes by itself; 0: none does. */
int64_t world_next_due(const struct world *);
/* Wakes what is due, until nothing is. */
void world_tick(struct world *);
/*
 * With more runs due at one moment than ORACLE_CROWD_MAX, or than one
 * transaction may move, their order is a matter of the engine's slices, and
 * with more than ORACLE_RUNS_MAX in all a loop has got out of hand: nothing is
 * done any more, and the world is of no use.
 */
enum { ORACLE_CROWD_MAX = 16, ORACLE_RUNS_MAX = 1000 };
bool world_is_crowded(const struct world *);
/* So many runs one transaction may move. */
void world_set_bound(struct world *, int n);
/* Moves the clock to a moment and wakes each run at its own. */
void world_advance(struct world *, int64_t to_ms);

/* ---- what there is ----------------------------------------------------- */

/* At most ORACLE_SETS_MAX of each. filter: a rule, or NULL: by hand. */
void world_segment(struct world *, const char *name, const json_t *filter);
void world_topic(struct world *, const char *name);
/* needs: a variable it cannot do without; or NULL. */
void world_template(struct world *, const char *name, const char *needs);
/* A graph with its settings, switched off. Its number. */
int world_automation(struct world *, const json_t *graph);
/* Whether no way of the graph comes back to a step it has passed. */
bool oracle_is_acyclic(const json_t *graph);

enum oracle_switch {
	ORACLE_ENABLE,
	ORACLE_STOP,
	ORACLE_PAUSE,
	ORACLE_RESUME,
	ORACLE_DELETE
};
/* Whether that makes sense now; then it is done. */
bool world_switch(struct world *, int automation, enum oracle_switch);

/* fields: as in the API, or NULL; segments: an array of names, or NULL. False
 * if the address is known. */
bool world_contact_create(struct world *, const char *email,
    const json_t *fields, const json_t *segments);
/* False: nobody of that address; so do those below. */
bool world_contact_update(struct world *, const char *email,
    const json_t *fields);
bool world_contact_delete(struct world *, const char *email);
bool world_segment_put(struct world *, const char *email, const char *segment,
    bool in);
/* Leaves a topic; NULL: everything. */
bool world_unsubscribe(struct world *, const char *email, const char *topic);

/* ---- what happens ------------------------------------------------------ */

/* payload may be NULL. */
struct oracle_heard world_event(struct world *, const char *name,
    const char *email, const json_t *payload);
/* What became of a mail, by its number; payload without its email_id. */
struct oracle_heard world_mail_event(struct world *, const char *name, int mail,
    const json_t *payload);
/* False: refused. */
bool world_run_start(struct world *, int automation, const char *email,
    const json_t *payload);
bool world_run_cancel(struct world *, int run);
bool world_run_retry(struct world *, int run);

/* ---- what is there ----------------------------------------------------- */

/* NULL: nobody. */
const struct oracle_contact *world_contact(const struct world *,
    const char *email);
/* struct oracle_run, struct oracle_mail, struct oracle_automation, struct
 * oracle_contact. */
const struct oracle_list *world_runs(const struct world *);
const struct oracle_list *world_mails(const struct world *);
const struct oracle_list *world_automations(const struct world *);
const struct oracle_list *world_contacts(const struct world *);
const char *oracle_status_name(enum oracle_status);
const char *oracle_outcome_name(enum oracle_outcome);
