/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run: one contact's way through one version of an automation. It rests in
 * the store; the numbers below are what the store keeps.
 */
#pragma once

#include "base/defs.h"

enum run_status {
	RUN_RUNNING,
	RUN_COMPLETED,
	RUN_FAILED,
	RUN_CANCELLED,
	RUN_STATUS_COUNT
};
enum step_status {
	STEP_PENDING,
	STEP_RUNNING,
	STEP_WAITING,
	STEP_COMPLETED,
	STEP_FAILED,
	STEP_SKIPPED,
	STEP_STATUS_COUNT
};

const char *run_status_name(enum run_status);
const char *step_status_name(enum step_status);
/* The status of a name, -1 if there is none such. */
int run_status_find(const char *name);

struct run {
	int64_t id;                  /* also the moment it began */
	int64_t automation, version; /* numbers, not ids */
	int64_t contact;
	int64_t event; /* what started it; 0: somebody's hand */
	enum run_status status;
	int step; /* where it rests: index in the version's steps */
	int seq;  /* steps behind it: the number of its next history row */
	int64_t due_ms;     /* moment it wakes by itself; 0: none */
	int64_t entered_ms; /* when it came to the step */
	int64_t finished_ms;
	int depth;           /* how many causes are behind it */
	const char *payload; /* what the event carried */
	const char *context; /* what it learned on the way, JSON; or NULL */
	const char *reason;  /* why it ended early; or NULL */
};

/* One step behind a run. */
struct run_step {
	int seq, step;
	enum step_status status;
	int64_t started_ms, finished_ms;
	const char *output, *error; /* JSON objects as text; or NULL */
};

/* Why an automation that listened to an event did not let the contact in.
 * Numbers are on disk. */
enum skip_reason {
	SKIP_NONE,
	SKIP_FILTER,         /* the entry rule's filter was false */
	SKIP_REENTRY_ONCE,   /* it was in before */
	SKIP_REENTRY_WINDOW, /* it was in not long ago */
	SKIP_REENTRY_ACTIVE, /* it is in now */
	SKIP_PAUSED,         /* the automation is paused */
	SKIP_TOO_DEEP,       /* too many causes are behind the event */
	SKIP_REASON_COUNT
};
const char *skip_reason_name(enum skip_reason);
/* The same as a sentence. */
const char *skip_reason_text(enum skip_reason);

struct skip {
	int64_t id;
	int64_t automation;     /* number */
	int64_t contact, event; /* 0: a stranger; somebody's hand */
	enum skip_reason reason;
};
