/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/templates.h"

#include "base/fault.h"
#include "store/list_private.h"

static void
read_template(struct db *db, enum sql n, struct arena *a, void *item)
{
	struct mail_template *t = item;
	t->id = db_int(db, n, 0);
	t->name = db_text(db, n, 1, a);
	t->alias = db_text(db, n, 2, a);
	t->draft = db_int(db, n, 3);
	t->published = db_int(db, n, 4);
	t->published_ms = db_int(db, n, 5);
	t->updated_ms = db_int(db, n, 6);
}

/* Says what a conflict means here. */
static int
explain(int rc, const struct mail_template *t, struct fault *fault_r)
{
	if (rc != 0 && fault_r->kind == FAULT_CONFLICT)
		return fault(fault_r, FAULT_INVALID,
		    "The alias `%s` belongs to another template.", t->alias);
	return rc;
}

int
store_template_insert(struct txn *t, const struct mail_template *m,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : explain(db_exec(db, SQL_TEMPLATE_PUT, fault_r, "ittiooo", m->id,
			  m->name, m->alias, m->draft, m->published,
			  m->published_ms, m->updated_ms),
		  m, fault_r);
}

int
store_template_update(struct txn *t, const struct mail_template *m,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : explain(db_exec(db, SQL_TEMPLATE_UPDATE, fault_r, "ttioooi",
			  m->name, m->alias, m->draft, m->published,
			  m->published_ms, m->updated_ms, m->id),
		  m, fault_r);
}

int
store_template_delete(struct txn *t, int64_t id, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL ||
	    db_exec(db, SQL_TEMPLATE_DELETE, fault_r, "i", id) != 0)
		return -1;
	return txn_deleted(t, id, fault_r);
}

int
store_template_by_id(struct txn *t, struct arena *a, int64_t id,
    struct mail_template *m, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	int rc = db == NULL
	    ? -1
	    : db_first(db, SQL_TEMPLATE_BY_ID, fault_r, "i", id);
	if (rc != 1)
		return rc;
	read_template(db, SQL_TEMPLATE_BY_ID, a, m);
	db_end(db, SQL_TEMPLATE_BY_ID);
	return 1;
}

int
store_template_by_alias(struct txn *t, struct arena *a, const char *alias,
    struct mail_template *m, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	int rc = db == NULL
	    ? -1
	    : db_first(db, SQL_TEMPLATE_BY_ALIAS, fault_r, "t", alias);
	if (rc != 1)
		return rc;
	read_template(db, SQL_TEMPLATE_BY_ALIAS, a, m);
	db_end(db, SQL_TEMPLATE_BY_ALIAS);
	return 1;
}

int
store_template_list(struct txn *t, struct arena *a, const struct page *p,
    struct list *list_r, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL)
		return -1;
	enum sql n = page_sql(p, SQL_TEMPLATE_LIST, SQL_TEMPLATE_LIST_UP);
	int rc = db_first(db, n, fault_r, "iii", page_below(p), page_above(p),
	    page_rows(p));
	return list_fill(db, n, rc, p, a, sizeof(struct mail_template),
	    read_template, list_r, fault_r);
}

int
store_version_put(struct txn *t, const struct mail_version *v,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL ? -1
			  : db_exec(db, SQL_VERSION_PUT, fault_r, "iitttttt",
				v->id, v->template, v->sender, v->subject,
				v->reply_to, v->html, v->text, v->variables);
}

int
store_version_get(struct txn *t, struct arena *a, int64_t id,
    struct mail_version *v, struct fault *fault_r)
{
	const enum sql n = SQL_VERSION_GET;
	struct db *db = txn_db(t, fault_r);
	int rc = db == NULL ? -1 : db_first(db, n, fault_r, "i", id);
	if (rc != 1)
		return rc;
	v->id = db_int(db, n, 0);
	v->template = db_int(db, n, 1);
	v->sender = db_text(db, n, 2, a);
	v->subject = db_text(db, n, 3, a);
	v->reply_to = db_text(db, n, 4, a);
	v->html = db_text(db, n, 5, a);
	v->text = db_text(db, n, 6, a);
	v->variables = db_text(db, n, 7, a);
	db_end(db, n);
	return 1;
}
