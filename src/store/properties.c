/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/properties.h"

#include "base/arena.h"
#include "base/fault.h"
#include "store/list_private.h"

static void
read_property(struct db *db, enum sql n, struct arena *a, void *item)
{
	*(struct contact_property *)item =
	    (struct contact_property){ .id = db_int(db, n, 0),
		    .key = db_text(db, n, 1, a),
		    .type = (enum property_type)db_int(db, n, 2),
		    .fallback = db_text(db, n, 3, a) };
}

/* The one property a statement is at, if it is at any. */
static int
one(struct db *db, enum sql n, int rc, struct arena *a,
    struct contact_property *p)
{
	if (rc == 1) {
		read_property(db, n, a, p);
		db_end(db, n);
	}
	return rc;
}

int
store_property_insert(struct txn *t, const struct contact_property *p,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL ||
	    db_exec(db, SQL_PROPERTY_PUT, fault_r, "itit", p->id, p->key,
		(int64_t)p->type, p->fallback) != 0)
		return -1;
	if (db_changes(db) == 0)
		return 0;
	return txn_raise_version(t, fault_r) == 0 ? 1 : -1;
}

int
store_property_update(struct txn *t, const struct contact_property *p,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL ||
	    db_exec(db, SQL_PROPERTY_UPDATE, fault_r, "ti", p->fallback,
		p->id) != 0)
		return -1;
	return txn_raise_version(t, fault_r);
}

int
store_property_delete(struct txn *t, int64_t id, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL ||
	    db_exec(db, SQL_PROPERTY_DELETE, fault_r, "i", id) != 0)
		return -1;
	int rc = txn_deleted(t, id, fault_r);
	return rc == 1 && txn_raise_version(t, fault_r) != 0 ? -1 : rc;
}

int
store_property_get(struct txn *t, struct arena *a, int64_t id,
    struct contact_property *p, struct fault *fault_r)
{
	const enum sql n = SQL_PROPERTY_GET;
	struct db *db = txn_db(t, fault_r);
	return db == NULL ? -1
			  : one(db, n, db_first(db, n, fault_r, "i", id), a, p);
}

int
store_property_by_key(struct txn *t, struct arena *a, const char *key,
    struct contact_property *p, struct fault *fault_r)
{
	const enum sql n = SQL_PROPERTY_BY_KEY;
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : one(db, n, db_first(db, n, fault_r, "t", key), a, p);
}

int
store_property_list(struct txn *t, struct arena *a, const struct page *p,
    struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_PROPERTY_LIST, SQL_PROPERTY_LIST_UP);
	struct db *db = txn_db(t, fault_r);
	if (db == NULL)
		return -1;
	return list_fill(db, n,
	    db_first(db, n, fault_r, "iii", page_below(p), page_above(p),
		page_rows(p)),
	    p, a, sizeof(struct contact_property), read_property, list_r,
	    fault_r);
}

int
store_property_all(struct txn *t, struct arena *a, struct list *list_r,
    struct fault *fault_r)
{
	const struct page all = { .limit = INT32_MAX - 1 };
	const enum sql n = SQL_PROPERTY_ALL;
	struct db *db = txn_db(t, fault_r);
	if (db == NULL)
		return -1;
	return list_fill(db, n, db_first(db, n, fault_r, ""), &all, a,
	    sizeof(struct contact_property), read_property, list_r, fault_r);
}
