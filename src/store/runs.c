/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moments within a run are kept as milliseconds since it began, which its id
 * tells: four bytes in place of six, ten million times.
 */
#include "store/runs.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "store/list_private.h"

/* ---- runs -------------------------------------------------------------- */

/* A moment as the milliseconds since the run began, from 1; 0 stays 0. An id
 * may be ahead of the clock: what is earlier is negative. */
static int64_t
since(int64_t run, int64_t ms)
{
	int64_t after = ms - id_time_ms(run);
	return ms == 0 ? 0 : after < 0 ? after : after + 1;
}

static int64_t
moment(int64_t run, int64_t since_ms)
{
	int64_t after = since_ms < 0 ? since_ms : since_ms - 1;
	return since_ms == 0 ? 0 : id_time_ms(run) + after;
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
	r->depth = (int)db_int(db, n, 11);
	r->payload = db_text(db, n, 12, a);
	r->context = db_text(db, n, 13, a);
	r->reason = db_text(db, n, 14, a);
}

int
store_run_insert(struct txn *t, const struct run *r, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : db_exec(db, SQL_RUN_PUT, fault_r, "iiiioiiioioittt", r->id,
		  r->automation, r->version, r->contact, r->event,
		  (int64_t)r->status, (int64_t)r->step, (int64_t)r->seq,
		  r->due_ms, since(r->id, r->entered_ms),
		  since(r->id, r->finished_ms), (int64_t)r->depth, r->payload,
		  r->context, r->reason);
}

