/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/erase.h"

#include "base/fault.h"
#include "store/rows.h"

int
store_erase_runs(struct txn *t, int64_t contact, int limit,
    struct fault *fault_r)
{
	return txn_prune(t, SQL_ERASE_STEPS, contact, limit, fault_r) < 0
	    ? -1
	    : txn_prune(t, SQL_ERASE_RUNS, contact, limit, fault_r);
}

int
store_erase_emails(struct txn *t, int64_t contact, int limit,
    struct fault *fault_r)
{
	return txn_prune(t, SQL_ERASE_EMAILS, contact, limit, fault_r);
}

int
store_erase_events(struct txn *t, int64_t contact, const char *email_key,
    int64_t before, int limit, int64_t *cursor_r, struct fault *fault_r)
{
	int64_t last;
	if (txn_int(t, SQL_EVENT_BEHIND, &last, fault_r, "iii", *cursor_r,
		before, (int64_t)limit) != 1)
		return -1;
	if (last == 0)
		return 0;
	if (txn_exec(t, SQL_ERASE_EVENTS, fault_r, "iiit", *cursor_r, last,
		contact, email_key) != 0)
		return -1;
	*cursor_r = last;
	return 1;
}
