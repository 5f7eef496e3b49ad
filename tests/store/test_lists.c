/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists by cursor, in both directions, while rows come and go; and what is
 * kept of requests with an idempotency key.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"
#include "store/automations.h"
#include "store/contacts.h"
#include "store/emails.h"
#include "store/imports.h"
#include "store/events.h"
#include "store/runs.h"
#include "store/suppressions.h"
#include "store/keys.h"
#include "store/templates.h"
#include "tests/store/rig.h"
#include "tests/tap.h"

enum { ROWS = 25 };

static struct store *store;

/* ---- one page of anything ---------------------------------------------- */

/* How a list is filled and read; ids are 1000, 1010, 1020 and so on. */
struct shelf {
	const char *name;
	int (*put)(struct txn *, int64_t id, struct fault *);
	int (*list)(struct txn *, struct arena *, const struct page *,
	    struct list *, struct fault *);
	size_t item_size, id_at;
};

/* A page as a job; fills ids. */
struct look {
	struct job job;
	const struct shelf *shelf;
	struct page page;
	int64_t ids[ROWS + 10];
	int n;
	bool has_more;
};

static int
look_run(struct txn *t, struct job *j, struct fault *fault_r)
{
	struct look *k = container_of(j, struct look, job);
	struct arena *a = arena_new();
	struct list list;
	int rc = k->shelf->list(t, a, &k->page, &list, fault_r);
	k->n = list.n;
	k->has_more = list.has_more;
	for (int i = 0; rc == 0 && i < list.n; i++)
		memcpy(&k->ids[i],
		    (const char *)list.items + (size_t)i * k->shelf->item_size +
			k->shelf->id_at,
		    sizeof(k->ids[0]));
	arena_free(a);
	return rc;
}

static struct look
page(const struct shelf *shelf, int64_t after, int64_t before, int limit)
{
	struct look k = { .job = { .run = look_run },
		.shelf = shelf,
		.page = { .after = after, .before = before, .limit = limit } };
	job_read(store, &k.job);
	if (!rig_settle(store) || !job_good(&k.job))
		k.n = -1;
	return k;
}

/* True if the page holds the rows from first down to last. */
static bool
holds(const struct look *k, int64_t first, int64_t last)
{
	int n = 0;
	for (int64_t id = first; id >= last; id -= 10, n++)
		if (n >= k->n || k->ids[n] != id)
			return false;
	return n == k->n;
}

/* ---- what can be listed ------------------------------------------------ */

static int
contact_put(struct txn *t, int64_t id, struct fault *f)
{
	char key[40];
	const struct contact c = { .id = id, .email_key = key };
	snprintf(key, sizeof(key), "c%lld@example.com", (long long)id);
	return store_contact_insert(t, &c, f);
}

static int
topic_put(struct txn *t, int64_t id, struct fault *f)
{
	const struct topic topic = { .id = id, .name = "t" };
	return store_topic_insert(t, &topic, f);
}

static int
template_put(struct txn *t, int64_t id, struct fault *f)
{
	const struct mail_template m = { .id = id, .name = "t" };
	return store_template_insert(t, &m, f);
}

static int
automation_put(struct txn *t, int64_t id, struct fault *f)
{
	struct automation a = { .id = id, .name = "a", .enabled = id / 10 % 2 };
	return store_automation_insert(t, &a, f);
}

static int
automation_list(struct txn *t, struct arena *a, const struct page *p,
    struct list *l, struct fault *f)
{
	return store_automation_list(t, a, p, -1, l, f);
}

static int
email_put(struct txn *t, int64_t id, struct fault *f)
{
	const struct email e = { .id = id,
		.sender = "a@b.example",
		.recipient = "c@d.example",
		.subject = "s" };
	return store_email_insert(t, &e, f);
}

static int
key_put(struct txn *t, int64_t id, struct fault *f)
{
	struct api_key k = { .id = id, .name = "k" };
	memcpy(k.hash, &id, sizeof(id));
	return store_key_insert(t, &k, f);
}

/* Of three origins, so that a page of one leaves others out. */
static int
suppression_put(struct txn *t, int64_t id, struct fault *f)
{
	char key[40];
	const struct suppression s = { .id = id,
		.email_key = key,
		.origin = id / 10 % SUPPRESSION_ORIGIN_COUNT };
	snprintf(key, sizeof(key), "c%lld@example.com", (long long)id);
	return store_suppression_insert(t, &s, f);
}

static int
suppression_list(struct txn *t, struct arena *a, const struct page *p,
    struct list *l, struct fault *f)
{
	return store_suppression_list(t, a, SUPPRESSION_ORIGIN_COUNT, p, l, f);
}

/* Runs of two statuses, so that a page is merged. */
static int
run_put(struct txn *t, int64_t id, struct fault *f)
{
	const struct run r = { .id = id,
		.automation = 5,
		.status = id / 10 % 3 == 0 ? RUN_FAILED : RUN_RUNNING };
	return store_run_insert(t, &r, f);
}

