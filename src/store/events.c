/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/events.h"

#include "base/arena.h"
#include "base/fault.h"
#include "model/contact.h"
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

/* ---- definitions ------------------------------------------------------- */

int
store_definition_insert(struct txn *t, struct definition *d,
    struct fault *fault_r)
{
	const enum sql n = SQL_DEFINITION_PUT;
	struct db *db = txn_db(t, fault_r);
	int rc = db == NULL
	    ? -1
	    : db_first(db, n, fault_r, "tit", d->name, d->id, d->schema);
	if (rc != 1)
		return rc;
	d->num = db_int(db, n, 0);
	db_end(db, n);
	return txn_raise_version(t, fault_r) == 0 ? 1 : -1;
}

int
store_definition_update(struct txn *t, const struct definition *d,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL ||
	    db_exec(db, SQL_DEFINITION_UPDATE, fault_r, "toi", d->schema,
		d->updated_ms, d->id) != 0)
		return -1;
	return txn_raise_version(t, fault_r);
}

int
store_definition_delete(struct txn *t, int64_t id, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL ||
	    db_exec(db, SQL_DEFINITION_DELETE, fault_r, "i", id) != 0)
		return -1;
	int rc = txn_deleted(t, id, fault_r);
	return rc == 1 && txn_raise_version(t, fault_r) != 0 ? -1 : rc;
}

static void
read_definition(struct db *db, enum sql n, struct arena *a, void *item)
{
	*(struct definition *)item =
	    (struct definition){ .id = db_int(db, n, 0),
		    .num = db_int(db, n, 1),
		    .name = db_text(db, n, 2, a),
		    .schema = db_text(db, n, 3, a),
		    .updated_ms = db_int(db, n, 4) };
}

/* The one definition a statement is at, if it is at any. */
static int
one_definition(struct db *db, enum sql n, int rc, struct arena *a,
    struct definition *d)
{
	if (rc == 1) {
		read_definition(db, n, a, d);
		db_end(db, n);
	}
	return rc;
}

int
store_definition_get(struct txn *t, struct arena *a, int64_t id,
    struct definition *d, struct fault *fault_r)
{
	const enum sql n = SQL_DEFINITION_BY_ID;
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : one_definition(db, n, db_first(db, n, fault_r, "i", id), a, d);
}

int
store_definition_by_name(struct txn *t, struct arena *a, const char *name,
    struct definition *d, struct fault *fault_r)
{
	const enum sql n = SQL_DEFINITION_BY_NAME;
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : one_definition(db, n, db_first(db, n, fault_r, "t", name), a, d);
}

int
store_definition_list(struct txn *t, struct arena *a, const struct page *p,
    struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_DEFINITION_LIST, SQL_DEFINITION_LIST_UP);
	struct db *db = txn_db(t, fault_r);
	if (db == NULL)
		return -1;
	return list_fill(db, n,
	    db_first(db, n, fault_r, "iii", page_below(p), page_above(p),
		page_rows(p)),
	    p, a, sizeof(struct definition), read_definition, list_r, fault_r);
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
store_event_of_contact(struct txn *t, struct arena *a, const struct contact *c,
    int64_t *after, int rows, struct list *list_r, struct fault *fault_r)
{
	const struct page all = { .limit = rows };
	const enum sql n = SQL_EVENT_OF_CONTACT, slice = SQL_EVENT_SLICE;
	struct db *db = txn_db(t, fault_r);
	*list_r = (struct list){ 0 };
	if (db == NULL ||
	    db_first(db, slice, fault_r, "ii", *after, (int64_t)rows) != 1)
		return -1;
	int64_t last = db_int(db, slice, 0), found = db_int(db, slice, 1);
	db_end(db, slice);
	if (found == 0)
		return 0;
	if (list_fill(db, n,
		db_first(db, n, fault_r, "iiitt", *after, last, c->id,
		    c->email_key, c->email),
		&all, a, sizeof(struct event), read_event, list_r,
		fault_r) != 0)
		return -1;
	*after = last;
	return found == rows;
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
