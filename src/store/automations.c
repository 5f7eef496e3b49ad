/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/automations.h"

#include "base/fault.h"
#include "store/list_private.h"

static const char counter[] = "automations";

int64_t
txn_automations_version(struct txn *t)
{
	struct fault ignored;
	if (t->automations_version == 0 && txn_db(t, &ignored) != NULL &&
	    db_first(t->db, SQL_META_GET, &ignored, "t", counter) == 1) {
		t->automations_version = db_int(t->db, SQL_META_GET, 0);
		db_end(t->db, SQL_META_GET);
	}
	return t->automations_version;
}

int
txn_raise_version(struct txn *t, struct fault *fault_r)
{
	t->automations_version = 0;
	return db_exec(t->db, SQL_META_RAISE, fault_r, "t", counter);
}

static void
read_automation(struct db *db, enum sql n, struct arena *arena, void *item)
{
	struct automation *a = item;
	a->num = db_int(db, n, 0);
	a->id = db_int(db, n, 1);
	a->name = db_text(db, n, 2, arena);
	a->enabled = (int)db_int(db, n, 3);
	a->paused = db_int(db, n, 4) != 0;
	a->version = db_int(db, n, 5);
	a->updated_ms = db_int(db, n, 6);
}

int
store_automation_insert(struct txn *t, struct automation *a,
    struct fault *fault_r)
{
	const enum sql n = SQL_AUTOMATION_PUT;
	struct db *db = txn_db(t, fault_r);
	if (db == NULL ||
	    db_first(db, n, fault_r, "itio", a->id, a->name,
		(int64_t)a->enabled, a->updated_ms) != 1)
		return -1;
	a->num = db_int(db, n, 0);
	db_end(db, n);
	return txn_raise_version(t, fault_r);
}

int
store_automation_update(struct txn *t, const struct automation *a,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL ||
	    db_exec(db, SQL_AUTOMATION_UPDATE, fault_r, "tiiioi", a->name,
		(int64_t)a->enabled, (int64_t)a->paused, a->version,
		a->updated_ms, a->num) != 0)
		return -1;
	return txn_raise_version(t, fault_r);
}

/* The one row a statement finds by a number. */
static int
get(struct txn *t, struct arena *arena, enum sql n, int64_t key,
    struct automation *a, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	int rc = db == NULL ? -1 : db_first(db, n, fault_r, "i", key);
	if (rc != 1)
		return rc;
	read_automation(db, n, arena, a);
	db_end(db, n);
	return 1;
}

int
store_automation_by_id(struct txn *t, struct arena *arena, int64_t id,
    struct automation *a, struct fault *fault_r)
{
	return get(t, arena, SQL_AUTOMATION_BY_ID, id, a, fault_r);
}

int
store_automation_by_num(struct txn *t, struct arena *arena, int64_t num,
    struct automation *a, struct fault *fault_r)
{
	return get(t, arena, SQL_AUTOMATION_BY_NUM, num, a, fault_r);
}

int
store_automation_list(struct txn *t, struct arena *arena, const struct page *p,
    int enabled, struct list *list_r, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL)
		return -1;
	enum sql n = page_sql(p, SQL_AUTOMATION_LIST, SQL_AUTOMATION_LIST_UP);
	int64_t least = enabled < 0 ? 0 : enabled;
	int64_t most = enabled < 0 ? 1 : enabled;
	int rc = db_first(db, n, fault_r, "iiiii", page_below(p), page_above(p),
	    least, most, page_rows(p));
	return list_fill(db, n, rc, p, arena, sizeof(struct automation),
	    read_automation, list_r, fault_r);
}

/* All that a statement without parameters finds. */
static int
list_all(struct txn *t, struct arena *arena, enum sql n, struct list *list_r,
    struct fault *fault_r)
{
	const struct page all = { .limit = INT32_MAX - 1 };
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : list_fill(db, n, db_first(db, n, fault_r, ""), &all, arena,
		  sizeof(struct automation), read_automation, list_r, fault_r);
}

int
store_automation_enabled(struct txn *t, struct arena *arena,
    struct list *list_r, struct fault *fault_r)
{
	return list_all(t, arena, SQL_AUTOMATION_ENABLED, list_r, fault_r);
}

int
store_automation_paused(struct txn *t, struct arena *arena, struct list *list_r,
    struct fault *fault_r)
{
	return list_all(t, arena, SQL_AUTOMATION_PAUSED, list_r, fault_r);
}

int
store_graph_insert(struct txn *t, int64_t automation, const char *graph,
    int64_t *num_r, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL ||
	    db_first(db, SQL_GRAPH_PUT, fault_r, "it", automation, graph) != 1)
		return -1;
	*num_r = db_int(db, SQL_GRAPH_PUT, 0);
	db_end(db, SQL_GRAPH_PUT);
	return txn_raise_version(t, fault_r);
}

int
store_graph_get(struct txn *t, struct arena *a, int64_t num,
    const char **graph_r, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	int rc =
	    db == NULL ? -1 : db_first(db, SQL_GRAPH_GET, fault_r, "i", num);
	if (rc != 1)
		return rc;
	*graph_r = db_text(db, SQL_GRAPH_GET, 1, a);
	db_end(db, SQL_GRAPH_GET);
	return 1;
}
