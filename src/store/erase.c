/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/erase.h"

#include "base/fault.h"
#include "store/store_private.h"

/* Runs a statement on up to limit rows of a contact. */
static int
remove_some(struct txn *t, enum sql n, int64_t contact, int limit,
    struct fault *fault_r)
{
	return txn_prune(t, n, contact, limit, fault_r);
}

int
store_erase_runs(struct txn *t, int64_t contact, int limit,
    struct fault *fault_r)
{
	return remove_some(t, SQL_ERASE_STEPS, contact, limit, fault_r) < 0
	    ? -1
	    : remove_some(t, SQL_ERASE_RUNS, contact, limit, fault_r);
}

int
store_erase_emails(struct txn *t, int64_t contact, int limit,
    struct fault *fault_r)
{
	return remove_some(t, SQL_ERASE_EMAILS, contact, limit, fault_r);
}

int
store_erase_events(struct txn *t, int64_t contact, const char *email_key,
    int64_t before, int limit, int64_t *cursor_r, struct fault *fault_r)
{
	const enum sql n = SQL_EVENT_BEHIND;
	struct db *db = txn_db(t, fault_r);
	if (db == NULL ||
	    db_first(db, n, fault_r, "iii", *cursor_r, before,
		(int64_t)limit) != 1)
		return -1;
	int64_t last = db_int(db, n, 0);
	db_end(db, n);
	if (last == 0)
		return 0;
	if (db_exec(db, SQL_ERASE_EVENTS, fault_r, "iiit", *cursor_r, last,
		contact, email_key) != 0)
		return -1;
	*cursor_r = last;
	return 1;
}
