/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of events as the writer uses them, read once. The writer's thread owns
 * them.
 */
#pragma once

#include <jansson.h>

#include "base/defs.h"

struct engine;
struct fault;
struct names;
struct txn;

struct known_name {
	const char *name;
	int64_t num; /* 0: never used */
	unsigned interest;
	const json_t *schema; /* NULL: anything goes */
};

struct names *names_new(void);
void names_free(struct names *);
/* Forgets all: a batch was not stored. */
void names_forget(struct names *);
/* Forgets what works wrote that were undone since; the last thing of a batch.
 */
void names_check(struct names *, const struct txn *);
/* The batch is on disk. */
void names_settle(struct names *);

/* What is known of a name. Valid until the next call of this room. NULL with
 * fault_r. */
const struct known_name *names_get(struct engine *, struct txn *,
    const char *name, struct fault *fault_r);
/* Its number, given now if it has none; 0 or -1. */
int names_number(struct engine *, struct txn *, const char *name,
    int64_t *num_r, struct fault *fault_r);
/* Adds to what versions do with the name. 0 or -1. */
int names_interest(struct engine *, struct txn *, const char *name,
    unsigned interest, struct fault *fault_r);
