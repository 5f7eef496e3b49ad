/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events and their names in the store.
 */
#pragma once

#include "model/event.h"
#include "store/list.h"

struct arena;
struct contact;
struct fault;
struct txn;

/* What versions of automations ever did with an event's name, as bits. They
 * are never taken back: a run may rest on an old version. */
enum event_interest {
	INTEREST_WAIT = 1,     /* a step waits for it */
	INTEREST_EXIT = 2,     /* it may end runs */
	INTEREST_LOOKBACK = 4, /* a wait looks back to it */
};

struct event_name {
	int64_t num; /* 0: the name was never used */
	unsigned interest;
	const char *schema; /* JSON object as text; NULL: anything goes */
};

/* A name somebody defined. */
struct definition {
	int64_t id;
	int64_t num; /* the name's number; it had it before and keeps it */
	const char *name;
	const char *schema; /* JSON object as text; NULL: anything goes */
	int64_t updated_ms; /* 0: never */
};

/* 1, 0 if nobody used the name yet, -1 */
int store_name_get(struct txn *, struct arena *, const char *name,
    struct event_name *, struct fault *fault_r);
/* Gives a name its number. 0 or -1. */
int store_name_insert(struct txn *, const char *name, int64_t *num_r,
    struct fault *fault_r);
/* Adds bits to a name's interest. */
int store_name_interest(struct txn *, int64_t num, unsigned interest,
    struct fault *fault_r);

/* Each change raises txn_automations_version(). Fills d->num. 1, 0 if the name
 * has a definition already, -1 */
int store_definition_insert(struct txn *, struct definition *d,
    struct fault *fault_r);
/* The schema and the moment. 0 or -1. */
int store_definition_update(struct txn *, const struct definition *,
    struct fault *fault_r);
/* 1, 0 there is none, -1 */
int store_definition_delete(struct txn *, int64_t id, struct fault *fault_r);
/* 1, 0, -1 */
int store_definition_get(struct txn *, struct arena *, int64_t id,
    struct definition *, struct fault *fault_r);
int store_definition_by_name(struct txn *, struct arena *, const char *name,
    struct definition *, struct fault *fault_r);
int store_definition_list(struct txn *, struct arena *, const struct page *,
    struct list *list_r, struct fault *fault_r);

int store_event_insert(struct txn *, const struct event *, int64_t name_num,
    enum event_outcome, struct fault *fault_r);
/* What it led to, once that is known. 0 or -1. */
int store_event_outcome(struct txn *, int64_t id, enum event_outcome,
    struct fault *fault_r);
/* 1, 0, -1 */
int store_event_get(struct txn *, struct arena *, int64_t id, struct event *,
    enum event_outcome *, struct fault *fault_r);
/*
 * Looks for a contact's events among the next rows events behind *after, and
 * moves it behind them: no index finds them. Those of the address from before
 * it was a contact's count. 1, 0 there is nothing behind, -1
 */
int store_event_of_contact(struct txn *, struct arena *, const struct contact *,
    int64_t *after, int rows, struct list *list_r, struct fault *fault_r);
/* Removes up to limit events older than that id. How many, or -1. */
int store_event_prune(struct txn *, int64_t before, int limit,
    struct fault *fault_r);

/* Remembers the event for those who look back to its name. */
int store_recent_insert(struct txn *, int64_t contact, int64_t name,
    int64_t event, struct fault *fault_r);
/* The newest of a contact's remembered events of a name from one id on and
 * before another. 1, 0, -1 */
int store_recent_before(struct txn *, struct arena *, int64_t contact,
    int64_t name, int64_t from, int64_t before, struct event *,
    struct fault *fault_r);
int store_recent_prune(struct txn *, int64_t before, int limit,
    struct fault *fault_r);
