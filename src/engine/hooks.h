/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What webhooks are told. Whoever makes something happen asks hooks_listen()
 * first, which costs a look at a bit, and only then puts together what there is
 * to tell; hooks_say() writes what each subscriber is owed in the same
 * transaction. All of it is the writer's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "model/hook.h"

struct arena;
struct contact;
struct email;
struct engine;
struct fault;
struct hooks;
struct run;
struct suppression;
struct topic;
struct topic_choice;
struct txn;

struct hooks *hooks_new(void);
void hooks_free(struct hooks *);
/* Forgets who subscribes: a batch was not stored. */
void hooks_forget(struct hooks *);
/* Forgets it if it was read of a work undone since; the last thing of a batch.
 */
void hooks_check(struct hooks *, const struct txn *);
/* The batch is on disk. True if something is owed since. */
bool hooks_settle(struct hooks *);

/* Whether an enabled webhook is to be told of that type. 1, 0, -1 */
int hooks_listen(struct engine *, struct txn *, enum hook_type,
    struct fault *fault_r);
/* Tells all who subscribe to it; contact is whom it tells of, or 0. The data is
 * taken over, also by a failure; data that is no JSON is logged and not told. 0
 * or -1. */
int hooks_say(struct engine *, struct txn *, enum hook_type, int64_t contact,
    json_t *data, int64_t now_ms, struct fault *fault_r);
/* From here on nothing is said of contacts, or it is again: a whole import says
 * nothing of them, only of the runs it began. */
void hooks_hush(struct engine *, bool);
/* Something may be due that was not: it is looked at once the batch is stored.
 */
void hooks_note_due(struct engine *);

/* ---- what there is to tell --------------------------------------------- */

/* Each asks whether anybody listens, and says so. 0 or -1. */
/* created, updated, deleted; with the segments it is in. */
int hooks_say_contact(struct engine *, struct txn *, struct arena *,
    enum hook_type, const struct contact *, int64_t now_ms,
    struct fault *fault_r);
/* The topics whose choice changed. */
int hooks_say_topics(struct engine *, struct txn *, struct arena *,
    int64_t contact, const struct topic_choice *, int n, int64_t now_ms,
    struct fault *fault_r);
int hooks_say_topic(struct engine *, struct txn *, enum hook_type,
    const struct topic *, int64_t now_ms, struct fault *fault_r);
/* What became of an email, or that it is scheduled. */
int hooks_say_email(struct engine *, struct txn *, struct arena *,
    enum hook_type, const struct email *, int64_t now_ms,
    struct fault *fault_r);
int hooks_say_suppression(struct engine *, struct txn *, enum hook_type,
    const struct suppression *, int64_t now_ms, struct fault *fault_r);
/* A run began, or ended as it says. */
int hooks_say_run(struct engine *, struct txn *, struct arena *, enum hook_type,
    const struct run *, int64_t now_ms, struct fault *fault_r);
