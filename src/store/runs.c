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
#include "model/address.h"
#include "store/rows.h"

enum { PLACE_STEPS = 256 /* more than a version has */ };

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

static const struct row_type run_rows = { sizeof(struct run), read_run };

int
store_run_insert(struct txn *t, const struct run *r, struct fault *fault_r)
{
	return txn_exec(t, SQL_RUN_PUT, fault_r, "iiiioiiioioittt", r->id,
	    r->automation, r->version, r->contact, r->event, (int64_t)r->status,
	    (int64_t)r->step, (int64_t)r->seq, r->due_ms,
	    since(r->id, r->entered_ms), since(r->id, r->finished_ms),
	    (int64_t)r->depth, r->payload, r->context, r->reason);
}

int
store_run_update(struct txn *t, const struct run *r, struct fault *fault_r)
{
	return txn_exec(t, SQL_RUN_UPDATE, fault_r, "iiioioitti",
	    (int64_t)r->status, (int64_t)r->step, (int64_t)r->seq, r->due_ms,
	    since(r->id, r->entered_ms), since(r->id, r->finished_ms),
	    (int64_t)r->depth, r->context, r->reason, r->id);
}

int
store_run_get(struct txn *t, struct arena *a, int64_t id, struct run *r,
    struct fault *fault_r)
{
	return txn_first(t, SQL_RUN_GET, read_run, a, r, fault_r, "i", id);
}

int
store_run_due(struct txn *t, struct arena *a, int64_t automation,
    int64_t now_ms, int limit, struct list *list_r, struct fault *fault_r)
{
	return txn_list(t, SQL_RUN_DUE, &run_rows, a, LIMIT(limit), list_r,
	    fault_r, "iil", automation, now_ms, limit);
}

int
store_run_next_due(struct txn *t, int64_t automation, int64_t *due_r,
    struct fault *fault_r)
{
	return txn_int(t, SQL_RUN_NEXT_DUE, due_r, fault_r, "i", automation) ==
		1
	    ? 0
	    : -1;
}

/* Two numbers of a row. */
struct pair {
	int64_t first, second;
};

static void
read_pair(struct db *db, enum sql n, struct arena *a, void *item)
{
	(void)a;
	*(struct pair *)item =
	    (struct pair){ db_int(db, n, 0), db_int(db, n, 1) };
}

int
store_run_due_behind(struct txn *t, int64_t behind, int64_t *automation_r,
    int64_t *due_r, struct fault *fault_r)
{
	struct pair p;
	int rc = txn_first(t, SQL_RUN_DUE_BEHIND, read_pair, NULL, &p, fault_r,
	    "i", behind);
	if (rc == 1) {
		*automation_r = p.first;
		*due_r = p.second;
	}
	return rc;
}

int
store_run_live(struct txn *t, struct arena *a, int64_t contact, int64_t after,
    int limit, struct list *list_r, struct fault *fault_r)
{
	return txn_list(t, SQL_RUN_LIVE, &run_rows, a, LIMIT(limit), list_r,
	    fault_r, "iil", contact, after, limit);
}

int
store_run_live_group(struct txn *t, int64_t contact, struct run_group *g,
    struct fault *fault_r)
{
	struct pair p;
	int rc = txn_first(t, SQL_RUN_LIVE_GROUP, read_pair, NULL, &p, fault_r,
	    "iii", contact, g->automation, g->version);
	if (rc == 1)
		*g = (struct run_group){ p.first, p.second };
	return rc;
}

int
store_run_live_of(struct txn *t, struct arena *a, int64_t contact,
    const struct run_group *g, int64_t before, int limit, struct list *list_r,
    struct fault *fault_r)
{
	return txn_list(t, SQL_RUN_LIVE_OF, &run_rows, a, LIMIT(limit), list_r,
	    fault_r, "iiiil", contact, g->automation, g->version, before,
	    limit);
}

static void
read_due(struct db *db, enum sql n, struct arena *a, void *item)
{
	(void)a;
	*(struct run_due *)item = (struct run_due){ db_int(db, n, 0),
		db_int(db, n, 1), db_int(db, n, 2), db_int(db, n, 3) != 0 };
}

int
store_run_live_due(struct txn *t, struct arena *a, int64_t contact,
    const struct run_group *g, int64_t now_ms, int limit, struct list *list_r,
    struct fault *fault_r)
{
	static const struct row_type rows = { sizeof(struct run_due),
		read_due };
	return txn_list(t, SQL_RUN_LIVE_DUE, &rows, a, LIMIT(limit), list_r,
	    fault_r, "iiiil", contact, g->automation, g->version, now_ms,
	    limit);
}

int
store_run_last_live(struct txn *t, int64_t contact, int64_t automation,
    int64_t *run_r, struct fault *fault_r)
{
	*run_r = 0;
	if (txn_int(t, SQL_RUN_LAST_LIVE, run_r, fault_r, "ii", contact,
		automation) != 1)
		return -1;
	return *run_r != 0;
}

