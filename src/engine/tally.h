/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What automations did, counted for each hour: runs that came in and how they
 * ended, and mails. Counts are written with the work that made them.
 */
#pragma once

#include <stdbool.h>

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
/* The MTA has taken a mail, whoever wrote it; no failed work undoes that. */
void tally_sent(struct engine *);
/* How much was counted, to go back to when a part of the work is undone. */
int tally_mark(const struct engine *);
void tally_undo(struct engine *, int mark);
/* Writes the counts into their hour. 0 or -1. */
int tally_write(struct engine *, struct txn *, int64_t now_ms,
    struct fault *fault_r);
/* Writes what the whole server did in the batch, at its end. 0 or -1. */
int tally_write_whole(struct engine *, struct txn *, int64_t now_ms,
    struct fault *fault_r);
/* The batch is on disk, or not. */
void tallies_settle(struct tallies *, bool committed);
/* An automation whose mails this hour are many times the usual is paused, with
 * an alarm in the log. 0 or -1. */
int tally_watch(struct engine *, struct txn *, int64_t now_ms,
    struct fault *fault_r);
