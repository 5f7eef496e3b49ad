/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who gets into an automation: what its trigger's config says.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/defs.h"
#include "base/json_names.h"

struct arena;
struct engine;
struct event;
struct fault;
struct rule;
struct scope;
struct txn;

enum entry_kind {
	ENTRY_EVENT,   /* an event, perhaps with a filter */
	ENTRY_CREATED, /* a contact is new */
	ENTRY_JOINED,  /* it came into a segment */
	ENTRY_MATCHED, /* a filter over it turned true */
	ENTRY_CHANGED, /* a field of it changed */
	ENTRY_MANUAL,  /* by hand alone */
	ENTRY_KIND_COUNT
};

enum { ENTRY_EVENTS_MAX = 2 };

struct entry {
	enum entry_kind kind;
	const char *events[ENTRY_EVENTS_MAX]; /* names it listens to */
	int n_events;
	struct rule *filter; /* NULL: none */
	int64_t *segments;   /* it wants one of them */
	int n_segments;
	const char *field; /* ENTRY_CHANGED */
	const json_t *from, *to;
};

/* Reads a trigger's config. NULL with fault_r that names the field. */
struct entry *entry_compile(struct arena *, const json_t *config,
    struct fault *fault_r);
/* What an author may not write into a trigger's config: names of an entry that
 * mean nothing there, events that never come. 0, -1 with the place's fault. */
int entry_check_written(struct json_place *, const json_t *config);
/* What it names must exist. 0 or -1. */
int entry_check(struct txn *, struct arena *, const struct entry *,
    struct fault *fault_r);
/* Whether an event it listens to lets its contact in; the scope sees the event
 * and the contact. 1, 0, -1 */
int entry_admits(struct txn *, const struct entry *, const struct event *,
    struct scope *, struct fault *fault_r);
/* Whether the contact of the scope still is what the entry asks for. 1, 0, -1
 */
int entry_still_met(struct txn *, const struct entry *, struct scope *,
    struct fault *fault_r);
/* Whether a contact that was there before may be let in. 1, 0, -1 */
int entry_enrols(struct txn *, const struct entry *, struct scope *,
    struct fault *fault_r);
/* True if those who are there already can be found by it. */
bool entry_can_enrol(const struct entry *);

/* Words that entries share with others, for tables of names. */
#define ENTRY_EVENT_WORDS \
	{ "event_name" }, \
	{ \
		"eventName", "event_name" \
	}
#define ENTRY_FILTER_WORDS \
	{ "filter" }, { "filter_criteria", "filter" }, \
	{ \
		"filterCriteria", "filter" \
	}
#define ENTRY_SEGMENT_WORDS \
	{ "segment_id" }, { "segment_ids", "segment_id" }, \
	    { "segmentId", "segment_id" }, { "segmentIds", "segment_id" }, \
	    { "list_id", "segment_id" }, { "list_ids", "segment_id" }, \
	    { "listId", "segment_id" }, \
	{ \
		"listIds", "segment_id" \
	}
/* Those for segments alone. */
extern const struct json_name entry_segment_names[];
/* The object has no other names than these, and where they mean a filter or an
 * event's name, such a one. 0, -1 with the place's fault. */
int entry_check_words(struct json_place *, const json_t *,
    const struct json_name *);

/* Ids of segments: "segment_id" or "segment_ids" of a config, and what these
 * are called elsewhere. How many, or -1 with fault_r. */
int entry_read_segments(struct arena *, const json_t *config, int64_t **ids_r,
    struct fault *fault_r);
/* Every one of them exists. 0 or -1. */
int entry_check_segments(struct txn *, struct arena *, const int64_t *, int n,
    struct fault *fault_r);
/* True if the id is one of them. */
bool entry_names_segment(const int64_t *, int n, int64_t id);
