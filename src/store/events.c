/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/events.h"

#include "base/arena.h"
#include "base/fault.h"
#include "store/list_private.h"

int
store_name_get(struct txn *t, struct arena *a, const char *name,
    struct event_name *out, struct fault *fault_r)
{
	const enum sql n = SQL_NAME_GET;
	struct db *db = txn_db(t, fault_r);
	int rc = db == NULL ? -1 : db_first(db, n, fault_r, "t", name);
	*out = (struct event_name){ 0 };
	if (rc != 1)
		return rc;
	out->num = db_int(db, n, 0);
	out->interest = (unsigned)db_int(db, n, 1);
	out->schema = db_text(db, n, 2, a);
	db_end(db, n);
	return 1;
}

int
store_name_insert(struct txn *t, const char *name, int64_t *num_r,
    struct fault *fault_r)
{
	const enum sql n = SQL_NAME_PUT;
	struct db *db = txn_db(t, fault_r);
	if (db == NULL || db_first(db, n, fault_r, "t", name) != 1)
		return -1;
	*num_r = db_int(db, n, 0);
	db_end(db, n);
	return 0;
}

int
store_name_interest(struct txn *t, int64_t num, unsigned interest,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL ? -1
			  : db_exec(db, SQL_NAME_INTEREST, fault_r, "ii",
				(int64_t)interest, num);
}

/* ---- events ------------------------------------------------------------ */

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

static void
read_event(struct db *db, enum sql n, struct arena *a, void *item)
{
	*(struct event *)item = (struct event){ .id = db_int(db, n, 0),
		.name = db_text(db, n, 1, a),
		.contact = db_int(db, n, 2),
		.email = db_text(db, n, 3, a),
		.payload = db_text(db, n, 4, a),
		.cause = db_int(db, n, 5),
		.depth = (int)db_int(db, n, 6) };
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
	read_event(db, n, a, e);
	*outcome_r = (enum event_outcome)db_int(db, n, 7);
	db_end(db, n);
	return 1;
}

int
store_event_prune(struct txn *t, int64_t before, int limit,
    struct fault *fault_r)
{
	return txn_prune(t, SQL_EVENT_PRUNE, before, limit, fault_r);
}

/* ---- what waits look back to ------------------------------------------- */

int
store_recent_insert(struct txn *t, int64_t contact, int64_t name, int64_t event,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : db_exec(db, SQL_RECENT_PUT, fault_r, "iii", contact, name, event);
}

int
store_recent_list(struct txn *t, struct arena *a, int64_t contact, int64_t name,
    int64_t from, int limit, struct list *list_r, struct fault *fault_r)
{
	const struct page p = { .limit = limit };
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : list_fill(db, SQL_RECENT_LIST,
		  db_first(db, SQL_RECENT_LIST, fault_r, "iiii", contact, name,
		      from, (int64_t)limit),
		  &p, a, sizeof(struct event), read_event, list_r, fault_r);
}

int
store_recent_prune(struct txn *t, int64_t before, int limit,
    struct fault *fault_r)
{
	return txn_prune(t, SQL_RECENT_PRUNE, before, limit, fault_r);
}
