/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/jobs.h"

#include "base/arena.h"
#include "base/fault.h"
#include "store/rows.h"

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
		[JOB_EMPTY_WEBHOOK] = "empty_webhook",
		[JOB_IMPORT] = "import",
	};
	return (unsigned)kind < JOB_KIND_COUNT && names[kind] != NULL
	    ? names[kind]
	    : "unknown";
}

int
store_job_insert(struct txn *t, const struct job *j, struct fault *fault_r)
{
	return txn_exec(t, SQL_JOB_PUT, fault_r, "iiit", j->id,
	    (int64_t)j->kind, j->subject, j->detail);
}

static void
read_job(struct db *db, enum sql n, struct arena *a, void *item)
{
	*(struct job *)item = (struct job){ .id = db_int(db, n, 0),
		.kind = (enum job_kind)db_int(db, n, 1),
		.subject = db_int(db, n, 2),
		.cursor = db_int(db, n, 3),
		.done = db_int(db, n, 4),
		.detail = db_text(db, n, 5, a),
		.failures = db_int(db, n, 6),
		.retry_ms = db_int(db, n, 7),
		.error = db_text(db, n, 8, a) };
}

int
store_job_next(struct txn *t, struct arena *a, int64_t behind, struct job *j,
    struct fault *fault_r)
{
	return txn_first(t, SQL_JOB_NEXT, read_job, a, j, fault_r, "i", behind);
}

int
store_job_find(struct txn *t, struct arena *a, enum job_kind kind,
    int64_t subject, struct job *j, struct fault *fault_r)
{
	return txn_first(t, SQL_JOB_FIND, read_job, a, j, fault_r, "ii",
	    (int64_t)kind, subject);
}

static void
read_detail(struct db *db, enum sql n, struct arena *a, void *item)
{
	*(const char **)item = db_text(db, n, 0, a);
}

int
store_job_cancels(struct txn *t, struct arena *a, int64_t automation,
    int64_t contact, int64_t behind, const char **reason_r,
    struct fault *fault_r)
{
	return txn_first(t, SQL_JOB_CANCELS, read_detail, a, reason_r, fault_r,
	    "iii", automation, contact, behind);
}

int
store_job_update(struct txn *t, const struct job *j, struct fault *fault_r)
{
	return txn_exec(t, SQL_JOB_UPDATE, fault_r, "iiioti", j->cursor,
	    j->done, j->failures, j->retry_ms, j->error, j->id);
}

int
store_job_delete(struct txn *t, int64_t id, struct fault *fault_r)
{
	return txn_delete(t, SQL_JOB_DELETE, id, false, fault_r) < 0 ? -1 : 0;
}

/* ---- hours ------------------------------------------------------------- */

int
store_hour_add(struct txn *t, int64_t automation, int64_t hour,
    const struct tally *n, struct fault *fault_r)
{
	return txn_exec(t, SQL_HOUR_ADD, fault_r, "iiiiiii", automation, hour,
	    n->entered, n->completed, n->exited, n->failed, n->mails);
}

static void
read_tally(struct db *db, enum sql n, struct arena *a, void *item)
{
	(void)a;
	*(struct tally *)item = (struct tally){ .entered = db_int(db, n, 0),
		.completed = db_int(db, n, 1),
		.exited = db_int(db, n, 2),
		.failed = db_int(db, n, 3),
		.mails = db_int(db, n, 4),
		.hours = (int)db_int(db, n, 5) };
}

int
store_hour_sum(struct txn *t, int64_t automation, int64_t first, int64_t last,
    struct tally *out, struct fault *fault_r)
{
	return txn_first(t, SQL_HOUR_SUM, read_tally, NULL, out, fault_r, "iii",
		   automation, first, last) == 1
	    ? 0
	    : -1;
}
