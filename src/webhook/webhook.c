/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop's side. A parcel is in hand from the look that found it until its
 * outcome is on disk; an outcome that could not be stored is offered again
 * until it can, and is not sent again meanwhile.
 */
#include "webhook/webhook.h"

#include <event2/event.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "engine/engine.h"
#include "webhook/look.h"
#include "webhook/outcome.h"

enum {
	RETRY_MS = 1000,          /* after the store failed */
	TIMER_MAX_MS = 60 * 1000, /* a step of the clock is seen by then */
};

struct webhooks {
	struct store *store;
	struct engine *engine;
	_Atomic(const struct conf *) conf;
	int64_t (*clock)(void);
	struct poster *poster; /* NULL: there was nothing to send yet */
	struct event *timer;   /* something is due */
	struct event *retry;   /* outcomes that were not stored */
	struct parcel *in_hand;
	int n_in_hand;
	struct work work; /* the look under way */
	struct look look;
	bool is_looking, look_again, is_draining, is_stopped;
	unsigned seen; /* of engine_said() */
};

static void look(struct webhooks *);

static void
set_timer(struct event *timer, int64_t wait_ms)
{
	wait_ms = wait_ms < 1        ? 1
	    : wait_ms > TIMER_MAX_MS ? TIMER_MAX_MS
				     : wait_ms;
	struct timeval tv = { wait_ms / 1000, wait_ms % 1000 * 1000 };
	event_add(timer, &tv);
}

/* ---- outcomes ---------------------------------------------------------- */

static void
let_go(struct parcel *p)
{
	struct webhooks *w = p->owner;
	struct parcel **at = &w->in_hand;
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	w->n_in_hand--;
	parcel_free(p);
}

/* What an endpoint answered, as text: any bytes may have come. */
static const char *
response_text(struct parcel *p)
{
	struct buf *b = &p->post.response;
	if (p->post.code == 0)
		return p->post.why;
	if (b->len == 0)
		return "";
	for (size_t i = 0; i < b->len; i++)
		if (b->data[i] == '\0')
			b->data[i] = '?';
	utf8_trim(b->data);
	return b->data;
}

static int
note_run(struct txn *t, struct work *work)
{
	struct parcel *p = container_of(work, struct parcel, work);
	uint32_t random;
	random_bytes(&random, sizeof(random));
	const struct outcome o = { .event = p->event,
		.sent_ms = p->sent_ms,
		.code = p->post.code,
		.response = response_text(p) };
	return outcome_note(t, p->arena, &o, p->owner->clock(), random,
	    &work->fault);
}

static void
note_done(struct work *work)
{
	struct parcel *p = container_of(work, struct parcel, work);
	struct webhooks *w = p->owner;
	if (work->fault.kind == FAULT_NONE || w->is_stopped) {
		let_go(p);
		look(w);
		return;
	}
	if (!event_pending(w->retry, EV_TIMEOUT, NULL))
		log_error("webhook outcome not stored yet error=%s",
		    log_text(work->fault.text));
	p->is_unstored = true;
	set_timer(w->retry, RETRY_MS);
}

/* From the poster's thread, or the loop: of the parcel nothing may be written
 * that the loop reads meanwhile. */
static void
note(struct parcel *p)
{
	p->work = (struct work){ .run = note_run, .done = note_done };
	store_write(p->owner->store, &p->work);
}

static void
on_retry(int fd, short what, void *arg)
{
	struct webhooks *w = arg;
	(void)fd, (void)what;
	for (struct parcel *p = w->in_hand; p != NULL; p = p->next)
		if (p->is_unstored) {
			p->is_unstored = false;
			note(p);
		}
}

/* On the poster's thread, unless it was dropped. */
static void
on_posted(void *arg, struct post *post)
{
	struct parcel *p = container_of(post, struct parcel, post);
	(void)arg;
	if (post->is_dropped)
		let_go(p);
	else
		note(p);
}

/* ---- looking ----------------------------------------------------------- */

static int
look_run(struct txn *t, struct work *work)
{
	struct webhooks *w = container_of(work, struct webhooks, work);
	return look_around(t, &w->look, &work->fault);
}

static void
send_found(struct webhooks *w)
{
	if (w->look.found != NULL && w->poster == NULL)
		w->poster = poster_new(on_posted, w);
	while (w->look.found != NULL) {
		struct parcel *p = w->look.found;
		w->look.found = p->next;
		p->owner = w;
		p->next = w->in_hand;
		w->in_hand = p;
		w->n_in_hand++;
		poster_send(w->poster, &p->post);
	}
}

static void
look_done(struct work *work)
{
	struct webhooks *w = container_of(work, struct webhooks, work);
	bool is_good = work->fault.kind == FAULT_NONE;
	w->is_looking = false;
	free(w->look.in_hand);
	w->look.in_hand = NULL;
	if (w->is_draining || !is_good)
		look_forget(&w->look);
	send_found(w);
	if (w->look_again)
		look(w);
	else if (!w->is_draining && !is_good)
		set_timer(w->timer, RETRY_MS);
	else if (!w->is_draining && w->look.next_ms != 0)
		set_timer(w->timer, w->look.next_ms - w->clock());
}

/* Looks for what is due, now or as soon as the look under way is over. */
static void
look(struct webhooks *w)
{
	int n = 0;
	w->look_again = w->is_looking;
	if (w->is_looking || w->is_draining)
		return;
	struct in_hand *all = xcalloc((size_t)w->n_in_hand + 1, sizeof(*all));
	for (const struct parcel *p = w->in_hand; p != NULL; p = p->next)
		all[n++] = (struct in_hand){ p->event.id, p->event.webhook };
	w->is_looking = true;
	w->look.in_hand = all;
	w->look.n_in_hand = n;
	w->look.turn++;
	w->look.now_ms = w->clock();
	w->look.allow_private =
	    ((const struct conf *)w->conf)->webhooks_private;
	w->work = (struct work){ .run = look_run, .done = look_done };
	store_read(w->store, &w->work);
}

static void
on_timer(int fd, short what, void *arg)
{
	(void)fd, (void)what;
	look(arg);
}

void
webhooks_arm(struct webhooks *w)
{
	unsigned said = engine_said(w->engine);
	if (said == w->seen)
		return;
	w->seen = said;
	look(w);
}

/* ---- frame ------------------------------------------------------------- */

struct webhooks *
webhooks_new(struct event_base *base, struct store *store,
    struct engine *engine, const struct conf *conf, int64_t (*clock)(void))
{
	struct webhooks *w = xcalloc(1, sizeof(*w));
	w->store = store;
	w->engine = engine;
	w->conf = conf;
	w->clock = clock;
	w->timer = evtimer_new(base, on_timer, w);
	w->retry = evtimer_new(base, on_retry, w);
	/* Starting is the same look as going on. */
	set_timer(w->timer, 1);
	return w;
}

void
webhooks_set_conf(struct webhooks *w, const struct conf *conf)
{
	w->conf = conf;
	/* What was refused until now may be allowed. */
	look(w);
}

void
webhooks_drain(struct webhooks *w)
{
	w->is_draining = true;
	event_del(w->timer);
}

void
webhooks_stop(struct webhooks *w)
{
	if (w == NULL)
		return;
	webhooks_drain(w);
	w->is_stopped = true;
	poster_free(w->poster);
	w->poster = NULL;
	event_del(w->retry);
	/* A last try: what stays unstored is sent again. */
	on_retry(-1, 0, w);
}

void
webhooks_free(struct webhooks *w)
{
	if (w == NULL)
		return;
	event_free(w->timer);
	event_free(w->retry);
	free(w);
}
