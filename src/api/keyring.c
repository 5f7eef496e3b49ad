/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "api/keyring.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "store/store.h"

enum { NOTE_MS = 60 * 1000 };

struct keyring {
	struct known_key *keys;
	int n;
};

struct keyring *
keyring_new(void)
{
	return xcalloc(1, sizeof(struct keyring));
}

static void
clear(struct keyring *r)
{
	for (int i = 0; i < r->n; i++)
		free(r->keys[i].domain);
	free(r->keys);
	*r = (struct keyring){ 0 };
}

void
keyring_free(struct keyring *r)
{
	if (r == NULL)
		return;
	clear(r);
	free(r);
}

void
keyring_add(struct keyring *r, const struct api_key *k)
{
	r->keys = xrealloc(r->keys, (size_t)(r->n + 1) * sizeof(*r->keys));
	struct known_key *known = &r->keys[r->n++];
	*known = (struct known_key){ .id = k->id,
		.permission = k->permission,
		.domain = k->domain != NULL ? xstrdup(k->domain) : NULL,
		.noted_ms = k->last_used_ms };
	memcpy(known->hash, k->hash, sizeof(known->hash));
}

void
keyring_remove(struct keyring *r, int64_t id)
{
	for (int i = 0; i < r->n; i++)
		if (r->keys[i].id == id) {
			free(r->keys[i].domain);
			r->keys[i--] = r->keys[--r->n];
		}
}

struct key_load {
	struct work work;
	struct keyring *ring;
};

static int
load_run(struct txn *t, struct work *w)
{
	struct keyring *r = container_of(w, struct key_load, work)->ring;
	const struct page all = { .limit = INT32_MAX - 1 };
	struct arena *a = arena_new();
	struct list list;
	int rc = store_key_list(t, a, &all, &list, &w->fault);
	clear(r);
	for (int i = 0; rc == 0 && i < list.n; i++)
		keyring_add(r, &((const struct api_key *)list.items)[i]);
	arena_free(a);
	return rc;
}

int
keyring_load(struct keyring *r, struct store *store, struct fault *fault_r)
{
	struct key_load l = { .work = { .run = load_run }, .ring = r };
	int rc = store_run_now(store, &l.work);
	*fault_r = l.work.fault;
	return rc;
}

struct known_key *
keyring_find(struct keyring *r, const char *token)
{
	unsigned char hash[SHA256_LEN];
	struct known_key *found = NULL;
	sha256(token, strlen(token), hash);
	for (int i = 0; i < r->n; i++)
		if (equal_secret(hash, r->keys[i].hash, sizeof(hash)))
			found = &r->keys[i];
	return found;
}

struct rate
keyring_count(struct known_key *k, int limit, int64_t now_ms)
{
	struct rate rate = { .limit = limit };
	if (limit == 0)
		return rate;
	if (k->second != now_ms / 1000) {
		k->second = now_ms / 1000;
		k->asks = 0;
	}
	rate.is_over = k->asks >= limit;
	if (!rate.is_over)
		k->asks++;
	rate.remaining = k->asks < limit ? (int)(limit - k->asks) : 0;
	return rate;
}

/* ---- its last use ------------------------------------------------------ */

struct note {
	struct work work;
	int64_t key, used_ms;
};

static int
note_run(struct txn *t, struct work *w)
{
	const struct note *n = container_of(w, struct note, work);
	return store_key_used(t, n->key, n->used_ms, &w->fault);
}

/* One that was not written is not missed: the next is due in a minute. */
static void
note_done(struct work *w)
{
	free(container_of(w, struct note, work));
}

void
keyring_note(struct known_key *k, struct store *store, int64_t now_ms)
{
	if (now_ms - k->noted_ms < NOTE_MS && now_ms >= k->noted_ms)
		return;
	k->noted_ms = now_ms;
	struct note *n = xcalloc(1, sizeof(*n));
	n->work = (struct work){ .run = note_run, .done = note_done };
	n->key = k->id;
	n->used_ms = now_ms;
	store_write(store, &n->work);
}
