/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which emails go out now: those that are due are claimed at the end of a
 * batch, and what the last process had claimed is settled first.
 */
#include "base/arena.h"
#include "base/log.h"
#include "conf/conf.h"
#include "engine/delivery_private.h"
#include "store/emails.h"
#include "store/queue.h"

enum {
	AHEAD_PER_SESSION = 4, /* claimed at least */
	RECOVER_SLICE = 1000,
};

/* ---- recovery ---------------------------------------------------------- */

/* Settles some of what was claimed when the last process ended, behind that
 * id; *n_r of them. */
static int
recover_slice(struct delivery *d, struct txn *t, int64_t *after, int64_t now_ms,
    int *n_r, struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct list list;
	int rc =
	    store_email_sending(t, a, *after, RECOVER_SLICE, &list, fault_r);
	struct email *emails = list.items;
	*n_r = rc == 0 ? list.n : 0;
	for (int i = 0; rc == 0 && i < list.n; i++) {
		struct email *e = &emails[i];
		*after = e->id;
		outcome_in_doubt(d, e, now_ms);
		e->answer = "The server ended while this was being sent.";
		e->settled_ms = now_ms;
		rc = store_email_settle(t, e, fault_r) < 0 ? -1 : 0;
	}
	arena_free(a);
	return rc;
}

static void
log_recovered(const struct delivery *d, int n)
{
	log_warn("recovery in_doubt=%d on_doubt=%s", n,
	    d->engine->conf->on_doubt);
}

/* What the last process had claimed, once the queue is let go: no more than a
 * window of them, and this process has claimed none before. */
static int
settle_old(struct delivery *d, struct txn *t, int64_t now_ms,
    struct fault *fault_r)
{
	int64_t after = 0;
	int n, total = 0;
	do {
		if (recover_slice(d, t, &after, now_ms, &n, fault_r) != 0)
			return -1;
		total += n;
	} while (n > 0);
	d->settling = true;
	if (total > 0)
		log_recovered(d, total);
	return 0;
}

struct recovery {
	struct work work;
	struct delivery *delivery;
	int64_t after;
	int n;
	bool held;
};

/* Settles a slice of what was claimed when the last process ended, unless the
 * queue is held: then it waits like everything else. */
static int
recover_run(struct txn *t, struct work *w)
{
	struct recovery *r = container_of(w, struct recovery, work);
	struct delivery *d = r->delivery;
	r->n = 0;
	if (store_queue_held(t, &r->held, &w->fault) != 0)
		return -1;
	return r->held ? 0
		       : recover_slice(d, t, &r->after, d->engine->clock(),
			     &r->n, &w->fault);
}

int
delivery_recover(struct delivery *d, struct fault *fault_r)
{
	struct recovery r = { .work = { .run = recover_run }, .delivery = d };
	int total = 0;
	do {
		if (store_run_now(d->engine->store, &r.work) != 0) {
			*fault_r = r.work.fault;
			return -1;
		}
		total += r.n;
	} while (r.n > 0);
	d->unsettled = r.held;
	atomic_store(&d->held, r.held);
	if (r.held)
		log_warn("queue held: no mail leaves until it is released");
	if (total > 0)
		log_recovered(d, total);
	return 0;
}

/* ---- claiming ---------------------------------------------------------- */

void
delivery_note_due(struct engine *e)
{
	e->delivery->maybe_due = true;
}

/* A parcel for a claimed email; its texts move into an arena of its own. */
static void
take(struct delivery *d, const struct email *e)
{
	struct parcel *p = xcalloc(1, sizeof(*p));
	p->delivery = d;
	p->arena = arena_new();
	p->email = *e;
	p->email.stream = arena_strdup(p->arena, e->stream);
	p->email.sender = arena_strdup(p->arena, e->sender);
	p->email.recipient = arena_strdup(p->arena, e->recipient);
	p->email.reply_to = arena_strdup(p->arena, e->reply_to);
	p->email.subject = arena_strdup(p->arena, e->subject);
	p->email.data = arena_strdup(p->arena, e->data);
	p->email.answer = p->email.queue_id = NULL;
	p->next = d->claimed;
	d->claimed = p;
	d->n_claimed++;
}

/*
 * How many more may be claimed. What is claimed is in doubt if the server ends,
 * so it is hardly more than keeps the sessions busy: half as much again when
 * one had nothing to do although more was due, else a little less each time.
 */
static int
claim_room(struct delivery *d)
{
	int least = AHEAD_PER_SESSION * d->engine->conf->inject_sessions;
	if (atomic_exchange(&d->idle, false) && atomic_load(&d->is_short))
		d->ahead += d->ahead / 2;
	else
		d->ahead -= d->ahead / 16;
	d->ahead = d->ahead < least ? least
	    : d->ahead > d->window  ? d->window
				    : d->ahead;
	return d->ahead - d->n_out + d->n_settled;
}

int
delivery_claim(struct delivery *d, struct txn *t, int64_t now_ms,
    int64_t *next_ms_r, struct fault *fault_r)
{
	int room = claim_room(d);
	struct list list = { 0 };
	if (d->next_due_ms != 0 && d->next_due_ms <= now_ms)
		d->maybe_due = true;
	*next_ms_r = d->maybe_due ? 0 : d->next_due_ms;
	atomic_store(&d->is_short, d->maybe_due && room <= 0);
	/* Without room, an answer of the MTA makes the next batch. */
	if (!d->maybe_due || room <= 0 || !atomic_load(&d->open) ||
	    engine_is_paused(d->engine, ENGINE_INJECTION))
		return 0;
	bool held;
	if (store_queue_held(t, &held, fault_r) != 0)
		return -1;
	atomic_store(&d->held, held);
	/* Letting it go makes the next batch. */
	if (held)
		return 0;
	if (d->unsettled && settle_old(d, t, now_ms, fault_r) != 0)
		return -1;
	struct arena *a = arena_new();
	int rc = store_email_claim_due(t, a, now_ms, room, &list, fault_r);
	const struct email *emails = list.items;
	for (int i = 0; rc == 0 && i < list.n; i++)
		take(d, &emails[i]);
	d->maybe_due = list.has_more;
	atomic_store(&d->is_short, list.has_more);
	if (rc == 0)
		rc = store_email_next_due(t, now_ms, &d->next_due_ms, fault_r);
	*next_ms_r = d->maybe_due ? 0 : d->next_due_ms;
	arena_free(a);
	return rc;
}

void
delivery_claimed(struct delivery *d, bool committed)
{
	struct parcel *p = d->claimed, *in_order = NULL;
	d->claimed = NULL;
	while (p != NULL) {
		struct parcel *next = p->next;
		p->next = in_order;
		in_order = p;
		p = next;
	}
	if (committed && d->settling)
		d->unsettled = false;
	d->settling = false;
	if (committed) {
		d->n_out += d->n_claimed - d->n_settled;
		atomic_store(&d->in_flight, d->n_out);
	} else {
		d->maybe_due = true;
		d->next_due_ms = 0;
	}
	d->n_claimed = d->n_settled = 0;
	while (in_order != NULL) {
		p = in_order;
		in_order = p->next;
		if (committed) {
			parcel_compose(p);
		} else {
			parcel_let_go(p);
		}
	}
}
