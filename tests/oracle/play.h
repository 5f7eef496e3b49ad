/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A case played through the interpreter, one action after the other, and the
 * picture of what there is then. The engine's side draws the same picture.
 *
 *     {"contacts":[{"email":..,"first_name":..,"last_name":..,
 *                   "unsubscribed":..,"properties":{},"segments":[..]}],
 *      "runs":{"A":[{"who":..,"status":..,"reason":..,"step":..,"due":..,
 *                    "history":[{"step":..,"status":..,"output":..,
 *                                "error":..}]}]},
 *      "mails":[{"to":..,"template":..}]}
 *
 * who is null when the contact is gone; step and due are those of running
 * runs. What only one side can know is left out: ids are true, outputs without
 * a defined form null.
 */
#pragma once

#include "tests/oracle/oracle.h"

struct play {
	const json_t *script; /* the case */
	struct world *world;
	char *tag; /* makes addresses unique: ann becomes ann.TAG@example.com */
};

/* The script is borrowed for the life of the play. heard: see world_new(). */
struct play *play_new(const json_t *script, const char *tag, int64_t now_ms,
    json_t *heard);
void play_free(struct play *);

/* "ann" as an address; valid until the next call. */
const char *play_address(const struct play *, const char *who);
/* The number of an automation by its name, -1 if there is none. */
int play_automation(const struct play *, const char *name);
/* The run, or mail, an action is about; -1: there is none yet. To be
 * retried rather one that failed, to be cancelled one that runs. */
int play_run(const struct play *, const json_t *action);
int play_mail(const struct play *, const json_t *action);

/* When the action comes. */
int64_t play_moment(const struct play *, const json_t *action);

/* What an action led to, as words: "done", "refused", or what an event did:
 * "started 2", "not_started". */
enum { PLAY_RESULT_LEN = 64 };
void play_do(struct play *, const json_t *action, char result[PLAY_RESULT_LEN]);
void play_heard(const struct oracle_heard *, char result[PLAY_RESULT_LEN]);

/* The caller owns it. */
json_t *play_picture(const struct play *);
/* How an output is shown in a picture; the value is taken over. */
json_t *play_output(const char *step_type, const char *status, json_t *);
