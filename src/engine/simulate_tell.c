/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/simulate_tell.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "engine/simulate_copy.h"
#include "model/automation.h"
#include "model/email.h"
#include "store/emails.h"
#include "store/events.h"
#include "store/runs.h"

/* Of runs and mails, the oldest that can be shown at all: each is a row, and
 * what the others did came later. */
#define OLDEST (&(const struct page){ .before = 1, .limit = SIMULATED_ROWS })

/* The order of rows within their run. */
enum { ORDER_START = -1, ORDER_LATE_MAIL = INT32_MAX - 1, ORDER_END };

/* Where a step stands in its run. */
struct place {
	int64_t run;
	int step, order;
};

struct telling {
	struct txn *txn;
	struct arena *arena;
	const struct graph *graph;
	const struct past *past;
	struct timeline *out;
	struct place *places;
	int n_places, room;
};

struct simulated_row *
timeline_add(struct timeline *o, struct arena *a, enum simulated_kind kind,
    int64_t at_ms)
{
	if (o->n == o->room) {
		int wider = o->room == 0 ? 64 : o->room * 2;
		struct simulated_row *rows =
		    arena_alloc(a, (size_t)wider * sizeof(*rows));
		if (o->n > 0)
			memcpy(rows, o->rows, (size_t)o->n * sizeof(*rows));
		o->rows = rows;
		o->room = wider;
	}
	o->rows[o->n] =
	    (struct simulated_row){ .kind = kind, .at_ms = at_ms, .n = o->n };
	return &o->rows[o->n++];
}

static struct simulated_row *
add(struct telling *l, enum simulated_kind kind, int64_t at_ms, int64_t run,
    int order)
{
	struct simulated_row *row = timeline_add(l->out, l->arena, kind, at_ms);
	row->run = run;
	row->order = order;
	return row;
}

/* ---- runs ---------------------------------------------------------------- */

/* The name of an event; NULL: there was none. 0 or -1. */
static int
event_name(struct telling *l, int64_t id, const char **name_r,
    struct fault *fault_r)
{
	struct arena *a = arena_new();
	enum event_outcome outcome;
	struct event e;
	int rc =
	    id == 0 ? 0 : store_event_get(l->txn, a, id, &e, &outcome, fault_r);
	*name_r = rc == 1 ? arena_strdup(l->arena, e.name) : NULL;
	arena_free(a);
	return rc < 0 ? -1 : 0;
}

static void
note_place(struct telling *l, int64_t run, int step, int order)
{
	if (l->n_places == l->room) {
		l->room = l->room == 0 ? 64 : l->room * 2;
		l->places =
		    xrealloc(l->places, (size_t)l->room * sizeof(*l->places));
	}
	l->places[l->n_places++] = (struct place){ run, step, order };
}

static void
add_step(struct telling *l, const struct run *r, const struct run_step *s,
    int order)
{
	const struct step *step = &l->graph->steps[s->step];
	struct simulated_row *row =
	    add(l, SIM_STEP, s->finished_ms, r->id, order);
	row->step = step->key;
	row->type = step->type;
	row->status = s->status;
	row->began_ms = s->started_ms;
	row->output = s->error != NULL ? s->error : s->output;
	note_place(l, r->id, s->step, order);
}

/* When a run began: many ids of one millisecond may run ahead of it. */
static int64_t
began_ms(const struct run *r, const struct list *steps)
{
	const struct run_step *first = steps->items;
	int64_t ms = id_time_ms(r->id);
	return steps->n > 0 && first->started_ms < ms ? first->started_ms : ms;
}

/* All rows of one run but its mails. */
static int
add_run(struct telling *l, const struct run *r, struct fault *fault_r)
{
	const char *name;
	struct list list;
	if (store_step_list(l->txn, l->arena, r->id, &list, fault_r) != 0 ||
	    event_name(l, r->event, &name, fault_r) != 0)
		return -1;
	const struct run_step *steps = list.items;
	add(l, SIM_START, began_ms(r, &list), r->id, ORDER_START)->text = name;
	for (int i = 0; i < list.n; i++)
		add_step(l, r, &steps[i], 2 * i);
	if (r->status != RUN_RUNNING)
		add(l, r->status == RUN_CANCELLED ? SIM_EXIT : SIM_END,
		    r->finished_ms, r->id, ORDER_END)
		    ->text =
		    r->reason != NULL ? r->reason : run_status_name(r->status);
	return 0;
}

static bool
is_past(const struct past *p, int64_t run)
{
	for (int i = 0; i < p->n_runs; i++)
		if (p->runs[i].id == run)
			return true;
	return false;
}

