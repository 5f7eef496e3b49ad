/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/keys.h"

#include <string.h>

#include "base/fault.h"
#include "store/list_private.h"

/* A hash column; all zero if it has another length. */
static void
read_hash(struct db *db, enum sql n, int column, unsigned char *hash)
{
	size_t len;
	const void *p = db_bytes(db, n, column, &len);
	memset(hash, 0, SHA256_LEN);
	if (p != NULL && len == SHA256_LEN)
		memcpy(hash, p, len);
}

static void
read_key(struct db *db, enum sql n, struct arena *a, void *item)
{
	struct api_key *k = item;
	k->id = db_int(db, n, 0);
	k->name = db_text(db, n, 1, a);
	read_hash(db, n, 2, k->hash);
	k->permission = (enum key_permission)db_int(db, n, 3);
}

int
store_key_insert(struct txn *t, const struct api_key *k, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL ? -1
			  : db_exec(db, SQL_KEY_PUT, fault_r, "itbi", k->id,
				k->name, (const void *)k->hash,
				(size_t)SHA256_LEN, (int64_t)k->permission);
}

int
store_key_delete(struct txn *t, int64_t id, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL || db_exec(db, SQL_KEY_DELETE, fault_r, "i", id) != 0)
		return -1;
	return txn_deleted(t, id, fault_r);
}

int
store_key_list(struct txn *t, struct arena *a, const struct page *p,
    struct list *list_r, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL)
		return -1;
	enum sql n = page_sql(p, SQL_KEY_LIST, SQL_KEY_LIST_UP);
	int rc = db_first(db, n, fault_r, "iii", page_below(p), page_above(p),
	    page_rows(p));
	return list_fill(db, n, rc, p, a, sizeof(struct api_key), read_key,
	    list_r, fault_r);
}

int
store_idempotency_get(struct txn *t, struct arena *a, const char *key,
    int64_t now_ms, struct idempotency *i, struct fault *fault_r)
{
	const enum sql n = SQL_IDEM_GET;
	struct db *db = txn_db(t, fault_r);
	int rc = db == NULL ? -1 : db_first(db, n, fault_r, "t", key);
	if (rc != 1)
		return rc;
	read_hash(db, n, 0, i->hash);
	i->ref = db_int(db, n, 1);
	i->answer = db_text(db, n, 2, a);
	i->expires_ms = db_int(db, n, 3);
	db_end(db, n);
	return i->expires_ms > now_ms;
}

int
store_idempotency_put(struct txn *t, const char *key,
    const struct idempotency *i, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL ? -1
			  : db_exec(db, SQL_IDEM_PUT, fault_r, "tboti", key,
				(const void *)i->hash, (size_t)SHA256_LEN,
				i->ref, i->answer, i->expires_ms);
}

int
store_idempotency_prune(struct txn *t, int64_t now_ms, int limit,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL ||
	    db_exec(db, SQL_IDEM_PRUNE, fault_r, "ii", now_ms,
		(int64_t)limit) != 0)
		return -1;
	return db_changes(db);
}
