/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What follows from each attempt, and what is looked up to be sent, by a clock
 * that is told.
 */
#include "webhook/outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"
#include "store/store.h"
#include "store/webhooks.h"
#include "tests/tap.h"
#include "webhook/look.h"

#define NOON INT64_C(1790000000000)
enum { SECOND = 1000, HOUR = 3600 * SECOND, DAY = 24 * HOUR };

static struct store *store;
static struct arena *arena;
static int64_t now = NOON;

/* ---- transactions -------------------------------------------------------- */

typedef int part(struct txn *, void *arg, struct fault *);

struct doing {
	struct work work;
	part *fn;
	void *arg;
};

static int
doing_run(struct txn *t, struct work *w)
{
	struct doing *d = container_of(w, struct doing, work);
	return d->fn(t, d->arg, &w->fault);
}

static void
must(part *fn, void *arg, const char *what)
{
	struct doing d = { .work.run = doing_run, .fn = fn, .arg = arg };
	if (store_run_now(store, &d.work) == 0)
		return;
	printf("Bail out! %s: %s\n", what, d.work.fault.text);
	exit(1);
}

static int
do_webhook(struct txn *t, void *arg, struct fault *f)
{
	struct webhook *w = arg;
	w->id = txn_new_id(t, now);
	return store_webhook_insert(t, w, f);
}

static int64_t
webhook(void)
{
	struct webhook w = { .endpoint = "https://a.example/h",
		.types = HOOK_ALL,
		.enabled = true };
	must(do_webhook, &w, "a webhook");
	return w.id;
}

static int
do_owe(struct txn *t, void *arg, struct fault *f)
{
	struct hook_event *e = arg;
	e->id = txn_new_id(t, now);
	return store_hook_event_insert(t, e, f);
}

static int64_t
owe(int64_t webhook, int64_t due_ms)
{
	struct hook_event e = { .webhook = webhook,
		.due_ms = due_ms,
		.payload = "{}" };
	must(do_owe, &e, "an event");
	return e.id;
}

static int
do_event(struct txn *t, void *arg, struct fault *f)
{
	struct hook_event *e = arg;
	return store_hook_event_get(t, arena, e->id, e, f) == 1 ? 0 : -1;
}

static struct hook_event
event(int64_t id)
{
	struct hook_event e = { .id = id };
	must(do_event, &e, "reading an event");
	return e;
}

static int
do_get(struct txn *t, void *arg, struct fault *f)
{
	struct webhook *w = arg;
	return store_webhook_get(t, arena, w->id, w, f) == 1 ? 0 : -1;
}

static struct webhook
get(int64_t id)
{
	struct webhook w = { .id = id };
	must(do_get, &w, "reading a webhook");
	return w;
}

static int
do_note(struct txn *t, void *arg, struct fault *f)
{
	return outcome_note(t, arena, arg, now, 0, f);
}

/* Notes an attempt at an event as it was. */
static void
note(struct hook_event was, int code)
{
	struct outcome o = { .event = was,
		.sent_ms = now,
		.code = code,
		.response = "said" };
	must(do_note, &o, "noting an attempt");
}

static int
do_attempts(struct txn *t, void *arg, struct fault *f)
{
	const struct page all = { .limit = 100 };
	struct list *list = arg;
	int64_t id = *(int64_t *)list->items;
	return store_hook_attempt_list(t, arena, id, &all, list, f);
}

static int
attempts(int64_t event, const struct hook_attempt **attempts_r)
{
	struct list list = { .items = &event };
	must(do_attempts, &list, "listing attempts");
	*attempts_r = list.items;
	return list.n;
}

/* ---- outcomes --------------------------------------------------------------
 */

