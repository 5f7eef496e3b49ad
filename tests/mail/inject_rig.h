/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * An injector on a loop, a server that does as it is told, and what the
 * injector's caller is told of each job.
 */
#pragma once

#include <event2/event.h>
#include <stdbool.h>

#include "conf/conf.h"
#include "mail/inject.h"
#include "tests/mail/fake_mta.h"

enum { JOBS = 400 };

#define LETTER "Subject: x\r\n\r\nhello\r\n"

/* The recipients of the plain letter. */
extern const char *const one[];

/* What became of a job. */
struct told {
	int n; /* how often it was told */
	enum inject_outcome outcome;
	int code;
	char text[512], queue_id[64];
	int n_refused;
	struct {
		int recipient, code;
	} refused[8];
};

extern struct inject_rig {
	struct event_base *base;
	struct fake_mta mta;
	struct conf conf;
	struct injector *injector;
	struct inject_job jobs[JOBS];
	struct told told[JOBS];
	int n_jobs, n_done, n_room;
	int more; /* submitted when one is done, as long as there is room */
	bool is_late;
} rig;

/* Begins a test: a server with these offers (NULL: all), a pool for it. */
void rig_begin(const char *offers);
/* Adds a rule to the server's script. */
void rig_rule(struct fake_rule);
void rig_open(void);
/* What rig_open() gives to the injector. */
extern const struct inject_handler rig_handler;
/* Closes, and checks that every job was told of once. */
void rig_end(void);

/* Makes a job; it is not submitted. */
struct inject_job *rig_job_make(const char *sender,
    const char *const *recipients, const char *data, size_t len);
/* Submits the plain letter. */
void rig_submit_plain(void);
/* Submits rig.more plain letters, while there is room. */
void rig_submit_more(void);
/* Runs until all jobs are done. */
void rig_run(void);
/* Opens, and has the plain letter done. */
void rig_one_letter(void);
/* Checks one job's end. */
void rig_told_is(int i, enum inject_outcome outcome, int code,
    const char *part);
/* True if the server's log holds the text. */
bool rig_saw(const char *text);

/* Sets rig.is_late after a while, unless it is freed. */
struct event *rig_bound(void);
/* Runs the loop until a condition is true, for a bounded time. */
#define rig_run_until(condition) \
	do { \
		struct event *timer = rig_bound(); \
		while (!(condition) && !rig.is_late) \
			event_base_loop(rig.base, EVLOOP_ONCE); \
		event_free(timer); \
	} while (0)
