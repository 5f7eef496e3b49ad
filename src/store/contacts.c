/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/contacts.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "store/rows.h"

static void
read_contact(struct db *db, enum sql n, struct arena *a, void *item)
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

const struct row_type contact_rows = { sizeof(struct contact), read_contact };

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
	return txn_first(t, SQL_CONTACT_BY_KEY, read_contact, a, c, fault_r,
	    "t", key);
}

int
store_contact_id(struct txn *t, const char *key, int64_t *id_r,
    struct fault *fault_r)
{
	return txn_int(t, SQL_CONTACT_ID, id_r, fault_r, "t", key);
}

int
store_contact_by_id(struct txn *t, struct arena *a, int64_t id,
    struct contact *c, struct fault *fault_r)
{
	return txn_first(t, SQL_CONTACT_BY_ID, read_contact, a, c, fault_r, "i",
	    id);
}

int
store_contact_insert(struct txn *t, const struct contact *c,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_CONTACT_PUT, fault_r, "ittttito", c->id,
	    c->email_key, given_email(c), c->first_name, c->last_name,
	    (int64_t)c->unsubscribed, c->properties, c->updated_ms);
}

int
store_contact_update(struct txn *t, const struct contact *c,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_CONTACT_UPDATE, fault_r, "ttttitoi",
	    c->email_key, given_email(c), c->first_name, c->last_name,
	    (int64_t)c->unsubscribed, c->properties, c->updated_ms, c->id);
}

int
store_contact_delete(struct txn *t, int64_t id, struct fault *fault_r)
{
	if (txn_exec(t, SQL_CONTACT_TOPICS_DELETE, fault_r, "i", id) != 0)
		return -1;
	int rc = txn_delete(t, SQL_CONTACT_DELETE, id, false, fault_r);
	if (rc == 1 && txn_exec(t, SQL_CONTACT_UNCOUNT, fault_r, "i", id) != 0)
		return -1;
	return rc;
}

int
store_contact_list(struct txn *t, struct arena *a, const struct page *p,
    struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_CONTACT_LIST, SQL_CONTACT_LIST_UP);
	return txn_list(t, n, &contact_rows, a, p, list_r, fault_r, "p", p);
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

static const struct row_type topic_rows = { sizeof(struct topic), read_topic };

int
store_topic_insert(struct txn *t, const struct topic *topic,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_TOPIC_PUT, fault_r, "ittii", topic->id,
	    topic->name, topic->description, (int64_t)topic->default_in,
	    (int64_t)topic->is_public);
}

int
store_topic_get(struct txn *t, struct arena *a, int64_t id, struct topic *topic,
    struct fault *fault_r)
{
	return txn_first(t, SQL_TOPIC_GET, read_topic, a, topic, fault_r, "i",
	    id);
}

int
store_topic_update(struct txn *t, const struct topic *topic,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_TOPIC_UPDATE, fault_r, "ttii", topic->name,
	    topic->description, (int64_t)topic->is_public, topic->id);
}

int
store_topic_delete(struct txn *t, int64_t id, struct fault *fault_r)
{
	return txn_delete(t, SQL_TOPIC_DELETE, id, false, fault_r);
}

int
store_topic_list(struct txn *t, struct arena *a, const struct page *p,
    struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_TOPIC_LIST, SQL_TOPIC_LIST_UP);
	return txn_list(t, n, &topic_rows, a, p, list_r, fault_r, "p", p);
}

static void
read_subscription(struct db *db, enum sql n, struct arena *a, void *item)
{
	struct subscription *s = item;
	read_topic(db, n, a, &s->topic);
	s->opted_in = db_int(db, n, 5) != 0;
}

static const struct row_type subscription_rows = { sizeof(struct subscription),
	read_subscription };

int
store_topics_of(struct txn *t, struct arena *a, int64_t contact,
    const struct page *p, struct list *list_r, struct fault *fault_r)
{
	enum sql n = page_sql(p, SQL_TOPICS_OF, SQL_TOPICS_OF_UP);
	return txn_list(t, n, &subscription_rows, a, p, list_r, fault_r, "ip",
	    contact, p);
}

static void
read_default(struct db *db, enum sql n, struct arena *a, void *item)
{
	(void)a;
	*(bool *)item = db_int(db, n, 3) != 0;
}

int
store_topic_wanted(struct txn *t, int64_t contact, int64_t topic,
    struct fault *fault_r)
{
	bool default_in;
	int64_t wanted;
	int rc = txn_first(t, SQL_TOPIC_GET, read_default, NULL, &default_in,
	    fault_r, "i", topic);
	if (rc != 1)
		return rc;
	rc = txn_int(t, SQL_CONTACT_TOPIC_GET, &wanted, fault_r, "ii", contact,
	    topic);
	return rc < 0 ? -1 : rc == 1 ? wanted != 0 : default_in;
}

int
store_topic_choose(struct txn *t, int64_t contact, int64_t topic, bool opted_in,
    struct fault *fault_r)
{
	int64_t old = -1;
	if (txn_int(t, SQL_CONTACT_TOPIC_GET, &old, fault_r, "ii", contact,
		topic) < 0)
		return -1;
	if (old == opted_in)
		return 0;
	return txn_exec(t, SQL_CONTACT_TOPIC_PUT, fault_r, "iii", contact,
		   topic, (int64_t)opted_in) == 0
	    ? 1
	    : -1;
}