int
store_run_last(struct txn *t, int64_t contact, int64_t automation,
    int64_t *run_r, struct fault *fault_r)
{
	if (store_run_last_live(t, contact, automation, run_r, fault_r) < 0)
		return -1;
	for (int s = RUN_RUNNING + 1; s < RUN_STATUS_COUNT; s++) {
		int64_t id;
		if (txn_int(t, SQL_RUN_LAST, &id, fault_r, "iii", contact,
			(int64_t)s, automation) != 1)
			return -1;
		*run_r = id > *run_r ? id : *run_r;
	}
	return *run_r != 0;
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
	int total = 0;
	bool more = false;
	for (int s = 0; s < RUN_STATUS_COUNT; s++) {
		if ((statuses & 1u << s) == 0)
			continue;
		if (txn_list(t, n, &run_rows, a, p, &parts[s], fault_r, "iip",
			automation, (int64_t)s, p) != 0)
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
	return txn_list(t, n, &run_rows, a, p, list_r, fault_r, "ip", contact,
	    p);
}

int
store_run_of_both(struct txn *t, struct arena *a, int64_t contact,
    int64_t automation, int limit, struct list *list_r, struct fault *fault_r)
{
	return txn_list(t, SQL_RUN_OF_BOTH, &run_rows, a, LIMIT(limit), list_r,
	    fault_r, "iil", contact, automation, limit);
}

int
store_run_running(struct txn *t, struct arena *a, int64_t automation, int limit,
    struct list *list_r, struct fault *fault_r)
{
	return txn_list(t, SQL_RUN_RUNNING, &run_rows, a, LIMIT(limit), list_r,
	    fault_r, "il", automation, limit);
}

int
store_run_automation_behind(struct txn *t, int64_t behind,
    int64_t *automation_r, struct fault *fault_r)
{
	return txn_int(t, SQL_RUN_AUTOMATION_BEHIND, automation_r, fault_r, "i",
		   behind) == 1
	    ? 0
	    : -1;
}

int
store_run_prune(struct txn *t, int64_t automation, enum run_status status,
    int64_t before, int limit, struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct list old;
	int rc =
	    txn_list(t, SQL_RUN_OLD, &int_rows, a, LIMIT(limit), &old, fault_r,
		"iiii", automation, (int64_t)status, before, (int64_t)limit);
	const int64_t *ids = old.items;
	for (int i = 0; rc == 0 && i < old.n; i++)
		if (txn_exec(t, SQL_RUN_STEPS_DELETE, fault_r, "i", ids[i]) !=
			0 ||
		    txn_exec(t, SQL_RUN_DELETE, fault_r, "i", ids[i]) != 0)
			rc = -1;
	arena_free(a);
	return rc == 0 ? old.n : -1;
}

/* ---- steps ------------------------------------------------------------- */

int
store_step_insert(struct txn *t, const struct run *r, const struct run_step *s,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_STEP_PUT, fault_r, "iiiiiitt", r->id,
	    (int64_t)s->seq, (int64_t)s->step, (int64_t)s->status,
	    since(r->id, s->started_ms), since(r->id, s->finished_ms),
	    s->output, s->error);
}

static void
read_step(struct db *db, enum sql n, struct arena *a, void *item)
{
	int64_t run = db_int(db, n, 7);
	*(struct run_step *)item =
	    (struct run_step){ .seq = (int)db_int(db, n, 0),
		    .step = (int)db_int(db, n, 1),
		    .status = (enum step_status)db_int(db, n, 2),
		    .started_ms = moment(run, db_int(db, n, 3)),
		    .finished_ms = moment(run, db_int(db, n, 4)),
		    .output = db_text(db, n, 5, a),
		    .error = db_text(db, n, 6, a) };
}

static const struct row_type step_rows = { sizeof(struct run_step), read_step };

int
store_step_list(struct txn *t, struct arena *a, int64_t run,
    struct list *list_r, struct fault *fault_r)
{
	return txn_list(t, SQL_STEP_LIST, &step_rows, a, ALL_ROWS, list_r,
	    fault_r, "i", run);
}

/* ---- waits and entries ------------------------------------------------- */

/* Where a run waits, as one number. */
static int64_t
place_of(int64_t version, int step)
{
	return version * PLACE_STEPS + step;
}

int
store_wait_insert(struct txn *t, const struct run *r, int64_t name,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_WAIT_PUT, fault_r, "iiii", r->contact, name,
	    place_of(r->version, r->step), r->id);
}

int
store_wait_delete(struct txn *t, const struct run *r, int64_t name,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_WAIT_DELETE, fault_r, "iiii", r->contact, name,
	    place_of(r->version, r->step), r->id);
}

int
store_wait_place(struct txn *t, int64_t contact, int64_t name,
    struct wait_place *p, struct fault *fault_r)
{
	int64_t n;
	int rc = txn_int(t, SQL_WAIT_PLACE, &n, fault_r, "iii", contact, name,
	    place_of(p->version, p->step));
	if (rc == 1)
		*p = (struct wait_place){ n / PLACE_STEPS,
			(int)(n % PLACE_STEPS) };
	return rc;
}

int
store_wait_delete_run(struct txn *t, int64_t contact, int64_t run,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_WAIT_DELETE_RUN, fault_r, "ii", contact, run);
}

