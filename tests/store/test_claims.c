/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The outbox: who claims what, under which attempt number, and how it is
 * settled.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"
#include "store/emails.h"
#include "tests/store/rig.h"
#include "tests/tap.h"

static struct store *store;

/* Anything done to the outbox in a transaction of its own. */
struct deed {
	struct work work;
	int (*run)(struct txn *, struct arena *, struct deed *);
	int64_t now_ms, after;
	int limit;
	struct email email; /* in and out */
	struct list list;   /* ids, attempts and statuses are copied out */
	struct email items[20];
	int result;
};

static int
deed_run(struct txn *t, struct work *w)
{
	struct deed *d = container_of(w, struct deed, work);
	struct arena *a = arena_new();
	d->result = d->run(t, a, d);
	const struct email *all = d->list.items;
	for (int i = 0; i < d->list.n && i < (int)N_OF(d->items); i++)
		d->items[i] = (struct email){ .id = all[i].id,
			.status = all[i].status,
			.attempt = all[i].attempt,
			.node = all[i].node,
			.due_ms = all[i].due_ms };
	arena_free(a);
	return d->result < 0 ? -1 : 0;
}

static int
perform(struct deed *d)
{
	d->work.run = deed_run;
	return store_run_now(store, &d->work) == 0 ? d->result : -1;
}

static int
do_put(struct txn *t, struct arena *a, struct deed *d)
{
	(void)a;
	d->email.sender = d->email.recipient = "a@b.example";
	d->email.subject = "s";
	return store_email_insert(t, &d->email, &d->work.fault);
}

static int
do_get(struct txn *t, struct arena *a, struct deed *d)
{
	int rc = store_email_get(t, a, d->email.id, &d->email, &d->work.fault);
	/* Texts die with the transaction: keep what they said. */
	d->after = d->email.answer != NULL &&
	    strcmp(d->email.answer, "said") == 0 && d->email.queue_id != NULL &&
	    strcmp(d->email.queue_id, "4XQ") == 0;
	return rc;
}

static int
do_claim(struct txn *t, struct arena *a, struct deed *d)
{
	return store_email_claim_due(t, a, d->now_ms, d->limit, &d->list,
	    &d->work.fault);
}

static int
do_settle(struct txn *t, struct arena *a, struct deed *d)
{
	(void)a;
	return store_email_settle(t, &d->email, &d->work.fault);
}

static int
do_sending(struct txn *t, struct arena *a, struct deed *d)
{
	return store_email_sending(t, a, d->after, d->limit, &d->list,
	    &d->work.fault);
}

static int
do_next(struct txn *t, struct arena *a, struct deed *d)
{
	(void)a;
	return store_email_next_due(t, d->now_ms, &d->after, &d->work.fault);
}

static void
put(int64_t id, int64_t due_ms)
{
	struct deed d = { .run = do_put,
		.email = { .id = id, .due_ms = due_ms } };
	ok(perform(&d) == 0, "email %lld is written", (long long)id);
}

static struct deed
claim(int64_t now_ms, int limit)
{
	struct deed d = { .run = do_claim, .now_ms = now_ms, .limit = limit };
	perform(&d);
	return d;
}

static struct email
get(int64_t id)
{
	struct deed d = { .run = do_get, .email = { .id = id } };
	perform(&d);
	return d.email;
}

static int
settle(const struct email *e)
{
	struct deed d = { .run = do_settle, .email = *e };
	return perform(&d);
}

static int64_t
next_due(int64_t now_ms)
{
	struct deed d = { .run = do_next, .now_ms = now_ms };
	return perform(&d) == 0 ? d.after : -1;
}

static void
test_order(void)
{
	put(1, 300);
	put(2, 100);
	put(3, 200);
	put(4, 100);
	is_int(next_due(0), 100, "the first is due at 100");
	is_int(next_due(100), 200, "the next at 200");
	is_int(claim(99, 10).list.n, 0, "before its moment nothing is claimed");
	struct deed d = claim(250, 2);
	ok(d.list.n == 2 && d.items[0].id == 2 && d.items[1].id == 4,
	    "the earliest due first, then by id");
	ok(d.list.has_more, "there are more");
	ok(d.items[0].status == EMAIL_SENDING && d.items[0].attempt == 1 &&
		d.items[0].node > 0 && d.items[0].due_ms == 0,
	    "claimed by this node, for its first attempt");
	struct email e = get(2);
	ok(e.status == EMAIL_SENDING && e.attempt == 1 && e.node > 0 &&
		e.due_ms == 0,
	    "and so it stands in the database");
	d = claim(250, 10);
	ok(d.list.n == 1 && d.items[0].id == 3 && !d.list.has_more,
	    "what is claimed is not claimed again");
	is_int(next_due(0), 300, "nor due");
}

