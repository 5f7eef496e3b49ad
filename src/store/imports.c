/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/imports.h"

#include "base/arena.h"
#include "base/fault.h"
#include "store/rows.h"

static void
read_import(struct db *db, enum sql n, struct arena *a, void *item)
{
	*(struct import *)item = (struct import){ .id = db_int(db, n, 0),
		.status = (enum import_status)db_int(db, n, 1),
		.size = db_int(db, n, 2),
		.options = db_text(db, n, 3, a),
		.total = db_int(db, n, 4),
		.created = db_int(db, n, 5),
		.updated = db_int(db, n, 6),
		.skipped = db_int(db, n, 7),
		.failed = db_int(db, n, 8),
		.line = db_int(db, n, 9),
		.completed_ms = db_int(db, n, 10),
		.error = db_text(db, n, 11, a) };
}

static const struct row_type import_rows = { sizeof(struct import),
	read_import };

int
store_import_insert(struct txn *t, const struct import *i,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_IMPORT_PUT, fault_r, "iiit", i->id,
	    (int64_t)i->status, i->size, i->options);
}

int
store_import_update(struct txn *t, const struct import *i,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_IMPORT_UPDATE, fault_r, "iiiiiiioti",
	    (int64_t)i->status, i->total, i->created, i->updated, i->skipped,
	    i->failed, i->line, i->completed_ms, i->error, i->id);
}

int
store_import_get(struct txn *t, struct arena *a, int64_t id, struct import *i,
    struct fault *fault_r)
{
	return txn_first(t, SQL_IMPORT_GET, read_import, a, i, fault_r, "i",
	    id);
}

int
store_import_list(struct txn *t, struct arena *a, int status,
    const struct page *p, struct list *list_r, struct fault *fault_r)
{
	if (status < 0)
		return txn_list(t,
		    page_sql(p, SQL_IMPORT_LIST, SQL_IMPORT_LIST_UP),
		    &import_rows, a, p, list_r, fault_r, "p", p);
	return txn_list(t,
	    page_sql(p, SQL_IMPORT_OF_STATUS, SQL_IMPORT_OF_STATUS_UP),
	    &import_rows, a, p, list_r, fault_r, "ip", (int64_t)status, p);
}

int
store_import_failure(struct txn *t, int64_t import,
    const struct import_failure *f, struct fault *fault_r)
{
	return txn_exec(t, SQL_IMPORT_FAILURE_PUT, fault_r, "iit", import,
	    f->line, f->reason);
}

int
store_import_failure_last(struct txn *t, int64_t import, const char *reason,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_IMPORT_FAILURE_LAST, fault_r, "ti", reason,
	    import);
}

static void
read_failure(struct db *db, enum sql n, struct arena *a, void *item)
{
	*(struct import_failure *)item =
	    (struct import_failure){ .line = db_int(db, n, 0),
		    .reason = db_text(db, n, 1, a) };
}

int
store_import_failures(struct txn *t, struct arena *a, int64_t import, int limit,
    struct list *list_r, struct fault *fault_r)
{
	static const struct row_type rows = { sizeof(struct import_failure),
		read_failure };
	return txn_list(t, SQL_IMPORT_FAILURES, &rows, a, LIMIT(limit), list_r,
	    fault_r, "il", import, limit);
}

int
store_import_prune(struct txn *t, int64_t before, int limit,
    struct fault *fault_r)
{
	return txn_prune(t, SQL_IMPORT_FAILURES_PRUNE, before, limit, fault_r) <
		0
	    ? -1
	    : txn_prune(t, SQL_IMPORT_PRUNE, before, limit, fault_r);
}
