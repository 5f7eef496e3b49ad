/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Emails on their way out: composed, handed over, held back.
 */
#include "engine/delivery.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "conf/conf.h"
#include "engine/delivery_private.h"
#include "mail/token.h"
#include "store/contacts.h"
#include "store/emails.h"
#include "store/queue.h"

enum {
	WINDOW_MAX = 512,
	WINDOW_PER_SESSION = 48,
	STALE_MS = 30 * 1000,  /* then a letter that waited is made anew */
	LARGE_MOST = 128 << 20 /* on disk, of letters that went there */
};

struct delivery *
delivery_new(struct engine *e)
{
	struct delivery *d = xcalloc(1, sizeof(*d));
	int n = e->conf->inject_sessions * WINDOW_PER_SESSION;
	d->engine = e;
	d->window = n < WINDOW_MAX ? n : WINDOW_MAX;
	d->maybe_due = true;
	d->waiting_tail = &d->waiting;
	return d;
}

void
delivery_free(struct delivery *d)
{
	free(d);
}

void
parcel_drop_letter(struct parcel *p)
{
	letter_out_free(&p->letter);
	atomic_fetch_sub(&p->delivery->large_bytes, p->size);
	p->size = 0;
}

void
parcel_let_go(struct parcel *p)
{
	parcel_drop_letter(p);
	arena_free(p->arena);
	free(p);
}

/* ---- handing over ------------------------------------------------------ */

/* Notes that what was claimed did not keep the sessions busy. More is claimed
 * when answers are stored, which is not to wait for more of them then. */
static void
note_idle(struct delivery *d)
{
	if (d->waiting != NULL || d->injector == NULL ||
	    inject_room(d->injector) == 0)
		return;
	atomic_store(&d->idle, true);
	if (atomic_load(&d->is_short))
		store_hurry(d->engine->store);
}

/* What waited long, because the MTA was away, is looked at once more: the
 * contact may have unsubscribed meanwhile. */
static void
hand_over(struct delivery *d)
{
	while (d->waiting != NULL && d->injector != NULL &&
	    inject_room(d->injector) > 0) {
		struct parcel *p = d->waiting;
		if ((d->waiting = p->next) == NULL)
			d->waiting_tail = &d->waiting;
		if (d->engine->clock() - p->composed_ms > STALE_MS) {
			parcel_drop_letter(p);
			parcel_compose(p);
		} else {
			inject_submit(d->injector, &p->job);
		}
	}
	note_idle(d);
}

static void
on_room(void *arg)
{
	hand_over(arg);
}

/* Not sent and never tried: back into the queue as it was. */
static void
put_back(struct parcel *p, int64_t due_ms)
{
	p->email.status = EMAIL_QUEUED;
	p->email.due_ms = due_ms;
	p->email.attempt--;
	outcome_settle(p);
}

/* ---- composing --------------------------------------------------------- */

/* Whether its address is suppressed by now. 0 or -1. */
static int
look_at_address(struct txn *t, struct parcel *p, const char **reason_r,
    struct fault *fault_r)
{
	int rc = engine_is_suppressed(t, p->arena, p->email.recipient, fault_r);
	if (rc == 1)
		*reason_r = "suppressed";
	return rc < 0 ? -1 : 0;
}

/* Why an automation's mail must not go out any more. */
static int
look_at_contact(struct txn *t, struct parcel *p, const char **reason_r,
    struct fault *fault_r)
{
	const struct email *e = &p->email;
	struct contact c;
	int rc = store_contact_by_id(t, p->arena, e->contact, &c, fault_r);
	if (rc < 0)
		return -1;
	if (rc == 0)
		*reason_r = "contact_deleted";
	else if (c.unsubscribed)
		*reason_r = "unsubscribed";
	else if (e->topic != 0)
		rc = envelope_topic(t, p->arena, e->contact, e->topic, reason_r,
		    fault_r);
	if (rc < 0)
		return -1;
	return *reason_r != NULL ? 0 : look_at_address(t, p, reason_r, fault_r);
}

/* The last look before the mail goes out. */
static int
last_look(struct txn *t, struct parcel *p, const char **reason_r,
    struct fault *fault_r)
{
	const struct email *e = &p->email;
	*reason_r = NULL;
	if (e->is_direct)
		return envelope_open(t, p->arena, e, &p->envelope, reason_r,
		    fault_r);
	return e->contact == 0 || e->run == 0
	    ? 0
	    : look_at_contact(t, p, reason_r, fault_r);
}

/* Takes room on the disk for a letter that goes there; one alone always has
 * it. False with is_too_much if there is none now. */
static int
take_room(struct txn *t, struct parcel *p, struct fault *fault_r)
{
	struct delivery *d = p->delivery;
	int64_t size;
	if (letter_out_size(t, p->arena, &p->email, &size, fault_r) != 0)
		return -1;
	int64_t before = atomic_fetch_add(&d->large_bytes, size);
	p->size = size;
	p->is_too_much = size > 0 && before > 0 && before + size > LARGE_MOST;
	return 0;
}

