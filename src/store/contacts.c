/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/contacts.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "store/list_private.h"

void
contact_row_read(struct db *db, enum sql n, struct arena *a, void *item)
{
	struct contact *c = item;
	c->id = db_int(db, n, 0);
	c->email_key = db_text(db, n, 1, a);
	c->email = db_text(db, n, 2, a);
	if (c->email == NULL)
		c->email = c->email_key;
	c->first_name = db_text(db, n, 3, a);
	c->last_name = db_text(db, n, 4, a);
	c->unsubscribed = db_int(db, n, 5) != 0;
	c->properties = db_text(db, n, 6, a);
	c->updated_ms = db_int(db, n, 7);
}

/* The address as given, NULL when the key says it already. */
static const char *
given_email(const struct contact *c)
{
	return c->email == NULL || strcmp(c->email, c->email_key) == 0
	    ? NULL
	    : c->email;
}

int
store_contact_by_key(struct txn *t, struct arena *a, const char *key,
    struct contact *c, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	int rc = db == NULL
	    ? -1
	    : db_first(db, SQL_CONTACT_BY_KEY, fault_r, "t", key);
	if (rc != 1)
		return rc;
	contact_row_read(db, SQL_CONTACT_BY_KEY, a, c);
	db_end(db, SQL_CONTACT_BY_KEY);
	return 1;
}

int
store_contact_id(struct txn *t, const char *key, int64_t *id_r,
    struct fault *fault_r)
{
	const enum sql n = SQL_CONTACT_ID;
	struct db *db = txn_db(t, fault_r);
	int rc = db == NULL ? -1 : db_first(db, n, fault_r, "t", key);
	if (rc != 1)
		return rc;
	*id_r = db_int(db, n, 0);
	db_end(db, n);
	return 1;
}

int
store_contact_by_id(struct txn *t, struct arena *a, int64_t id,
    struct contact *c, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	int rc =
	    db == NULL ? -1 : db_first(db, SQL_CONTACT_BY_ID, fault_r, "i", id);
	if (rc != 1)
		return rc;
	contact_row_read(db, SQL_CONTACT_BY_ID, a, c);
	db_end(db, SQL_CONTACT_BY_ID);
	return 1;
}

int
store_contact_insert(struct txn *t, const struct contact *c,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : db_exec(db, SQL_CONTACT_PUT, fault_r, "ittttito", c->id,
		  c->email_key, given_email(c), c->first_name, c->last_name,
		  (int64_t)c->unsubscribed, c->properties, c->updated_ms);
}

int
store_contact_update(struct txn *t, const struct contact *c,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL ? -1
			  : db_exec(db, SQL_CONTACT_UPDATE, fault_r, "ttttitoi",
				c->email_key, given_email(c), c->first_name,
				c->last_name, (int64_t)c->unsubscribed,
				c->properties, c->updated_ms, c->id);
}

int
store_contact_delete(struct txn *t, int64_t id, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL ||
	    db_exec(db, SQL_CONTACT_TOPICS_DELETE, fault_r, "i", id) != 0 ||
	    db_exec(db, SQL_CONTACT_DELETE, fault_r, "i", id) != 0)
		return -1;
	return txn_deleted(t, id, fault_r);
}

int
store_contact_list(struct txn *t, struct arena *a, const struct page *p,
    struct list *list_r, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL)
		return -1;
	enum sql n = page_sql(p, SQL_CONTACT_LIST, SQL_CONTACT_LIST_UP);
	int rc = db_first(db, n, fault_r, "iii", page_below(p), page_above(p),
	    page_rows(p));
	return list_fill(db, n, rc, p, a, sizeof(struct contact),
	    contact_row_read, list_r, fault_r);
}

/* ---- topics ------------------------------------------------------------ */

static void
read_topic(struct db *db, enum sql n, struct arena *a, void *item)
{
	struct topic *t = item;
	t->id = db_int(db, n, 0);
	t->name = db_text(db, n, 1, a);
	t->description = db_text(db, n, 2, a);
	t->default_in = db_int(db, n, 3) != 0;
	t->is_public = db_int(db, n, 4) != 0;
}

