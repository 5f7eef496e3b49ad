/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs, and events that started none, as answers show them. What takes a look
 * into the store is NULL with fault_r when that failed.
 */
#pragma once

#include "api/call.h"
#include "model/run.h"

/* As lists show it: an item_json of struct run. */
json_t *run_summary_json(const void *run);
/* With its steps: what became of each, or, of the one it rests at, what it
 * waits for. */
json_t *run_json(struct call *, struct txn *, const struct run *,
    struct fault *fault_r);
/* As lists show it, with the automation's id and name. */
json_t *run_named_json(struct call *, struct txn *, const struct run *,
    struct fault *fault_r);
/* An event that let nobody in: which, whose (a contact, or the address of a
 * stranger), and why. */
json_t *skip_json(struct call *, struct txn *, const struct skip *,
    struct fault *fault_r);

/* Adds "automation_id" and "automation", its name, of the automation with that
 * number. 0 or -1. */
int put_automation(struct call *, struct txn *, json_t *to, int64_t num,
    struct fault *fault_r);
