/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/keys.h"

#include <string.h>

#include "base/fault.h"
#include "store/rows.h"

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
	k->domain = db_text(db, n, 4, a);
	k->last_used_ms = db_int(db, n, 5);
}

static const struct row_type key_rows = { sizeof(struct api_key), read_key };

int
store_key_insert(struct txn *t, const struct api_key *k, struct fault *fault_r)
{
	return txn_exec(t, SQL_KEY_PUT, fault_r, "itbit", k->id, k->name,
	    (const void *)k->hash, (size_t)SHA256_LEN, (int64_t)k->permission,
	    k->domain);
}

int
store_key_rename(struct txn *t, int64_t id, const char *name,
    struct fault *fault_r)
{
	return txn_change(t, SQL_KEY_RENAME, fault_r, "ti", name, id);
}

int
store_key_used(struct txn *t, int64_t id, int64_t used_ms,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_KEY_USED, fault_r, "ii", used_ms, id);
}

int
store_key_delete(struct txn *t, int64_t id, struct fault *fault_r)
{
	return txn_delete(t, SQL_KEY_DELETE, id, false, fault_r);
}

int
store_key_list(struct txn *t, struct arena *a, const struct page *p,
    struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_KEY_LIST, SQL_KEY_LIST_UP);
	return txn_list(t, n, &key_rows, a, p, list_r, fault_r, "p", p);
}

static void
read_idempotency(struct db *db, enum sql n, struct arena *a, void *item)
{
	struct idempotency *i = item;
	read_hash(db, n, 0, i->hash);
	i->ref = db_int(db, n, 1);
	i->answer = db_text(db, n, 2, a);
	i->expires_ms = db_int(db, n, 3);
}

int
store_idempotency_get(struct txn *t, struct arena *a, const char *key,
    int64_t now_ms, struct idempotency *i, struct fault *fault_r)
{
	int rc = txn_first(t, SQL_IDEM_GET, read_idempotency, a, i, fault_r,
	    "t", key);
	return rc != 1 ? rc : i->expires_ms > now_ms;
}

int
store_idempotency_put(struct txn *t, const char *key,
    const struct idempotency *i, struct fault *fault_r)
{
	return txn_exec(t, SQL_IDEM_PUT, fault_r, "tboti", key,
	    (const void *)i->hash, (size_t)SHA256_LEN, i->ref, i->answer,
	    i->expires_ms);
}

int
store_idempotency_prune(struct txn *t, int64_t now_ms, int limit,
    struct fault *fault_r)
{
	return txn_prune(t, SQL_IDEM_PRUNE, now_ms, limit, fault_r);
}
