/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/segments.h"

#include "base/arena.h"
#include "base/fault.h"
#include "store/contacts.h"
#include "store/rows.h"

static void
read_segment(struct db *db, enum sql n, struct arena *a, void *item)
{
	*(struct segment *)item = (struct segment){ .id = db_int(db, n, 0),
		.name = db_text(db, n, 1, a),
		.filter = db_text(db, n, 2, a) };
}

static const struct row_type segment_rows = { sizeof(struct segment),
	read_segment };

int
store_segment_insert(struct txn *t, const struct segment *s,
    struct fault *fault_r)
{
	return txn_define(t, SQL_SEGMENT_PUT, fault_r, "itt", s->id, s->name,
	    s->filter);
}

int
store_segment_update(struct txn *t, const struct segment *s,
    struct fault *fault_r)
{
	return txn_define(t, SQL_SEGMENT_UPDATE, fault_r, "tti", s->name,
	    s->filter, s->id);
}

int
store_segment_delete(struct txn *t, int64_t id, struct fault *fault_r)
{
	return txn_delete(t, SQL_SEGMENT_DELETE, id, true, fault_r);
}

int
store_segment_get(struct txn *t, struct arena *a, int64_t id, struct segment *s,
    struct fault *fault_r)
{
	return txn_first(t, SQL_SEGMENT_GET, read_segment, a, s, fault_r, "i",
	    id);
}

int
store_segment_list(struct txn *t, struct arena *a, const struct page *p,
    struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_SEGMENT_LIST, SQL_SEGMENT_LIST_UP);
	return txn_list(t, n, &segment_rows, a, p, list_r, fault_r, "p", p);
}

int
store_segment_computed(struct txn *t, struct arena *a, struct list *list_r,
    struct fault *fault_r)
{
	return txn_list(t, SQL_SEGMENT_COMPUTED, &segment_rows, a, ALL_ROWS,
	    list_r, fault_r, "");
}

/* ---- members ----------------------------------------------------------- */

int
store_member_has(struct txn *t, int64_t segment, int64_t contact,
    struct fault *fault_r)
{
	return txn_is(t, SQL_MEMBER_HAS, fault_r, "ii", segment, contact);
}

int
store_member_insert(struct txn *t, int64_t segment, int64_t contact,
    struct fault *fault_r)
{
	return txn_change(t, SQL_MEMBER_PUT, fault_r, "ii", segment, contact);
}

int
store_member_delete(struct txn *t, int64_t segment, int64_t contact,
    struct fault *fault_r)
{
	return txn_change(t, SQL_MEMBER_DELETE, fault_r, "ii", segment,
	    contact);
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
	return txn_exec(t, SQL_MEMBER_FORGET, fault_r, "i", contact);
}

int
store_member_list(struct txn *t, struct arena *a, int64_t segment,
    const struct page *p, struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_MEMBER_LIST, SQL_MEMBER_LIST_UP);
	return txn_list(t, n, &contact_rows, a, p, list_r, fault_r, "ip",
	    segment, p);
}

int
store_segments_of(struct txn *t, struct arena *a, int64_t contact,
    const struct page *p, struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_SEGMENTS_OF, SQL_SEGMENTS_OF_UP);
	return txn_list(t, n, &segment_rows, a, p, list_r, fault_r, "ip",
	    contact, p);
}