static int
compose_run(struct txn *t, struct work *w)
{
	struct parcel *p = container_of(w, struct parcel, work);
	struct engine *e = p->delivery->engine;
	const char *reason;
	if (last_look(t, p, &reason, &w->fault) != 0)
		return -1;
	if (reason != NULL) {
		outcome_give_up(p);
		if (p->email.status == EMAIL_FAILED)
			p->email.status = EMAIL_SKIPPED;
		p->email.answer = reason;
		return 0;
	}
	if (take_room(t, p, &w->fault) != 0)
		return -1;
	return p->is_too_much ? 0
			      : letter_out_make(e, t, p->arena, &p->email,
				    p->email.is_direct ? &p->envelope : NULL,
				    e->clock(), &p->letter, &w->fault);
}

static void
compose_done(struct work *w)
{
	struct parcel *p = container_of(w, struct parcel, work);
	struct delivery *d = p->delivery;
	int64_t now = d->engine->clock();
	p->email.settled_ms = now;
	if (p->is_too_much)
		parcel_drop_letter(p);
	/* The store cannot be read now, or the injector has closed, or the
	 * queue is held. */
	if (w->fault.kind == FAULT_UNAVAILABLE || d->injector == NULL ||
	    atomic_load(&d->held)) {
		put_back(p, now + SETTLE_RETRY_MS);
		return;
	}
	if (w->fault.kind != FAULT_NONE) {
		outcome_give_up(p);
		p->email.answer = arena_strdup(p->arena, w->fault.text);
		atomic_fetch_add(&d->refused, 1);
	}
	if (p->email.status != EMAIL_SENDING) {
		/* What is said now is not said by the MTA. */
		p->email.code = 0;
		outcome_log(p,
		    p->email.status == EMAIL_SKIPPED ? "skipped"
						     : "not composed");
		outcome_settle(p);
		return;
	}
	if (p->is_too_much) {
		p->next = d->large;
		d->large = p;
		delivery_compose_large(d);
		return;
	}
	p->job = (struct inject_job){ .email = p->email.id,
		.attempt = p->email.attempt,
		.envid = p->letter.envid,
		.sender = p->letter.sender,
		.recipients = p->letter.recipients,
		.data = p->letter.data,
		.len = p->letter.len };
	p->composed_ms = now;
	p->next = NULL;
	*d->waiting_tail = p;
	d->waiting_tail = &p->next;
	hand_over(d);
}

void
parcel_compose(struct parcel *p)
{
	p->work = (struct work){ .run = compose_run, .done = compose_done };
	store_compose(p->delivery->engine->store, &p->work);
}

void
delivery_compose_large(struct delivery *d)
{
	struct parcel *p = d->large;
	if (p == NULL || atomic_load(&d->large_bytes) > LARGE_MOST / 2)
		return;
	d->large = p->next;
	parcel_compose(p);
}

/* ---- holding ------------------------------------------------------------ */

int
delivery_hold(struct delivery *d, struct txn *t, bool held,
    struct fault *fault_r)
{
	/* Both in this batch: its claim is made behind this. */
	d->maybe_due = true;
	return store_queue_hold(t, held, fault_r);
}

/* What waits for room is put back. */
static void
put_back_waiting(struct delivery *d, int64_t now_ms)
{
	while (d->waiting != NULL) {
		struct parcel *p = d->waiting;
		d->waiting = p->next;
		put_back(p, now_ms);
	}
	d->waiting_tail = &d->waiting;
	while (d->large != NULL) {
		struct parcel *p = d->large;
		d->large = p->next;
		put_back(p, now_ms);
	}
}

void
delivery_held(struct delivery *d, bool held)
{
	atomic_store(&d->held, held);
	log_warn("queue %s", held ? "held: no mail leaves" : "released");
	if (held)
		put_back_waiting(d, d->engine->clock());
}

/* ---- start, stop ------------------------------------------------------- */

int
delivery_start(struct delivery *d, struct event_base *base,
    struct fault *fault_r)
{
	const struct inject_handler handler = { .done = outcome_injected,
		.room = on_room,
		.arg = d };
	d->retry_timer = evtimer_new(base, outcome_retry, d);
	d->injector = inject_open(base, d->engine->conf, &handler, fault_r);
	if (d->injector == NULL)
		return -1;
	atomic_store(&d->open, true);
	return 0;
}

void
delivery_drain(struct delivery *d)
{
	atomic_store(&d->open, false);
}

bool
delivery_idle(const struct delivery *d)
{
	return d->injector == NULL || inject_busy(d->injector) == 0;
}

void
delivery_stop(struct delivery *d)
{
	struct injector *injector = d->injector;
	delivery_drain(d);
	if (injector == NULL)
		return;
	d->injector = NULL;
	inject_close(injector);
	put_back_waiting(d, d->engine->clock());
	/* A last try: what stays unsettled goes out twice. */
	outcome_retry(-1, 0, d);
	event_free(d->retry_timer);
	d->retry_timer = NULL;
}

void
delivery_figures(const struct delivery *d, struct engine_figures *f)
{
	f->sent = atomic_load(&d->sent);
	f->refused = atomic_load(&d->refused);
	f->retried = atomic_load(&d->retried);
	f->doubts = atomic_load(&d->doubts);
	f->in_flight = atomic_load(&d->in_flight);
	f->is_held = atomic_load(&d->held);
}
