/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Versions never change, so a compiled one stays until the table is full and
 * is then made again when asked for. Which automations are enabled does
 * change; a number in the store says when.
 */
#include "engine/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/log.h"
#include "engine/step.h"
#include "store/automations.h"

enum { SLOTS_FIRST = 256, SPARE_VERSIONS = 1000 };

struct catalog {
	struct flow **slots; /* by version, open addressing */
	unsigned n_slots;    /* a power of two, at most half full */
	int n_loaded;
	/* the enabled ones, by event name and then by number */
	const struct flow **enabled;
	int n_enabled;
	int64_t seen; /* the store's number when they were read */
};

struct catalog *
catalog_new(void)
{
	struct catalog *c = xcalloc(1, sizeof(*c));
	c->n_slots = SLOTS_FIRST;
	c->slots = xcalloc(c->n_slots, sizeof(*c->slots));
	return c;
}

void
catalog_forget(struct catalog *c)
{
	for (unsigned i = 0; i < c->n_slots; i++) {
		if (c->slots[i] != NULL)
			arena_free(c->slots[i]->arena);
		c->slots[i] = NULL;
	}
	free(c->enabled);
	c->enabled = NULL;
	c->n_loaded = c->n_enabled = 0;
	c->seen = 0;
}

void
catalog_free(struct catalog *c)
{
	if (c == NULL)
		return;
	catalog_forget(c);
	free(c->slots);
	free(c);
}

void **
catalog_compile(struct arena *a, const struct graph *g, struct fault *fault_r)
{
	void **configs = arena_alloc(a, (size_t)g->n_steps * sizeof(*configs));
	for (int i = 0; i < g->n_steps; i++) {
		const struct step *s = &g->steps[i];
		const struct step_type *type = step_type_find(s->type);
		if (type == NULL) {
			fault(fault_r, FAULT_INVALID,
			    "Step `%s`: there is no step type `%s`.", s->key,
			    s->type);
			return NULL;
		}
		if ((configs[i] = type->compile(a, s, fault_r)) == NULL)
			return NULL;
	}
	return configs;
}

/* Reads and compiles a version from the store. */
static struct flow *
load(struct txn *t, int64_t version, struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct flow *f = arena_alloc(a, sizeof(*f));
	const char *text;
	json_t *json;
	f->arena = a;
	f->version = version;
	int rc = store_graph_get(t, a, version, &text, fault_r);
	if (rc == 0)
		fault(fault_r, FAULT_INTERNAL,
		    "Version %lld of an automation is gone.",
		    (long long)version);
	if (rc != 1 ||
	    (json = json_parse(a, text, strlen(text), fault_r)) == NULL ||
	    (f->graph = graph_from_json(a, json, fault_r)) == NULL ||
	    (f->configs = catalog_compile(a, f->graph, fault_r)) == NULL) {
		arena_free(a);
		return NULL;
	}
	const struct trigger_config *trigger = f->configs[f->graph->trigger];
	f->event_name = trigger->event_name;
	return f;
}

/* The slot of a version: the one that holds it, or the free one for it. */
static struct flow **
slot(struct catalog *c, int64_t version)
{
	uint64_t hash = (uint64_t)version * 0x9e3779b97f4a7c15u;
	unsigned i = (unsigned)(hash >> 32) & (c->n_slots - 1);
	while (c->slots[i] != NULL && c->slots[i]->version != version)
		i = (i + 1) & (c->n_slots - 1);
	return &c->slots[i];
}

/* Twice the slots, when half of them are taken. */
static void
grow(struct catalog *c)
{
	struct flow **old = c->slots;
	unsigned n = c->n_slots;
	if ((unsigned)c->n_loaded * 2 < n)
		return;
	c->n_slots = n * 2;
	c->slots = xcalloc(c->n_slots, sizeof(*c->slots));
	for (unsigned i = 0; i < n; i++)
		if (old[i] != NULL)
			*slot(c, old[i]->version) = old[i];
	free(old);
}

static struct flow *
get(struct engine *e, struct txn *t, int64_t version, struct fault *fault_r)
{
	struct flow **at = slot(e->catalog, version);
	if (*at != NULL)
		return *at;
	struct flow *f = load(t, version, fault_r);
	if (f == NULL)
		return NULL;
	*at = f;
	e->catalog->n_loaded++;
	grow(e->catalog);
	return f;
}

static int
by_event_name(const void *a, const void *b)
{
	const struct flow *x = *(const struct flow *const *)a;
	const struct flow *y = *(const struct flow *const *)b;
	int order = strcmp(x->event_name, y->event_name);
	if (order != 0)
		return order;
	return (x->automation.num > y->automation.num) -
	    (x->automation.num < y->automation.num);
}

/* Reads which automations are enabled, if that has changed. */
static int
refresh(struct engine *e, struct txn *t, struct fault *fault_r)
{
	struct catalog *c = e->catalog;
	int64_t now = txn_automations_version(t);
	struct list list;
	if (now == 0)
		return fault(fault_r, FAULT_UNAVAILABLE,
		    "The automations cannot be read now.");
	if (now == c->seen)
		return 0;
	struct arena *a = arena_new();
	int rc = store_automation_enabled(t, a, &list, fault_r);
	if (rc == 0 && c->n_loaded > 2 * list.n + SPARE_VERSIONS)
		catalog_forget(c);
	c->n_enabled = 0;
	c->seen = 0;
	free(c->enabled);
	c->enabled =
	    rc == 0 ? xcalloc((size_t)list.n + 1, sizeof(*c->enabled)) : NULL;
	const struct automation *all = list.items;
	for (int i = 0; rc == 0 && i < list.n; i++) {
		struct flow *f = get(e, t, all[i].version, fault_r);
		if (f == NULL && fault_r->kind == FAULT_UNAVAILABLE) {
			rc = -1;
			break;
		}
		if (f == NULL) {
			/* One damaged automation must not stop the others. */
			log_error("automation %lld not loaded error=%s",
			    (long long)all[i].num, log_text(fault_r->text));
			continue;
		}
		f->automation = all[i];
		f->automation.name = NULL;
		c->enabled[c->n_enabled++] = f;
	}
	if (rc == 0) {
		qsort(c->enabled, (size_t)c->n_enabled, sizeof(*c->enabled),
		    by_event_name);
		c->seen = now;
	}
	arena_free(a);
	return rc;
}

int
catalog_listeners(struct engine *e, struct txn *t, const char *name,
    const struct flow *const **flows_r, int *n_r, struct fault *fault_r)
{
	struct catalog *c = e->catalog;
	if (refresh(e, t, fault_r) != 0)
		return -1;
	int low = 0, high = c->n_enabled;
	while (low < high) {
		int middle = (low + high) / 2;
		if (strcmp(c->enabled[middle]->event_name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*n_r = 0;
	*flows_r = c->enabled + low;
	while (low + *n_r < c->n_enabled &&
	    strcmp(c->enabled[low + *n_r]->event_name, name) == 0)
		++*n_r;
	return 0;
}

const struct flow *
catalog_version(struct engine *e, struct txn *t, int64_t version,
    struct fault *fault_r)
{
	if (e->catalog->n_loaded > 2 * e->catalog->n_enabled + SPARE_VERSIONS)
		catalog_forget(e->catalog);
	return get(e, t, version, fault_r);
}
