/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moments within a run are kept as milliseconds since it began, which its id
 * tells: four bytes in place of six, ten million times.
 */
#include "store/flows.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "store/list_private.h"

int
store_event_name(struct txn *t, const char *name, int64_t *num_r,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL)
		return -1;
	enum sql n = SQL_NAME_GET;
	int rc = db_first(db, n, fault_r, "t", name);
	if (rc == 0)
		rc = db_first(db, n = SQL_NAME_PUT, fault_r, "t", name);
	if (rc != 1)
		return -1;
	*num_r = db_int(db, n, 0);
	db_end(db, n);
	return 0;
}

int
store_event_insert(struct txn *t, const struct event *e, int64_t name_num,
    enum event_outcome outcome, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : db_exec(db, SQL_EVENT_PUT, fault_r, "iiottoii", e->id, name_num,
		  e->contact, e->contact != 0 ? NULL : e->email, e->payload,
		  e->cause, (int64_t)e->depth, (int64_t)outcome);
}

int
store_event_get(struct txn *t, struct arena *a, int64_t id, struct event *e,
    enum event_outcome *outcome_r, struct fault *fault_r)
{
	const enum sql n = SQL_EVENT_GET;
	struct db *db = txn_db(t, fault_r);
	int rc = db == NULL ? -1 : db_first(db, n, fault_r, "i", id);
	if (rc != 1)
		return rc;
	*e = (struct event){ .id = db_int(db, n, 0),
		.contact = db_int(db, n, 2),
		.cause = db_int(db, n, 5),
		.depth = (int)db_int(db, n, 6) };
	int64_t name = db_int(db, n, 1);
	e->email = db_text(db, n, 3, a);
	e->payload = db_text(db, n, 4, a);
	*outcome_r = (enum event_outcome)db_int(db, n, 7);
	db_end(db, n);
	rc = db_first(db, SQL_NAME_BY_NUM, fault_r, "i", name);
	if (rc == 1) {
		e->name = db_text(db, SQL_NAME_BY_NUM, 0, a);
		db_end(db, SQL_NAME_BY_NUM);
	}
	return rc;
}

/* ---- runs -------------------------------------------------------------- */

/* A moment as the milliseconds since the run began; 0 stays 0. */
static int64_t
since(int64_t run, int64_t ms)
{
	return ms == 0 ? 0 : ms - id_time_ms(run) + 1;
}

static int64_t
moment(int64_t run, int64_t since_ms)
{
	return since_ms == 0 ? 0 : id_time_ms(run) + since_ms - 1;
}

static void
read_run(struct db *db, enum sql n, struct arena *a, void *item)
{
	struct run *r = item;
	r->id = db_int(db, n, 0);
	r->automation = db_int(db, n, 1);
	r->version = db_int(db, n, 2);
	r->contact = db_int(db, n, 3);
	r->event = db_int(db, n, 4);
	r->status = (enum run_status)db_int(db, n, 5);
	r->step = (int)db_int(db, n, 6);
	r->seq = (int)db_int(db, n, 7);
	r->due_ms = db_int(db, n, 8);
	r->entered_ms = moment(r->id, db_int(db, n, 9));
	r->finished_ms = moment(r->id, db_int(db, n, 10));
	r->payload = db_text(db, n, 11, a);
	r->context = db_text(db, n, 12, a);
	r->reason = db_text(db, n, 13, a);
}

int
store_run_insert(struct txn *t, const struct run *r, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : db_exec(db, SQL_RUN_PUT, fault_r, "iiiioiiioiottt", r->id,
		  r->automation, r->version, r->contact, r->event,
		  (int64_t)r->status, (int64_t)r->step, (int64_t)r->seq,
		  r->due_ms, since(r->id, r->entered_ms),
		  since(r->id, r->finished_ms), r->payload, r->context,
		  r->reason);
}

int
store_run_update(struct txn *t, const struct run *r, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : db_exec(db, SQL_RUN_UPDATE, fault_r, "iiioiotti",
		  (int64_t)r->status, (int64_t)r->step, (int64_t)r->seq,
		  r->due_ms, since(r->id, r->entered_ms),
		  since(r->id, r->finished_ms), r->context, r->reason, r->id);
}

int
store_run_get(struct txn *t, struct arena *a, int64_t id, struct run *r,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	int rc = db == NULL ? -1 : db_first(db, SQL_RUN_GET, fault_r, "i", id);
	if (rc != 1)
		return rc;
	read_run(db, SQL_RUN_GET, a, r);
	db_end(db, SQL_RUN_GET);
	return 1;
}

