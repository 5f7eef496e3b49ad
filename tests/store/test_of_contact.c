/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is kept of one contact is found, all of it and nothing of others, slice
 * by slice.
 */
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"
#include "model/email.h"
#include "store/contacts.h"
#include "store/emails.h"
#include "store/events.h"
#include "store/runs.h"
#include "tests/store/rig.h"
#include "tests/store/within.h"
#include "tests/tap.h"

enum { EVENTS = 50, MINE = 10, OTHERS = 11 };

static struct store *store;
static const struct contact me = { .id = MINE,
	.email_key = "zoe@example.com",
	.email = "Zoe@Example.com" };

/* Every fifth event is mine, by id or, before I was a contact, by address. */
static void
put_events(struct txn *t, struct arena *a)
{
	static const char *const addresses[] = { "zoe@example.com",
		"ZOE@EXAMPLE.COM", "Zoe@Example.com" };
	struct fault f;
	int64_t name = 0;
	int n = 0;
	(void)a;
	ok(store_name_insert(t, "x", &name, &f) == 0, "a name");
	for (int i = 0; i < EVENTS; i++) {
		struct event e = { .id = 1000 + i,
			.contact = i % 2 == 0 ? OTHERS : 0,
			.email = "zoe@example.org" };
		if (i % 5 == 0) {
			e.contact = i % 2 == 0 ? MINE : 0;
			e.email = addresses[i % 3];
		}
		n += store_event_insert(t, &e, name, EVENT_STARTED, &f) == 0;
	}
	is_int(n, EVENTS, "events of three people");
}

/* How many of my events slices of that many rows find; -1 if not all are mine
 * or they are out of order. */
static int
count_events(struct txn *t, struct arena *a, int rows)
{
	struct fault f;
	struct list list;
	int64_t after = 0, last = 0;
	int n = 0, rc, slices = 0;
	do {
		rc = store_event_of_contact(t, a, &me, &after, rows, &list, &f);
		const struct event *all = list.items;
		for (int i = 0; i < list.n; i++) {
			if (all[i].id % 5 != 0 || all[i].id <= last)
				return -1;
			last = all[i].id;
		}
		n += list.n;
	} while (rc == 1 && ++slices < 100);
	return rc == 0 ? n : -1;
}

static void
test_events(struct txn *t, struct arena *a)
{
	static const int rows[] = { 1, 3, 7, 25, 49, 50, 51, 1000 };
	for (size_t i = 0; i < N_OF(rows); i++)
		is_int(count_events(t, a, rows[i]), EVENTS / 5,
		    arena_printf(a, "all of mine in slices of %d", rows[i]));
}

/* Five of each, of two contacts in turn. */
static void
put_rows(struct txn *t, struct arena *a)
{
	struct fault f;
	int n = 0;
	(void)a;
	for (int i = 0; i < 10; i++) {
		int64_t contact = i % 2 == 0 ? MINE : OTHERS;
		struct email e = { .id = 2000 + i,
			.contact = contact,
			.sender = "a@b.example",
			.recipient = "c@d.example",
			.subject = "s" };
		struct skip s = { .id = 3000 + i,
			.automation = 1 + i % 3,
			.contact = contact,
			.reason = SKIP_FILTER };
		n += store_email_insert(t, &e, &f) == 0 &&
		    store_skip_insert(t, &s, &f) == 0;
	}
	is_int(n, 10, "emails and skips");
}

typedef int lister(struct txn *, struct arena *, int64_t, const struct page *,
    struct list *, struct fault *);

static void
pages_of(struct txn *t, struct arena *a, lister *list_fn, size_t size,
    int64_t newest, const char *what)
{
	struct page p = { .limit = 2 };
	struct fault f;
	struct list list = { 0 };
	int seen = 0;
	int64_t id = newest + 2;
	do {
		if (list_fn(t, a, MINE, &p, &list, &f) != 0)
			break;
		for (int i = 0; i < list.n; i++, seen++, p.after = id) {
			int64_t got;
			memcpy(&got,
			    (const char *)list.items + (size_t)i * size,
			    sizeof(got));
			if (got != id - 2)
				seen = -100;
			id = got;
		}
	} while (list.has_more && seen < 100);
	is_int(seen, 5, what);
}

