/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smtp backend: a pool of sessions, as many as the pace allows, opened
 * when there is work for them. Jobs wait here in order, two to a session at
 * most: one under way, one whose envelope may go along with it.
 */
#include "mail/inject_private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/fault.h"
#include "base/log.h"
#include "conf/conf.h"
#include "mail/pace.h"
#include "mail/smtp_session.h"
#include "mail/smtp_setup.h"

enum {
	JOBS_A_SESSION = 2,
	IDLE_US = 30 * 1000 * 1000,
};

struct pool {
	struct smtp_owner owner;
	struct inject_handler handler;
	struct smtp_setup setup;
	struct pace pace;
	struct pace_wait reconnect;
	struct smtp_session **sessions; /* n_sessions, in no order */
	int n_sessions;
	struct inject_job *first, **last; /* waiting */
	int n_waiting, n_active;
	struct event *kick, *alarm;
	bool is_dry; /* the caller saw no room */
	bool is_closing;
};

/* How many sessions are in a state. */
static int
count(const struct pool *p, enum smtp_state state)
{
	int n = 0;
	for (int i = 0; i < p->n_sessions; i++)
		n += smtp_session_state(p->sessions[i]) == state;
	return n;
}

/* The sessions that may work now: those the pace allows, and no more than
 * there are while no new one can be opened. */
static int
window(const struct pool *p, int64_t now)
{
	int n = pace_window(&p->pace, now);
	if (now >= p->reconnect.until_us)
		return n;
	int live = count(p, SMTP_READY) + count(p, SMTP_WORKING) +
	    count(p, SMTP_OPENING);
	return live < n ? live : n;
}

static int
pool_room(const void *state)
{
	const struct pool *p = state;
	int64_t now = clock_mono_us();
	if (p->is_closing)
		return 0;
	int room = window(p, now) * JOBS_A_SESSION - p->n_waiting - p->n_active;
	int credit = pace_credit(&p->pace, now);
	if (credit < INT_MAX && credit - p->n_waiting < room)
		room = credit - p->n_waiting;
	return room > 0 ? room : 0;
}

static int
pool_busy(const void *state)
{
	const struct pool *p = state;
	return p->n_waiting + p->n_active;
}

/* Remembers that the caller may have seen no room. */
static void
dry_note(struct pool *p)
{
	p->is_dry = p->is_dry || pool_room(p) == 0;
}

static void
pool_submit(void *state, struct inject_job *job)
{
	struct pool *p = state;
	job->next = NULL;
	*p->last = job;
	p->last = &job->next;
	p->n_waiting++;
	dry_note(p);
	event_active(p->kick, EV_TIMEOUT, 0);
}

/* Takes the first waiting job. */
static struct inject_job *
job_take(struct pool *p)
{
	struct inject_job *job = p->first;
	p->first = job->next;
	if (p->first == NULL)
		p->last = &p->first;
	job->next = NULL;
	p->n_waiting--;
	return job;
}

/* Takes the first waiting job to give it to a session. */
static struct inject_job *
job_start(struct pool *p, int64_t now)
{
	struct inject_job *job = job_take(p);
	p->n_active++;
	pace_start(&p->pace, now);
	return job;
}

/* A job is over: the pace learns of it, the caller has it back. */
static void
job_done(void *arg, struct inject_job *job, const struct inject_result *result,
    enum smtp_blame blame, int64_t begun)
{
	struct pool *p = arg;
	int64_t now = clock_mono_us(), until = p->pace.pause.until_us;
	p->n_active--;
	if (blame == SMTP_BLAME_SERVER)
		pace_trouble(&p->pace, begun, now);
	else if (blame == SMTP_BLAME_NONE)
		pace_answer(&p->pace, begun, now);
	if (p->pace.pause.until_us != until && !p->is_closing)
		log_warn("inject %s paused ms=%lld sessions=%d code=%d text=%s",
		    p->setup.where,
		    (long long)(p->pace.pause.until_us - now) / 1000,
		    p->pace.window, result->code, log_text(result->text));
	dry_note(p);
	p->handler.done(p->handler.arg, job, result);
}