int
store_run_due(struct txn *t, struct arena *a, int64_t now_ms, int limit,
    struct list *list_r, struct fault *fault_r)
{
	const struct page p = { .limit = limit };
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : list_fill(db, SQL_RUN_DUE,
		  db_first(db, SQL_RUN_DUE, fault_r, "ii", now_ms,
		      page_rows(&p)),
		  &p, a, sizeof(struct run), read_run, list_r, fault_r);
}

int
store_run_next_due(struct txn *t, int64_t now_ms, int64_t *due_r,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL ||
	    db_first(db, SQL_RUN_NEXT_DUE, fault_r, "i", now_ms) != 1)
		return -1;
	*due_r = db_int(db, SQL_RUN_NEXT_DUE, 0);
	db_end(db, SQL_RUN_NEXT_DUE);
	return 0;
}

static int
newest_first(const void *a, const void *b)
{
	const struct run *x = a, *y = b;
	return (x->id < y->id) - (x->id > y->id);
}

/*
 * The index holds an automation's runs status by status, so a page is merged
 * from one page of each status asked for.
 */
int
store_run_list(struct txn *t, struct arena *a, int64_t automation,
    unsigned statuses, const struct page *p, struct list *list_r,
    struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_RUN_LIST, SQL_RUN_LIST_UP);
	struct list parts[RUN_STATUS_COUNT] = { 0 };
	struct db *db = txn_db(t, fault_r);
	int total = 0;
	bool more = false;
	if (db == NULL)
		return -1;
	for (int s = 0; s < RUN_STATUS_COUNT; s++) {
		if ((statuses & 1u << s) == 0)
			continue;
		int rc = db_first(db, n, fault_r, "iiiii", automation,
		    (int64_t)s, page_below(p), page_above(p), page_rows(p));
		if (list_fill(db, n, rc, p, a, sizeof(struct run), read_run,
			&parts[s], fault_r) != 0)
			return -1;
		total += parts[s].n;
		more = more || parts[s].has_more;
	}
	struct run *all = arena_alloc(a, (size_t)(total + 1) * sizeof(*all));
	total = 0;
	for (int s = 0; s < RUN_STATUS_COUNT; s++)
		for (int i = 0; i < parts[s].n; i++)
			all[total++] = ((struct run *)parts[s].items)[i];
	qsort(all, (size_t)total, sizeof(*all), newest_first);
	list_r->has_more = more || total > p->limit;
	list_r->n = total < p->limit ? total : p->limit;
	/* Going back, the page is the one nearest to the cursor. */
	list_r->items = p->before != 0 ? all + (total - list_r->n) : all;
	return 0;
}

static void
read_int(struct db *db, enum sql n, struct arena *a, void *item)
{
	(void)a;
	*(int64_t *)item = db_int(db, n, 0);
}

int
store_run_running(struct txn *t, struct arena *a, int64_t automation, int limit,
    struct list *list_r, struct fault *fault_r)
{
	const struct page p = { .limit = limit };
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : list_fill(db, SQL_RUN_RUNNING,
		  db_first(db, SQL_RUN_RUNNING, fault_r, "ii", automation,
		      page_rows(&p)),
		  &p, a, sizeof(int64_t), read_int, list_r, fault_r);
}

/* ---- steps ------------------------------------------------------------- */

int
store_step_insert(struct txn *t, const struct run *r, const struct run_step *s,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : db_exec(db, SQL_STEP_PUT, fault_r, "iiiiiitt", r->id,
		  (int64_t)s->seq, (int64_t)s->step, (int64_t)s->status,
		  since(r->id, s->started_ms), since(r->id, s->finished_ms),
		  s->output, s->error);
}

int
store_step_list(struct txn *t, struct arena *a, int64_t run,
    struct list *list_r, struct fault *fault_r)
{
	const enum sql n = SQL_STEP_LIST;
	struct db *db = txn_db(t, fault_r);
	struct run_step *all = NULL;
	int room = 0;
	*list_r = (struct list){ 0 };
	if (db == NULL)
		return -1;
	int rc = db_first(db, n, fault_r, "i", run);
	for (; rc == 1; rc = db_next(db, n, fault_r)) {
		if (list_r->n == room) {
			room = room == 0 ? 8 : room * 2;
			struct run_step *wider =
			    arena_alloc(a, (size_t)room * sizeof(*wider));
			if (list_r->n > 0)
				memcpy(wider, all,
				    (size_t)list_r->n * sizeof(*wider));
			all = wider;
		}
		all[list_r->n++] =
		    (struct run_step){ .seq = (int)db_int(db, n, 0),
			    .step = (int)db_int(db, n, 1),
			    .status = (enum step_status)db_int(db, n, 2),
			    .started_ms = moment(run, db_int(db, n, 3)),
			    .finished_ms = moment(run, db_int(db, n, 4)),
			    .output = db_text(db, n, 5, a),
			    .error = db_text(db, n, 6, a) };
	}
	list_r->items = all;
	return rc;
}
