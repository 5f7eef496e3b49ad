/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What automations did, counted for each hour: runs that came in and how they
 * ended, and mails. Counts are written with the work that made them.
 */
#pragma once

#include "base/defs.h"

struct engine;
struct fault;
struct run;
struct tallies;
struct txn;

struct tallies *tallies_new(void);
void tallies_free(struct tallies *);
/* The work under way has failed: what it counted did not happen. */
void tallies_forget(struct tallies *);

void tally_entered(struct engine *, const struct run *);
void tally_ended(struct engine *, const struct run *);
/* A failed run goes on. */
void tally_retried(struct engine *, const struct run *);
void tally_mail(struct engine *, int64_t automation);
/* How much was counted, to go back to when a part of the work is undone. */
int tally_mark(const struct engine *);
void tally_undo(struct engine *, int mark);
/* Writes the counts into their hour. 0 or -1. */
int tally_write(struct engine *, struct txn *, int64_t now_ms,
    struct fault *fault_r);
/* An automation whose mails this hour are many times the usual is paused, with
 * an alarm in the log. 0 or -1. */
int tally_watch(struct engine *, struct txn *, int64_t now_ms,
    struct fault *fault_r);
