/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The attempt number counts claims. A definite refusal leaves it as it is and
 * the next claim raises it; after a doubt the row is queued with the number
 * negative, and the next claim takes the same number again: a copy.
 */
#include "store/emails.h"

#include "base/fault.h"
#include "store/rows.h"

/* What the column says of an app's mail. */
enum { DIRECT = 1, DIRECT_ALONE };

static void
read_email(struct db *db, enum sql n, struct arena *a, void *item)
{
	struct email *e = item;
	e->id = db_int(db, n, 0);
	e->status = (enum email_status)db_int(db, n, 1);
	e->due_ms = db_int(db, n, 2);
	e->attempt = (int)db_int(db, n, 3);
	e->node = db_int(db, n, 4);
	e->contact = db_int(db, n, 5);
	e->run = db_int(db, n, 6);
	e->step = (int)db_int(db, n, 7);
	e->version = db_int(db, n, 8);
	e->topic = db_int(db, n, 9);
	e->stream = db_text(db, n, 10, a);
	e->sender = db_text(db, n, 11, a);
	e->recipient = db_text(db, n, 12, a);
	e->reply_to = db_text(db, n, 13, a);
	e->subject = db_text(db, n, 14, a);
	e->data = db_text(db, n, 15, a);
	e->code = (int)db_int(db, n, 16);
	e->answer = db_text(db, n, 17, a);
	e->queue_id = db_text(db, n, 18, a);
	e->settled_ms = db_int(db, n, 19);
	e->is_direct = db_int(db, n, 20) != 0;
	e->is_alone = db_int(db, n, 20) == DIRECT_ALONE;
	e->scheduled_ms = db_int(db, n, 21);
	e->doubts = (int)db_int(db, n, 22);
}

static const struct row_type email_rows = { sizeof(struct email), read_email };

int
store_email_insert(struct txn *t, const struct email *e, struct fault *fault_r)
{
	int64_t direct = !e->is_direct ? 0
	    : e->is_alone              ? DIRECT_ALONE
				       : DIRECT;
	return txn_exec(t, SQL_EMAIL_PUT, fault_r, "iioioooooottttttoo", e->id,
	    (int64_t)e->status, e->due_ms, (int64_t)e->attempt, e->node,
	    e->contact, e->run, (int64_t)e->step, e->version, e->topic,
	    e->stream, e->sender, e->recipient, e->reply_to, e->subject,
	    e->data, direct, e->scheduled_ms);
}

int
store_email_get(struct txn *t, struct arena *a, int64_t id, struct email *e,
    struct fault *fault_r)
{
	return txn_first(t, SQL_EMAIL_GET, read_email, a, e, fault_r, "i", id);
}

int
store_email_list(struct txn *t, struct arena *a, const struct page *p,
    struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_EMAIL_LIST, SQL_EMAIL_LIST_UP);
	return txn_list(t, n, &email_rows, a, p, list_r, fault_r, "p", p);
}

int
store_email_of_contact(struct txn *t, struct arena *a, int64_t contact,
    const struct page *p, struct list *list_r, struct fault *fault_r)
{
	return txn_list(t, SQL_EMAIL_OF_CONTACT, &email_rows, a, p, list_r,
	    fault_r, "ip", contact, p);
}

int
store_email_of_address(struct txn *t, struct arena *a, const char *key,
    const struct page *p, struct list *list_r, struct fault *fault_r)
{
	return txn_list(t, SQL_EMAIL_OF_ADDRESS, &email_rows, a, p, list_r,
	    fault_r, "tp", key, p);
}

int
store_email_reschedule(struct txn *t, int64_t id, int64_t due_ms,
    struct fault *fault_r)
{
	return txn_change(t, SQL_EMAIL_RESCHEDULE, fault_r, "ii", due_ms, id);
}

int
store_email_cancel(struct txn *t, int64_t id, int64_t now_ms,
    struct fault *fault_r)
{
	return txn_change(t, SQL_EMAIL_CANCEL, fault_r, "ii", now_ms, id);
}

int
store_email_waiting(struct txn *t, struct arena *a, int limit,
    struct list *list_r, struct fault *fault_r)
{
	return txn_list(t, SQL_EMAIL_DUE, &email_rows, a, LIMIT(limit), list_r,
	    fault_r, "il", INT64_MAX, limit);
}

