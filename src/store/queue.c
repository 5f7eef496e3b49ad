/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/queue.h"

#include "base/fault.h"
#include "store/settings.h"
#include "store/store_private.h"

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

int
store_queue_count(struct txn *t, int limit, struct queue_counts *c,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL ||
	    db_first(db, SQL_QUEUE_COUNT, fault_r, "i", (int64_t)limit) != 1)
		return -1;
	c->waiting = db_int(db, SQL_QUEUE_COUNT, 0);
	c->sending = db_int(db, SQL_QUEUE_COUNT, 1);
	db_end(db, SQL_QUEUE_COUNT);
	return 0;
}
