/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/settings.h"

#include "base/fault.h"
#include "store/store_private.h"

int
store_setting_get(struct txn *t, const char *name, int64_t *value_r,
    struct fault *fault_r)
{
	const enum sql n = SQL_META_GET;
	struct db *db = txn_db(t, fault_r);
	int rc = db == NULL ? -1 : db_first(db, n, fault_r, "t", name);
	if (rc != 1)
		return rc;
	*value_r = db_int(db, n, 0);
	db_end(db, n);
	return 1;
}

int
store_setting_put(struct txn *t, const char *name, int64_t value,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : db_exec(db, SQL_META_PUT, fault_r, "ti", name, value);
}