int
store_email_claim_due(struct txn *t, struct arena *a, int64_t now_ms, int limit,
    struct list *list_r, struct fault *fault_r)
{
	if (txn_list(t, SQL_EMAIL_DUE, &email_rows, a, LIMIT(limit), list_r,
		fault_r, "il", now_ms, limit) != 0)
		return -1;
	struct email *all = list_r->items;
	for (int i = 0; i < list_r->n; i++) {
		struct email *e = &all[i];
		e->attempt = e->attempt < 0 ? -e->attempt : e->attempt + 1;
		e->status = EMAIL_SENDING;
		e->node = txn_node(t);
		e->due_ms = 0;
		if (txn_exec(t, SQL_EMAIL_CLAIM, fault_r, "iii", e->node,
			(int64_t)e->attempt, e->id) != 0)
			return -1;
	}
	return 0;
}

int
store_email_next_due(struct txn *t, int64_t now_ms, int64_t *due_r,
    struct fault *fault_r)
{
	return txn_int(t, SQL_EMAIL_NEXT_DUE, due_r, fault_r, "i", now_ms) == 1
	    ? 0
	    : -1;
}

int
store_email_settle(struct txn *t, const struct email *e, struct fault *fault_r)
{
	int n = txn_change(t, SQL_EMAIL_SETTLE, fault_r, "ioiottooi",
	    (int64_t)e->status, e->due_ms, (int64_t)e->attempt,
	    (int64_t)e->code, e->answer, e->queue_id, e->settled_ms,
	    (int64_t)e->doubts, e->id);
	return n < 0 ? -1 : n > 0;
}

int
store_email_in_doubt(struct txn *t, struct arena *a, const struct page *p,
    struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_EMAIL_IN_DOUBT, SQL_EMAIL_IN_DOUBT_UP);
	return txn_list(t, n, &email_rows, a, p, list_r, fault_r, "p", p);
}

int
store_email_decide(struct txn *t, const struct email *e, struct fault *fault_r)
{
	int n = txn_change(t, SQL_EMAIL_DECIDE, fault_r, "ioitoi",
	    (int64_t)e->status, e->due_ms, (int64_t)e->attempt, e->answer,
	    e->settled_ms, e->id);
	return n < 0 ? -1 : n > 0;
}

static void
read_sending(struct db *db, enum sql n, struct arena *a, void *item)
{
	struct email *e = item;
	(void)a;
	*e = (struct email){ .id = db_int(db, n, 0),
		.attempt = (int)db_int(db, n, 1),
		.doubts = (int)db_int(db, n, 2) };
}

static const struct row_type sending_rows = { sizeof(struct email),
	read_sending };

int
store_email_sending(struct txn *t, struct arena *a, int64_t after, int limit,
    struct list *list_r, struct fault *fault_r)
{
	return txn_list(t, SQL_EMAIL_SENDING, &sending_rows, a, LIMIT(limit),
	    list_r, fault_r, "iil", txn_node(t), after, limit);
}

int
store_email_is_sending(struct txn *t, int64_t contact, struct fault *fault_r)
{
	return txn_is(t, SQL_EMAIL_IS_SENDING, fault_r, "i", contact);
}

int
store_email_count(struct txn *t, int64_t contact, int64_t automation,
    int64_t run, int64_t after, int limit, int *n_r, struct fault *fault_r)
{
	int64_t n;
	if (txn_int(t, SQL_EMAIL_COUNT, &n, fault_r, "iiiii", contact, after,
		run, automation, (int64_t)limit) != 1)
		return -1;
	*n_r = (int)n;
	return 0;
}

int
store_email_prune(struct txn *t, int64_t before, int limit,
    struct fault *fault_r)
{
	static const enum sql beside[] = { SQL_PARTS_PRUNE,
		SQL_RECIPIENTS_PRUNE, SQL_ATTACHMENTS_PRUNE };
	for (size_t i = 0; i < N_OF(beside); i++)
		if (txn_prune(t, beside[i], before, limit, fault_r) < 0)
			return -1;
	return txn_prune(t, SQL_EMAIL_PRUNE, before, limit, fault_r);
}
