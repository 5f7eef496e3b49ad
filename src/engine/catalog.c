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
#include "engine/entry.h"
#include "engine/policy.h"
#include "engine/step.h"
#include "model/contact.h"
#include "model/rule.h"
#include "store/automations.h"
#include "store/properties.h"
#include "store/segments.h"

enum { SLOTS_FIRST = 256, SPARE_VERSIONS = 1000 };

/* Who listens to what. */
struct listener {
	const char *event;
	const struct flow *flow;
};

struct catalog {
	struct flow **slots; /* by version, open addressing */
	unsigned n_slots;    /* a power of two, at most half full */
	int n_loaded;
	/* All below is as of one value of the store's number. */
	const struct flow **enabled; /* in order of making */
	int n_enabled;
	struct listener *listeners; /* by event, then in order of making */
	int n_listeners;
	int64_t *paused; /* automations, by number */
	int n_paused;
	struct computed *computed;
	int n_computed;
	json_t *defaults, *types; /* of properties, by key */
	struct arena *arena;      /* of the rules of segments */
	int64_t seen;             /* that number */
	/* that number before the batch under way; 0: not known */
	int64_t committed;
	/* something of this batch was read, how many versions, and what the
	 * store had undone then */
	bool is_fresh;
	int n_fresh;
	unsigned undone;
	struct arena *dropped; /* versions that never were; NULL: none */
};

struct catalog *
catalog_new(void)
{
	struct catalog *c = xcalloc(1, sizeof(*c));
	c->n_slots = SLOTS_FIRST;
	c->slots = xcalloc(c->n_slots, sizeof(*c->slots));
	return c;
}

/* Forgets what is as of one number. */
static void
forget_lists(struct catalog *c)
{
	free(c->enabled);
	free(c->listeners);
	free(c->paused);
	free(c->computed);
	json_decref(c->defaults);
	json_decref(c->types);
	arena_free(c->arena);
	c->enabled = NULL;
	c->listeners = NULL;
	c->paused = NULL;
	c->computed = NULL;
	c->defaults = NULL;
	c->types = NULL;
	c->arena = NULL;
	c->n_enabled = c->n_listeners = c->n_paused = c->n_computed = 0;
	c->seen = 0;
}

void
catalog_forget(struct catalog *c)
{
	for (unsigned i = 0; i < c->n_slots; i++) {
		if (c->slots[i] != NULL)
			arena_free(c->slots[i]->arena);
		c->slots[i] = NULL;
	}
	c->n_loaded = c->n_fresh = 0;
	c->committed = 0;
	c->is_fresh = false;
	arena_free(c->dropped);
	c->dropped = NULL;
	forget_lists(c);
}

void
catalog_settle(struct catalog *c)
{
	for (unsigned i = 0; c->n_fresh > 0 && i < c->n_slots; i++)
		if (c->slots[i] != NULL && c->slots[i]->is_fresh) {
			c->slots[i]->is_fresh = false;
			c->n_fresh--;
		}
	c->is_fresh = false;
	if (c->seen == 0)
		forget_lists(c);
	arena_free(c->dropped);
	c->dropped = NULL;
	if (c->n_loaded > 2 * c->n_enabled + SPARE_VERSIONS)
		catalog_forget(c);
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

/* A connection that the step it leaves has no such way out for. */
static int
check_outs(const struct graph *g, struct fault *fault_r)
{
	for (int i = 0; i < g->n_connections; i++) {
		const struct connection *c = &g->connections[i];
		const struct step *s = &g->steps[c->from];
		if (step_type_find(s->type)->outs & 1u << c->type)
			continue;
		return fault(fault_r, FAULT_INVALID,
		    "connections: no connection of type `%s` leaves step "
		    "`%s`, which is a %s.",
		    connection_type_name(c->type), s->key, s->type);
	}
	return 0;
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
			    "Step `%s`: there is no step type `%s`, only %s.",
			    s->key, s->type, step_type_list(a));
			return NULL;
		}
		if ((configs[i] = type->compile(a, s, fault_r)) == NULL) {
			fault_at(fault_r, "Step `%s`", s->key);
			return NULL;
		}
	}
	return check_outs(g, fault_r) == 0 ? configs : NULL;
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
	    (f->configs = catalog_compile(a, f->graph, fault_r)) == NULL ||
	    (f->policy = policy_compile(a, f->graph->settings, fault_r)) ==
		NULL) {
		arena_free(a);
		return NULL;
	}
	f->entry = f->configs[f->graph->trigger];
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

/* Puts all versions into other slots, n of them. */
static void
move_all(struct catalog *c, unsigned n)
{
	struct flow **old = c->slots;
	unsigned n_old = c->n_slots;
	c->n_slots = n;
	c->slots = xcalloc(n, sizeof(*c->slots));
	for (unsigned i = 0; i < n_old; i++)
		if (old[i] != NULL)
			*slot(c, old[i]->version) = old[i];
	free(old);
}

