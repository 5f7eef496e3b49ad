/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What events have yet to do, contact by contact and in order.
 */
#pragma once

#include "base/defs.h"

struct arena;
struct fault;
struct txn;

struct backlog_row {
	int64_t contact;
	int64_t root;        /* the event that brought it about; 0: see below */
	int64_t seq;         /* its place behind that one (or before it) */
	int64_t at_ms;       /* when that was accepted */
	int64_t event;       /* its own id; 0: it has none yet */
	int64_t phase;       /* of the engine; where it stands */
	int64_t cursor;      /* within the phase */
	int64_t changed;     /* what it did to runs so far */
	const char *details; /* what the event is, as JSON text */
};

/* A row, or how far one that is there has come. 0 or -1. */
int store_backlog_put(struct txn *, const struct backlog_row *,
    struct fault *fault_r);
int store_backlog_delete(struct txn *, const struct backlog_row *,
    struct fault *fault_r);
/* The first row of a contact. 1, 0, -1 */
int store_backlog_first(struct txn *, struct arena *, int64_t contact,
    struct backlog_row *, struct fault *fault_r);
/* Whether it has any. 1, 0, -1 */
int store_backlog_has(struct txn *, int64_t contact, struct fault *fault_r);
/* The first contact behind that one that has any. 1, 0, -1 */
int store_backlog_contact(struct txn *, int64_t behind, int64_t *contact_r,
    struct fault *fault_r);
/* The last place behind an event (or before it, if it is given) that is taken;
 * 0: none is. 0 or -1. */
int store_backlog_last(struct txn *, int64_t contact, int64_t root,
    bool is_before, int64_t *seq_r, struct fault *fault_r);
/* The contact's backlog is to be cleared: a row of root 0 says so. */
int store_backlog_clear(struct txn *, int64_t contact, struct fault *fault_r);
/* Clears up to limit rows, that one last, and notes that their events start
 * nothing: how many, or -1. */
int store_backlog_forget(struct txn *, int64_t contact, int limit,
    struct fault *fault_r);
