/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/direct.h"

#include <string.h>

#include "base/fault.h"
#include "store/rows.h"

/* ---- parts ------------------------------------------------------------- */

int
store_parts_insert(struct txn *t, int64_t email, const struct email_parts *p,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_PARTS_PUT, fault_r, "itttt", email, p->html,
	    p->text, p->headers, p->tags);
}

static void
read_parts(struct db *db, enum sql n, struct arena *a, void *item)
{
	*(struct email_parts *)item =
	    (struct email_parts){ .html = db_text(db, n, 0, a),
		    .text = db_text(db, n, 1, a),
		    .headers = db_text(db, n, 2, a),
		    .tags = db_text(db, n, 3, a) };
}

int
store_parts_get(struct txn *t, struct arena *a, int64_t email,
    struct email_parts *p, struct fault *fault_r)
{
	return txn_first(t, SQL_PARTS_GET, read_parts, a, p, fault_r, "i",
	    email);
}

/* ---- recipients -------------------------------------------------------- */

int
store_recipient_insert(struct txn *t, int64_t email,
    const struct email_recipient *r, struct fault *fault_r)
{
	return txn_exec(t, SQL_RECIPIENT_PUT, fault_r, "iiitt", email,
	    (int64_t)r->n, (int64_t)r->kind, r->address, r->key);
}

static void
read_recipient(struct db *db, enum sql n, struct arena *a, void *item)
{
	struct email_recipient *r = item;
	r->n = (int)db_int(db, n, 0);
	r->kind = (enum recipient_kind)db_int(db, n, 1);
	r->address = db_text(db, n, 2, a);
	r->key = db_text(db, n, 3, a);
	r->outcome = (enum recipient_outcome)db_int(db, n, 4);
	r->code = (int)db_int(db, n, 5);
	r->answer = db_text(db, n, 6, a);
	r->email = db_int(db, n, 7);
}

static const struct row_type recipient_rows = { sizeof(struct email_recipient),
	read_recipient };

int
store_recipient_list(struct txn *t, struct arena *a, int64_t email,
    struct list *list_r, struct fault *fault_r)
{
	return txn_list(t, SQL_RECIPIENT_LIST, &recipient_rows, a, ALL_ROWS,
	    list_r, fault_r, "i", email);
}

int
store_recipient_between(struct txn *t, struct arena *a, int64_t first,
    int64_t last, struct list *list_r, struct fault *fault_r)
{
	return txn_list(t, SQL_RECIPIENT_BETWEEN, &recipient_rows, a, ALL_ROWS,
	    list_r, fault_r, "ii", first, last);
}

int
store_recipient_settle(struct txn *t, int64_t email,
    const struct email_recipient *r, struct fault *fault_r)
{
	return txn_exec(t, SQL_RECIPIENT_SETTLE, fault_r, "iotii",
	    (int64_t)r->outcome, (int64_t)r->code, r->answer, email,
	    (int64_t)r->n);
}

int
store_recipient_is_sending(struct txn *t, const char *email_key,
    struct fault *fault_r)
{
	return txn_is(t, SQL_RECIPIENT_IS_SENDING, fault_r, "t", email_key);
}

/* ---- attachments ------------------------------------------------------- */

int
store_attachment_insert(struct txn *t, const struct email_attachment *m,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_ATTACHMENT_PUT, fault_r, "iibittt", m->id,
	    m->email, m->hash, (size_t)BLOB_HASH_LEN, m->size, m->name, m->type,
	    m->content_id);
}

static void
read_attachment(struct db *db, enum sql n, struct arena *a, void *item)
{
	struct email_attachment *m = item;
	size_t len;
	const void *hash = db_bytes(db, n, 2, &len);
	*m = (struct email_attachment){ .id = db_int(db, n, 0),
		.email = db_int(db, n, 1),
		.size = db_int(db, n, 3),
		.name = db_text(db, n, 4, a),
		.type = db_text(db, n, 5, a),
		.content_id = db_text(db, n, 6, a) };
	if (len == BLOB_HASH_LEN)
		memcpy(m->hash, hash, len);
}

static const struct row_type attachment_rows = {
	sizeof(struct email_attachment), read_attachment
};

int
store_attachment_get(struct txn *t, struct arena *a, int64_t id,
    struct email_attachment *m, struct fault *fault_r)
{
	return txn_first(t, SQL_ATTACHMENT_GET, read_attachment, a, m, fault_r,
	    "i", id);
}

int
store_attachment_all(struct txn *t, struct arena *a, int64_t email,
    struct list *list_r, struct fault *fault_r)
{
	return txn_list(t, SQL_ATTACHMENT_ALL, &attachment_rows, a, ALL_ROWS,
	    list_r, fault_r, "i", email);
}

int
store_attachment_list(struct txn *t, struct arena *a, int64_t email,
    const struct page *p, struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_ATTACHMENT_LIST, SQL_ATTACHMENT_LIST_UP);
	return txn_list(t, n, &attachment_rows, a, p, list_r, fault_r, "ip",
	    email, p);
}

int
store_blob_is_used(struct txn *t, const unsigned char hash[BLOB_HASH_LEN],
    struct fault *fault_r)
{
	return txn_is(t, SQL_BLOB_IS_USED, fault_r, "b", hash,
	    (size_t)BLOB_HASH_LEN);
}
