/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/events.h"

#include "base/arena.h"
#include "base/fault.h"
#include "model/contact.h"
#include "store/rows.h"

static void
read_name(struct db *db, enum sql n, struct arena *a, void *item)
{
	*(struct event_name *)item =
	    (struct event_name){ .num = db_int(db, n, 0),
		    .interest = (unsigned)db_int(db, n, 1),
		    .schema = db_text(db, n, 2, a) };
}

int
store_name_get(struct txn *t, struct arena *a, const char *name,
    struct event_name *out, struct fault *fault_r)
{
	*out = (struct event_name){ 0 };
	return txn_first(t, SQL_NAME_GET, read_name, a, out, fault_r, "t",
	    name);
}

int
store_name_insert(struct txn *t, const char *name, int64_t *num_r,
    struct fault *fault_r)
{
	return txn_int(t, SQL_NAME_PUT, num_r, fault_r, "t", name) == 1 ? 0
									: -1;
}

int
store_name_interest(struct txn *t, int64_t num, unsigned interest,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_NAME_INTEREST, fault_r, "ii", (int64_t)interest,
	    num);
}

/* ---- definitions ------------------------------------------------------- */

int
store_definition_insert(struct txn *t, struct definition *d,
    struct fault *fault_r)
{
	int rc = txn_int(t, SQL_DEFINITION_PUT, &d->num, fault_r, "tit",
	    d->name, d->id, d->schema);
	return rc == 1 && txn_raise_version(t, fault_r) != 0 ? -1 : rc;
}

int
store_definition_update(struct txn *t, const struct definition *d,
    struct fault *fault_r)
{
	return txn_define(t, SQL_DEFINITION_UPDATE, fault_r, "toi", d->schema,
	    d->updated_ms, d->id);
}

int
store_definition_delete(struct txn *t, int64_t id, struct fault *fault_r)
{
	return txn_delete(t, SQL_DEFINITION_DELETE, id, true, fault_r);
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

static const struct row_type definition_rows = { sizeof(struct definition),
	read_definition };

int
store_definition_get(struct txn *t, struct arena *a, int64_t id,
    struct definition *d, struct fault *fault_r)
{
	return txn_first(t, SQL_DEFINITION_BY_ID, read_definition, a, d,
	    fault_r, "i", id);
}

int
store_definition_by_name(struct txn *t, struct arena *a, const char *name,
    struct definition *d, struct fault *fault_r)
{
	return txn_first(t, SQL_DEFINITION_BY_NAME, read_definition, a, d,
	    fault_r, "t", name);
}

int
store_definition_list(struct txn *t, struct arena *a, const struct page *p,
    struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_DEFINITION_LIST, SQL_DEFINITION_LIST_UP);
	return txn_list(t, n, &definition_rows, a, p, list_r, fault_r, "p", p);
}

/* ---- events ------------------------------------------------------------ */

int
store_event_insert(struct txn *t, const struct event *e, int64_t name_num,
    enum event_outcome outcome, struct fault *fault_r)
{
	return txn_exec(t, SQL_EVENT_PUT, fault_r, "iiottoii", e->id, name_num,
	    e->contact, e->contact != 0 ? NULL : e->email, e->payload, e->cause,
	    (int64_t)e->depth, (int64_t)outcome);
}

int
store_event_outcome(struct txn *t, int64_t id, enum event_outcome outcome,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_EVENT_OUTCOME, fault_r, "ii", (int64_t)outcome,
	    id);
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

static const struct row_type event_rows = { sizeof(struct event), read_event };

/* An event and what it led to. */
struct outcome_row {
	struct event *event;
	enum event_outcome *outcome;
};

static void
read_outcome(struct db *db, enum sql n, struct arena *a, void *item)
{
	const struct outcome_row *r = item;
	read_event(db, n, a, r->event);
	*r->outcome = (enum event_outcome)db_int(db, n, 7);
}

int
store_event_get(struct txn *t, struct arena *a, int64_t id, struct event *e,
    enum event_outcome *outcome_r, struct fault *fault_r)
{
	struct outcome_row r = { e, outcome_r };
	return txn_first(t, SQL_EVENT_GET, read_outcome, a, &r, fault_r, "i",
	    id);
}

/* Some rows of a table, looked at one after another. */
struct slice {
	int64_t last, rows;
};

static void
read_slice(struct db *db, enum sql n, struct arena *a, void *item)
{
	(void)a;
	*(struct slice *)item =
	    (struct slice){ db_int(db, n, 0), db_int(db, n, 1) };
}

int
store_event_of_contact(struct txn *t, struct arena *a, const struct contact *c,
    int64_t *after, int rows, struct list *list_r, struct fault *fault_r)
{
	struct slice s;
	*list_r = (struct list){ 0 };
	if (txn_first(t, SQL_EVENT_SLICE, read_slice, a, &s, fault_r, "ii",
		*after, (int64_t)rows) != 1)
		return -1;
	if (s.rows == 0)
		return 0;
	if (txn_list(t, SQL_EVENT_OF_CONTACT, &event_rows, a, LIMIT(rows),
		list_r, fault_r, "iiitt", *after, s.last, c->id, c->email_key,
		c->email) != 0)
		return -1;
	*after = s.last;
	return s.rows == rows;
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
	return txn_exec(t, SQL_RECENT_PUT, fault_r, "iii", contact, name,
	    event);
}

int
store_recent_before(struct txn *t, struct arena *a, int64_t contact,
    int64_t name, int64_t from, int64_t before, struct event *e,
    struct fault *fault_r)
{
	return txn_first(t, SQL_RECENT_BEFORE, read_event, a, e, fault_r,
	    "iiii", contact, name, from, before);
}

int
store_recent_prune(struct txn *t, int64_t before, int limit,
    struct fault *fault_r)
{
	return txn_prune(t, SQL_RECENT_PRUNE, before, limit, fault_r);
}
