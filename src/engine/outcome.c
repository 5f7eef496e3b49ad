/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What became of an email on its way out, and what follows from it.
 */
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/id.h"
#include "base/log.h"
#include "conf/conf.h"
#include "engine/delivery_private.h"
#include "engine/mail_event.h"
#include "engine/mail_hours.h"
#include "engine/tally.h"
#include "store/emails.h"

int
outcome_follow(struct engine *e, struct txn *t, struct arena *a,
    const struct email *m, struct fault *fault_r)
{
	if (mail_hours_note(t, a, m, fault_r) != 0 ||
	    mail_event_settled(e, t, a, m, fault_r) != 0)
		return -1;
	if (m->status == EMAIL_SENT)
		tally_sent(e);
	return 0;
}

/* What follows from the outcome besides the email's row. */
static int
settle_beside(struct txn *t, struct parcel *p, struct fault *fault_r)
{
	const struct email *e = &p->email;
	return (e->is_direct &&
		   envelope_write(t, e->id, &p->envelope, fault_r) != 0) ||
		outcome_follow(p->delivery->engine, t, p->arena, e, fault_r) !=
		    0
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
		parcel_let_go(p);
		delivery_compose_large(d);
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

void
outcome_settle(struct parcel *p)
{
	p->work = (struct work){ .run = settle_run,
		.done = settle_done,
		.essential = true,
		.patient = true };
	store_write(p->delivery->engine->store, &p->work);
}

void
outcome_retry(int fd, short what, void *arg)
{
	struct delivery *d = arg;
	struct parcel *p = d->unstored;
	(void)fd, (void)what;
	d->unstored = NULL;
	while (p != NULL) {
		struct parcel *next = p->next;
		outcome_settle(p);
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

void
outcome_give_up(struct parcel *p)
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
		outcome_give_up(p);
	atomic_fetch_add(&d->retried, 1);
}

void
outcome_in_doubt(struct delivery *d, struct email *e, int64_t now_ms)
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

void
outcome_log(const struct parcel *p, const char *outcome)
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

void
outcome_injected(void *arg, struct inject_job *job,
    const struct inject_result *r)
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
		outcome_give_up(p);
		atomic_fetch_add(&d->refused, 1);
		break;
	case INJECT_LATER:
		try_later(p, now);
		break;
	case INJECT_DOUBT:
		outcome_in_doubt(d, e, now);
		break;
	}
	outcome_log(p, words[r->outcome]);
	parcel_drop_letter(p);
	outcome_settle(p);
}
