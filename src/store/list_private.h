/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * How this room fills a list.
 */
#pragma once

#include "store/list.h"
#include "store/store_private.h"

/* Bounds of a page: below and above, both exclusive. */
int64_t page_below(const struct page *);
int64_t page_above(const struct page *);
/* Rows to ask for: one more than wanted tells whether there are more. */
int64_t page_rows(const struct page *);
/* The statement of the direction asked for. */
enum sql page_sql(const struct page *, enum sql down, enum sql up);

typedef void read_row(struct db *, enum sql, struct arena *, void *item);

/* Reads the rows of a statement already at rc = db_first() into the list. */
int list_fill(struct db *, enum sql, int rc, const struct page *,
    struct arena *, size_t item_size, read_row *, struct list *list_r,
    struct fault *fault_r);

/* A read_row of contacts, for statements that select their usual columns. */
void contact_row_read(struct db *, enum sql, struct arena *, void *item);
