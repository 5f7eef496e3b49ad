/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/list.h"

#include <string.h>

#include "base/arena.h"
#include "store/list_private.h"

int64_t
page_below(const struct page *p)
{
	return p->before == 0 && p->after != 0 ? p->after : INT64_MAX;
}

int64_t
page_above(const struct page *p)
{
	return p->before;
}

int64_t
page_rows(const struct page *p)
{
	return p->limit + 1;
}

enum sql
page_sql(const struct page *p, enum sql down, enum sql up)
{
	return p->before != 0 ? up : down;
}

/* Turns the order of n items around. */
static void
reverse(char *items, int n, size_t size, void *spare)
{
	for (int i = 0, j = n - 1; i < j; i++, j--) {
		memcpy(spare, items + (size_t)i * size, size);
		memcpy(items + (size_t)i * size, items + (size_t)j * size,
		    size);
		memcpy(items + (size_t)j * size, spare, size);
	}
}

int
list_fill(struct db *db, enum sql n, int rc, const struct page *page,
    struct arena *a, size_t size, read_row *read, struct list *list_r,
    struct fault *fault_r)
{
	int room = 0;
	char *items = NULL;
	*list_r = (struct list){ 0 };
	for (; rc == 1; rc = db_next(db, n, fault_r)) {
		if (list_r->n == page->limit) {
			list_r->has_more = true;
			db_end(db, n);
			rc = 0;
			break;
		}
		if (list_r->n == room) {
			int more = room == 0 ? 16 : room * 2;
			char *wider = arena_alloc(a, (size_t)more * size);
			if (room > 0)
				memcpy(wider, items, (size_t)room * size);
			items = wider;
			room = more;
		}
		read(db, n, a, items + (size_t)list_r->n++ * size);
	}
	if (page->before != 0 && list_r->n > 1)
		reverse(items, list_r->n, size, arena_alloc(a, size));
	list_r->items = items;
	return rc;
}
