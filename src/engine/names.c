/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "engine/engine_private.h"
#include "store/events.h"

/* Clients may invent names for ever: then all are read anew. */
enum { SLOTS = 4096, NAMES_MAX = SLOTS / 2 };

struct names {
	struct known_name *slots[SLOTS]; /* open addressing, by name */
	int n;
	int64_t seen; /* the store's number when they were read */
	/* since the last batch something was written or read here, and what
	 * the store had undone then */
	bool is_fresh;
	unsigned undone;
	struct arena *arena;
};

struct names *
names_new(void)
{
	struct names *n = xcalloc(1, sizeof(*n));
	n->arena = arena_new();
	return n;
}

void
names_free(struct names *n)
{
	if (n == NULL)
		return;
	arena_free(n->arena);
	free(n);
}

void
names_forget(struct names *n)
{
	n->is_fresh = false;
	if (n->n == 0)
		return;
	memset(n->slots, 0, sizeof(n->slots));
	n->n = 0;
	arena_free(n->arena);
	n->arena = arena_new();
}

/* The slot that holds the name, or the free one for it. */
static struct known_name **
slot(struct names *n, const char *name)
{
	uint32_t hash = 2166136261u;
	for (const char *p = name; *p != '\0'; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	unsigned i = hash % SLOTS;
	while (n->slots[i] != NULL && strcmp(n->slots[i]->name, name) != 0)
		i = (i + 1) % SLOTS;
	return &n->slots[i];
}

/* Reads a name from the store. */
static struct known_name *
load(struct names *n, struct txn *t, const char *name, struct fault *fault_r)
{
	struct known_name *k = arena_alloc(n->arena, sizeof(*k));
	struct event_name row;
	if (store_name_get(t, n->arena, name, &row, fault_r) < 0)
		return NULL;
	k->name = arena_strdup(n->arena, name);
	k->num = row.num;
	k->interest = row.interest;
	if (row.schema != NULL &&
	    (k->schema = json_parse(n->arena, row.schema, strlen(row.schema),
		 fault_r)) == NULL)
		return NULL;
	return k;
}

/* Notes that a row was written, or read, that may be undone. */
static void
note_fresh(struct names *n, struct txn *t)
{
	if (!n->is_fresh)
		n->undone = txn_undone(t);
	n->is_fresh = true;
}

/* The same as names_get(), to be changed. */
static struct known_name *
get(struct engine *e, struct txn *t, const char *name, struct fault *fault_r)
{
	struct names *n = e->names;
	int64_t now = txn_automations_version(t);
	names_check(n, t);
	if (n->seen != now || n->n == NAMES_MAX)
		names_forget(n);
	n->seen = now;
	struct known_name **at = slot(n, name);
	if (*at != NULL)
		return *at;
	note_fresh(n, t);
	if ((*at = load(n, t, name, fault_r)) != NULL)
		n->n++;
	return *at;
}

void
names_check(struct names *n, const struct txn *t)
{
	if (n->is_fresh && n->undone != txn_undone(t))
		names_forget(n);
}

void
names_settle(struct names *n)
{
	n->is_fresh = false;
}

const struct known_name *
names_get(struct engine *e, struct txn *t, const char *name,
    struct fault *fault_r)
{
	return get(e, t, name, fault_r);
}

int
names_number(struct engine *e, struct txn *t, const char *name, int64_t *num_r,
    struct fault *fault_r)
{
	struct known_name *k = get(e, t, name, fault_r);
	if (k == NULL)
		return -1;
	if (k->num == 0) {
		note_fresh(e->names, t);
		if (store_name_insert(t, name, &k->num, fault_r) != 0)
			return -1;
	}
	*num_r = k->num;
	return 0;
}

int
names_interest(struct engine *e, struct txn *t, const char *name,
    unsigned interest, struct fault *fault_r)
{
	int64_t num;
	if (names_number(e, t, name, &num, fault_r) != 0)
		return -1;
	struct known_name *k = get(e, t, name, fault_r);
	if (k == NULL)
		return -1;
	if ((k->interest & interest) == interest)
		return 0;
	note_fresh(e->names, t);
	k->interest |= interest;
	return store_name_interest(t, num, interest, fault_r);
}
