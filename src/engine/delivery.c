/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A parcel is an email on its way out: claimed (on disk), composed (on a
 * composer's thread), handed over (on the loop), and what became of it written
 * down (in the next batch). It is freed when that is on disk; an answer that
 * could not be stored is offered again until it can.
 */
#include "engine/delivery.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/id.h"
#include "base/log.h"
#include "conf/conf.h"
#include "engine/engine_private.h"
#include "engine/envelope.h"
#include "engine/letters.h"
#include "engine/mail_event.h"
#include "engine/mail_hours.h"
#include "engine/tally.h"
#include "mail/inject.h"
#include "mail/token.h"
#include "model/email.h"
#include "store/contacts.h"
#include "store/emails.h"
#include "store/queue.h"

enum {
	WINDOW_MAX = 512,
	WINDOW_PER_SESSION = 48,
	AHEAD_PER_SESSION = 4, /* claimed at least */
	SETTLE_RETRY_MS = 1000,
	RECOVER_SLICE = 1000,
	STALE_MS = 30 * 1000,  /* then a letter that waited is made anew */
	LARGE_MOST = 128 << 20 /* on disk, of letters that went there */
};

struct parcel {
	struct work work; /* composing, then settling */
	struct delivery *delivery;
	struct arena *arena;
	struct email email;       /* as claimed, then as settled */
	struct envelope envelope; /* of an app's */
	struct letter_out letter;
	struct inject_job job;
	int64_t composed_ms;
	int64_t size;     /* on disk while it is composed, about */
	bool is_too_much; /* others have taken the room there is */
	struct parcel *next;
};

struct delivery {
	struct engine *engine;
	struct injector *injector;
	/* the writer's */
	struct parcel *claimed;   /* in the batch under way */
	int n_claimed, n_settled; /* in the batch under way */
	int n_out;                /* claimed and not settled, on disk */
	int ahead;                /* the most that is claimed now */
	bool is_short;            /* more was due than that */
	bool unsettled;      /* by the last process, the queue being held */
	bool settling;       /* in the batch under way */
	bool maybe_due;      /* the index may hold a due email */
	int64_t next_due_ms; /* the earliest later one; 0: none */
	/* the loop's */
	struct parcel *waiting, **waiting_tail; /* composed, no room yet */
	struct parcel *large;    /* to be composed when there is room */
	struct parcel *unstored; /* settled, to be offered again */
	struct event *retry_timer;
	/* shared */
	int window;
	atomic_int in_flight;     /* n_out, for figures */
	atomic_bool open;         /* emails may be claimed */
	atomic_bool held;         /* none may leave; the store says so */
	atomic_bool idle;         /* a session had nothing to do */
	atomic_llong large_bytes; /* of letters on disk */
	atomic_llong sent, refused, retried, doubts;
};

struct delivery *
delivery_new(struct engine *e)
{
	struct delivery *d = xcalloc(1, sizeof(*d));
	int n = e->conf->inject_sessions * WINDOW_PER_SESSION;
	d->engine = e;
	d->window = n < WINDOW_MAX ? n : WINDOW_MAX;
	d->ahead = e->conf->inject_sessions * AHEAD_PER_SESSION;
	d->maybe_due = true;
	d->waiting_tail = &d->waiting;
	return d;
}

void
delivery_free(struct delivery *d)
{
	free(d);
}

/* The letter was handed over, or is not wanted. */
static void
drop_letter(struct parcel *p)
{
	letter_out_free(&p->letter);
	atomic_fetch_sub(&p->delivery->large_bytes, p->size);
	p->size = 0;
}

static void
parcel_free(struct parcel *p)
{
	drop_letter(p);
	arena_free(p->arena);
	free(p);
}

static void compose(struct parcel *);
static void compose_large(struct delivery *);

/* ---- settling ---------------------------------------------------------- */

/* What follows from the outcome besides the email's row. */
static int
settle_beside(struct txn *t, struct parcel *p, struct fault *fault_r)
{
	const struct email *e = &p->email;
	return (e->is_direct &&
		   envelope_write(t, e->id, &p->envelope, fault_r) != 0) ||
		mail_hours_note(t, p->arena, e, fault_r) != 0 ||
		mail_event_settled(p->delivery->engine, t, p->arena, e,
		    fault_r) != 0
	    ? -1
	    : 0;
}

static int
settle_run(struct txn *t, struct work *w)
{
	struct parcel *p = container_of(w, struct parcel, work);
	struct delivery *d = p->delivery;
	int64_t due_ms = p->email.due_ms;
	int rc = store_email_settle(t, &p->email, &w->fault);
	if (rc < 0 || (rc == 1 && settle_beside(t, p, &w->fault) != 0))
		return -1;
	d->n_settled++;
	if (rc == 1 && p->email.status == EMAIL_SENT)
		tally_sent(d->engine);
	/* The claim behind this batch must know of it. Too early a moment,
	 * should the batch fail, costs one look. */
	if (due_ms != 0 && (d->next_due_ms == 0 || due_ms < d->next_due_ms))
		d->next_due_ms = due_ms;
	return 0;
}

static void
settle_done(struct work *w)
{
	struct parcel *p = container_of(w, struct parcel, work);
	struct delivery *d = p->delivery;
	struct timeval soon = { .tv_sec = SETTLE_RETRY_MS / 1000 };
	char id[ID_UUID_LEN];
	if (w->fault.kind == FAULT_NONE) {
		parcel_free(p);
		compose_large(d);
		return;
	}
	/* One line a round: there may be hundreds, for hours. */
	if (d->unstored == NULL)
		log_error("email %s outcome not stored yet error=%s",
		    id_uuid(p->email.id, id), log_text(w->fault.text));
	p->next = d->unstored;
	d->unstored = p;
	if (d->retry_timer != NULL)
		event_add(d->retry_timer, &soon);
}

static void
settle(struct parcel *p)
{
	p->work = (struct work){ .run = settle_run,
		.done = settle_done,
		.essential = true };
	store_write(p->delivery->engine->store, &p->work);
}

static void
on_retry(int fd, short what, void *arg)
{
	struct delivery *d = arg;
	struct parcel *p = d->unstored;
	(void)fd, (void)what;
	d->unstored = NULL;
	while (p != NULL) {
		struct parcel *next = p->next;
		settle(p);
		p = next;
	}
}

/* A random share of up to a quarter more, so that retries spread. */
static int64_t
jitter(int64_t ms)
{
	uint32_t r;
	random_bytes(&r, sizeof(r));
	return ms + ms * (r % 256) / 1024;
}

/* When to try again after that many attempts; 0: not any more. */
static int64_t
retry_at(const struct conf *c, const struct email *e, int64_t now_ms)
{
	int64_t wait = c->retry_first_ms;
	for (int i = 1; i < e->attempt && wait < c->retry_last_ms; i++)
		wait *= 2;
	wait = jitter(wait < c->retry_last_ms ? wait : c->retry_last_ms);
	int64_t since = id_time_ms(e->id);
	if (e->scheduled_ms > since)
		since = e->scheduled_ms;
	return now_ms - since > c->retry_give_up_ms ? 0 : now_ms + wait;
}

/* Nothing more is tried: the email failed, unless somebody got it before. */
static void
give_up(struct parcel *p)
{
	bool taken = p->email.is_direct && envelope_close(&p->envelope);
	p->email.status = taken ? EMAIL_SENT : EMAIL_FAILED;
}

/* Queues the email again, or gives it up when its time is over. */
static void
try_later(struct parcel *p, int64_t now_ms)
{
	struct delivery *d = p->delivery;
	p->email.due_ms = retry_at(d->engine->conf, &p->email, now_ms);
	if (p->email.due_ms != 0)
		p->email.status = EMAIL_QUEUED;
	else
		give_up(p);
	atomic_fetch_add(&d->retried, 1);
}

/* Nobody knows whether the MTA has it: the same attempt goes again, as a
 * copy, or an operator decides. */
static void
in_doubt(struct delivery *d, struct email *e, int64_t now_ms)
{
	atomic_fetch_add(&d->doubts, 1);
	e->doubts++;
	if (strcmp(d->engine->conf->on_doubt, "hold") == 0) {
		e->status = EMAIL_IN_DOUBT;
		return;
	}
	e->status = EMAIL_QUEUED;
	e->due_ms = now_ms;
	e->attempt = -e->attempt;
}

static void
log_outcome(const struct parcel *p, const char *outcome)
{
	char id[ID_UUID_LEN];
	const struct email *e = &p->email;
	log_info("email %s %s to=<%s> attempt=%d code=%d queue_id=%s "
		 "delay_ms=%lld answer=%s",
	    id_uuid(e->id, id), outcome, log_text(e->recipient),
	    abs(e->attempt), e->code, log_text(e->queue_id),
	    (long long)(e->settled_ms - id_time_ms(e->id)),
	    log_text(e->answer));
}

static void
on_injected(void *arg, struct inject_job *job, const struct inject_result *r)
{
	struct parcel *p = container_of(job, struct parcel, job);
	struct delivery *d = arg;
	struct email *e = &p->email;
	int64_t now = d->engine->clock();
	static const char *const words[] = { [INJECT_SENT] = "sent",
		[INJECT_REFUSED] = "refused",
		[INJECT_LATER] = "deferred",
		[INJECT_DOUBT] = "in doubt" };
	e->code = r->code;
	e->answer = arena_strdup(p->arena, r->text);
	e->queue_id = arena_strdup(p->arena, r->queue_id);
	e->settled_ms = now;
	e->due_ms = 0;
	bool again = e->is_direct && r->outcome != INJECT_DOUBT &&
	    envelope_note(p->arena, &p->envelope, r);
	switch (r->outcome) {
	case INJECT_SENT:
		e->status = EMAIL_SENT;
		atomic_fetch_add(&d->sent, 1);
		/* To those it was not offered for good. */
		if (again)
			try_later(p, now);
		break;
	case INJECT_REFUSED:
		give_up(p);
		atomic_fetch_add(&d->refused, 1);
		break;
	case INJECT_LATER:
		try_later(p, now);
		break;
	case INJECT_DOUBT:
		in_doubt(d, e, now);
		break;
	}
	log_outcome(p, words[r->outcome]);
	drop_letter(p);
	settle(p);
}

/* ---- handing over ------------------------------------------------------ */

/* Notes that what was claimed did not keep the sessions busy. */
static void
note_idle(struct delivery *d)
{
	if (d->waiting == NULL && d->injector != NULL &&
	    inject_room(d->injector) > 0)
		atomic_store(&d->idle, true);
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
			drop_letter(p);
			compose(p);
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
	settle(p);
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
		give_up(p);
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
		drop_letter(p);
	/* The store cannot be read now, or the injector has closed, or the
	 * queue is held. */
	if (w->fault.kind == FAULT_UNAVAILABLE || d->injector == NULL ||
	    atomic_load(&d->held)) {
		put_back(p, now + SETTLE_RETRY_MS);
		return;
	}
	if (w->fault.kind != FAULT_NONE) {
		give_up(p);
		p->email.answer = arena_strdup(p->arena, w->fault.text);
		atomic_fetch_add(&d->refused, 1);
	}
	if (p->email.status != EMAIL_SENDING) {
		/* What is said now is not said by the MTA. */
		p->email.code = 0;
		log_outcome(p,
		    p->email.status == EMAIL_SKIPPED ? "skipped"
						     : "not composed");
		settle(p);
		return;
	}
	if (p->is_too_much) {
		p->next = d->large;
		d->large = p;
		compose_large(d);
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

static void
compose(struct parcel *p)
{
	p->work = (struct work){ .run = compose_run, .done = compose_done };
	store_compose(p->delivery->engine->store, &p->work);
}

/* Goes on with one of those that were too much. */
static void
compose_large(struct delivery *d)
{
	struct parcel *p = d->large;
	if (p == NULL || atomic_load(&d->large_bytes) > LARGE_MOST / 2)
		return;
	d->large = p->next;
	compose(p);
}

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
		in_doubt(d, e, now_ms);
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
	if (atomic_exchange(&d->idle, false) && d->is_short)
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
	d->is_short = d->maybe_due && room <= 0;
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
	d->maybe_due = d->is_short = list.has_more;
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
			compose(p);
		} else {
			parcel_free(p);
		}
	}
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

int
delivery_start(struct delivery *d, struct event_base *base,
    struct fault *fault_r)
{
	const struct inject_handler handler = { .done = on_injected,
		.room = on_room,
		.arg = d };
	d->retry_timer = evtimer_new(base, on_retry, d);
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
	on_retry(-1, 0, d);
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
