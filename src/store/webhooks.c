/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/webhooks.h"

#include <string.h>

#include "base/fault.h"
#include "store/rows.h"

/* ---- webhooks ---------------------------------------------------------- */

/* A secret's column; all zero if it has another length. */
static void
read_secret(struct db *db, enum sql n, int column, unsigned char *secret)
{
	size_t len;
	const void *p = db_bytes(db, n, column, &len);
	if (p != NULL && len == HOOK_SECRET_LEN)
		memcpy(secret, p, len);
}

static void
read_webhook(struct db *db, enum sql n, struct arena *a, void *item)
{
	struct webhook *w = item;
	*w = (struct webhook){ .id = db_int(db, n, 0),
		.endpoint = db_text(db, n, 1, a),
		.types = db_int(db, n, 2),
		.enabled = db_int(db, n, 3) != 0,
		.old_until_ms = db_int(db, n, 6),
		.failing_ms = db_int(db, n, 7),
		.updated_ms = db_int(db, n, 8) };
	read_secret(db, n, 4, w->secret);
	read_secret(db, n, 5, w->old_secret);
}

static const struct row_type webhook_rows = { sizeof(struct webhook),
	read_webhook };

int
store_webhook_insert(struct txn *t, const struct webhook *w,
    struct fault *fault_r)
{
	return txn_define(t, SQL_WEBHOOK_PUT, fault_r, "itiib", w->id,
	    w->endpoint, w->types, (int64_t)w->enabled, (const void *)w->secret,
	    (size_t)HOOK_SECRET_LEN);
}

int
store_webhook_update(struct txn *t, const struct webhook *w,
    struct fault *fault_r)
{
	return txn_define(t, SQL_WEBHOOK_UPDATE, fault_r, "tiiooi", w->endpoint,
	    w->types, (int64_t)w->enabled, w->failing_ms, w->updated_ms, w->id);
}

int
store_webhook_rotate(struct txn *t, const struct webhook *w,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_WEBHOOK_ROTATE, fault_r, "bboi",
	    (const void *)w->secret, (size_t)HOOK_SECRET_LEN,
	    (const void *)w->old_secret, (size_t)HOOK_SECRET_LEN,
	    w->old_until_ms, w->id);
}

int
store_webhook_failing(struct txn *t, int64_t id, int64_t since_ms,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_WEBHOOK_FAILING, fault_r, "oi", since_ms, id);
}

int
store_webhook_delete(struct txn *t, int64_t id, struct fault *fault_r)
{
	return txn_delete(t, SQL_WEBHOOK_DELETE, id, true, fault_r);
}

int
store_webhook_get(struct txn *t, struct arena *a, int64_t id, struct webhook *w,
    struct fault *fault_r)
{
	return txn_first(t, SQL_WEBHOOK_GET, read_webhook, a, w, fault_r, "i",
	    id);
}

int
store_webhook_list(struct txn *t, struct arena *a, const struct page *p,
    struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_WEBHOOK_LIST, SQL_WEBHOOK_LIST_UP);
	return txn_list(t, n, &webhook_rows, a, p, list_r, fault_r, "p", p);
}

int
store_webhook_enabled(struct txn *t, struct arena *a, struct list *list_r,
    struct fault *fault_r)
{
	return txn_list(t, SQL_WEBHOOK_ENABLED, &webhook_rows, a, ALL_ROWS,
	    list_r, fault_r, "");
}

/* ---- what is owed ------------------------------------------------------ */

static void
read_event(struct db *db, enum sql n, struct arena *a, void *item)
{
	*(struct hook_event *)item =
	    (struct hook_event){ .id = db_int(db, n, 0),
		    .webhook = db_int(db, n, 1),
		    .type = (enum hook_type)db_int(db, n, 2),
		    .status = (enum hook_status)db_int(db, n, 3),
		    .attempt = (int)db_int(db, n, 4),
		    .due_ms = db_int(db, n, 5),
		    .contact = db_int(db, n, 6),
		    .payload = db_text(db, n, 7, a) };
}

static const struct row_type event_rows = { sizeof(struct hook_event),
	read_event };

int
store_hook_event_insert(struct txn *t, const struct hook_event *e,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_HOOK_EVENT_PUT, fault_r, "iiiiioot", e->id,
	    e->webhook, (int64_t)e->type, (int64_t)e->status,
	    (int64_t)e->attempt, e->due_ms, e->contact, e->payload);
}

