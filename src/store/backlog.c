/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/backlog.h"

#include "base/arena.h"
#include "base/fault.h"
#include "model/event.h"
#include "store/rows.h"

int
store_backlog_put(struct txn *t, const struct backlog_row *r,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_BACKLOG_PUT, fault_r, "iiiiiiiit", r->contact,
	    r->root, r->seq, r->at_ms, r->event, r->phase, r->cursor,
	    r->changed, r->details);
}

int
store_backlog_delete(struct txn *t, const struct backlog_row *r,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_BACKLOG_DELETE, fault_r, "iii", r->contact,
	    r->root, r->seq);
}

static void
read_row_of_it(struct db *db, enum sql n, struct arena *a, void *item)
{
	*(struct backlog_row *)item =
	    (struct backlog_row){ .contact = db_int(db, n, 0),
		    .root = db_int(db, n, 1),
		    .seq = db_int(db, n, 2),
		    .at_ms = db_int(db, n, 3),
		    .event = db_int(db, n, 4),
		    .phase = db_int(db, n, 5),
		    .cursor = db_int(db, n, 6),
		    .changed = db_int(db, n, 7),
		    .details = db_text(db, n, 8, a) };
}

int
store_backlog_first(struct txn *t, struct arena *a, int64_t contact,
    struct backlog_row *r, struct fault *fault_r)
{
	return txn_first(t, SQL_BACKLOG_FIRST, read_row_of_it, a, r, fault_r,
	    "i", contact);
}

int
store_backlog_has(struct txn *t, int64_t contact, struct fault *fault_r)
{
	return txn_is(t, SQL_BACKLOG_HAS, fault_r, "i", contact);
}

int
store_backlog_contact(struct txn *t, int64_t behind, int64_t *contact_r,
    struct fault *fault_r)
{
	return txn_int(t, SQL_BACKLOG_CONTACT, contact_r, fault_r, "i", behind);
}

int
store_backlog_last(struct txn *t, int64_t contact, int64_t root, bool is_before,
    int64_t *seq_r, struct fault *fault_r)
{
	*seq_r = 0;
	return txn_int(t, SQL_BACKLOG_LAST, seq_r, fault_r, "iiii", contact,
		   root, is_before ? INT64_MIN : INT64_C(1),
		   is_before ? INT64_C(-1) : INT64_MAX) < 0
	    ? -1
	    : 0;
}

int
store_backlog_clear(struct txn *t, int64_t contact, struct fault *fault_r)
{
	const struct backlog_row r = { .contact = contact, .details = "{}" };
	return store_backlog_put(t, &r, fault_r);
}

int
store_backlog_forget(struct txn *t, int64_t contact, int limit,
    struct fault *fault_r)
{
	const struct backlog_row r = { .contact = contact };
	if (txn_exec(t, SQL_BACKLOG_SETTLE, fault_r, "iiii", contact,
		(int64_t)EVENT_NOT_STARTED, (int64_t)EVENT_NO_AUTOMATION,
		(int64_t)limit) != 0)
		return -1;
	int n = txn_prune(t, SQL_BACKLOG_FORGET, contact, limit, fault_r);
	if (n < 0 || (n < limit && store_backlog_delete(t, &r, fault_r) != 0))
		return -1;
	return n;
}
