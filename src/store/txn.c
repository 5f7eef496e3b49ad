/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transactions: begun when somebody first asks for the connection, with parts
 * that may fail alone.
 */
#include <assert.h>

#include "base/id.h"
#include "store/threads.h"

struct db *
txn_db(struct txn *t, struct fault *fault_r)
{
	assert(!t->has_let_go);
	if (!t->is_open) {
		if (db_is_broken(t->db) && db_reopen(t->db, fault_r) != 0)
			return NULL;
		if (db_exec(t->db, t->is_write ? SQL_BEGIN : SQL_BEGIN_READ,
			fault_r, "") != 0)
			return NULL;
		t->is_open = true;
	}
	return t->db;
}

int
txn_end(struct txn *t, bool commit, struct fault *fault_r)
{
	struct fault ignored;
	int rc = 0;
	if (!t->is_open)
		return 0;
	t->is_open = false;
	if (commit) {
		if (db_in_transaction(t->db))
			rc = db_exec(t->db, SQL_COMMIT, fault_r, "");
		else
			rc = fault(fault_r, FAULT_UNAVAILABLE,
			    "The transaction was ended by an error.");
	}
	if (t->is_write && (rc != 0 || !commit))
		t->store->undone++;
	if ((rc != 0 || !commit) && db_in_transaction(t->db))
		db_exec(t->db, SQL_ROLLBACK, &ignored, "");
	return rc;
}

int64_t
txn_new_id(struct txn *t, int64_t now_ms)
{
	return id_next(&t->store->ids, now_ms);
}

int
txn_nested_begin(struct txn *t, struct fault *fault_r)
{
	assert(t->n_nested < TXN_PARTS_MAX);
	if (txn_db(t, fault_r) == NULL ||
	    db_exec(t->db, SQL_NESTED, fault_r, "") != 0)
		return -1;
	t->nested_versions[t->n_nested++] = t->automations_version;
	return 0;
}

int
txn_nested_end(struct txn *t, bool keep, struct fault *fault_r)
{
	int64_t version = t->nested_versions[--t->n_nested];
	if (!db_in_transaction(t->db))
		return fault(fault_r, FAULT_UNAVAILABLE,
		    "The transaction was ended by an error.");
	if (!keep) {
		t->store->undone++;
		t->automations_version = version;
		if (db_exec(t->db, SQL_NESTED_ROLLBACK_TO, fault_r, "") != 0)
			return -1;
	}
	return db_exec(t->db, SQL_NESTED_RELEASE, fault_r, "");
}

unsigned
txn_undone(const struct txn *t)
{
	return t->store->undone;
}

bool
txn_is_awaited(const struct txn *t)
{
	struct store *s = t->store;
	pthread_mutex_lock(&s->lock);
	bool any = s->lanes_used != 0 || s->urgent.head != NULL;
	pthread_mutex_unlock(&s->lock);
	return any;
}

int64_t
txn_node(const struct txn *t)
{
	return t->store->node;
}

void
txn_let_go(struct txn *t)
{
	struct fault ignored;
	if (t->is_write || t->has_let_go)
		return;
	txn_end(t, false, &ignored);
	pthread_rwlock_unlock(&t->store->gate);
	t->has_let_go = true;
}

void
work_settle_fault(struct work *w, int rc)
{
	if (rc == 0)
		w->fault.kind = FAULT_NONE;
	else if (w->fault.kind == FAULT_NONE)
		fault(&w->fault, FAULT_INTERNAL, "The work failed silently.");
}

bool
work_run(struct txn *t, struct work *w)
{
	struct fault f;
	w->fault.kind = FAULT_NONE;
	int64_t automations = t->automations_version;
	if (db_exec(t->db, SQL_SAVEPOINT, &w->fault, "") != 0)
		return false;
	work_settle_fault(w, w->run(t, w));
	int rc = w->fault.kind == FAULT_NONE ? 0 : -1;
	if (!db_in_transaction(t->db))
		return false;
	t->n_nested = 0;
	if (rc != 0) {
		t->store->undone++;
		t->automations_version = automations;
		if (db_exec(t->db, SQL_ROLLBACK_TO, &f, "") != 0)
			return false;
	}
	return db_exec(t->db, SQL_RELEASE, &f, "") == 0;
}

int
store_run_now(struct store *s, struct work *w)
{
	struct txn t = { .db = s->db, .store = s, .is_write = true };
	w->fault.kind = FAULT_NONE;
	bool good = txn_db(&t, &w->fault) != NULL && work_run(&t, w) &&
	    w->fault.kind == FAULT_NONE;
	if (good && s->hooks.batch_end != NULL)
		good =
		    s->hooks.batch_end(s->hooks.arg, &t, false, &w->fault) == 0;
	if (txn_end(&t, good, &w->fault) != 0)
		good = false;
	if (s->hooks.batch_done != NULL)
		s->hooks.batch_done(s->hooks.arg, good);
	return good ? 0 : -1;
}