static int
run_list(struct txn *t, struct arena *a, const struct page *p, struct list *l,
    struct fault *f)
{
	return store_run_list(t, a, 5, 1u << RUN_RUNNING | 1u << RUN_FAILED, p,
	    l, f);
}

/* Among others that are queued. */
static int
import_put(struct txn *t, int64_t id, struct fault *f)
{
	struct import i = { .id = id + 1, .options = "{}" };
	if (store_import_insert(t, &i, f) != 0)
		return -1;
	i.id = id;
	i.status = IMPORT_COMPLETED;
	return store_import_insert(t, &i, f);
}

static int
import_list(struct txn *t, struct arena *a, const struct page *p,
    struct list *l, struct fault *f)
{
	return store_import_list(t, a, IMPORT_COMPLETED, p, l, f);
}

#define ITEM(type) sizeof(struct type), offsetof(struct type, id)

static const struct shelf shelves[] = {
	{ "contacts", contact_put, store_contact_list, ITEM(contact) },
	{ "topics", topic_put, store_topic_list, ITEM(topic) },
	{ "templates", template_put, store_template_list, ITEM(mail_template) },
	{ "automations", automation_put, automation_list, ITEM(automation) },
	{ "emails", email_put, store_email_list, ITEM(email) },
	{ "keys", key_put, store_key_list, ITEM(api_key) },
	{ "suppressions", suppression_put, suppression_list,
	    ITEM(suppression) },
	{ "runs", run_put, run_list, ITEM(run) },
	{ "imports of a status", import_put, import_list, ITEM(import) },
};

static int
fill(struct txn *t, struct job *j, struct fault *fault_r)
{
	const struct shelf *s = j->arg;
	int rc = 0;
	for (int i = 0; rc == 0 && i < ROWS; i++)
		rc = s->put(t, 1000 + i * 10, fault_r);
	return rc;
}

static int
add_one(struct txn *t, struct job *j, struct fault *fault_r)
{
	const struct shelf *s = j->arg;
	return s->put(t, j->n, fault_r);
}

/* The newest row is 1240, the oldest 1000. */
static void
test_shelf(const struct shelf *s)
{
	struct job j = { .run = fill, .arg = (void *)s };
	struct look k = page(s, 0, 0, 10);
	ok(k.n == 0 && !k.has_more, "%s: none is an empty page", s->name);
	if (!ok(rig_do(store, &j) == 0, "%s: %d of them", s->name, ROWS))
		return;
	k = page(s, 0, 0, 10);
	ok(holds(&k, 1240, 1150) && k.has_more, "the newest ten come first");
	k = page(s, 1150, 0, 10);
	ok(holds(&k, 1140, 1050) && k.has_more, "then ten older ones");
	k = page(s, 1050, 0, 10);
	ok(holds(&k, 1040, 1000) && !k.has_more, "then the rest, no more");
	k = page(s, 1000, 0, 10);
	ok(k.n == 0 && !k.has_more, "and nothing behind the last");
	k = page(s, 1050, 0, 5);
	ok(holds(&k, 1040, 1000) && !k.has_more,
	    "a page that is just full is the last");
	k = page(s, 0, 1040, 10);
	ok(holds(&k, 1140, 1050) && k.has_more,
	    "back: the ten next to the cursor, newest first");
	k = page(s, 0, 1140, 10);
	ok(holds(&k, 1240, 1150) && !k.has_more, "back to the newest");
	k = page(s, 0, 1240, 10);
	ok(k.n == 0 && !k.has_more, "and nothing before it");
	k = page(s, 1155, 0, 2);
	ok(holds(&k, 1150, 1140), "a cursor need not exist any more");
	k = page(s, 0, 0, ROWS + 5);
	ok(holds(&k, 1240, 1000) && !k.has_more, "all in one page");
}

/* Rows that come while somebody turns pages move none of them. */
static void
test_inserts_between(const struct shelf *s)
{
	struct job newer = { .run = add_one, .arg = (void *)s, .n = 1250 };
	struct job between = { .run = add_one, .arg = (void *)s, .n = 1145 };
	rig_do(store, &newer);
	struct look k = page(s, 1150, 0, 10);
	ok(holds(&k, 1140, 1050), "%s: a new row does not shift a page",
	    s->name);
	rig_do(store, &between);
	k = page(s, 1150, 0, 3);
	ok(k.n == 3 && k.ids[0] == 1145 && k.ids[1] == 1140,
	    "one that falls into it is shown");
	k = page(s, 0, 1230, 10);
	ok(holds(&k, 1250, 1240) && !k.has_more, "going back shows the new");
}

/* ---- lists with a filter ----------------------------------------------- */