static void
free_flow(void *p)
{
	arena_free(((struct flow *)p)->arena);
}

/* Takes out the versions of the batch under way: their numbers may be given to
 * others. Who holds one may go on with it. */
static void
drop_fresh(struct catalog *c)
{
	if (c->dropped == NULL)
		c->dropped = arena_new();
	for (unsigned i = 0; c->n_fresh > 0 && i < c->n_slots; i++) {
		struct flow *f = c->slots[i];
		if (f == NULL || !f->is_fresh)
			continue;
		arena_own(c->dropped, f, free_flow);
		c->slots[i] = NULL;
		c->n_loaded--;
		c->n_fresh--;
	}
	move_all(c, c->n_slots);
}

/* Forgets what was read of this batch, if anything was undone since. */
static void
check(struct catalog *c, const struct txn *t)
{
	if (!c->is_fresh || c->undone == txn_undone(t))
		return;
	if (c->n_fresh > 0)
		drop_fresh(c);
	c->seen = 0;
	c->is_fresh = false;
}

void
catalog_end_batch(struct catalog *c, struct txn *t)
{
	check(c, t);
	c->committed = txn_automations_version(t);
}

/* True if what is read now is of this batch, so that it may be undone. */
static bool
note_fresh(struct catalog *c, struct txn *t)
{
	if (c->committed != 0 && c->committed == txn_automations_version(t))
		return false;
	if (!c->is_fresh)
		c->undone = txn_undone(t);
	c->is_fresh = true;
	return true;
}

static struct flow *
get(struct engine *e, struct txn *t, int64_t version, struct fault *fault_r)
{
	struct catalog *c = e->catalog;
	struct flow **at = slot(c, version);
	if (*at != NULL)
		return *at;
	struct flow *f = load(t, version, fault_r);
	if (f == NULL)
		return NULL;
	f->is_fresh = note_fresh(c, t);
	*at = f;
	c->n_fresh += f->is_fresh;
	c->n_loaded++;
	if ((unsigned)c->n_loaded * 2 >= c->n_slots)
		move_all(c, c->n_slots * 2);
	return f;
}

static int
by_event(const void *a, const void *b)
{
	const struct listener *x = a, *y = b;
	int order = strcmp(x->event, y->event);
	if (order != 0)
		return order;
	return (x->flow->automation.num > y->flow->automation.num) -
	    (x->flow->automation.num < y->flow->automation.num);
}

/* The enabled automations, and who of them listens to what. */
static int
read_enabled(struct engine *e, struct txn *t, struct arena *a,
    struct fault *fault_r)
{
	struct catalog *c = e->catalog;
	struct list list;
	if (store_automation_enabled(t, a, &list, fault_r) != 0)
		return -1;
	c->enabled = xcalloc((size_t)list.n + 1, sizeof(*c->enabled));
	c->listeners = xcalloc((size_t)list.n * ENTRY_EVENTS_MAX + 1,
	    sizeof(*c->listeners));
	const struct automation *all = list.items;
	for (int i = 0; i < list.n; i++) {
		struct flow *f = get(e, t, all[i].version, fault_r);
		if (f == NULL && fault_r->kind == FAULT_UNAVAILABLE)
			return -1;
		if (f == NULL) {
			/* One damaged automation must not stop the others. */
			log_error("automation %lld not loaded error=%s",
			    (long long)all[i].num, log_text(fault_r->text));
			continue;
		}
		f->automation = all[i];
		f->automation.name = NULL;
		c->enabled[c->n_enabled++] = f;
		for (int k = 0; k < f->entry->n_events; k++)
			c->listeners[c->n_listeners++] =
			    (struct listener){ f->entry->events[k], f };
	}
	qsort(c->listeners, (size_t)c->n_listeners, sizeof(*c->listeners),
	    by_event);
	return 0;
}

static int
read_paused(struct catalog *c, struct txn *t, struct arena *a,
    struct fault *fault_r)
{
	struct list list;
	if (store_automation_paused(t, a, &list, fault_r) != 0)
		return -1;
	const struct automation *all = list.items;
	c->paused = xcalloc((size_t)list.n + 1, sizeof(*c->paused));
	for (int i = 0; i < list.n; i++)
		c->paused[c->n_paused++] = all[i].num;
	return 0;
}

static int
read_computed(struct catalog *c, struct txn *t, struct arena *a,
    struct fault *fault_r)
{
	struct list list;
	if (store_segment_computed(t, a, &list, fault_r) != 0)
		return -1;
	const struct segment *all = list.items;
	c->computed = xcalloc((size_t)list.n + 1, sizeof(*c->computed));
	for (int i = 0; i < list.n; i++) {
		struct fault why;
		json_t *o =
		    json_parse(a, all[i].filter, strlen(all[i].filter), &why);
		struct rule *r = o == NULL
		    ? NULL
		    : rule_compile(c->arena, o, RULE_CONTACT, &why);
		if (r == NULL)
			log_error("segment %lld not loaded error=%s",
			    (long long)all[i].id, log_text(why.text));
		else
			c->computed[c->n_computed++] =
			    (struct computed){ all[i].id, r };
	}
	return 0;
}

