/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "webhook/look.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "store/webhooks.h"

enum { HEADERS = 7 };

void
parcel_free(struct parcel *p)
{
	buf_free(&p->post.response);
	arena_free(p->arena);
	free(p);
}

void
look_forget(struct look *l)
{
	while (l->found != NULL) {
		struct parcel *p = l->found;
		l->found = p->next;
		parcel_free(p);
	}
}

/* The event as a post, signed as of now. */
static struct parcel *
pack(const struct look *l, const struct webhook *w, const struct hook_event *e)
{
	struct parcel *p = xcalloc(1, sizeof(*p));
	struct arena *a = p->arena = arena_new();
	char id[HOOK_MESSAGE_LEN];
	const char **headers = arena_alloc(a, HEADERS * sizeof(*headers));
	p->event = *e;
	p->event.payload = arena_strdup(a, e->payload);
	p->sent_ms = l->now_ms;
	headers[0] = "Content-Type: application/json";
	headers[1] = "User-Agent: Postflow/" PACKAGE_VERSION;
	headers[2] = arena_printf(a, "svix-id: %s", hook_message_id(e->id, id));
	headers[3] = arena_printf(a, "svix-timestamp: %lld",
	    (long long)(l->now_ms / 1000));
	headers[4] = arena_printf(a, "svix-signature: %s",
	    hook_signature(a, w, e, l->now_ms));
	headers[5] = "Expect:";
	p->post = (struct post){ .url = arena_strdup(a, w->endpoint),
		.headers = headers,
		.body = p->event.payload,
		.len = strlen(p->event.payload),
		.allow_private = l->allow_private };
	return p;
}

static bool
is_in_hand(const struct look *l, int64_t event)
{
	for (int i = 0; i < l->n_in_hand; i++)
		if (l->in_hand[i].event == event)
			return true;
	return false;
}

/* How many more may be under way to one webhook, with n found already. */
static int
room_of(const struct look *l, int64_t webhook, int n)
{
	int all = l->n_in_hand + n, its = 0;
	for (int i = 0; i < l->n_in_hand; i++)
		its += l->in_hand[i].webhook == webhook;
	int room = AT_ONCE_EACH - its, rest = AT_ONCE_ALL - all;
	if (rest < 1)
		rest = its == 0;
	return room < rest ? room : rest;
}

/* What one webhook gets; *n counts all that was found. */
static int
look_at(struct txn *t, struct arena *a, struct look *l, const struct webhook *w,
    int *n, struct fault *fault_r)
{
	struct list list;
	int64_t next = 0;
	int room = room_of(l, w->id, *n);
	if (store_hook_event_next_due(t, w->id, l->now_ms, &next, fault_r) != 0)
		return -1;
	if (next != 0 && (l->next_ms == 0 || next < l->next_ms))
		l->next_ms = next;
	/* When something comes back, there is room, and another look. */
	if (room <= 0)
		return 0;
	if (store_hook_event_due(t, a, w->id, l->now_ms, 2 * AT_ONCE_EACH,
		&list, fault_r) != 0)
		return -1;
	const struct hook_event *events = list.items;
	for (int i = 0; i < list.n && room > 0; i++) {
		if (is_in_hand(l, events[i].id))
			continue;
		struct parcel *p = pack(l, w, &events[i]);
		p->next = l->found;
		l->found = p;
		room--;
		++*n;
	}
	return 0;
}

int
look_around(struct txn *t, struct look *l, struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct list list;
	int n = 0;
	/* It may be run again. */
	look_forget(l);
	l->next_ms = 0;
	int rc = store_webhook_enabled(t, a, &list, fault_r);
	const struct webhook *all = list.items;
	for (int i = 0; rc == 0 && i < list.n; i++)
		rc = look_at(t, a, l,
		    &all[(l->turn + (unsigned)i) % (unsigned)list.n], &n,
		    fault_r);
	arena_free(a);
	return rc;
}