int
store_run_update(struct txn *t, const struct run *r, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : db_exec(db, SQL_RUN_UPDATE, fault_r, "iiioioitti",
		  (int64_t)r->status, (int64_t)r->step, (int64_t)r->seq,
		  r->due_ms, since(r->id, r->entered_ms),
		  since(r->id, r->finished_ms), (int64_t)r->depth, r->context,
		  r->reason, r->id);
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

/* The runs of a statement that is at its first row. */
static int
list_runs(struct db *db, enum sql n, int rc, int limit, struct arena *a,
    struct list *list_r, struct fault *fault_r)
{
	const struct page p = { .limit = limit };
	return list_fill(db, n, rc, &p, a, sizeof(struct run), read_run, list_r,
	    fault_r);
}

int
store_run_due(struct txn *t, struct arena *a, int64_t automation,
    int64_t now_ms, int limit, struct list *list_r, struct fault *fault_r)
{
	const enum sql n = SQL_RUN_DUE;
	struct db *db = txn_db(t, fault_r);
	return db == NULL ? -1
			  : list_runs(db, n,
				db_first(db, n, fault_r, "iii", automation,
				    now_ms, (int64_t)limit + 1),
				limit, a, list_r, fault_r);
}

/* The integers of the one row a statement finds; 1, 0, -1. */
static int
one_row(struct db *db, enum sql n, int rc, int64_t *first_r, int64_t *second_r)
{
	if (rc != 1)
		return rc;
	*first_r = db_int(db, n, 0);
	if (second_r != NULL)
		*second_r = db_int(db, n, 1);
	db_end(db, n);
	return 1;
}

int
store_run_next_due(struct txn *t, int64_t automation, int64_t *due_r,
    struct fault *fault_r)
{
	const enum sql n = SQL_RUN_NEXT_DUE;
	struct db *db = txn_db(t, fault_r);
	if (db == NULL)
		return -1;
	return one_row(db, n, db_first(db, n, fault_r, "i", automation), due_r,
		   NULL) == 1
	    ? 0
	    : -1;
}

int
store_run_due_behind(struct txn *t, int64_t behind, int64_t *automation_r,
    int64_t *due_r, struct fault *fault_r)
{
	const enum sql n = SQL_RUN_DUE_BEHIND;
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : one_row(db, n, db_first(db, n, fault_r, "i", behind),
		  automation_r, due_r);
}

int
store_run_live(struct txn *t, struct arena *a, int64_t contact, int64_t after,
    int limit, struct list *list_r, struct fault *fault_r)
{
	const enum sql n = SQL_RUN_LIVE;
	struct db *db = txn_db(t, fault_r);
	return db == NULL ? -1
			  : list_runs(db, n,
				db_first(db, n, fault_r, "iii", contact, after,
				    (int64_t)limit + 1),
				limit, a, list_r, fault_r);
}

static void
read_ref(struct db *db, enum sql n, struct arena *a, void *item)
{
	(void)a;
	*(struct run_ref *)item =
	    (struct run_ref){ db_int(db, n, 0), db_int(db, n, 1) };
}

int
store_run_live_due(struct txn *t, struct arena *a, int64_t contact,
    int64_t now_ms, int limit, struct list *list_r, struct fault *fault_r)
{
	const enum sql n = SQL_RUN_LIVE_DUE;
	const struct page p = { .limit = limit };
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : list_fill(db, n,
		  db_first(db, n, fault_r, "iii", contact, now_ms,
		      page_rows(&p)),
		  &p, a, sizeof(struct run_ref), read_ref, list_r, fault_r);
}

/* The newest of the statuses from first to last. */
static int
last_of(struct txn *t, int64_t contact, int64_t automation, int first, int last,
    int64_t *run_r, struct fault *fault_r)
{
	const enum sql n = SQL_RUN_LAST;
	struct db *db = txn_db(t, fault_r);
	*run_r = 0;
	for (int s = first; s <= last; s++) {
		int64_t id;
		if (db == NULL ||
		    one_row(db, n,
			db_first(db, n, fault_r, "iii", contact, (int64_t)s,
			    automation),
			&id, NULL) != 1)
			return -1;
		*run_r = id > *run_r ? id : *run_r;
	}
	return *run_r != 0;
}

int
store_run_last(struct txn *t, int64_t contact, int64_t automation,
    int64_t *run_r, struct fault *fault_r)
{
	return last_of(t, contact, automation, 0, RUN_STATUS_COUNT - 1, run_r,
	    fault_r);
}

int
store_run_last_live(struct txn *t, int64_t contact, int64_t automation,
    int64_t *run_r, struct fault *fault_r)
{
	return last_of(t, contact, automation, RUN_RUNNING, RUN_RUNNING, run_r,
	    fault_r);
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

int
store_run_of_contact(struct txn *t, struct arena *a, int64_t contact,
    const struct page *p, struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_RUN_OF_CONTACT, SQL_RUN_OF_CONTACT_UP);
	struct db *db = txn_db(t, fault_r);
	if (db == NULL)
		return -1;
	return list_fill(db, n,
	    db_first(db, n, fault_r, "iiii", contact, page_below(p),
		page_above(p), page_rows(p)),
	    p, a, sizeof(struct run), read_run, list_r, fault_r);
}

int
store_run_of_both(struct txn *t, struct arena *a, int64_t contact,
    int64_t automation, int limit, struct list *list_r, struct fault *fault_r)
{
	const enum sql n = SQL_RUN_OF_BOTH;
	struct db *db = txn_db(t, fault_r);
	return db == NULL ? -1
			  : list_runs(db, n,
				db_first(db, n, fault_r, "iii", contact,
				    automation, (int64_t)limit + 1),
				limit, a, list_r, fault_r);
}

int
store_run_running(struct txn *t, struct arena *a, int64_t automation, int limit,
    struct list *list_r, struct fault *fault_r)
{
	const enum sql n = SQL_RUN_RUNNING;
	struct db *db = txn_db(t, fault_r);
	return db == NULL ? -1
			  : list_runs(db, n,
				db_first(db, n, fault_r, "ii", automation,
				    (int64_t)limit + 1),
				limit, a, list_r, fault_r);
}

static void
read_int(struct db *db, enum sql n, struct arena *a, void *item)
{
	(void)a;
	*(int64_t *)item = db_int(db, n, 0);
}

int
store_run_automation_behind(struct txn *t, int64_t behind,
    int64_t *automation_r, struct fault *fault_r)
{
	const enum sql n = SQL_RUN_AUTOMATION_BEHIND;
	struct db *db = txn_db(t, fault_r);
	if (db == NULL)
		return -1;
	return one_row(db, n, db_first(db, n, fault_r, "i", behind),
		   automation_r, NULL) == 1
	    ? 0
	    : -1;
}

int
store_run_prune(struct txn *t, int64_t automation, enum run_status status,
    int64_t before, int limit, struct fault *fault_r)
{
	const struct page p = { .limit = limit };
	struct db *db = txn_db(t, fault_r);
	struct arena *a = arena_new();
	struct list old = { 0 };
	int rc = db == NULL
	    ? -1
	    : list_fill(db, SQL_RUN_OLD,
		  db_first(db, SQL_RUN_OLD, fault_r, "iiii", automation,
		      (int64_t)status, before, (int64_t)limit),
		  &p, a, sizeof(int64_t), read_int, &old, fault_r);
	const int64_t *ids = old.items;
	for (int i = 0; rc == 0 && i < old.n; i++)
		if (db_exec(db, SQL_RUN_STEPS_DELETE, fault_r, "i", ids[i]) !=
			0 ||
		    db_exec(db, SQL_RUN_DELETE, fault_r, "i", ids[i]) != 0)
			rc = -1;
	arena_free(a);
	return rc == 0 ? old.n : -1;
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

/* ---- waits and entries ------------------------------------------------- */

int
store_wait_insert(struct txn *t, int64_t contact, int64_t name, int64_t run,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : db_exec(db, SQL_WAIT_PUT, fault_r, "iii", contact, name, run);
}

int
store_wait_delete(struct txn *t, int64_t contact, int64_t name, int64_t run,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : db_exec(db, SQL_WAIT_DELETE, fault_r, "iii", contact, name, run);
}

int
store_wait_list(struct txn *t, struct arena *a, int64_t contact, int64_t name,
    int64_t after, int limit, struct list *list_r, struct fault *fault_r)
{
	const enum sql n = SQL_WAIT_LIST;
	const struct page p = { .limit = limit };
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : list_fill(db, n,
		  db_first(db, n, fault_r, "iiii", contact, name, after,
		      page_rows(&p)),
		  &p, a, sizeof(int64_t), read_int, list_r, fault_r);
}

int
store_entry_get(struct txn *t, int64_t contact, int64_t automation, int64_t key,
    int64_t *run_r, struct fault *fault_r)
{
	const enum sql n = SQL_ENTRY_GET;
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : one_row(db, n,
		  db_first(db, n, fault_r, "iii", contact, automation, key),
		  run_r, NULL);
}

int
store_entry_put(struct txn *t, int64_t contact, int64_t automation, int64_t key,
    int64_t run, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL ? -1
			  : db_exec(db, SQL_ENTRY_PUT, fault_r, "iiii", contact,
				automation, key, run);
}

/* ---- skips ------------------------------------------------------------- */

int
store_skip_insert(struct txn *t, const struct skip *s, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : db_exec(db, SQL_SKIP_PUT, fault_r, "iiooi", s->id, s->automation,
		  s->contact, s->event, (int64_t)s->reason);
}

static void
read_skip(struct db *db, enum sql n, struct arena *a, void *item)
{
	(void)a;
	*(struct skip *)item = (struct skip){ .id = db_int(db, n, 0),
		.automation = db_int(db, n, 1),
		.contact = db_int(db, n, 2),
		.event = db_int(db, n, 3),
		.reason = (enum skip_reason)db_int(db, n, 4) };
}

int
store_skip_list(struct txn *t, struct arena *a, int64_t automation,
    const struct page *p, struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_SKIP_LIST, SQL_SKIP_LIST_UP);
	struct db *db = txn_db(t, fault_r);
	if (db == NULL)
		return -1;
	return list_fill(db, n,
	    db_first(db, n, fault_r, "iiii", automation, page_below(p),
		page_above(p), page_rows(p)),
	    p, a, sizeof(struct skip), read_skip, list_r, fault_r);
}

int
store_skip_of_both(struct txn *t, struct arena *a, int64_t contact,
    int64_t automation, int limit, struct list *list_r, struct fault *fault_r)
{
	const enum sql n = SQL_SKIP_OF_BOTH;
	const struct page p = { .limit = limit };
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : list_fill(db, n,
		  db_first(db, n, fault_r, "iii", contact, automation,
		      page_rows(&p)),
		  &p, a, sizeof(struct skip), read_skip, list_r, fault_r);
}

int
store_skip_of_event(struct txn *t, struct arena *a, int64_t event, int limit,
    struct list *list_r, struct fault *fault_r)
{
	/* A skip gets its id right after its event. */
	enum { NEAR_MS = 60000 };
	const enum sql n = SQL_SKIP_OF_EVENT;
	const struct page p = { .limit = limit };
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : list_fill(db, n,
		  db_first(db, n, fault_r, "iii", event,
		      id_at_ms(id_time_ms(event) + NEAR_MS), page_rows(&p)),
		  &p, a, sizeof(struct skip), read_skip, list_r, fault_r);
}

int
store_skip_of_contact(struct txn *t, struct arena *a, int64_t contact,
    const struct page *p, struct list *list_r, struct fault *fault_r)
{
	const enum sql n = SQL_SKIP_OF_CONTACT;
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : list_fill(db, n,
		  db_first(db, n, fault_r, "iiii", contact, page_below(p),
		      page_above(p), page_rows(p)),
		  p, a, sizeof(struct skip), read_skip, list_r, fault_r);
}

int
store_skip_prune(struct txn *t, int64_t before, int limit,
    struct fault *fault_r)
{
	return txn_prune(t, SQL_SKIP_PRUNE, before, limit, fault_r);
}

int
store_run_forget_contact(struct txn *t, int64_t contact, int limit,
    struct fault *fault_r)
{
	static const enum sql all[] = { SQL_WAIT_FORGET, SQL_ENTRY_FORGET,
		SQL_SKIP_FORGET, SQL_RECENT_FORGET };
	bool more = false;
	for (size_t i = 0; i < N_OF(all); i++) {
		int n = txn_prune(t, all[i], contact, limit, fault_r);
		if (n < 0)
			return -1;
		more = more || n == limit;
	}
	return more;
}