static int
read_properties(struct catalog *c, struct txn *t, struct arena *a,
    struct fault *fault_r)
{
	struct list list;
	if (store_property_all(t, a, &list, fault_r) != 0)
		return -1;
	const struct contact_property *all = list.items;
	c->defaults = json_object();
	c->types = json_object();
	for (int i = 0; i < list.n; i++) {
		json_t *v = all[i].fallback == NULL
		    ? NULL
		    : json_loads(all[i].fallback, JSON_DECODE_ANY, NULL);
		json_object_set_new(c->defaults, all[i].key,
		    v != NULL ? v : json_null());
		json_object_set_new(c->types, all[i].key,
		    json_integer((json_int_t)all[i].type));
	}
	return 0;
}

int
catalog_refresh(struct engine *e, struct txn *t, struct fault *fault_r)
{
	struct catalog *c = e->catalog;
	int64_t now = txn_automations_version(t);
	if (now == 0)
		return fault(fault_r, FAULT_UNAVAILABLE,
		    "The automations cannot be read now.");
	check(c, t);
	if (now == c->seen)
		return 0;
	struct arena *a = arena_new();
	forget_lists(c);
	c->arena = arena_new();
	note_fresh(c, t);
	int rc = read_enabled(e, t, a, fault_r) != 0 ||
		read_paused(c, t, a, fault_r) != 0 ||
		read_computed(c, t, a, fault_r) != 0 ||
		read_properties(c, t, a, fault_r) != 0
	    ? -1
	    : 0;
	if (rc == 0)
		c->seen = now;
	arena_free(a);
	return rc;
}

/* The listeners of an event: the first of *n_r. */
static const struct listener *
find_listeners(const struct catalog *c, const char *name, int *n_r)
{
	int low = 0, high = c->n_listeners, n = 0;
	while (low < high) {
		int middle = (low + high) / 2;
		if (strcmp(c->listeners[middle].event, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + n < c->n_listeners &&
	    strcmp(c->listeners[low + n].event, name) == 0)
		n++;
	*n_r = n;
	return c->listeners + low;
}

int
catalog_listens(struct engine *e, struct txn *t, const char *name,
    struct fault *fault_r)
{
	int n;
	if (catalog_refresh(e, t, fault_r) != 0)
		return -1;
	find_listeners(e->catalog, name, &n);
	return n > 0;
}

int
catalog_listeners(struct engine *e, struct txn *t, struct arena *a,
    const char *name, const struct flow *const **flows_r, int *n_r,
    struct fault *fault_r)
{
	*flows_r = NULL;
	*n_r = 0;
	if (catalog_refresh(e, t, fault_r) != 0)
		return -1;
	const struct listener *first = find_listeners(e->catalog, name, n_r);
	if (*n_r == 0)
		return 0;
	const struct flow **flows =
	    arena_alloc(a, (size_t)*n_r * sizeof(*flows));
	for (int i = 0; i < *n_r; i++)
		flows[i] = first[i].flow;
	*flows_r = flows;
	return 0;
}

const struct flow *
catalog_enabled(const struct catalog *c, int64_t automation)
{
	for (int i = 0; i < c->n_enabled; i++)
		if (c->enabled[i]->automation.num == automation)
			return c->enabled[i];
	return NULL;
}

bool
catalog_is_paused(const struct catalog *c, int64_t automation)
{
	for (int i = 0; i < c->n_paused; i++)
		if (c->paused[i] == automation)
			return true;
	return false;
}

int
catalog_computed(struct engine *e, struct txn *t, struct arena *a,
    struct computed **computed_r, int *n_r, struct fault *fault_r)
{
	struct catalog *c = e->catalog;
	if (catalog_refresh(e, t, fault_r) != 0)
		return -1;
	*n_r = c->n_computed;
	*computed_r = c->n_computed == 0
	    ? NULL
	    : arena_memdup(a, c->computed,
		  (size_t)c->n_computed * sizeof(*c->computed));
	return 0;
}

const json_t *
catalog_defaults(struct engine *e, struct txn *t, struct fault *fault_r)
{
	return catalog_refresh(e, t, fault_r) == 0 ? e->catalog->defaults
						   : NULL;
}

const json_t *
catalog_types(struct engine *e, struct txn *t, struct fault *fault_r)
{
	return catalog_refresh(e, t, fault_r) == 0 ? e->catalog->types : NULL;
}

const struct flow *
catalog_version(struct engine *e, struct txn *t, int64_t version,
    struct fault *fault_r)
{
	check(e->catalog, t);
	return get(e, t, version, fault_r);
}
