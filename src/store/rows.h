/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * How this room runs its statements within a transaction. fmt and what follows
 * it are those of db_exec().
 */
#pragma once

#include "store/list.h"
#include "store/store_private.h"

/* Makes the row a statement is at into an item. */
typedef void read_row(struct db *, enum sql, struct arena *, void *item);

/* What rows of a kind become. */
struct row_type {
	size_t size;
	read_row *read;
};

/* 0 or -1. */
int txn_exec(struct txn *, enum sql, struct fault *fault_r, const char *fmt,
    ...);
/* How many rows it changed, or -1. */
int txn_change(struct txn *, enum sql, struct fault *fault_r, const char *fmt,
    ...);
/* Changes what everyone loads who works with automations: 0 or -1. */
int txn_define(struct txn *, enum sql, struct fault *fault_r, const char *fmt,
    ...);
/* Removes a row by its id, which will not be given out again; is_defining: as
 * txn_define(). 1, 0 if there was none, -1 */
int txn_delete(struct txn *, enum sql, int64_t id, bool is_defining,
    struct fault *fault_r);
/* Removes up to limit rows of a key, or before an id: how many, or -1. */
int txn_prune(struct txn *, enum sql, int64_t key, int limit,
    struct fault *fault_r);
/* The first row, if there is one. 1, 0, -1 */
int txn_first(struct txn *, enum sql, read_row *, struct arena *, void *item,
    struct fault *fault_r, const char *fmt, ...);
/* The one integer of it. 1, 0, -1; txn_is() is for those who only ask. */
int txn_int(struct txn *, enum sql, int64_t *value_r, struct fault *fault_r,
    const char *fmt, ...);
int txn_is(struct txn *, enum sql, struct fault *fault_r, const char *fmt, ...);
/*
 * A page of the rows: at most its limit, though one row more is asked for, to
 * know whether there are more. 0 or -1.
 */
int txn_list(struct txn *, enum sql, const struct row_type *, struct arena *,
    const struct page *, struct list *list_r, struct fault *fault_r,
    const char *fmt, ...);

/* A page from the beginning. */
#define LIMIT(n) (&(const struct page){ .limit = (n) })
/* What a table holds that is small by its nature. */
#define ALL_ROWS LIMIT(INT32_MAX - 1)

/* The statement of the direction asked for. */
enum sql page_sql(const struct page *, enum sql down, enum sql up);
/* Of statements that select one integer. */
extern const struct row_type int_rows;
/* A read_row of contacts, for statements that select their usual columns. */
extern const struct row_type contact_rows;
