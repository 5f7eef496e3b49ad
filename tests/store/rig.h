/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the store's tests share: a store in the test's directory, works that
 * note how they went, and waiting with a bound.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "store/store.h"

/* How long anything may take before a test says it never came. */
enum { RIG_WAIT_MS = 20000 };

/* A work of a test, and what became of it. */
struct job {
	struct work work;
	int (*run)(struct txn *, struct job *, struct fault *fault_r);
	void *arg;
	int64_t n;      /* what run() makes of it */
	int64_t result; /* what run() found */
	const char *text;
	/* filled by done() */
	int n_done;      /* how often it was called */
	int order;       /* place among all that were done, from 0 */
	int64_t took_us; /* from being submitted */
	pthread_t thread;
	int64_t began_us;
};

/* Small limits, one reader; the file has that name in tap_dir(). */
struct store_options rig_options(const char *name);
/* Opens and starts; a test without a store has nothing to say and ends. */
struct store *rig_open(const struct store_options *);
/* Waits for what is under way, then stops and closes. */
void rig_close(struct store *);
/* A path in tap_dir(), good until the test ends. */
const char *rig_path(const char *name);

void job_write(struct store *, struct job *);
void job_read(struct store *, struct job *);
void job_compute(struct store *, struct job *);
void job_aside(struct store *, struct job *);
/* Forgets the places given out. */
void job_count_from_zero(void);
bool job_good(const struct job *);

/* Dispatches until cond(arg) is true; false when that took too long. */
bool rig_until(struct store *, bool (*cond)(void *), void *arg, int ms);
/* The same until every work submitted was done. */
bool rig_settle(struct store *);
/* Runs one job on the store's own thread and waits for it: 0 or -1. */
int rig_do(struct store *, struct job *);

/* Writes contact n: id and address follow from the number; text becomes its
 * properties. */
int put_contact(struct txn *, struct job *, struct fault *);
/* result: 1 if contact n is there, 0 if not. */
int find_contact(struct txn *, struct job *, struct fault *);
/* result: how many contacts there are. */
int count_contacts(struct txn *, struct job *, struct fault *);
int64_t contact_id(int64_t n);

/* A job that stays in run() until it is let go: what is submitted meanwhile
 * makes one batch. */
struct gate {
	struct job job;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool is_entered, is_open;
};
/* Submits the gate; true once the thread stands in it. */
bool gate_close(struct store *, struct gate *);
/* Submits it behind what is in the lane. */
void gate_submit(struct store *, struct gate *, unsigned lane);
void gate_open(struct gate *);
/* For a run() of its own that is to stop within. */
void gate_pass(struct gate *);
void gate_init(struct gate *);
bool gate_entered(struct gate *);
