/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Space that was used and is not any more.
 */
#include "base/fault.h"
#include "store/store_private.h"

int
store_free_pages(struct txn *t, int64_t *n_r, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL ? -1 : db_pragma(db, "freelist_count", n_r, fault_r);
}

int
store_give_back(struct txn *t, int pages, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	int64_t before, after;
	if (db == NULL ||
	    db_pragma(db, "freelist_count", &before, fault_r) != 0 ||
	    db_vacuum(db, pages, fault_r) != 0 ||
	    db_pragma(db, "freelist_count", &after, fault_r) != 0)
		return -1;
	return (int)(before - after);
}
