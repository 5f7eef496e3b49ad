/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/segments.h"

#include "base/arena.h"
#include "base/fault.h"
#include "store/contacts.h"
#include "store/list_private.h"

static void
read_segment(struct db *db, enum sql n, struct arena *a, void *item)
{
	*(struct segment *)item = (struct segment){ .id = db_int(db, n, 0),
		.name = db_text(db, n, 1, a),
		.filter = db_text(db, n, 2, a) };
}

int
store_segment_insert(struct txn *t, const struct segment *s,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL ||
	    db_exec(db, SQL_SEGMENT_PUT, fault_r, "itt", s->id, s->name,
		s->filter) != 0)
		return -1;
	return txn_raise_version(t, fault_r);
}

int
store_segment_update(struct txn *t, const struct segment *s,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL ||
	    db_exec(db, SQL_SEGMENT_UPDATE, fault_r, "tti", s->name, s->filter,
		s->id) != 0)
		return -1;
	return txn_raise_version(t, fault_r);
}

int
store_segment_delete(struct txn *t, int64_t id, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL ||
	    db_exec(db, SQL_SEGMENT_DELETE, fault_r, "i", id) != 0)
		return -1;
	int rc = txn_deleted(t, id, fault_r);
	return rc == 1 && txn_raise_version(t, fault_r) != 0 ? -1 : rc;
}

int
store_segment_get(struct txn *t, struct arena *a, int64_t id, struct segment *s,
    struct fault *fault_r)
{
	const enum sql n = SQL_SEGMENT_GET;
	struct db *db = txn_db(t, fault_r);
	int rc = db == NULL ? -1 : db_first(db, n, fault_r, "i", id);
	if (rc != 1)
		return rc;
	read_segment(db, n, a, s);
	db_end(db, n);
	return 1;
}

int
store_segment_list(struct txn *t, struct arena *a, const struct page *p,
    struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_SEGMENT_LIST, SQL_SEGMENT_LIST_UP);
	struct db *db = txn_db(t, fault_r);
	if (db == NULL)
		return -1;
	return list_fill(db, n,
	    db_first(db, n, fault_r, "iii", page_below(p), page_above(p),
		page_rows(p)),
	    p, a, sizeof(struct segment), read_segment, list_r, fault_r);
}

int
store_segment_computed(struct txn *t, struct arena *a, struct list *list_r,
    struct fault *fault_r)
{
	const struct page all = { .limit = INT32_MAX - 1 };
	const enum sql n = SQL_SEGMENT_COMPUTED;
	struct db *db = txn_db(t, fault_r);
	if (db == NULL)
		return -1;
	return list_fill(db, n, db_first(db, n, fault_r, ""), &all, a,
	    sizeof(struct segment), read_segment, list_r, fault_r);
}

/* ---- members ----------------------------------------------------------- */

int
store_member_has(struct txn *t, int64_t segment, int64_t contact,
    struct fault *fault_r)
{
	const enum sql n = SQL_MEMBER_HAS;
	struct db *db = txn_db(t, fault_r);
	int rc =
	    db == NULL ? -1 : db_first(db, n, fault_r, "ii", segment, contact);
	if (rc == 1)
		db_end(db, n);
	return rc;
}

/* Runs a statement on one membership; 1 if it changed something. */
static int
change(struct txn *t, enum sql n, int64_t segment, int64_t contact,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL || db_exec(db, n, fault_r, "ii", segment, contact) != 0)
		return -1;
	return db_changes(db) > 0;
}

int
store_member_insert(struct txn *t, int64_t segment, int64_t contact,
    struct fault *fault_r)
{
	return change(t, SQL_MEMBER_PUT, segment, contact, fault_r);
}

int
store_member_delete(struct txn *t, int64_t segment, int64_t contact,
    struct fault *fault_r)
{
	return change(t, SQL_MEMBER_DELETE, segment, contact, fault_r);
}

int
store_segment_empty(struct txn *t, int64_t segment, int limit,
    struct fault *fault_r)
{
	return txn_prune(t, SQL_MEMBER_EMPTY, segment, limit, fault_r);
}

int
store_member_forget(struct txn *t, int64_t contact, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : db_exec(db, SQL_MEMBER_FORGET, fault_r, "i", contact);
}

int
store_member_list(struct txn *t, struct arena *a, int64_t segment,
    const struct page *p, struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_MEMBER_LIST, SQL_MEMBER_LIST_UP);
	struct db *db = txn_db(t, fault_r);
	if (db == NULL)
		return -1;
	return list_fill(db, n,
	    db_first(db, n, fault_r, "iiii", segment, page_below(p),
		page_above(p), page_rows(p)),
	    p, a, sizeof(struct contact), contact_row_read, list_r, fault_r);
}

int
store_segments_of(struct txn *t, struct arena *a, int64_t contact,
    const struct page *p, struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_SEGMENTS_OF, SQL_SEGMENTS_OF_UP);
	struct db *db = txn_db(t, fault_r);
	if (db == NULL)
		return -1;
	return list_fill(db, n,
	    db_first(db, n, fault_r, "iiii", contact, page_below(p),
		page_above(p), page_rows(p)),
	    p, a, sizeof(struct segment), read_segment, list_r, fault_r);
}