int
store_topic_insert(struct txn *t, const struct topic *topic,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : db_exec(db, SQL_TOPIC_PUT, fault_r, "ittii", topic->id,
		  topic->name, topic->description, (int64_t)topic->default_in,
		  (int64_t)topic->is_public);
}

int
store_topic_get(struct txn *t, struct arena *a, int64_t id, struct topic *topic,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	int rc =
	    db == NULL ? -1 : db_first(db, SQL_TOPIC_GET, fault_r, "i", id);
	if (rc != 1)
		return rc;
	read_topic(db, SQL_TOPIC_GET, a, topic);
	db_end(db, SQL_TOPIC_GET);
	return 1;
}

int
store_topic_update(struct txn *t, const struct topic *topic,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	return db == NULL
	    ? -1
	    : db_exec(db, SQL_TOPIC_UPDATE, fault_r, "ttii", topic->name,
		  topic->description, (int64_t)topic->is_public, topic->id);
}

int
store_topic_delete(struct txn *t, int64_t id, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL || db_exec(db, SQL_TOPIC_DELETE, fault_r, "i", id) != 0)
		return -1;
	return txn_deleted(t, id, fault_r);
}

int
store_topic_list(struct txn *t, struct arena *a, const struct page *p,
    struct list *list_r, struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	if (db == NULL)
		return -1;
	enum sql n = page_sql(p, SQL_TOPIC_LIST, SQL_TOPIC_LIST_UP);
	int rc = db_first(db, n, fault_r, "iii", page_below(p), page_above(p),
	    page_rows(p));
	return list_fill(db, n, rc, p, a, sizeof(struct topic), read_topic,
	    list_r, fault_r);
}

static void
read_subscription(struct db *db, enum sql n, struct arena *a, void *item)
{
	struct subscription *s = item;
	read_topic(db, n, a, &s->topic);
	s->opted_in = db_int(db, n, 5) != 0;
}

int
store_topics_of(struct txn *t, struct arena *a, int64_t contact,
    const struct page *p, struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_TOPICS_OF, SQL_TOPICS_OF_UP);
	struct db *db = txn_db(t, fault_r);
	if (db == NULL)
		return -1;
	return list_fill(db, n,
	    db_first(db, n, fault_r, "iiii", contact, page_below(p),
		page_above(p), page_rows(p)),
	    p, a, sizeof(struct subscription), read_subscription, list_r,
	    fault_r);
}

/* The one integer a statement finds; 1, 0, -1. */
static int
one_int(struct db *db, enum sql n, int column, int64_t *value_r, int rc)
{
	if (rc == 1) {
		*value_r = db_int(db, n, column);
		db_end(db, n);
	}
	return rc;
}

int
store_topic_wanted(struct txn *t, int64_t contact, int64_t topic,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	int64_t wanted = 0, default_in = 0;
	if (db == NULL)
		return -1;
	int rc = one_int(db, SQL_TOPIC_GET, 3, &default_in,
	    db_first(db, SQL_TOPIC_GET, fault_r, "i", topic));
	if (rc != 1)
		return rc;
	rc = one_int(db, SQL_CONTACT_TOPIC_GET, 0, &wanted,
	    db_first(db, SQL_CONTACT_TOPIC_GET, fault_r, "ii", contact, topic));
	if (rc < 0)
		return -1;
	return (rc == 1 ? wanted : default_in) != 0;
}

int
store_topic_choose(struct txn *t, int64_t contact, int64_t topic, bool opted_in,
    struct fault *fault_r)
{
	struct db *db = txn_db(t, fault_r);
	int64_t old = -1;
	if (db == NULL)
		return -1;
	if (one_int(db, SQL_CONTACT_TOPIC_GET, 0, &old,
		db_first(db, SQL_CONTACT_TOPIC_GET, fault_r, "ii", contact,
		    topic)) < 0)
		return -1;
	if (old == opted_in)
		return 0;
	return db_exec(db, SQL_CONTACT_TOPIC_PUT, fault_r, "iii", contact,
		   topic, (int64_t)opted_in) == 0
	    ? 1
	    : -1;
}
