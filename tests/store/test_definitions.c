/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What somebody defined: events, properties of contacts, topics as a contact
 * has them. Definitions come and go, names keep their numbers.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"
#include "store/contacts.h"
#include "store/events.h"
#include "store/properties.h"
#include "store/segments.h"
#include "tests/store/rig.h"
#include "tests/store/within.h"
#include "tests/tap.h"

static struct store *store;

/* Whether the change before raised the number that tells of changes. */
static bool
was_raised(struct txn *t)
{
	static int64_t known;
	int64_t now = txn_automations_version(t);
	bool raised = now != known;
	known = now;
	return raised;
}

/* ---- events ------------------------------------------------------------ */

static void
test_define(struct txn *t, struct arena *a)
{
	struct fault f;
	struct event_name name;
	struct definition got, d = { .id = 100, .name = "user.created" };
	int64_t num;
	was_raised(t);
	ok(store_name_insert(t, "user.created", &num, &f) == 0, "a name");
	is_int(store_definition_by_name(t, a, "user.created", &got, &f), 0,
	    "a name that is used is no definition");
	d.schema = "{\"plan\":\"string\"}";
	is_int(store_definition_insert(t, &d, &f), 1, "defined");
	ok(was_raised(t), "which is told");
	is_int(d.num, num, "the name keeps its number");
	is_int(store_definition_get(t, a, 100, &got, &f), 1, "found by id");
	is(got.name, "user.created", "with its name");
	is(got.schema, "{\"plan\":\"string\"}", "and schema");
	is_int(got.num, num, "and number");
	is_int(got.updated_ms, 0, "never changed");
	ok(store_name_get(t, a, "user.created", &name, &f) == 1 &&
		strcmp(name.schema, got.schema) == 0,
	    "events of the name have the schema");
	struct definition twin = { .id = 101, .name = "user.created" };
	is_int(store_definition_insert(t, &twin, &f), 0, "not twice");
	is_int(store_definition_get(t, a, 101, &got, &f), 0, "nor a part of");
	ok(!was_raised(t), "nothing is told of it");
	twin.name = "user.Created";
	is_int(store_definition_insert(t, &twin, &f), 1,
	    "names are compared bytewise, and new ones get a number");
	ok(twin.num != 0 && twin.num != num, "of their own");
}

static void
test_redefine(struct txn *t, struct arena *a)
{
	struct fault f;
	struct event_name name;
	struct definition got, d = { .id = 100, .updated_ms = 5 };
	was_raised(t);
	ok(store_definition_update(t, &d, &f) == 0 &&
		store_definition_by_name(t, a, "user.created", &got, &f) == 1,
	    "changed");
	ok(was_raised(t), "which is told");
	ok(got.schema == NULL && got.updated_ms == 5, "to no schema");
	int64_t num = got.num;
	is_int(store_definition_delete(t, 100, &f), 1, "deleted");
	ok(was_raised(t), "which is told");
	is_int(store_definition_delete(t, 100, &f), 0, "it was there once");
	is_int(store_definition_get(t, a, 100, &got, &f), 0, "gone by id");
	is_int(store_definition_by_name(t, a, "user.created", &got, &f), 0,
	    "gone by name");
	ok(store_name_get(t, a, "user.created", &name, &f) == 1 &&
		name.num == num && name.schema == NULL,
	    "the name stays, with its number");
	d = (struct definition){ .id = 102, .name = "user.created" };
	ok(store_definition_insert(t, &d, &f) == 1 && d.num == num,
	    "and can be defined again");
}

/* ---- properties -------------------------------------------------------- */

