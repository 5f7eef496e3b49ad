/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hash stands in the column of the address, as "#" and hexadecimal digits;
 * no address is without an "@". Its key is made when the first is needed, and
 * is kept for ever: with another key nobody would be known again.
 */
#include "store/suppressions.h"

#include <string.h>

#include "base/encode.h"
#include "base/fault.h"
#include "store/rows.h"

enum { KEY_BYTES = 32, HIDDEN_LEN = 1 + 2 * SHA256_LEN + 1 };

static const char key_name[] = "suppression_key";

static void
read_suppression(struct db *db, enum sql n, struct arena *a, void *item)
{
	struct suppression *s = item;
	*s = (struct suppression){ .id = db_int(db, n, 0),
		.email_key = db_text(db, n, 1, a),
		.origin = (enum suppression_origin)db_int(db, n, 2),
		.source = db_int(db, n, 3) };
	if (s->email_key != NULL && strchr(s->email_key, '@') == NULL)
		s->email_key = NULL;
}

static const struct row_type suppression_rows = { sizeof(struct suppression),
	read_suppression };

/* ---- hidden addresses -------------------------------------------------- */

static void
read_hex(struct db *db, enum sql n, struct arena *a, void *item)
{
	char *hex = item;
	size_t len;
	const void *p = db_bytes(db, n, 0, &len);
	(void)a;
	memset(hex, 0, 2 * KEY_BYTES + 1);
	if (p != NULL && len == 2 * KEY_BYTES)
		memcpy(hex, p, len);
}

static void
hash(const char *hex, const char *email_key, char hidden[HIDDEN_LEN])
{
	unsigned char mac[SHA256_LEN];
	hmac_sha256(hex, strlen(hex), email_key, strlen(email_key), mac);
	hidden[0] = '#';
	hex_encode(mac, sizeof(mac), hidden + 1);
}

/* What stands for an address once it is hidden. 1, 0: none ever was, -1 */
static int
find_hidden(struct txn *t, const char *email_key, char hidden[HIDDEN_LEN],
    struct fault *fault_r)
{
	char hex[2 * KEY_BYTES + 1];
	int rc = txn_first(t, SQL_META_GET, read_hex, NULL, hex, fault_r, "t",
	    key_name);
	if (rc == 1)
		hash(hex, email_key, hidden);
	return rc;
}

/* The same, making the key if there is none. 0 or -1. */
static int
make_hidden(struct txn *t, const char *email_key, char hidden[HIDDEN_LEN],
    struct fault *fault_r)
{
	unsigned char key[KEY_BYTES];
	char hex[2 * KEY_BYTES + 1];
	int rc = find_hidden(t, email_key, hidden, fault_r);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	random_bytes(key, sizeof(key));
	hex_encode(key, sizeof(key), hex);
	hash(hex, email_key, hidden);
	return txn_exec(t, SQL_META_PUT, fault_r, "tt", key_name, hex);
}

int
store_suppression_hide(struct txn *t, const char *email_key,
    struct fault *fault_r)
{
	char hidden[HIDDEN_LEN];
	int64_t id;
	int rc = txn_int(t, SQL_SUPPRESSION_ID, &id, fault_r, "t", email_key);
	if (rc != 1)
		return rc;
	return make_hidden(t, email_key, hidden, fault_r) != 0
	    ? -1
	    : txn_exec(t, SQL_SUPPRESSION_HIDE, fault_r, "ti", hidden, id);
}

/* ---- rows -------------------------------------------------------------- */

int
store_suppression_insert(struct txn *t, const struct suppression *s,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_SUPPRESSION_PUT, fault_r, "itio", s->id,
	    s->email_key, (int64_t)s->origin, s->source);
}

int
store_suppression_by_id(struct txn *t, struct arena *a, int64_t id,
    struct suppression *s, struct fault *fault_r)
{
	return txn_first(t, SQL_SUPPRESSION_BY_ID, read_suppression, a, s,
	    fault_r, "i", id);
}

int
store_suppression_by_key(struct txn *t, struct arena *a, const char *email_key,
    struct suppression *s, struct fault *fault_r)
{
	char hidden[HIDDEN_LEN];
	int rc = txn_first(t, SQL_SUPPRESSION_BY_KEY, read_suppression, a, s,
	    fault_r, "t", email_key);
	if (rc != 0)
		return rc;
	rc = find_hidden(t, email_key, hidden, fault_r);
	return rc != 1 ? rc
		       : txn_first(t, SQL_SUPPRESSION_BY_KEY, read_suppression,
			     a, s, fault_r, "t", hidden);
}

int
store_suppression_delete(struct txn *t, int64_t id, struct fault *fault_r)
{
	return txn_delete(t, SQL_SUPPRESSION_DELETE, id, false, fault_r);
}

int
store_suppression_list(struct txn *t, struct arena *a,
    enum suppression_origin origin, const struct page *p, struct list *list_r,
    struct fault *fault_r)
{
	bool all = origin == SUPPRESSION_ORIGIN_COUNT;
	enum sql n = all
	    ? page_sql(p, SQL_SUPPRESSION_LIST, SQL_SUPPRESSION_LIST_UP)
	    : page_sql(p, SQL_SUPPRESSION_OF_ORIGIN,
		  SQL_SUPPRESSION_OF_ORIGIN_UP);
	if (all)
		return txn_list(t, n, &suppression_rows, a, p, list_r, fault_r,
		    "p", p);
	return txn_list(t, n, &suppression_rows, a, p, list_r, fault_r, "ip",
	    (int64_t)origin, p);
}
