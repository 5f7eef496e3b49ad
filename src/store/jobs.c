/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/jobs.h"

#include "base/arena.h"
#include "base/fault.h"
#include "store/store_private.h"

const char *
job_kind_name(enum job_kind kind)
{
	static const char *const names[JOB_KIND_COUNT] = {
		[JOB_CANCEL_RUNS] = "cancel_runs",
		[JOB_ENROL] = "enrol",
		[JOB_FILL_SEGMENT] = "fill_segment",
		[JOB_EMPTY_SEGMENT] = "empty_segment",
		[JOB_ERASE_CONTACT] = "erase_contact",
		[JOB_FORGET_CONTACT] = "forget_contact",
		[JOB_CANCEL_CONTACT] = "cancel_contact",
	};
	return (unsigned)kind < JOB_KIND_COUNT && names[kind] != NULL
	    ? names[kind]
	    : "unknown";
}

int
store_job_insert(struct txn *t, const struct job *j, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL ? -1
			  : db_exec(db, SQL_JOB_PUT, fault_r, "iiit", j->id,
				(int64_t)j->kind, j->subject, j->detail);
}

/* The job a statement is at, and the statement's end. */
static int
read_job(struct db *db, enum sql n, int rc, struct arena *a, struct job *j)
{
	if (rc != 1)
		return rc;
	*j = (struct job){ .id = db_int(db, n, 0),
		.kind = (enum job_kind)db_int(db, n, 1),
		.subject = db_int(db, n, 2),
		.cursor = db_int(db, n, 3),
		.done = db_int(db, n, 4),
		.detail = db_text(db, n, 5, a) };
	db_end(db, n);
	return 1;
}

int
store_job_next(struct txn *t, struct arena *a, int64_t behind, struct job *j,
    struct fault *fault_r)
{
	const enum sql n = SQL_JOB_NEXT;
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : read_job(db, n, db_first(db, n, fault_r, "i", behind), a, j);
}

int
store_job_find(struct txn *t, struct arena *a, enum job_kind kind,
    int64_t subject, struct job *j, struct fault *fault_r)
{
	const enum sql n = SQL_JOB_FIND;
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : read_job(db, n,
		  db_first(db, n, fault_r, "ii", (int64_t)kind, subject), a, j);
}

int
store_job_update(struct txn *t, const struct job *j, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL ? -1
			  : db_exec(db, SQL_JOB_UPDATE, fault_r, "iii",
				j->cursor, j->done, j->id);
}

int
store_job_delete(struct txn *t, int64_t id, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL || db_exec(db, SQL_JOB_DELETE, fault_r, "i", id) != 0)
		return -1;
	return txn_deleted(t, id, fault_r) < 0 ? -1 : 0;
}

/* ---- hours ------------------------------------------------------------- */

int
store_hour_add(struct txn *t, int64_t automation, int64_t hour,
    const struct tally *n, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : db_exec(db, SQL_HOUR_ADD, fault_r, "iiiiiii", automation, hour,
		  n->entered, n->completed, n->exited, n->failed, n->mails);
}

int
store_hour_sum(struct txn *t, int64_t automation, int64_t first, int64_t last,
    struct tally *out, struct fault *fault_r)
{
	const enum sql n = SQL_HOUR_SUM;
	struct db *db = txn_db(t, fault_r);
	if (db == NULL ||
	    db_first(db, n, fault_r, "iii", automation, first, last) != 1)
		return -1;
	*out = (struct tally){ .entered = db_int(db, n, 0),
		.completed = db_int(db, n, 1),
		.exited = db_int(db, n, 2),
		.failed = db_int(db, n, 3),
		.mails = db_int(db, n, 4),
		.hours = (int)db_int(db, n, 5) };
	db_end(db, n);
	return 0;
}