static void
test_properties(struct txn *t, struct arena *a)
{
	struct fault f;
	struct list all;
	struct contact_property got,
	    p = { .id = 200,
		    .key = "score",
		    .type = PROPERTY_NUMBER,
		    .fallback = "4.5" };
	was_raised(t);
	is_int(store_property_insert(t, &p, &f), 1, "a property");
	ok(was_raised(t), "which is told");
	is_int(store_property_get(t, a, 200, &got, &f), 1, "found by id");
	ok(strcmp(got.key, "score") == 0 && got.type == PROPERTY_NUMBER &&
		strcmp(got.fallback, "4.5") == 0,
	    "as it was written");
	p.id = 201;
	is_int(store_property_insert(t, &p, &f), 0, "a key is taken once");
	ok(!was_raised(t), "nothing is told of it");
	p.id = 202;
	p.key = "Score";
	p.type = PROPERTY_BOOLEAN;
	p.fallback = NULL;
	is_int(store_property_insert(t, &p, &f), 1, "keys have their case");
	is_int(store_property_by_key(t, a, "Score", &got, &f), 1, "by key");
	ok(got.id == 202 && got.fallback == NULL, "the right one");
	is_int(store_property_by_key(t, a, "SCORE", &got, &f), 0, "no other");
	got.id = 200;
	got.fallback = NULL;
	was_raised(t);
	ok(store_property_update(t, &got, &f) == 0 &&
		store_property_get(t, a, 200, &got, &f) == 1 &&
		got.fallback == NULL && got.type == PROPERTY_NUMBER,
	    "the fallback goes, the rest stays");
	ok(was_raised(t), "which is told");
	const struct contact_property *items;
	ok(store_property_all(t, a, &all, &f) == 0 && all.n == 2, "both");
	items = all.items;
	ok(all.n == 2 && items[0].id == 200 && items[1].id == 202,
	    "oldest first");
	is_int(store_property_delete(t, 200, &f), 1, "deleted");
	ok(was_raised(t), "which is told");
	is_int(store_property_delete(t, 200, &f), 0, "it was there once");
	is_int(store_property_by_key(t, a, "score", &got, &f), 0, "gone");
}

/* ---- topics ------------------------------------------------------------ */

static void
test_topics(struct txn *t, struct arena *a)
{
	const struct page all = { .limit = 10 }, two = { .limit = 2 };
	const struct page up = { .limit = 2, .before = 300 };
	struct fault f;
	struct list list;
	for (int i = 0; i < 3; i++) {
		struct topic topic = { .id = 300 + i,
			.name = "t",
			.default_in = i == 1 };
		ok(store_topic_insert(t, &topic, &f) == 0, "a topic");
	}
	ok(store_topic_choose(t, 9, 300, true, &f) == 1 &&
		store_topic_choose(t, 8, 302, true, &f) == 1,
	    "two choose");
	ok(store_topics_of(t, a, 9, &all, &list, &f) == 0 && list.n == 3,
	    "a contact has every topic");
	const struct subscription *s = list.items;
	ok(s[0].topic.id == 302 && s[1].topic.id == 301 && s[2].topic.id == 300,
	    "newest first");
	ok(!s[0].opted_in && s[1].opted_in && s[2].opted_in,
	    "by its own choice, else by the topic's default");
	ok(store_topics_of(t, a, 9, &two, &list, &f) == 0 && list.n == 2 &&
		list.has_more,
	    "a page of two, and more");
	ok(store_topics_of(t, a, 9, &up, &list, &f) == 0 && list.n == 2 &&
		!list.has_more,
	    "and back");
	s = list.items;
	ok(s[0].topic.id == 302 && s[1].topic.id == 301, "in the same order");
	struct topic to = { .id = 301,
		.name = "new",
		.description = "d",
		.is_public = true,
		.default_in = false };
	ok(store_topic_update(t, &to, &f) == 0 &&
		store_topic_get(t, a, 301, &to, &f) == 1,
	    "changed");
	ok(strcmp(to.name, "new") == 0 && strcmp(to.description, "d") == 0 &&
		to.is_public,
	    "name, description and visibility");
	ok(to.default_in, "but not what was promised");
}

/* ---- pages ------------------------------------------------------------- */

typedef int lister(struct txn *, struct arena *, const struct page *,
    struct list *, struct fault *);

