/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/properties.h"

#include "base/arena.h"
#include "base/fault.h"
#include "store/rows.h"

static void
read_property(struct db *db, enum sql n, struct arena *a, void *item)
{
	*(struct contact_property *)item =
	    (struct contact_property){ .id = db_int(db, n, 0),
		    .key = db_text(db, n, 1, a),
		    .type = (enum property_type)db_int(db, n, 2),
		    .fallback = db_text(db, n, 3, a) };
}

static const struct row_type property_rows = { sizeof(struct contact_property),
	read_property };

int
store_property_insert(struct txn *t, const struct contact_property *p,
    struct fault *fault_r)
{
	int n = txn_change(t, SQL_PROPERTY_PUT, fault_r, "itit", p->id, p->key,
	    (int64_t)p->type, p->fallback);
	return n == 1 && txn_raise_version(t, fault_r) != 0 ? -1 : n;
}

int
store_property_update(struct txn *t, const struct contact_property *p,
    struct fault *fault_r)
{
	return txn_define(t, SQL_PROPERTY_UPDATE, fault_r, "ti", p->fallback,
	    p->id);
}

int
store_property_delete(struct txn *t, int64_t id, struct fault *fault_r)
{
	return txn_delete(t, SQL_PROPERTY_DELETE, id, true, fault_r);
}

int
store_property_get(struct txn *t, struct arena *a, int64_t id,
    struct contact_property *p, struct fault *fault_r)
{
	return txn_first(t, SQL_PROPERTY_GET, read_property, a, p, fault_r, "i",
	    id);
}

int
store_property_by_key(struct txn *t, struct arena *a, const char *key,
    struct contact_property *p, struct fault *fault_r)
{
	return txn_first(t, SQL_PROPERTY_BY_KEY, read_property, a, p, fault_r,
	    "t", key);
}

int
store_property_list(struct txn *t, struct arena *a, const struct page *p,
    struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_PROPERTY_LIST, SQL_PROPERTY_LIST_UP);
	return txn_list(t, n, &property_rows, a, p, list_r, fault_r, "p", p);
}

int
store_property_all(struct txn *t, struct arena *a, struct list *list_r,
    struct fault *fault_r)
{
	return txn_list(t, SQL_PROPERTY_ALL, &property_rows, a, ALL_ROWS,
	    list_r, fault_r, "");
}
