/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * An automation's settings: who may come in again, and what ends a run before
 * its steps do.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/defs.h"

struct arena;
struct entry;
struct event;
struct fault;
struct graph;
struct json_place;
struct rule;
struct scope;
struct txn;

enum reentry {
	REENTRY_ALWAYS,
	REENTRY_ONCE,
	REENTRY_ONCE_PER,
	REENTRY_ONE_AT_A_TIME,
	REENTRY_COUNT
};

enum exit_kind {
	EXIT_EVENT,
	EXIT_MATCH, /* a filter over the contact is true */
	EXIT_SEGMENT_LEFT,
	EXIT_UNSUBSCRIBED,
	EXIT_HARD_BOUNCED,
	EXIT_COMPLAINED,
	EXIT_ENTRY_NOT_MET,
	EXIT_KIND_COUNT
};

struct exit_rule {
	enum exit_kind kind;
	const char *event; /* EXIT_EVENT: its name */
	struct rule *filter;
	int64_t *segments; /* EXIT_SEGMENT_LEFT; none: any */
	int n_segments;
	int64_t topic; /* EXIT_UNSUBSCRIBED; 0: everything alone */
};

struct policy {
	enum reentry reentry;
	int64_t per_ms;  /* REENTRY_ONCE_PER */
	const char *key; /* path of the instance's key; NULL: none */
	struct exit_rule *exits;
	int n_exits;
	int64_t max_duration_ms; /* 0: none */
	bool enrol_existing;
	int cancels_on_stop; /* 1, 0, -1: as configured */
};

/* The settings of a graph. NULL with fault_r that names the field. */
struct policy *policy_compile(struct arena *, const json_t *settings,
    struct fault *fault_r);
/* What an author may not write there: names that mean nothing, events that
 * never come. 0, -1 with the place's fault. */
int policy_check_written(struct json_place *, const json_t *settings);
/* What they name must exist. 0 or -1. */
int policy_check(struct txn *, struct arena *, const struct policy *,
    struct fault *fault_r);
/* Calls each() for every event that may end a run; stops at -1. */
int policy_events(const struct policy *, int (*each)(void *, const char *name),
    void *arg);

/* Which rule an event, of the scope's contact, fires: 1 with *reason_r, 0 none,
 * -1 with fault_r. */
int policy_exit_by_event(struct txn *, const struct policy *,
    const struct entry *, const struct event *, struct scope *,
    const char **reason_r, struct fault *fault_r);
/* The same of what the contact is by now. */
int policy_exit_by_state(struct txn *, const struct policy *,
    const struct entry *, struct scope *, const char **reason_r,
    struct fault *fault_r);
/* The number a run's instance is known by; 0 where no key is asked for. */
int64_t policy_key(const struct policy *, struct scope *);