/* Every list goes down and up and stops where it should. */
static void
pages_of(struct txn *t, struct arena *a, lister *list_fn, size_t size,
    int64_t first, const char *what)
{
	struct page p = { .limit = 3 };
	struct fault f;
	struct list list;
	int64_t last = 0;
	int seen = 0;
	do {
		if (list_fn(t, a, &p, &list, &f) != 0 || list.n == 0)
			break;
		const char *items = list.items;
		seen += list.n;
		memcpy(&last, items + (size_t)(list.n - 1) * size,
		    sizeof(last));
		p.after = last;
	} while (list.has_more);
	ok(seen == 7 && last == first, "%s: seven, a page at a time", what);
	p = (struct page){ .before = first, .limit = 3 };
	ok(list_fn(t, a, &p, &list, &f) == 0 && list.n == 3 && list.has_more,
	    "%s: and up again", what);
	int64_t ids[2] = { 0 };
	if (list.n == 3) {
		memcpy(&ids[0], list.items, sizeof(ids[0]));
		memcpy(&ids[1], (const char *)list.items + 2 * size,
		    sizeof(ids[1]));
	}
	ok(ids[0] == first + 3 && ids[1] == first + 1,
	    "%s: the nearest, newest first", what);
}

static int
members(struct txn *t, struct arena *a, const struct page *p, struct list *l,
    struct fault *f)
{
	return store_member_list(t, a, 1, p, l, f);
}

static int
segments_of(struct txn *t, struct arena *a, const struct page *p,
    struct list *l, struct fault *f)
{
	return store_segments_of(t, a, 1000, p, l, f);
}

static int
topics_of(struct txn *t, struct arena *a, const struct page *p, struct list *l,
    struct fault *f)
{
	return store_topics_of(t, a, 1000, p, l, f);
}

/* Seven of each thing, with ids from 1000; all those before are gone. */
static void
test_pages(struct txn *t, struct arena *a)
{
	struct fault f;
	store_definition_delete(t, 101, &f);
	store_definition_delete(t, 102, &f);
	store_property_delete(t, 202, &f);
	for (int64_t id = 300; id < 303; id++)
		store_topic_delete(t, id, &f);
	for (int64_t id = 1000; id < 1007; id++) {
		const char *text = arena_printf(a, "n%lld", (long long)id);
		struct definition d = { .id = id, .name = text };
		struct contact_property p = { .id = id, .key = text };
		struct segment s = { .id = id, .name = text };
		struct topic topic = { .id = id, .name = text };
		struct contact c = { .id = id, .email_key = text };
		ok(store_definition_insert(t, &d, &f) == 1 &&
			store_property_insert(t, &p, &f) == 1 &&
			store_segment_insert(t, &s, &f) == 0 &&
			store_topic_insert(t, &topic, &f) == 0 &&
			store_contact_insert(t, &c, &f) == 0 &&
			store_member_insert(t, 1, id, &f) == 1 &&
			store_member_insert(t, id, 1000, &f) == 1,
		    "one more of each");
	}
	pages_of(t, a, store_definition_list, sizeof(struct definition), 1000,
	    "definitions");
	pages_of(t, a, store_property_list, sizeof(struct contact_property),
	    1000, "properties");
	pages_of(t, a, store_segment_list, sizeof(struct segment), 1000,
	    "segments");
	pages_of(t, a, members, sizeof(struct contact), 1000, "members");
	pages_of(t, a, segments_of, sizeof(struct segment), 1000,
	    "segments of a contact");
	pages_of(t, a, topics_of, sizeof(struct subscription), 1000,
	    "topics of a contact");
}

/* An id that was deleted is not given out again, also by another start. */
static void
test_ids(struct txn *t, struct arena *a)
{
	struct fault f;
	struct definition d = { .id = txn_new_id(t, 5000000), .name = "last" };
	(void)a;
	ok(store_definition_insert(t, &d, &f) == 1 &&
		store_definition_delete(t, d.id, &f) == 1,
	    "the newest id goes");
	ok(txn_new_id(t, 1) > d.id, "the next one is newer");
}

int
main(void)
{
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	struct store_options o = rig_options("definitions.db");
	struct fault f;
	store = store_open(&o, &f);
	if (!ok(store != NULL, "a store is opened"))
		return tap_done();
	within(store, test_define);
	within(store, test_redefine);
	within(store, test_properties);
	within(store, test_topics);
	within(store, test_pages);
	within(store, test_ids);
	store_close(store);
	return tap_done();
}