static int
list_filtered(struct txn *t, struct job *j, struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct list enabled, disabled, failed, none;
	const struct page p = { .limit = 100 };
	int rc = store_automation_list(t, a, &p, 1, &enabled, fault_r);
	rc |= store_automation_list(t, a, &p, 0, &disabled, fault_r);
	rc |= store_run_list(t, a, 5, 1u << RUN_FAILED, &p, &failed, fault_r);
	rc |= store_run_list(t, a, 6, ~0u >> 1, &p, &none, fault_r);
	j->result =
	    enabled.n * 1000000 + disabled.n * 10000 + failed.n * 100 + none.n;
	const struct automation *list = enabled.items;
	for (int i = 0; i < enabled.n; i++)
		rc |= list[i].enabled != 1;
	arena_free(a);
	return rc;
}

static void
test_filters(void)
{
	struct job j = { .run = list_filtered };
	ok(rig_do(store, &j) == 0, "lists with a filter");
	is_int(j.result / 10000, 1213,
	    "12 of the automations are enabled, "
	    "13 are not");
	is_int(j.result / 100 % 100, 8, "8 of the runs failed");
	is_int(j.result % 100, 0, "another automation has none");
}

/* ---- idempotency keys -------------------------------------------------- */

/* One call on a key: j->text is the key, j->n the moment. */
struct keyed {
	struct job job;
	struct idempotency put, got;
	char answer[100];
};

static int
keyed_put(struct txn *t, struct job *j, struct fault *fault_r)
{
	struct keyed *k = container_of(j, struct keyed, job);
	return store_idempotency_put(t, j->text, &k->put, fault_r);
}

static int
keyed_get(struct txn *t, struct job *j, struct fault *fault_r)
{
	struct keyed *k = container_of(j, struct keyed, job);
	struct arena *a = arena_new();
	int rc = store_idempotency_get(t, a, j->text, j->n, &k->got, fault_r);
	j->result = rc;
	snprintf(k->answer, sizeof(k->answer), "%s",
	    rc == 1 && k->got.answer != NULL ? k->got.answer : "(none)");
	arena_free(a);
	return rc < 0 ? -1 : 0;
}

static int
keyed_prune(struct txn *t, struct job *j, struct fault *fault_r)
{
	j->result = store_idempotency_prune(t, j->n, 10, fault_r);
	return j->result < 0 ? -1 : 0;
}

static int64_t
get(struct keyed *k, const char *key, int64_t now_ms)
{
	k->job = (struct job){ .run = keyed_get, .text = key, .n = now_ms };
	return rig_do(store, &k->job) == 0 ? k->job.result : -1;
}

static void
put(const char *key, const struct idempotency *i)
{
	struct keyed k = { .job = { .run = keyed_put, .text = key },
		.put = *i };
	ok(rig_do(store, &k.job) == 0, "a key is put");
}

static void
test_idempotency(void)
{
	struct idempotency i = { .ref = 42, .expires_ms = 1000 };
	struct keyed k;
	memset(i.hash, 7, sizeof(i.hash));
	is_int(get(&k, "a", 1), 0, "an unknown key is not found");
	put("a", &i);
	is_int(get(&k, "a", 999), 1, "a known one is");
	is_int(k.got.ref, 42, "with what it made");
	is(k.answer, "(none)", "without an answer of its own");
	ok(memcmp(k.got.hash, i.hash, sizeof(i.hash)) == 0, "with its hash");
	is_int(k.got.expires_ms, 1000, "and its end");
	is_int(get(&k, "a", 1000), 0, "at its end it is not there any more");
	is_int(get(&k, "A", 1), 0, "keys are compared bytewise");
	i = (struct idempotency){ .answer = "{\"a\":\"\xc3\xa4\"}",
		.expires_ms = 5000 };
	put("a", &i);
	is_int(get(&k, "a", 2000), 1, "an expired key is taken anew");
	is(k.answer, i.answer, "with the new answer");
	is_int(k.got.ref, 0, "and nothing of the old one");
}

static void
test_prune(void)
{
	struct keyed k;
	char key[20];
	for (int n = 0; n < 25; n++) {
		const struct idempotency i = { .expires_ms = 100 + n };
		struct keyed one = { .job = { .run = keyed_put, .text = key },
			.put = i };
		snprintf(key, sizeof(key), "p%d", n);
		rig_do(store, &one.job);
	}
	struct job prune = { .run = keyed_prune, .n = 115 };
	rig_do(store, &prune);
	is_int(prune.result, 10, "expired keys are removed in slices");
	rig_do(store, &prune);
	is_int(prune.result, 5, "until none is left");
	rig_do(store, &prune);
	is_int(prune.result, 0, "and then none");
	is_int(get(&k, "p14", 1), 0, "the last of them is gone");
	is_int(get(&k, "p15", 1), 1, "one that ends at that moment stays");
	is_int(get(&k, "a", 1), 1, "so do others");
}

int
main(void)
{
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	struct store_options o = rig_options("lists.db");
	store = rig_open(&o);
	for (size_t i = 0; i < N_OF(shelves); i++)
		test_shelf(&shelves[i]);
	test_filters();
	for (size_t i = 0; i < N_OF(shelves); i++)
		test_inserts_between(&shelves[i]);
	test_idempotency();
	test_prune();
	rig_close(store);
	return tap_done();
}
