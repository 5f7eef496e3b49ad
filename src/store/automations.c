/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/automations.h"

#include "base/fault.h"
#include "store/rows.h"

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

static const struct row_type automation_rows = { sizeof(struct automation),
	read_automation };

int
store_automation_insert(struct txn *t, struct automation *a,
    struct fault *fault_r)
{
	return txn_int(t, SQL_AUTOMATION_PUT, &a->num, fault_r, "itio", a->id,
		   a->name, (int64_t)a->enabled, a->updated_ms) != 1
	    ? -1
	    : txn_raise_version(t, fault_r);
}

int
store_automation_update(struct txn *t, const struct automation *a,
    struct fault *fault_r)
{
	return txn_define(t, SQL_AUTOMATION_UPDATE, fault_r, "tiiioi", a->name,
	    (int64_t)a->enabled, (int64_t)a->paused, a->version, a->updated_ms,
	    a->num);
}

int
store_automation_by_id(struct txn *t, struct arena *arena, int64_t id,
    struct automation *a, struct fault *fault_r)
{
	return txn_first(t, SQL_AUTOMATION_BY_ID, read_automation, arena, a,
	    fault_r, "i", id);
}

int
store_automation_ever(struct txn *t, struct arena *arena, int64_t id,
    struct automation *a, struct fault *fault_r)
{
	return txn_first(t, SQL_AUTOMATION_EVER, read_automation, arena, a,
	    fault_r, "i", id);
}

int
store_automation_by_num(struct txn *t, struct arena *arena, int64_t num,
    struct automation *a, struct fault *fault_r)
{
	return txn_first(t, SQL_AUTOMATION_BY_NUM, read_automation, arena, a,
	    fault_r, "i", num);
}

int
store_automation_list(struct txn *t, struct arena *arena, const struct page *p,
    int enabled, struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_AUTOMATION_LIST, SQL_AUTOMATION_LIST_UP);
	int64_t least = enabled < 0 ? 0 : enabled;
	int64_t most = enabled < 0 ? 1 : enabled;
	return txn_list(t, n, &automation_rows, arena, p, list_r, fault_r,
	    "iip", least, most, p);
}

int
store_automation_enabled(struct txn *t, struct arena *arena,
    struct list *list_r, struct fault *fault_r)
{
	return txn_list(t, SQL_AUTOMATION_ENABLED, &automation_rows, arena,
	    ALL_ROWS, list_r, fault_r, "");
}

int
store_automation_paused(struct txn *t, struct arena *arena, struct list *list_r,
    struct fault *fault_r)
{
	return txn_list(t, SQL_AUTOMATION_PAUSED, &automation_rows, arena,
	    ALL_ROWS, list_r, fault_r, "");
}

int
store_graph_insert(struct txn *t, int64_t automation, const char *graph,
    int64_t *num_r, struct fault *fault_r)
{
	return txn_int(t, SQL_GRAPH_PUT, num_r, fault_r, "it", automation,
		   graph) != 1
	    ? -1
	    : txn_raise_version(t, fault_r);
}

static void
read_graph(struct db *db, enum sql n, struct arena *a, void *item)
{
	*(const char **)item = db_text(db, n, 1, a);
}

int
store_graph_get(struct txn *t, struct arena *a, int64_t num,
    const char **graph_r, struct fault *fault_r)
{
	return txn_first(t, SQL_GRAPH_GET, read_graph, a, graph_r, fault_r, "i",
	    num);
}