/* A job comes back untried and is the next in line. */
static void
job_again(void *arg, struct inject_job *job)
{
	struct pool *p = arg;
	job->next = p->first;
	if (p->first == NULL)
		p->last = &job->next;
	p->first = job;
	p->n_waiting++;
	p->n_active--;
}

/* A job whose envelope may go along with another's data: not one that a
 * session being opened will want, nor any while the pace says less. */
static struct inject_job *
job_next(void *arg)
{
	struct pool *p = arg;
	int64_t now = clock_mono_us();
	if (p->n_waiting <= count(p, SMTP_OPENING) ||
	    count(p, SMTP_WORKING) > pace_window(&p->pace, now) ||
	    pace_credit(&p->pace, now) < 1)
		return NULL;
	return job_start(p, now);
}

/* A session could not be opened: none is tried for a while, and if no other
 * one serves, the first job in line hears of it. */
static void
refused(struct pool *p, struct smtp_session *s, int64_t now)
{
	int code;
	const char *why = smtp_session_trouble(s, &code);
	int64_t until = p->reconnect.until_us;
	pace_wait_more(&p->reconnect, &p->pace.chance, smtp_session_opened(s),
	    now);
	if (p->reconnect.until_us != until)
		log_warn("inject %s refused code=%d text=%s again_ms=%lld",
		    p->setup.where, code, log_text(why),
		    (long long)(p->reconnect.until_us - now) / 1000);
	dry_note(p);
	if (p->n_waiting == 0 || count(p, SMTP_READY) > 0 ||
	    count(p, SMTP_WORKING) > 0)
		return;
	struct inject_result r = {
		.outcome = INJECT_LATER,
		.code = code,
		.text = why,
	};
	p->handler.done(p->handler.arg, job_take(p), &r);
}

/* Forgets the sessions that are closed. */
static void
sweep(struct pool *p)
{
	for (int i = 0; i < p->n_sessions;) {
		struct smtp_session *s = p->sessions[i];
		if (smtp_session_state(s) != SMTP_CLOSED) {
			i++;
			continue;
		}
		p->sessions[i] = p->sessions[--p->n_sessions];
		int code;
		if (smtp_session_trouble(s, &code)[0] != '\0')
			refused(p, s, clock_mono_us());
		smtp_session_free(s);
	}
}

/* A session that may be given a job: the one that was last used, so that the
 * others become idle and are left. */
static struct smtp_session *
session_ready(struct pool *p)
{
	struct smtp_session *best = NULL;
	for (int i = 0; i < p->n_sessions; i++) {
		struct smtp_session *s = p->sessions[i];
		if (smtp_session_state(s) == SMTP_READY &&
		    (best == NULL ||
			smtp_session_used(s) > smtp_session_used(best)))
			best = s;
	}
	return best;
}

/* Opens sessions for the jobs that wait for one. */
static void
sessions_open(struct pool *p, int64_t now)
{
	int opening = count(p, SMTP_OPENING);
	int live = opening + count(p, SMTP_READY) + count(p, SMTP_WORKING);
	while (opening < p->n_waiting && live < window(p, now) &&
	    p->n_sessions < p->pace.most && now >= p->reconnect.until_us) {
		p->sessions[p->n_sessions++] = smtp_session_open(&p->owner);
		opening++;
		live++;
	}
}

/* Gives waiting jobs to sessions, as the pace allows. */
static void
dispatch(struct pool *p)
{
	struct smtp_session *s;
	int64_t now = clock_mono_us();
	while (p->n_waiting > 0 && pace_credit(&p->pace, now) > 0 &&
	    count(p, SMTP_WORKING) < pace_window(&p->pace, now) &&
	    (s = session_ready(p)) != NULL)
		smtp_session_send(s, job_start(p, now));
	if (p->n_waiting > 0 && pace_credit(&p->pace, now) > 0)
		sessions_open(p, now);
}

/* Sets the alarm to the moment at which a wait ends: while jobs are in line,
 * or the caller is to hear of room. */
