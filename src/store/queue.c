/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/queue.h"

#include "base/fault.h"
#include "store/settings.h"
#include "store/rows.h"

int
store_queue_held(struct txn *t, bool *held_r, struct fault *fault_r)
{
	int64_t value;
	int rc = store_setting_get(t, QUEUE_HELD_KEY, &value, fault_r);
	*held_r = rc == 1 && value != 0;
	return rc < 0 ? -1 : 0;
}

int
store_queue_hold(struct txn *t, bool held, struct fault *fault_r)
{
	return store_setting_put(t, QUEUE_HELD_KEY, held, fault_r);
}

static void
read_counts(struct db *db, enum sql n, struct arena *a, void *item)
{
	(void)a;
	*(struct queue_counts *)item =
	    (struct queue_counts){ .waiting = db_int(db, n, 0),
		    .sending = db_int(db, n, 1),
		    .in_doubt = db_int(db, n, 2) };
}

int
store_queue_count(struct txn *t, int limit, struct queue_counts *c,
    struct fault *fault_r)
{
	return txn_first(t, SQL_QUEUE_COUNT, read_counts, NULL, c, fault_r, "i",
		   (int64_t)limit) == 1
	    ? 0
	    : -1;
}
