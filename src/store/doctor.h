/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks at the ties between tables that no foreign key checks, a slice of rows
 * at a time.
 */
#pragma once

#include "base/defs.h"
#include "store/list.h"

struct arena;
struct fault;
struct txn;

enum { DOCTOR_KEYS_MAX = 4 };

/* The last row looked at: of which check, and its key. All zero: none yet. */
struct doctor_place {
	int check;
	int64_t key[DOCTOR_KEYS_MAX];
};

struct doctor_problem {
	const char *table, *id; /* of the row */
	const char *text;       /* what is wrong with it */
};

/* Checks there are; a place at this one is the end. */
int store_doctor_checks(void);
/*
 * Looks at up to rows rows behind the place, all of one check, and moves the
 * place. state_dir is where attachments' files lie; NULL: they are not looked
 * for. Items are struct doctor_problem. How many rows, or -1.
 */
int store_doctor_look(struct txn *, struct arena *, const char *state_dir,
    struct doctor_place *, int rows, struct list *list_r,
    struct fault *fault_r);