static void
test_success(void)
{
	static const struct {
		int code;
		enum hook_status status;
	} cases[] = {
		{ 200, HOOK_SUCCESS },
		{ 202, HOOK_SUCCESS },
		{ 204, HOOK_SUCCESS },
		{ 299, HOOK_SUCCESS },
		{ 0, HOOK_ATTEMPTING },
		{ 199, HOOK_ATTEMPTING },
		{ 301, HOOK_ATTEMPTING },
		{ 302, HOOK_ATTEMPTING },
		{ 400, HOOK_ATTEMPTING },
		{ 410, HOOK_ATTEMPTING },
		{ 500, HOOK_ATTEMPTING },
	};
	int64_t w = webhook();
	for (size_t i = 0; i < N_OF(cases); i++) {
		const struct hook_attempt *a;
		int64_t id = owe(w, now);
		note(event(id), cases[i].code);
		struct hook_event e = event(id);
		ok(e.status == cases[i].status && e.attempt == 1 &&
			(e.due_ms != 0) == (e.status == HOOK_ATTEMPTING),
		    "%d: %s", cases[i].code, hook_status_name(e.status));
		ok(attempts(id, &a) == 1 && a[0].code == cases[i].code &&
			a[0].sent_ms == now &&
			strcmp(a[0].response, "said") == 0,
		    "the attempt is written down");
	}
}

static void
test_schedule(void)
{
	static const int64_t waits[] = { 0, 5, 300, 1800, 7200, 18000, 36000,
		36000 };
	const struct hook_attempt *a;
	int64_t w = webhook(), id = owe(w, now);
	for (size_t i = 0; i < N_OF(waits); i++) {
		note(event(id), 500);
		struct hook_event e = event(id);
		is_int(e.due_ms - now, waits[i] * SECOND, "the next attempt");
		is_int(e.status, HOOK_ATTEMPTING, "is to come");
		now = e.due_ms;
	}
	note(event(id), 0);
	struct hook_event e = event(id);
	ok(e.status == HOOK_FAILED && e.due_ms == 0, "then it is given up");
	is_int(attempts(id, &a), 9, "every attempt is there");
	ok(a[0].code == 0 && a[8].code == 500, "the newest first");
	ok(get(w).enabled, "a day of failures is not hopeless");
}

/* An event whose last attempt fails now. */
static void
fail_for_good(int64_t w)
{
	int64_t id = owe(w, now);
	for (int i = 0; i < 9; i++)
		note(event(id), 500);
	is_int(event(id).status, HOOK_FAILED, "an event fails");
}

static void
test_hopeless(void)
{
	int64_t w = webhook();
	fail_for_good(w);
	int64_t since = now;
	is_int(get(w).failing_ms, since, "since when it fails is known");
	now += 5 * (int64_t)DAY - 1;
	fail_for_good(w);
	ok(get(w).enabled, "not quite five days of failures");
	is_int(get(w).failing_ms, since, "the first counts");
	now++;
	int64_t id = owe(w, now);
	note(event(id), 500);
	ok(get(w).enabled, "the first failure of an event is not the end");
	fail_for_good(w);
	ok(!get(w).enabled, "five days of failures disable it");
	ok(event(id).due_ms != 0, "what it is owed waits");
	w = webhook();
	fail_for_good(w);
	now += 3 * (int64_t)DAY;
	note(event(owe(w, now)), 200);
	is_int(get(w).failing_ms, 0, "a success ends the failing");
	now += 3 * (int64_t)DAY;
	fail_for_good(w);
	ok(get(w).enabled, "and the days are counted anew");
}

static int
do_replay(struct txn *t, void *arg, struct fault *f)
{
	struct hook_event *e = arg;
	e->status = HOOK_PENDING;
	e->attempt = 0;
	e->due_ms = now;
	return store_hook_event_update(t, e, f);
}

static int
do_empty(struct txn *t, void *arg, struct fault *f)
{
	return store_hook_event_empty(t, *(int64_t *)arg, 100, f) < 0 ? -1 : 0;
}

static void
test_meanwhile(void)
{
	const struct hook_attempt *a;
	int64_t w = webhook(), id = owe(w, now);
	struct hook_event was = event(id), replayed = was;
	now += SECOND;
	must(do_replay, &replayed, "a replay");
	note(was, 200);
	struct hook_event e = event(id);
	ok(e.status == HOOK_PENDING && e.due_ms == now && e.attempt == 0,
	    "what was replayed while it was under way is sent again");
	is_int(attempts(id, &a), 1, "the attempt is written down all the same");
	must(do_empty, &w, "removing what it is owed");
	note(e, 200);
	is_int(attempts(id, &a), 0, "what is gone stays so");
}

