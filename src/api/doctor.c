/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The database looked over, a slice at a time: the ties between its tables, and
 * that what is enabled still makes sense.
 */
#include <string.h>

#include "api/call.h"
#include "api/find.h"
#include "api/slice.h"
#include "base/clock.h"
#include "base/id.h"
#include "conf/conf.h"
#include "engine/engine.h"
#include "model/automation.h"
#include "store/automations.h"
#include "store/doctor.h"

/* Rows between two looks at the clock, and problems a slice may name. */
enum { ROWS = 500, PROBLEMS_MAX = 200 };

struct findings {
	json_t *problems;
	int64_t checked;
};

static void
add_problem(struct findings *f, const char *table, const char *id,
    const char *text)
{
	json_array_append_new(f->problems,
	    json_pack("{s:s, s:s, s:s}", "table", table, "id", id, "text",
		text));
}

/* One step of the store's own checks. */
static int
look_at_rows(struct call *c, struct txn *t, struct cursor *at,
    struct findings *f, struct fault *fault_r)
{
	struct doctor_place place = { .check = (int)at->n[0] };
	struct list list;
	_Static_assert(sizeof(place.key) < sizeof(at->n),
	    "a cursor holds a check and a key");
	memcpy(place.key, at->n + 1, sizeof(place.key));
	int n = store_doctor_look(t, c->arena,
	    ((const struct conf *)c->api->conf)->state_dir, &place, ROWS, &list,
	    fault_r);
	if (n < 0)
		return -1;
	const struct doctor_problem *all = list.items;
	for (int i = 0; i < list.n; i++)
		add_problem(f, all[i].table, all[i].id, all[i].text);
	f->checked += n;
	at->n[0] = place.check;
	memcpy(at->n + 1, place.key, sizeof(place.key));
	return 0;
}

/* An enabled automation must be one that could be saved now. */
static void
look_at_automation(struct call *c, struct txn *t, const struct automation *a,
    struct findings *f)
{
	struct fault why;
	char id[ID_UUID_LEN];
	struct graph *g = find_graph(c, t, a->version, &why);
	if (g == NULL || engine_check_graph(g, &why) != 0)
		add_problem(f, "automations", id_uuid(a->id, id), why.text);
	f->checked++;
}

/* The enabled automations behind a number, until time is up. */
static int
look_at_graphs(struct call *c, struct txn *t, int64_t began_us,
    struct cursor *at, struct findings *f, struct fault *fault_r)
{
	struct list list;
	if (store_automation_enabled(t, c->arena, &list, fault_r) != 0)
		return -1;
	const struct automation *all = list.items;
	for (int i = 0; i < list.n; i++) {
		if (all[i].num <= at->n[1])
			continue;
		if (slice_is_over(began_us))
			return 0;
		look_at_automation(c, t, &all[i], f);
		at->n[1] = all[i].num;
	}
	*at = (struct cursor){ { at->n[0] + 1 } };
	return 0;
}

/* Goes on from the cursor until time is up; past the last check is the end. */
static int
look(struct call *c, struct txn *t, struct cursor *at, struct findings *f,
    struct fault *fault_r)
{
	const int64_t began_us = clock_mono_us();
	const int64_t last = store_doctor_checks();
	do {
		int rc = at->n[0] < last
		    ? look_at_rows(c, t, at, f, fault_r)
		    : look_at_graphs(c, t, began_us, at, f, fault_r);
		if (rc != 0)
			return -1;
	} while (at->n[0] <= last && !slice_is_over(began_us) &&
	    json_array_size(f->problems) < PROBLEMS_MAX);
	return at->n[0] <= last;
}

static int
db_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct cursor at = *(const struct cursor *)c->input;
	struct findings f = { .problems = json_array() };
	if (at.n[0] < 0 || at.n[0] > store_doctor_checks())
		at = (struct cursor){ 0 };
	int more = look(c, t, &at, &f, fault_r);
	if (more < 0) {
		json_decref(f.problems);
		return -1;
	}
	return call_json(c, 200,
	    json_pack("{s:s, s:I, s:o, s:o}", "object", "doctor", "checked",
		(json_int_t)f.checked, "problems", f.problems, "next",
		more ? cursor_json(&at) : json_null()));
}

const struct route routes_doctor[] = {
	{ "GET", "/doctor/db", db_run, ROUTE_READ, cursor_parse }, { NULL }
};