static void
test_sending(void)
{
	struct deed d = { .run = do_sending, .limit = 2 };
	perform(&d);
	ok(d.list.n == 2 && d.items[0].id == 2 && d.items[1].id == 3 &&
		d.list.has_more,
	    "what is being sent, in order of ids");
	ok(d.items[0].attempt == 1, "with its attempt");
	d = (struct deed){ .run = do_sending, .limit = 2, .after = 3 };
	perform(&d);
	ok(d.list.n == 1 && d.items[0].id == 4 && !d.list.has_more,
	    "in slices");
}

static void
test_sent(void)
{
	struct email e = { .id = 2,
		.status = EMAIL_SENT,
		.attempt = 1,
		.code = 250,
		.answer = "said",
		.queue_id = "4XQ",
		.settled_ms = 260 };
	is_int(settle(&e), 1, "sent is written down");
	struct deed d = { .run = do_get, .email = { .id = 2 } };
	perform(&d);
	ok(d.email.status == EMAIL_SENT && d.email.code == 250 && d.after &&
		d.email.settled_ms == 260 && d.email.node == 0 &&
		d.email.due_ms == 0,
	    "all of it");
	e.status = EMAIL_FAILED;
	is_int(settle(&e), 0, "what is settled is not settled again");
	is_int(get(2).status, EMAIL_SENT, "and stays as it is");
}

/* A definite refusal: the next claim is a new attempt. */
static void
test_refusal(void)
{
	for (int attempt = 1; attempt <= 3; attempt++) {
		struct email e = { .id = 3,
			.status = EMAIL_QUEUED,
			.due_ms = 250,
			.attempt = attempt,
			.code = 451 };
		is_int(settle(&e), 1, "refused for now");
		struct deed d = claim(250, 1);
		ok(d.list.n == 1 && d.items[0].id == 3 &&
			d.items[0].attempt == attempt + 1,
		    "the next claim is attempt %d", attempt + 1);
	}
}

/* A doubt: the same attempt again, as often as it takes. */
static void
test_doubt(void)
{
	for (int times = 0; times < 3; times++) {
		struct email e = { .id = 4,
			.status = EMAIL_QUEUED,
			.due_ms = 200,
			.attempt = -1 };
		is_int(settle(&e), 1, "nobody knows whether it was taken");
		is_int(get(4).attempt, -1, "the row says so");
		struct deed d = claim(200, 1);
		ok(d.list.n == 1 && d.items[0].id == 4 &&
			d.items[0].attempt == 1,
		    "the next claim is the same attempt");
	}
	struct email e = { .id = 4,
		.status = EMAIL_QUEUED,
		.due_ms = 200,
		.attempt = 1 };
	settle(&e);
	is_int(claim(200, 1).items[0].attempt, 2,
	    "a refusal after a doubt makes it a new one");
}

static void
test_held(void)
{
	struct email e = { .id = 4, .status = EMAIL_IN_DOUBT, .attempt = 2 };
	is_int(settle(&e), 1, "held");
	is_int(claim(INT64_MAX, 10).list.n, 1, "only what is due is claimed");
	is_int(get(4).status, EMAIL_IN_DOUBT, "what is held stays");
	is_int(next_due(0), 0, "and nothing is due any more");
}

/* A claim that is rolled back leaves the email due, with its number. */
static int
claim_and_fail(struct txn *t, struct arena *a, struct deed *d)
{
	do_claim(t, a, d);
	return fault(&d->work.fault, FAULT_UNAVAILABLE, "No.");
}

static void
test_rolled_back(void)
{
	put(5, 500);
	struct deed d = { .run = claim_and_fail, .now_ms = 500, .limit = 10 };
	perform(&d);
	is_int(d.list.n, 1, "claimed in a transaction that fails");
	struct email e = get(5);
	ok(e.status == EMAIL_QUEUED && e.due_ms == 500 && e.attempt == 0 &&
		e.node == 0,
	    "it is as it was");
}

/* Another node does not take over what this one is sending. */
static void
test_node(const struct store_options *o)
{
	struct store_options other = *o;
	struct fault f;
	struct deed d = { .run = do_sending, .limit = 10 };
	claim(INT64_MAX, 10);
	perform(&d);
	int mine = d.list.n;
	ok(mine > 0, "%d are being sent", mine);
	store_close(store);
	other.node_name = "two";
	store = store_open(&other, &f);
	d = (struct deed){ .run = do_sending, .limit = 10 };
	perform(&d);
	is_int(d.list.n, 0, "none of them by another node");
	is_int(claim(INT64_MAX, 10).list.n, 0, "nor can it claim them");
	store_close(store);
	store = store_open(o, &f);
	d = (struct deed){ .run = do_sending, .limit = 10 };
	perform(&d);
	is_int(d.list.n, mine, "the first finds its own again");
}

int
main(void)
{
	struct store_options o = rig_options("claims.db");
	struct fault f;
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	store = store_open(&o, &f);
	if (!ok(store != NULL, "a store is opened"))
		return tap_done();
	test_order();
	test_sending();
	test_sent();
	test_refusal();
	test_doubt();
	test_held();
	test_rolled_back();
	test_node(&o);
	store_close(store);
	return tap_done();
}
