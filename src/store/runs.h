/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs in the store: where they stand, the steps behind them, what they wait
 * for, and why some never began.
 */
#pragma once

#include "model/run.h"
#include "store/list.h"

struct arena;
struct fault;
struct txn;

int store_run_insert(struct txn *, const struct run *, struct fault *fault_r);
/* Where it rests now; what never changes is not written. */
int store_run_update(struct txn *, const struct run *, struct fault *fault_r);
/* 1, 0, -1 */
int store_run_get(struct txn *, struct arena *, int64_t id, struct run *,
    struct fault *fault_r);
/* An automation's runs due at that moment, oldest due first. */
int store_run_due(struct txn *, struct arena *, int64_t automation,
    int64_t now_ms, int limit, struct list *list_r, struct fault *fault_r);
/* Earliest moment at which a run of an automation is due; 0: none is. */
int store_run_next_due(struct txn *, int64_t automation, int64_t *due_r,
    struct fault *fault_r);
/* The first automation behind that number with runs that are due sometime, and
 * the earliest moment. 1, 0 if there is none, -1. */
int store_run_due_behind(struct txn *, int64_t behind, int64_t *automation_r,
    int64_t *due_r, struct fault *fault_r);

/* Running runs of a contact behind an id, in order. */
int store_run_live(struct txn *, struct arena *, int64_t contact, int64_t after,
    int limit, struct list *list_r, struct fault *fault_r);
/* A contact's running runs of one version. */
struct run_group {
	int64_t automation, version;
};
/* The group behind *g, which becomes it; all zero: the first. 1, 0, -1 */
int store_run_live_group(struct txn *, int64_t contact, struct run_group *g,
    struct fault *fault_r);
/* Its runs, in no order, but for those that no event began with that id or one
 * behind it. */
int store_run_live_of(struct txn *, struct arena *, int64_t contact,
    const struct run_group *, int64_t before, int limit, struct list *list_r,
    struct fault *fault_r);
/* Those of it that are due by then, oldest due first; items are struct run_due.
 */
struct run_due {
	int64_t id, automation, due_ms;
	bool is_between; /* it rests before a step, to go on at once */
};
int store_run_live_due(struct txn *, struct arena *, int64_t contact,
    const struct run_group *, int64_t now_ms, int limit, struct list *list_r,
    struct fault *fault_r);
/* The newest run of a contact in an automation, with any status. 1, 0, -1 */
int store_run_last(struct txn *, int64_t contact, int64_t automation,
    int64_t *run_r, struct fault *fault_r);
/* The same, of the running ones alone. */
int store_run_last_live(struct txn *, int64_t contact, int64_t automation,
    int64_t *run_r, struct fault *fault_r);

/* Runs of an automation; statuses is a set of bits (1 << RUN_...). */
int store_run_list(struct txn *, struct arena *, int64_t automation,
    unsigned statuses, const struct page *, struct list *list_r,
    struct fault *fault_r);
/* Runs of a contact in all automations. */
int store_run_of_contact(struct txn *, struct arena *, int64_t contact,
    const struct page *, struct list *list_r, struct fault *fault_r);
/* Runs of a contact in one automation, newest first. */
int store_run_of_both(struct txn *, struct arena *, int64_t contact,
    int64_t automation, int limit, struct list *list_r, struct fault *fault_r);
/* Running runs of an automation, a slice in order of their ids. */
int store_run_running(struct txn *, struct arena *, int64_t automation,
    int limit, struct list *list_r, struct fault *fault_r);

/* The first automation behind that number that has runs; 0: none. */
int store_run_automation_behind(struct txn *, int64_t behind,
    int64_t *automation_r, struct fault *fault_r);
/* Removes up to limit runs of that automation and status older than an id,
 * with their steps. How many, or -1. */
int store_run_prune(struct txn *, int64_t automation, enum run_status,
    int64_t before, int limit, struct fault *fault_r);

int store_step_insert(struct txn *, const struct run *, const struct run_step *,
    struct fault *fault_r);
/* Items are struct run_step in order of time. */
int store_step_list(struct txn *, struct arena *, int64_t run,
    struct list *list_r, struct fault *fault_r);

/* A run rests, where it stands, until an event of that name comes. */
int store_wait_insert(struct txn *, const struct run *, int64_t name,
    struct fault *fault_r);
int store_wait_delete(struct txn *, const struct run *, int64_t name,
    struct fault *fault_r);
/* What a run waits for, whatever it is. */
int store_wait_delete_run(struct txn *, int64_t contact, int64_t run,
    struct fault *fault_r);
/* Where runs of a contact wait for a name: the version and the step they are
 * in. */
struct wait_place {
	int64_t version;
	int step;
};
/* The place behind *p, which becomes it; all zero: the first. 1, 0, -1 */
int store_wait_place(struct txn *, int64_t contact, int64_t name,
    struct wait_place *p, struct fault *fault_r);
/* Ids of the runs that wait there, behind an id; items are int64_t. */
int store_wait_list(struct txn *, struct arena *, int64_t contact, int64_t name,
    const struct wait_place *, int64_t after, int limit, struct list *list_r,
    struct fault *fault_r);

/* The last run that entered with that key. 1, 0, -1 */
int store_entry_get(struct txn *, int64_t contact, int64_t automation,
    int64_t key, int64_t *run_r, struct fault *fault_r);
int store_entry_put(struct txn *, int64_t contact, int64_t automation,
    int64_t key, int64_t run, struct fault *fault_r);
/* All of a contact in an automation, up to limit. */
struct run_entry {
	int64_t key, run;
};
int store_entry_list(struct txn *, struct arena *, int64_t contact,
    int64_t automation, int limit, struct list *list_r, struct fault *fault_r);

int store_skip_insert(struct txn *, const struct skip *, struct fault *fault_r);
int store_skip_list(struct txn *, struct arena *, int64_t automation,
    const struct page *, struct list *list_r, struct fault *fault_r);
int store_skip_of_both(struct txn *, struct arena *, int64_t contact,
    int64_t automation, int limit, struct list *list_r, struct fault *fault_r);
int store_skip_of_event(struct txn *, struct arena *, int64_t event, int limit,
    struct list *list_r, struct fault *fault_r);
/* Of a contact in all automations; downwards only. */
int store_skip_of_contact(struct txn *, struct arena *, int64_t contact,
    const struct page *, struct list *list_r, struct fault *fault_r);
/*
 * Of an address that was no contact's then. No index finds them: they are
 * looked for among the automation's newest SKIPS_SEARCHED of strangers.
 * has_more: there are older ones of strangers, or more than limit of this one.
 */
enum { SKIPS_SEARCHED = 1000 };
int store_skip_of_stranger(struct txn *, struct arena *, int64_t automation,
    const char *email_key, int limit, struct list *list_r,
    struct fault *fault_r);
int store_skip_prune(struct txn *, int64_t before, int limit,
    struct fault *fault_r);

/* Removes what of a contact is no row of a run or an event: waits, entries,
 * skips, remembered events; of each up to limit. 1 there is more, 0, -1 */
int store_run_forget_contact(struct txn *, int64_t contact, int limit,
    struct fault *fault_r);
