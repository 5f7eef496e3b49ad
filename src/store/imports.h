/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Imports of contacts in the store; their files lie beside it.
 */
#pragma once

#include "model/import.h"
#include "store/list.h"

struct arena;
struct fault;
struct txn;

/* A new one: id, size and options; nothing is done of it yet. 0 or -1. */
int store_import_insert(struct txn *, const struct import *,
    struct fault *fault_r);
/* All but id, size and options. 0 or -1. */
int store_import_update(struct txn *, const struct import *,
    struct fault *fault_r);
/* 1, 0, -1 */
int store_import_get(struct txn *, struct arena *, int64_t id, struct import *,
    struct fault *fault_r);
/* Those of a status, of any if it is negative; items are struct import. */
int store_import_list(struct txn *, struct arena *, int status,
    const struct page *, struct list *list_r, struct fault *fault_r);
/* Notes a row that failed. 0 or -1. */
int store_import_failure(struct txn *, int64_t import,
    const struct import_failure *, struct fault *fault_r);
/* Gives another reason for the last that was noted. 0 or -1. */
int store_import_failure_last(struct txn *, int64_t import, const char *reason,
    struct fault *fault_r);
/* The first that were noted; items are struct import_failure. */
int store_import_failures(struct txn *, struct arena *, int64_t import,
    int limit, struct list *list_r, struct fault *fault_r);
/* Removes up to limit finished ones before an id. How many, or -1. */
int store_import_prune(struct txn *, int64_t before, int limit,
    struct fault *fault_r);