static void
alarm_set(struct pool *p)
{
	int64_t now = clock_mono_us(), wake = pace_wake(&p->pace, now);
	if (now < p->reconnect.until_us && p->reconnect.until_us > wake)
		wake = p->reconnect.until_us;
	if (wake == 0 || (p->n_waiting == 0 && !p->is_dry)) {
		evtimer_del(p->alarm);
		return;
	}
	int64_t span = wake > now ? wake - now : 1;
	struct timeval tv = { span / 1000000, span % 1000000 };
	evtimer_add(p->alarm, &tv);
}

/* Brings everything in line with what has happened. */
static void
pool_run(struct pool *p)
{
	if (p->is_closing)
		return;
	event_del(p->kick);
	sweep(p);
	dispatch(p);
	/* A session may have failed to open at once. */
	if (count(p, SMTP_CLOSED) > 0)
		event_active(p->kick, EV_TIMEOUT, 0);
	dry_note(p);
	if (p->is_dry && pool_room(p) > 0) {
		p->is_dry = false;
		p->handler.room(p->handler.arg);
	}
	alarm_set(p);
}

/* Something happened to a session. */
static void
session_settled(void *arg, struct smtp_session *s)
{
	struct pool *p = arg;
	if (p->reconnect.step > 0 && smtp_session_state(s) == SMTP_READY &&
	    smtp_session_used(s) == 0) {
		log_info("inject %s answers again", p->setup.where);
		pace_wait_clear(&p->reconnect);
	}
	pool_run(p);
}

/* A job was submitted, or a wait is over. */
static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	pool_run(arg);
}

/* Frees a pool without sessions. */
static void
pool_free(struct pool *p)
{
	if (p->kick != NULL)
		event_free(p->kick);
	if (p->alarm != NULL)
		event_free(p->alarm);
	free(p->sessions);
	smtp_setup_free(&p->setup);
	free(p);
}

static void *
pool_open(struct event_base *base, const struct conf *conf,
    const struct inject_handler *handler, struct fault *f)
{
	struct pool *p = xcalloc(1, sizeof(*p));
	uint64_t seed;
	if (smtp_setup_read(&p->setup, conf, f) != 0) {
		pool_free(p);
		return NULL;
	}
	p->handler = *handler;
	p->last = &p->first;
	random_bytes(&seed, sizeof(seed));
	pace_init(&p->pace, conf->inject_sessions, conf->inject_rate, seed,
	    clock_mono_us());
	p->sessions = xcalloc((size_t)p->pace.most, sizeof(*p->sessions));
	p->kick = event_new(base, -1, 0, on_event, p);
	p->alarm = evtimer_new(base, on_event, p);
	if (p->kick == NULL || p->alarm == NULL)
		fatal("cannot make an event");
	p->owner.base = base;
	p->owner.setup = &p->setup;
	p->owner.timeout_us = (int64_t)conf->inject_timeout_ms * 1000;
	p->owner.idle_us = IDLE_US;
	p->owner.arg = p;
	p->owner.done = job_done;
	p->owner.again = job_again;
	p->owner.next = job_next;
	p->owner.settled = session_settled;
	return p;
}

static void
pool_close(void *state)
{
	struct pool *p = state;
	struct inject_result r = {
		.outcome = INJECT_LATER,
		.text = "Postflow is shutting down",
	};
	p->is_closing = true;
	for (int i = 0; i < p->n_sessions; i++) {
		smtp_session_close(p->sessions[i]);
		smtp_session_free(p->sessions[i]);
	}
	while (p->n_waiting > 0)
		p->handler.done(p->handler.arg, job_take(p), &r);
	pool_free(p);
}

/* The setup tells which of the two is spoken. */
#define POOL(word) \
	{ \
		.name = word, .open = pool_open, .submit = pool_submit, \
		.room = pool_room, .busy = pool_busy, .close = pool_close \
	}

const struct inject_backend inject_smtp = POOL("smtp");
const struct inject_backend inject_lmtp = POOL("lmtp");