static int
add_runs(struct telling *l, int64_t automation, struct fault *fault_r)
{
	struct list list;
	if (store_run_list(l->txn, l->arena, automation, ~0u, OLDEST, &list,
		fault_r) != 0)
		return -1;
	const struct run *runs = list.items;
	for (int i = list.n - 1; i >= 0; i--) {
		const struct run *r = &runs[i];
		if (is_past(l->past, r->id))
			continue;
		if (l->out->run.id == 0) {
			l->out->run = *r;
			if (r->status == RUN_RUNNING)
				l->out->waits_at = l->graph->steps[r->step].key;
		}
		if (add_run(l, r, fault_r) != 0)
			return -1;
	}
	return 0;
}

/* Why an event that the automation listened to began no run. */
static int
add_skips(struct telling *l, int64_t automation, struct fault *fault_r)
{
	struct list list;
	if (store_skip_list(l->txn, l->arena, automation, OLDEST, &list,
		fault_r) != 0)
		return -1;
	const struct skip *skips = list.items;
	for (int i = list.n - 1; i >= 0; i--)
		timeline_add(l->out, l->arena, SIM_NOTE,
		    id_time_ms(skips[i].id))
		    ->text = skip_reason_text(skips[i].reason);
	return 0;
}

/* ---- mails --------------------------------------------------------------- */

static int
by_step(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	if (x->run != y->run)
		return x->run < y->run ? -1 : 1;
	return (x->step > y->step) - (x->step < y->step);
}

/* A mail stands behind the step that wrote it. */
static int
order_of_mail(const struct telling *l, const struct email *m)
{
	const struct place key = { .run = m->run, .step = m->step },
			   *at = l->n_places == 0
	    ? NULL
	    : bsearch(&key, l->places, (size_t)l->n_places, sizeof(key),
		  by_step);
	return at != NULL ? at->order + 1 : ORDER_LATE_MAIL;
}

static int
add_mails(struct telling *l, struct fault *fault_r)
{
	struct list list;
	if (store_email_list(l->txn, l->arena, OLDEST, &list, fault_r) != 0)
		return -1;
	if (l->n_places > 0)
		qsort(l->places, (size_t)l->n_places, sizeof(*l->places),
		    by_step);
	const struct email *mails = list.items;
	for (int i = list.n - 1; i >= 0; i--) {
		const struct email *m = &mails[i];
		struct simulated_row *row = add(l, SIM_MAIL,
		    m->settled_ms != 0 ? m->settled_ms : id_time_ms(m->id),
		    m->run, order_of_mail(l, m));
		row->step = l->graph->steps[m->step].key;
		row->from = m->sender;
		row->to = m->recipient;
		row->subject = m->subject;
	}
	return 0;
}

/* ---- all of it ----------------------------------------------------------- */

/* By time; rows of one moment and no run keep the order they have. */
static int
in_order(const void *a, const void *b)
{
	const struct simulated_row *x = a, *y = b;
	if (x->at_ms != y->at_ms)
		return x->at_ms < y->at_ms ? -1 : 1;
	if (x->run != y->run)
		return x->run < y->run ? -1 : 1;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return (x->n > y->n) - (x->n < y->n);
}

/* What is beyond the most that is shown goes. A note says that something is
 * missing. */
static void
cut(struct telling *l)
{
	struct timeline *o = l->out;
	const char *why = "The simulation ends here: it took too long.";
	int64_t at_ms = o->late_ms;
	if (o->n > SIMULATED_ROWS) {
		why = "The timeline ends here: more happened than is shown.";
		o->n = SIMULATED_ROWS;
		at_ms = o->rows[o->n - 1].at_ms;
	}
	if (at_ms != 0)
		timeline_add(o, l->arena, SIM_NOTE, at_ms)->text = why;
}

int
simulate_tell(struct txn *t, struct arena *a, const struct graph *g,
    int64_t automation, const struct past *past, struct timeline *out,
    struct fault *fault_r)
{
	struct telling l = { .txn = t,
		.arena = a,
		.graph = g,
		.past = past,
		.out = out };
	int rc = add_runs(&l, automation, fault_r) != 0 ||
		add_skips(&l, automation, fault_r) != 0 ||
		add_mails(&l, fault_r) != 0
	    ? -1
	    : 0;
	free(l.places);
	if (out->n > 0)
		qsort(out->rows, (size_t)out->n, sizeof(*out->rows), in_order);
	cut(&l);
	return rc;
}