static void
test_rows(struct txn *t, struct arena *a)
{
	pages_of(t, a, store_email_of_contact, sizeof(struct email), 2008,
	    "my emails, newest first");
	pages_of(t, a, store_skip_of_contact, sizeof(struct skip), 3008,
	    "what I was not let in for");
}

/* ---- who is no contact ------------------------------------------------- */

enum { STRANGERS_FIRST = 10000, STRANGERS_AUTOMATION = 9 };

/* Refuses an event of a stranger. */
static bool
put_stranger(struct txn *t, int64_t id, const char *email)
{
	struct fault f;
	const struct event e = { .id = id, .name = "x", .email = email };
	const struct skip s = { .id = id + 1,
		.automation = STRANGERS_AUTOMATION,
		.event = id,
		.reason = SKIP_FILTER };
	return store_event_insert(t, &e, 1, EVENT_NOT_STARTED, &f) == 0 &&
	    store_skip_insert(t, &s, &f) == 0;
}

/* The events that kept an address out, as numbers from STRANGERS_FIRST on. */
static const char *
kept_out(struct txn *t, struct arena *a, int64_t automation, const char *key,
    int limit)
{
	struct list list;
	struct fault f;
	const char *all = "";
	if (store_skip_of_stranger(t, a, automation, key, limit, &list, &f) !=
	    0)
		return arena_strdup(a, f.text);
	const struct skip *skips = list.items;
	for (int i = 0; i < list.n; i++)
		all = arena_printf(a, "%s%d ", all,
		    (int)(skips[i].event - STRANGERS_FIRST));
	return list.has_more ? arena_printf(a, "%smore", all) : all;
}

static void
test_strangers(struct txn *t, struct arena *a)
{
	static const char *const emails[] = { "ada@b\xc3\xbc"
					      "cher.example",
		"Bob@B.example", "bob@b.example", "eve@b.example",
		"ADA@xn--bcher-kva.example" };
	struct fault f;
	int n = 0;
	for (int i = 0; i < (int)N_OF(emails); i++)
		n += put_stranger(t, STRANGERS_FIRST + 10 * i, emails[i]);
	is_int(n, N_OF(emails), "events of strangers");
	const struct skip of_contact = { .id = STRANGERS_FIRST + 99,
		.automation = STRANGERS_AUTOMATION,
		.contact = MINE,
		.event = STRANGERS_FIRST + 10,
		.reason = SKIP_FILTER };
	ok(store_skip_insert(t, &of_contact, &f) == 0, "and of a contact");
	is(kept_out(t, a, STRANGERS_AUTOMATION, "bob@b.example", 5), "20 10 ",
	    "an address however it was written, newest first");
	is(kept_out(t, a, STRANGERS_AUTOMATION, "ada@xn--bcher-kva.example", 5),
	    "40 0 ", "in either form of its domain");
	is(kept_out(t, a, STRANGERS_AUTOMATION, "bob@b.example", 1), "20 more",
	    "as many as wanted");
	is(kept_out(t, a, STRANGERS_AUTOMATION, "joe@b.example", 5), "",
	    "nobody has none");
	is(kept_out(t, a, STRANGERS_AUTOMATION - 1, "bob@b.example", 5), "",
	    "nor has another automation");
}

/* However many there are, only so many are looked at. */
static void
test_many_strangers(struct txn *t, struct arena *a)
{
	const int64_t behind = STRANGERS_FIRST + 1000;
	int n = 0;
	for (int i = 0; i < SKIPS_SEARCHED - 5; i++)
		n += put_stranger(t, behind + 10 * i, "mob@b.example");
	is(kept_out(t, a, STRANGERS_AUTOMATION, "bob@b.example", 5), "20 10 ",
	    "the oldest of so many are found");
	for (int i = 0; i < 2; i++, n++)
		n += put_stranger(t, behind + 10 * n, "mob@b.example") - 1;
	is_int(n, SKIPS_SEARCHED - 3, "two more");
	is(kept_out(t, a, STRANGERS_AUTOMATION, "bob@b.example", 5), "20 more",
	    "what is further back is not, and it says so");
}

int
main(void)
{
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	struct store_options o = rig_options("of-contact.db");
	struct fault f;
	store = store_open(&o, &f);
	if (!ok(store != NULL, "a store is opened"))
		return tap_done();
	within(store, put_events);
	within(store, test_events);
	within(store, put_rows);
	within(store, test_rows);
	within(store, test_strangers);
	within(store, test_many_strangers);
	store_close(store);
	return tap_done();
}
