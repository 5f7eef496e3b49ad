/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/rows.h"

#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"

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

/* Reads the rows of a statement that is at rc. */
static int
fill(struct db *db, enum sql n, int rc, const struct row_type *type,
    struct arena *a, const struct page *page, struct list *list_r,
    struct fault *fault_r)
{
	int room = 0;
	char *items = NULL;
	for (; rc == 1; rc = db_next(db, n, fault_r)) {
		if (list_r->n == page->limit) {
			list_r->has_more = true;
			db_end(db, n);
			rc = 0;
			break;
		}
		if (list_r->n == room) {
			int more = room == 0 ? 16 : room * 2;
			char *wider = arena_alloc(a, (size_t)more * type->size);
			if (room > 0)
				memcpy(wider, items, (size_t)room * type->size);
			items = wider;
			room = more;
		}
		type->read(db, n, a, items + (size_t)list_r->n++ * type->size);
	}
	if (page->before != 0 && list_r->n > 1)
		reverse(items, list_r->n, type->size,
		    arena_alloc(a, type->size));
	list_r->items = items;
	return rc;
}

int
txn_list(struct txn *t, enum sql n, const struct row_type *type,
    struct arena *a, const struct page *page, struct list *list_r,
    struct fault *fault_r, const char *fmt, ...)
{
	struct db *db = txn_db(t, fault_r);
	va_list ap;
	*list_r = (struct list){ 0 };
	if (db == NULL)
		return -1;
	va_start(ap, fmt);
	int rc = db_vfirst(db, n, fault_r, fmt, ap);
	va_end(ap);
	return fill(db, n, rc, type, a, page, list_r, fault_r);
}

/* ---- single rows ------------------------------------------------------- */

static int
vexec(struct txn *t, enum sql n, struct fault *fault_r, const char *fmt,
    va_list ap)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL ? -1 : db_vexec(db, n, fault_r, fmt, ap);
}

int
txn_exec(struct txn *t, enum sql n, struct fault *fault_r, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int rc = vexec(t, n, fault_r, fmt, ap);
	va_end(ap);
	return rc;
}

int
txn_change(struct txn *t, enum sql n, struct fault *fault_r, const char *fmt,
    ...)
{
	va_list ap;
	va_start(ap, fmt);
	int rc = vexec(t, n, fault_r, fmt, ap);
	va_end(ap);
	return rc != 0 ? -1 : db_changes(t->db);
}

int
txn_define(struct txn *t, enum sql n, struct fault *fault_r, const char *fmt,
    ...)
{
	va_list ap;
	va_start(ap, fmt);
	int rc = vexec(t, n, fault_r, fmt, ap);
	va_end(ap);
	return rc != 0 ? -1 : txn_raise_version(t, fault_r);
}

int
txn_delete(struct txn *t, enum sql n, int64_t id, bool is_defining,
    struct fault *fault_r)
{
	int rc = txn_change(t, n, fault_r, "i", id);
	if (rc <= 0)
		return rc;
	if (txn_exec(t, SQL_META_RAISE_TO, fault_r, "ti", "last_id", id) != 0 ||
	    (is_defining && txn_raise_version(t, fault_r) != 0))
		return -1;
	return 1;
}

int
txn_prune(struct txn *t, enum sql n, int64_t key, int limit,
    struct fault *fault_r)
{
	return txn_change(t, n, fault_r, "ii", key, (int64_t)limit);
}

static int
vfirst(struct txn *t, enum sql n, read_row *read, struct arena *a, void *item,
    struct fault *fault_r, const char *fmt, va_list ap)
{
	struct db *db = txn_db(t, fault_r);
	int rc = db == NULL ? -1 : db_vfirst(db, n, fault_r, fmt, ap);
	if (rc != 1)
		return rc;
	if (read != NULL)
		read(db, n, a, item);
	db_end(db, n);
	return 1;
}

int
txn_first(struct txn *t, enum sql n, read_row *read, struct arena *a,
    void *item, struct fault *fault_r, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int rc = vfirst(t, n, read, a, item, fault_r, fmt, ap);
	va_end(ap);
	return rc;
}

static void
read_int(struct db *db, enum sql n, struct arena *a, void *item)
{
	(void)a;
	*(int64_t *)item = db_int(db, n, 0);
}

const struct row_type int_rows = { sizeof(int64_t), read_int };

int
txn_int(struct txn *t, enum sql n, int64_t *value_r, struct fault *fault_r,
    const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int rc = vfirst(t, n, read_int, NULL, value_r, fault_r, fmt, ap);
	va_end(ap);
	return rc;
}

int
txn_is(struct txn *t, enum sql n, struct fault *fault_r, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int rc = vfirst(t, n, NULL, NULL, NULL, fault_r, fmt, ap);
	va_end(ap);
	return rc;
}
