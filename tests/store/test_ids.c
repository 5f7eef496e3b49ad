/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ids only ever rise: over a restart, with the clock set back, and when what
 * had the largest one was deleted meanwhile.
 */
#include <stdio.h>

#include "base/id.h"
#include "base/log.h"
#include "store/contacts.h"
#include "store/emails.h"
#include "store/events.h"
#include "store/runs.h"
#include "store/suppressions.h"
#include "store/templates.h"
#include "tests/store/rig.h"
#include "tests/tap.h"

enum { HOUR_MS = 3600 * 1000 };

static const int64_t noon = 1790000000000;
static struct store_options options;
static struct store *store;

static int
take_ids(struct txn *t, struct job *j, struct fault *fault_r)
{
	int64_t last = 0;
	(void)fault_r;
	for (int i = 0; i < 10000; i++) {
		int64_t id = txn_new_id(t, j->n);
		if (id <= last)
			return fault(fault_r, FAULT_INTERNAL, "An id fell.");
		last = id;
	}
	j->result = last;
	return 0;
}

/* A new id at a moment by the clock. */
static int64_t
new_id(int64_t now_ms)
{
	struct job j = { .run = take_ids, .n = now_ms };
	return rig_do(store, &j) == 0 ? j.result : -1;
}

static void
restart(void)
{
	rig_close(store);
	store = rig_open(&options);
}

/* What can hold the largest id of a database. */
static int
put_contact_row(struct txn *t, int64_t id, struct fault *f)
{
	char key[40];
	const struct contact c = { .id = id, .email_key = key };
	snprintf(key, sizeof(key), "%lld@b.example", (long long)id);
	return store_contact_insert(t, &c, f);
}

static int
put_topic(struct txn *t, int64_t id, struct fault *f)
{
	const struct topic topic = { .id = id, .name = "t" };
	return store_topic_insert(t, &topic, f);
}

static int
put_event(struct txn *t, int64_t id, struct fault *f)
{
	const struct event e = { .id = id, .email = "a@b.example" };
	return store_event_insert(t, &e, 1, EVENT_STARTED, f);
}

static int
put_run(struct txn *t, int64_t id, struct fault *f)
{
	const struct run r = { .id = id, .automation = 1 };
	return store_run_insert(t, &r, f);
}

static int
put_email(struct txn *t, int64_t id, struct fault *f)
{
	const struct email e = { .id = id,
		.sender = "a@b.example",
		.recipient = "c@d.example",
		.subject = "s" };
	return store_email_insert(t, &e, f);
}

static int
put_template(struct txn *t, int64_t id, struct fault *f)
{
	const struct mail_template m = { .id = id, .name = "t" };
	return store_template_insert(t, &m, f);
}

static int
put_version(struct txn *t, int64_t id, struct fault *f)
{
	const struct mail_version v = { .id = id, .template = 1 };
	return store_version_put(t, &v, f);
}

static int
put_suppression(struct txn *t, int64_t id, struct fault *f)
{
	char key[40];
	const struct suppression s = { .id = id, .email_key = key };
	snprintf(key, sizeof(key), "%lld@b.example", (long long)id);
	return store_suppression_insert(t, &s, f);
}

static const struct kind {
	const char *name;
	int (*put)(struct txn *, int64_t id, struct fault *);
	int (*delete)(struct txn *, int64_t id, struct fault *);
} kinds[] = {
	{ "contact", put_contact_row, store_contact_delete },
	{ "topic", put_topic, store_topic_delete },
	{ "template", put_template, store_template_delete },
	{ "template version", put_version, NULL },
	{ "event", put_event, NULL },
	{ "run", put_run, NULL },
	{ "email", put_email, NULL },
	{ "suppression", put_suppression, store_suppression_delete },
};

static int
put_row(struct txn *t, struct job *j, struct fault *fault_r)
{
	const struct kind *k = j->arg;
	j->result = txn_new_id(t, j->n);
	return k->put(t, j->result, fault_r);
}

static int
delete_row(struct txn *t, struct job *j, struct fault *fault_r)
{
	const struct kind *k = j->arg;
	return k->delete (t, j->n, fault_r) == 1 ? 0 : -1;
}

static void
test_kinds(void)
{
	int64_t now = noon + HOUR_MS;
	for (size_t i = 0; i < N_OF(kinds); i++, now += HOUR_MS) {
		struct job put = { .run = put_row,
			.arg = (void *)&kinds[i],
			.n = now };
		rig_do(store, &put);
		restart();
		int64_t after = new_id(noon);
		ok(after > put.result, "ids go on behind the last %s",
		    kinds[i].name);
	}
}

static void
test_deleted(void)
{
	int64_t now = noon + 100 * (int64_t)HOUR_MS;
	for (size_t i = 0; i < N_OF(kinds); i++) {
		if (kinds[i].delete == NULL)
			continue;
		now += HOUR_MS;
		struct job put = { .run = put_row,
			.arg = (void *)&kinds[i],
			.n = now };
		rig_do(store, &put);
		struct job gone = { .run = delete_row,
			.arg = (void *)&kinds[i],
			.n = put.result };
		ok(rig_do(store, &gone) == 0, "the last %s is deleted",
		    kinds[i].name);
		restart();
		ok(new_id(noon) > put.result, "its id is not given out again");
	}
}

static void
test_rising(void)
{
	int64_t first = new_id(noon);
	ok(first > 0, "ten thousand ids of one moment rise");
	int64_t back = new_id(noon - HOUR_MS);
	ok(back > first, "they rise when the clock is set back");
	int64_t later = new_id(noon + 1000);
	ok(later > back && id_time_ms(later) >= noon + 1000,
	    "and follow the clock again");
}

/* ---- nodes ------------------------------------------------------------- */

static int
read_node(struct txn *t, struct job *j, struct fault *fault_r)
{
	(void)fault_r;
	j->result = txn_node(t);
	j->n = txn_new_id(t, noon) & ID_NODE_MAX;
	return 0;
}

static int64_t
node_of(const char *name)
{
	struct job j = { .run = read_node };
	rig_close(store);
	options.node_name = name;
	store = rig_open(&options);
	rig_do(store, &j);
	ok(j.result == j.n, "ids carry the node, %lld", (long long)j.n);
	return j.result;
}

static void
test_nodes(void)
{
	int64_t one = node_of("one"), two = node_of("two");
	ok(one != two, "another name is another node");
	is_int(node_of("one"), one, "the same name is the same node");
}

int
main(void)
{
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	options = rig_options("ids.db");
	store = rig_open(&options);
	test_rising();
	test_kinds();
	test_deleted();
	test_nodes();
	rig_close(store);
	return tap_done();
}