int
store_wait_list(struct txn *t, struct arena *a, int64_t contact, int64_t name,
    const struct wait_place *p, int64_t after, int limit, struct list *list_r,
    struct fault *fault_r)
{
	return txn_list(t, SQL_WAIT_LIST, &int_rows, a, LIMIT(limit), list_r,
	    fault_r, "iiiil", contact, name, place_of(p->version, p->step),
	    after, limit);
}

int
store_entry_get(struct txn *t, int64_t contact, int64_t automation, int64_t key,
    int64_t *run_r, struct fault *fault_r)
{
	return txn_int(t, SQL_ENTRY_GET, run_r, fault_r, "iii", contact,
	    automation, key);
}

int
store_entry_put(struct txn *t, int64_t contact, int64_t automation, int64_t key,
    int64_t run, struct fault *fault_r)
{
	return txn_exec(t, SQL_ENTRY_PUT, fault_r, "iiii", contact, automation,
	    key, run);
}

static void
read_entry(struct db *db, enum sql n, struct arena *a, void *item)
{
	(void)a;
	*(struct run_entry *)item = (struct run_entry){ .key = db_int(db, n, 0),
		.run = db_int(db, n, 1) };
}

int
store_entry_list(struct txn *t, struct arena *a, int64_t contact,
    int64_t automation, int limit, struct list *list_r, struct fault *fault_r)
{
	static const struct row_type rows = { sizeof(struct run_entry),
		read_entry };
	return txn_list(t, SQL_ENTRY_LIST, &rows, a, LIMIT(limit), list_r,
	    fault_r, "iil", contact, automation, limit);
}

/* ---- skips ------------------------------------------------------------- */

int
store_skip_insert(struct txn *t, const struct skip *s, struct fault *fault_r)
{
	return txn_exec(t, SQL_SKIP_PUT, fault_r, "iiooi", s->id, s->automation,
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

static const struct row_type skip_rows = { sizeof(struct skip), read_skip };

int
store_skip_list(struct txn *t, struct arena *a, int64_t automation,
    const struct page *p, struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_SKIP_LIST, SQL_SKIP_LIST_UP);
	return txn_list(t, n, &skip_rows, a, p, list_r, fault_r, "ip",
	    automation, p);
}

int
store_skip_of_both(struct txn *t, struct arena *a, int64_t contact,
    int64_t automation, int limit, struct list *list_r, struct fault *fault_r)
{
	return txn_list(t, SQL_SKIP_OF_BOTH, &skip_rows, a, LIMIT(limit),
	    list_r, fault_r, "iil", contact, automation, limit);
}

int
store_skip_of_event(struct txn *t, struct arena *a, int64_t event, int limit,
    struct list *list_r, struct fault *fault_r)
{
	/* A skip gets its id right after its event. */
	enum { NEAR_MS = 60000 };
	return txn_list(t, SQL_SKIP_OF_EVENT, &skip_rows, a, LIMIT(limit),
	    list_r, fault_r, "iil", event,
	    id_at_ms(id_time_ms(event) + NEAR_MS), limit);
}

int
store_skip_of_contact(struct txn *t, struct arena *a, int64_t contact,
    const struct page *p, struct list *list_r, struct fault *fault_r)
{
	return txn_list(t, SQL_SKIP_OF_CONTACT, &skip_rows, a, p, list_r,
	    fault_r, "ip", contact, p);
}

/* A refusal of somebody who was no contact, and the address of the event. */
struct stranger {
	struct skip skip;
	const char *email;
};

static void
read_stranger(struct db *db, enum sql n, struct arena *a, void *item)
{
	struct stranger *s = item;
	read_skip(db, n, a, &s->skip);
	s->email = db_text(db, n, 5, a);
}

static const struct row_type stranger_rows = { sizeof(struct stranger),
	read_stranger };

/* Events keep an address as it was written; pruned ones none. */
static bool
is_of(struct arena *a, const struct stranger *s, const char *email_key)
{
	struct fault ignored;
	const char *key =
	    s->email != NULL ? address_key(a, s->email, &ignored) : NULL;
	return key != NULL && strcmp(key, email_key) == 0;
}

int
store_skip_of_stranger(struct txn *t, struct arena *a, int64_t automation,
    const char *email_key, int limit, struct list *list_r,
    struct fault *fault_r)
{
	struct list all;
	if (txn_list(t, SQL_SKIP_OF_STRANGERS, &stranger_rows, a,
		LIMIT(SKIPS_SEARCHED), &all, fault_r, "il", automation,
		SKIPS_SEARCHED) != 0)
		return -1;
	const struct stranger *from = all.items;
	struct skip *to = arena_alloc(a, (size_t)limit * sizeof(*to));
	*list_r = (struct list){ .items = to, .has_more = all.has_more };
	for (int i = 0; i < all.n; i++) {
		if (!is_of(a, &from[i], email_key))
			continue;
		if (list_r->n == limit) {
			list_r->has_more = true;
			break;
		}
		to[list_r->n++] = from[i].skip;
	}
	return 0;
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
