/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/templates.h"

#include "base/fault.h"
#include "store/rows.h"

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

static const struct row_type template_rows = { sizeof(struct mail_template),
	read_template };

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
	return explain(txn_exec(t, SQL_TEMPLATE_PUT, fault_r, "ittiooo", m->id,
			   m->name, m->alias, m->draft, m->published,
			   m->published_ms, m->updated_ms),
	    m, fault_r);
}

int
store_template_update(struct txn *t, const struct mail_template *m,
    struct fault *fault_r)
{
	return explain(txn_exec(t, SQL_TEMPLATE_UPDATE, fault_r, "ttioooi",
			   m->name, m->alias, m->draft, m->published,
			   m->published_ms, m->updated_ms, m->id),
	    m, fault_r);
}

int
store_template_delete(struct txn *t, int64_t id, struct fault *fault_r)
{
	return txn_delete(t, SQL_TEMPLATE_DELETE, id, false, fault_r);
}

int
store_template_by_id(struct txn *t, struct arena *a, int64_t id,
    struct mail_template *m, struct fault *fault_r)
{
	return txn_first(t, SQL_TEMPLATE_BY_ID, read_template, a, m, fault_r,
	    "i", id);
}

int
store_template_by_alias(struct txn *t, struct arena *a, const char *alias,
    struct mail_template *m, struct fault *fault_r)
{
	return txn_first(t, SQL_TEMPLATE_BY_ALIAS, read_template, a, m, fault_r,
	    "t", alias);
}

int
store_template_list(struct txn *t, struct arena *a, const struct page *p,
    struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_TEMPLATE_LIST, SQL_TEMPLATE_LIST_UP);
	return txn_list(t, n, &template_rows, a, p, list_r, fault_r, "p", p);
}

int
store_version_put(struct txn *t, const struct mail_version *v,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_VERSION_PUT, fault_r, "iitttttt", v->id,
	    v->template, v->sender, v->subject, v->reply_to, v->html, v->text,
	    v->variables);
}

static void
read_version(struct db *db, enum sql n, struct arena *a, void *item)
{
	struct mail_version *v = item;
	v->id = db_int(db, n, 0);
	v->template = db_int(db, n, 1);
	v->sender = db_text(db, n, 2, a);
	v->subject = db_text(db, n, 3, a);
	v->reply_to = db_text(db, n, 4, a);
	v->html = db_text(db, n, 5, a);
	v->text = db_text(db, n, 6, a);
	v->variables = db_text(db, n, 7, a);
}

int
store_version_get(struct txn *t, struct arena *a, int64_t id,
    struct mail_version *v, struct fault *fault_r)
{
	return txn_first(t, SQL_VERSION_GET, read_version, a, v, fault_r, "i",
	    id);
}

int
store_version_template(struct txn *t, int64_t id, int64_t *template_r,
    struct fault *fault_r)
{
	return txn_int(t, SQL_VERSION_TEMPLATE, template_r, fault_r, "i", id);
}