/* ---- looking ---------------------------------------------------------------
 */

static int
do_look(struct txn *t, void *arg, struct fault *f)
{
	return look_around(t, arg, f);
}

/* Looks; how many of what was found are of a webhook (0: of all). */
static int
found(struct look *l, int64_t webhook)
{
	int n = 0;
	l->now_ms = now;
	must(do_look, l, "looking");
	for (const struct parcel *p = l->found; p != NULL; p = p->next)
		n += webhook == 0 || p->event.webhook == webhook;
	return n;
}

/* Notes all that was found as under way. */
static void
take_all(struct look *l)
{
	l->in_hand = realloc(l->in_hand, 1000 * sizeof(*l->in_hand));
	for (const struct parcel *p = l->found; p != NULL; p = p->next)
		l->in_hand[l->n_in_hand++] =
		    (struct in_hand){ p->event.id, p->event.webhook };
	look_forget(l);
}

static int
do_disable_all(struct txn *t, void *arg, struct fault *f)
{
	struct list list;
	(void)arg;
	if (store_webhook_enabled(t, arena, &list, f) != 0)
		return -1;
	struct webhook *all = list.items;
	for (int i = 0; i < list.n; i++) {
		all[i].enabled = false;
		if (store_webhook_update(t, &all[i], f) != 0)
			return -1;
	}
	return 0;
}

static void
test_look(void)
{
	struct look l = { 0 };
	must(do_disable_all, NULL, "a quiet place");
	is_int(found(&l, 0), 0, "what disabled ones are owed is not sent");
	int64_t one = webhook(), two = webhook();
	for (int i = 0; i < 20; i++)
		owe(one, now);
	is_int(found(&l, 0), AT_ONCE_EACH, "so many at once");
	is_int(l.next_ms, 0, "nothing is due later");
	take_all(&l);
	is_int(found(&l, 0), 0, "and no more");
	int64_t id = owe(two, now);
	owe(two, now + SECOND);
	is_int(found(&l, two), 1, "another one's is found beside them");
	is_int(l.next_ms, now + SECOND, "and when the next is due");
	ok(l.found->event.id == id, "it is that");
	const char *const *h = l.found->post.headers;
	char message[HOOK_MESSAGE_LEN];
	is(h[0], "Content-Type: application/json", "a header");
	is(h[2],
	    arena_printf(arena, "svix-id: %s", hook_message_id(id, message)),
	    "the message's id");
	is(h[3],
	    arena_printf(arena, "svix-timestamp: %lld",
		(long long)(now / 1000)),
	    "its moment");
	struct webhook w = get(two);
	is(h[4],
	    arena_printf(arena, "svix-signature: %s",
		hook_signature(arena, &w, &l.found->event, now)),
	    "and its signature");
	look_forget(&l);
	l.n_in_hand--;
	is_int(found(&l, one), 1, "when one came back, the next goes");
	look_forget(&l);
	free(l.in_hand);
}

/* However many do not answer, one that has nothing under way gets its turn. */
static void
test_crowd(void)
{
	enum { MANY = AT_ONCE_ALL / AT_ONCE_EACH + 4 };
	struct look l = { 0 };
	must(do_disable_all, NULL, "a quiet place");
	for (int i = 0; i < MANY; i++) {
		int64_t w = webhook();
		for (int k = 0; k < AT_ONCE_EACH; k++)
			owe(w, now);
	}
	is_int(found(&l, 0), AT_ONCE_ALL + 4,
	    "as many as may be, and one of each that had no room");
	take_all(&l);
	is_int(found(&l, 0), 0, "and no more");
	int64_t late = webhook();
	owe(late, now);
	owe(late, now);
	is_int(found(&l, late), 1, "one of a late one");
	look_forget(&l);
	free(l.in_hand);
}

int
main(void)
{
	struct fault f;
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	arena = arena_new();
	store = store_open_scratch(&f);
	if (!ok(store != NULL, "a store"))
		return tap_done();
	test_success();
	test_schedule();
	test_hopeless();
	test_meanwhile();
	test_look();
	test_crowd();
	store_close(store);
	arena_free(arena);
	return tap_done();
}
