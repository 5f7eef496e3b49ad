/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Long work that goes on a slice at a time, also after a restart, and what
 * automations did hour by hour.
 */
#pragma once

#include "base/defs.h"

struct arena;
struct fault;
struct txn;

/* Numbers are on disk. */
enum job_kind {
	JOB_CANCEL_RUNS = 1, /* of an automation (its number) */
	JOB_ENROL,           /* those who match an automation already */
	JOB_FILL_SEGMENT,    /* whom its rule chooses */
	JOB_EMPTY_SEGMENT,   /* of a segment that was deleted */
	JOB_ERASE_CONTACT,   /* what events and mails say of a contact */
	JOB_FORGET_CONTACT,  /* the runs of one that was deleted */
	JOB_CANCEL_CONTACT,  /* those of one that is there */
	JOB_EMPTY_WEBHOOK,   /* events of a webhook that was deleted */
	JOB_IMPORT,          /* of contacts; the cursor is in its file */
	JOB_KIND_COUNT
};

/* Of a number that is none of these: "unknown". */
const char *job_kind_name(enum job_kind);

struct job {
	int64_t id;
	enum job_kind kind;
	int64_t subject, cursor, done;
	const char *detail;
	int64_t failures, retry_ms; /* it is tried again then; 0: none */
	const char *error;          /* why; or NULL */
};

int store_job_insert(struct txn *, const struct job *, struct fault *fault_r);
/* The first job behind an id. 1, 0, -1 */
int store_job_next(struct txn *, struct arena *, int64_t behind, struct job *,
    struct fault *fault_r);
/* One of that kind and subject. 1, 0, -1 */
int store_job_find(struct txn *, struct arena *, enum job_kind, int64_t subject,
    struct job *, struct fault *fault_r);
/* Whether one that cancels the automation's (by its number) or the contact's
 * runs began behind that id, and why. 1 with *reason_r, 0, -1 */
int store_job_cancels(struct txn *, struct arena *, int64_t automation,
    int64_t contact, int64_t behind, const char **reason_r,
    struct fault *fault_r);
/* Its cursor, how much is done, and how it failed. */
int store_job_update(struct txn *, const struct job *, struct fault *fault_r);
int store_job_delete(struct txn *, int64_t id, struct fault *fault_r);

/* What an automation did in a span of time. */
struct tally {
	int64_t entered, completed, exited, failed, mails;
	int hours; /* in which it did anything */
};

enum {
	HOUR_MS = 3600 * 1000,
	/* In an automation's place: what all of them did. Its mails are those
	 * that the MTA took, whoever wrote them. */
	WHOLE_SERVER = 0
};

/* Adds to the hour (a moment divided by HOUR_MS). */
int store_hour_add(struct txn *, int64_t automation, int64_t hour,
    const struct tally *, struct fault *fault_r);
/* Sums the hours from first to last. */
int store_hour_sum(struct txn *, int64_t automation, int64_t first,
    int64_t last, struct tally *, struct fault *fault_r);