int
store_hook_event_update(struct txn *t, const struct hook_event *e,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_HOOK_EVENT_UPDATE, fault_r, "iioi",
	    (int64_t)e->status, (int64_t)e->attempt, e->due_ms, e->id);
}

int
store_hook_event_get(struct txn *t, struct arena *a, int64_t id,
    struct hook_event *e, struct fault *fault_r)
{
	return txn_first(t, SQL_HOOK_EVENT_GET, read_event, a, e, fault_r, "i",
	    id);
}

int
store_hook_event_list(struct txn *t, struct arena *a, int64_t webhook,
    const struct page *p, struct list *list_r, struct fault *fault_r)
{
	return txn_list(t, SQL_HOOK_EVENT_LIST, &event_rows, a, p, list_r,
	    fault_r, "ip", webhook, p);
}

int
store_hook_event_due(struct txn *t, struct arena *a, int64_t webhook,
    int64_t now_ms, int limit, struct list *list_r, struct fault *fault_r)
{
	return txn_list(t, SQL_HOOK_EVENT_DUE, &event_rows, a, LIMIT(limit),
	    list_r, fault_r, "iil", webhook, now_ms, limit);
}

int
store_hook_event_next_due(struct txn *t, int64_t webhook, int64_t now_ms,
    int64_t *due_r, struct fault *fault_r)
{
	return txn_int(t, SQL_HOOK_EVENT_NEXT_DUE, due_r, fault_r, "ii",
		   webhook, now_ms) < 0
	    ? -1
	    : 0;
}

static void
read_owed(struct db *db, enum sql n, struct arena *a, void *item)
{
	(void)a;
	*(struct hooks_owed *)item = (struct hooks_owed){ .n = db_int(db, n, 0),
		.oldest = db_int(db, n, 1) };
}

int
store_hook_event_owed(struct txn *t, int limit, struct hooks_owed *o,
    struct fault *fault_r)
{
	return txn_first(t, SQL_HOOK_EVENT_OWED, read_owed, NULL, o, fault_r,
		   "i", (int64_t)limit) == 1
	    ? 0
	    : -1;
}

/* ---- what goes --------------------------------------------------------- */

int
store_hook_event_empty(struct txn *t, int64_t webhook, int limit,
    struct fault *fault_r)
{
	return txn_prune(t, SQL_HOOK_EMPTY_ATTEMPTS, webhook, limit, fault_r) <
		0
	    ? -1
	    : txn_prune(t, SQL_HOOK_EMPTY_EVENTS, webhook, limit, fault_r);
}

int
store_hook_event_prune(struct txn *t, int64_t before, int limit,
    struct fault *fault_r)
{
	return txn_prune(t, SQL_HOOK_PRUNE_ATTEMPTS, before, limit, fault_r) < 0
	    ? -1
	    : txn_prune(t, SQL_HOOK_PRUNE_EVENTS, before, limit, fault_r);
}

int
store_hook_event_erase(struct txn *t, int64_t contact, int64_t before,
    int limit, struct fault *fault_r)
{
	int64_t rows = limit;
	return txn_change(t, SQL_HOOK_ERASE_ATTEMPTS, fault_r, "iii", contact,
		   before, rows) < 0
	    ? -1
	    : txn_change(t, SQL_HOOK_ERASE_EVENTS, fault_r, "iii", contact,
		  before, rows);
}

/* ---- attempts ---------------------------------------------------------- */

static void
read_attempt(struct db *db, enum sql n, struct arena *a, void *item)
{
	*(struct hook_attempt *)item =
	    (struct hook_attempt){ .id = db_int(db, n, 0),
		    .event = db_int(db, n, 1),
		    .sent_ms = db_int(db, n, 2),
		    .code = (int)db_int(db, n, 3),
		    .response = db_text(db, n, 4, a) };
}

static const struct row_type attempt_rows = { sizeof(struct hook_attempt),
	read_attempt };

int
store_hook_attempt_insert(struct txn *t, const struct hook_attempt *h,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_HOOK_ATTEMPT_PUT, fault_r, "iiiot", h->id,
	    h->event, h->sent_ms, (int64_t)h->code, h->response);
}

int
store_hook_attempt_list(struct txn *t, struct arena *a, int64_t event,
    const struct page *p, struct list *list_r, struct fault *fault_r)
{
	return txn_list(t, SQL_HOOK_ATTEMPT_LIST, &attempt_rows, a, p, list_r,
	    fault_r, "ip", event, p);
}
