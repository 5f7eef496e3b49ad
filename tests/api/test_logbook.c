/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last requests: how many are kept, how much of each, in which order they
 * are listed, and what is forgotten.
 */
#include "api/logbook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/id.h"
#include "tests/tap.h"

#define NOON INT64_C(1790000000000)

static struct arena *arena;

static void
add(struct logbook *b, int status, const char *endpoint, const char *body)
{
	size_t n = body != NULL ? strlen(body) : 0;
	const struct log_entry e = { .method = "POST",
		.endpoint = endpoint,
		.user_agent = "test",
		.status = status,
		.request = { (char *)(uintptr_t)body, n, n } };
	logbook_add(b, &e, NOON);
}

/* The statuses of a page, as text. */
static const char *
page(const struct logbook *b, int64_t after, int64_t before, int limit)
{
	const struct page p = { .after = after,
		.before = before,
		.limit = limit };
	struct list list;
	const char *text = "";
	logbook_list(b, arena, &p, &list);
	const struct log_entry *all = list.items;
	for (int i = 0; i < list.n; i++)
		text = arena_printf(arena, "%s%d ", text, all[i].status);
	return arena_printf(arena, "%s%s", text, list.has_more ? "+" : ".");
}

static int64_t
id_of(const struct logbook *b, int status)
{
	const struct page all = { .limit = 1000 };
	struct list list;
	logbook_list(b, arena, &all, &list);
	const struct log_entry *e = list.items;
	for (int i = 0; i < list.n; i++)
		if (e[i].status == status)
			return e[i].id;
	return 0;
}

static void
test_ring(void)
{
	struct logbook *b = logbook_new();
	ok(!logbook_is_on(b), "nothing is kept at first");
	add(b, 1, "/x", NULL);
	is(page(b, 0, 0, 10), ".", "so nothing is there");
	logbook_resize(b, 4);
	for (int i = 1; i <= 6; i++)
		add(b, i, "/x", NULL);
	is(page(b, 0, 0, 10), "6 5 4 3 .", "the last four, the newest first");
	is(page(b, 0, 0, 2), "6 5 +", "a page");
	is(page(b, id_of(b, 5), 0, 2), "4 3 .", "the next");
	is(page(b, id_of(b, 6), 0, 2), "5 4 +", "with more behind it");
	is(page(b, 0, id_of(b, 3), 2), "5 4 +", "backwards, the nearest");
	is(page(b, 0, id_of(b, 5), 2), "6 .", "to the newest");
	is(page(b, 0, id_of(b, 6), 2), ".", "and not further");
	is(page(b, 1, 0, 2), ".", "nothing is older than all");
	ok(id_time_ms(id_of(b, 6)) == NOON, "an entry knows its moment");
	is_int(logbook_get(b, id_of(b, 4))->status, 4, "one is found");
	ok(logbook_get(b, id_of(b, 4) + 1) == NULL, "and another is not");
	logbook_resize(b, 2);
	is(page(b, 0, 0, 10), "6 5 .", "fewer are kept from now on");
	logbook_resize(b, 5);
	for (int i = 7; i <= 9; i++)
		add(b, i, "/x", NULL);
	is(page(b, 0, 0, 10), "9 8 7 6 5 .", "or more");
	logbook_resize(b, 0);
	is(page(b, 0, 0, 10), ".", "or none");
	logbook_free(b);
}

static void
test_bodies(void)
{
	struct logbook *b = logbook_new();
	char *large = calloc(1, 10001);
	memset(large, 'x', 10000);
	logbook_resize(b, 100000);
	add(b, 1, "/x", "{\"token\":\"abc\"}");
	const struct log_entry *e = logbook_get(b, id_of(b, 1));
	is(e->request.text, "{\"token\":\"***\"}", "secrets are hidden");
	add(b, 3, "/contacts/re_0123456789abcdefABCDEF", NULL);
	e = logbook_get(b, id_of(b, 3));
	is(e->endpoint, "/contacts/*************************",
	    "an API key in a path is, too");
	ok(e->response.text == NULL && e->response.whole == 0,
	    "what was not said is not there");
	add(b, 2, "/x", large);
	e = logbook_get(b, id_of(b, 2));
	ok(e->request.len == 4096 && e->request.whole == 10000 &&
		strlen(e->request.text) == 4096,
	    "of a large body the beginning is kept");
	for (int i = 4; i < 5000; i++)
		add(b, i, "/x", large);
	const struct page all = { .limit = 10000 };
	struct list list;
	logbook_list(b, arena, &all, &list);
	ok(list.n > 1000 && list.n < 2100, "of 8 MB, %d entries", list.n);
	add(b, 9, "/\xc3\xa9", NULL);
	large[0] = '/';
	large[1023] = '\xc3';
	large[1024] = '\xa9';
	add(b, 10, large, NULL);
	e = logbook_get(b, id_of(b, 10));
	is_int((int)strlen(e->endpoint), 1023, "no character is cut in two");
	free(large);
	logbook_free(b);
}

static void
test_forget(void)
{
	struct logbook *b = logbook_new();
	const char *const names[] = { "ada@example.com", "0123" };
	logbook_resize(b, 5);
	add(b, 1, "/x", "{\"email\":\"eve@example.com\"}");
	add(b, 2, "/contacts/ADA@Example.com", NULL);
	add(b, 3, "/x", "{\"email\":\"Ada@Example.com\"}");
	add(b, 4, "/x/0123", NULL);
	add(b, 5, "/x", NULL);
	add(b, 6, "/x", NULL);
	logbook_forget(b, names, 2);
	is(page(b, 0, 0, 10), "6 5 .", "what tells of somebody is dropped");
	add(b, 7, "/x", NULL);
	is(page(b, 0, 0, 10), "7 6 5 .", "and it goes on");
	logbook_free(b);
}

int
main(void)
{
	arena = arena_new();
	test_ring();
	test_bodies();
	test_forget();
	arena_free(arena);
	return tap_done();
}
