/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counting needs no memory and happens at once. The file is then parsed piece
 * by piece, so that its text is never there as a whole beside what it says.
 */
#include "api/bodies.h"

#include <event2/event.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include "api/call.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "conf/conf.h"

enum {
	PIECE = 64 << 10,
	WAIT_MAX_MS = 60000,
	LOOK_EACH_S = 1,
	LIGHT = 4,
	/* times its text: what a body takes that waits for none */
};

struct bodies {
	struct store *store;
	struct event *timer;
	TAILQ_HEAD(waiting, call) waiting;
	int64_t charged; /* bytes of those that are read and not answered */
	bool is_admitting;
};

/* A body's file, on its way through a buffer. */
struct reading {
	struct http_body body;
	size_t at; /* of the file */
	bool is_broken;
};

/* ---- what it takes ----------------------------------------------------- */

/* The file's next bytes: how many, 0 at its end. */
static size_t
read_piece(void *to, size_t n, void *arg)
{
	struct reading *r = arg;
	if (n > r->body.len - r->at)
		n = r->body.len - r->at;
	ssize_t got = n > 0 ? pread(r->body.fd, to, n, (off_t)r->at) : 0;
	r->is_broken = r->is_broken || got < 0 || (got == 0 && n > 0);
	r->at += got > 0 ? (size_t)got : 0;
	return got > 0 ? (size_t)got : 0;
}

static int
broken(struct fault *fault_r)
{
	return fault(fault_r, FAULT_UNAVAILABLE,
	    "The body could not be read back.");
}

/* Passes the file by a measure and, unless NULL, a sum. 0 or -1. */
static int
pass(struct reading *r, struct json_measure *m, struct sha256_sum *sum,
    struct fault *fault_r)
{
	char *piece = xmalloc(PIECE);
	size_t n;
	while ((n = read_piece(piece, PIECE, r)) > 0) {
		if (sum != NULL)
			sha256_add(sum, piece, n);
		if (m != NULL)
			json_measure(m, piece, n);
	}
	free(piece);
	return r->is_broken ? broken(fault_r)
	    : m != NULL     ? json_measure_check(m, fault_r)
			    : 0;
}

static int
count_run(struct txn *t, struct work *w)
{
	struct call *c = container_of(w, struct call, work);
	bool is_json = !(c->route->flags & ROUTE_RAW);
	struct json_measure m = { 0 };
	struct reading r = { 0 };
	(void)t;
	http_request_body(c->req, &r.body);
	struct sha256_sum *sum =
	    c->idempotency_key != NULL ? sha256_begin() : NULL;
	int rc = pass(&r, is_json ? &m : NULL, sum, &w->fault);
	if (rc == 0 && sum != NULL)
		sha256_end(sum, c->body_hash);
	sha256_free(sum);
	c->charge = is_json ? json_measure_bytes(&m) : (int64_t)r.body.len;
	return rc;
}

/* ---- what it says ------------------------------------------------------ */

static int
read_raw(struct call *c, struct reading *r)
{
	char *data = arena_alloc(c->arena, r->body.len + 1);
	size_t n = 0, got;
	while ((got = read_piece(data + n, r->body.len - n, r)) > 0)
		n += got;
	data[n] = '\0';
	c->raw = data;
	c->raw_len = n;
	return 0;
}

static int
read_json(struct call *c, struct reading *r, struct fault *fault_r)
{
	c->body = json_parse_from(c->arena, read_piece, r, fault_r);
	return c->body != NULL ? 0 : -1;
}

static int
read_run(struct txn *t, struct work *w)
{
	struct call *c = container_of(w, struct call, work);
	struct reading r = { 0 };
	int rc = 0;
	(void)t;
	http_request_body(c->req, &r.body);
	if (c->route->flags & ROUTE_RAW)
		rc = read_raw(c, &r);
	else if (c->route->flags & ROUTE_BODY)
		rc = read_json(c, &r, &w->fault);
	if (r.is_broken)
		return broken(&w->fault);
	return rc == 0 ? call_understand(c, &w->fault) : -1;
}

static void
read_done(struct work *w)
{
	struct call *c = container_of(w, struct call, work);
	const struct fault f = w->fault;
	if (f.kind != FAULT_NONE)
		call_finish(c, &f);
	else
		call_submit(c);
}

/* ---- whose turn it is -------------------------------------------------- */

static void
begin_read(struct bodies *b, struct call *c)
{
	struct http_body body;
	c->is_charged = true;
	b->charged += c->charge;
	http_request_body(c->req, &body);
	if (body.fd < 0) {
		call_read(c, &body);
		return;
	}
	c->work = (struct work){ .run = read_run, .done = read_done };
	store_aside(b->store, &c->work);
}

/* Whether there is memory for a call's body. One alone may be larger than the
 * budget, or it would never pass. */
static bool
has_room(const struct bodies *b, const struct call *c)
{
	const struct conf *conf = c->api->conf;
	return b->charged == 0 || b->charged + c->charge <= conf->memory_budget;
}

/* Lets in those whose turn it is. One that is answered at once comes back here
 * as it leaves. */
static void
admit(struct bodies *b)
{
	struct call *c;
	if (b->is_admitting)
		return;
	b->is_admitting = true;
	while ((c = TAILQ_FIRST(&b->waiting)) != NULL && has_room(b, c)) {
		TAILQ_REMOVE(&b->waiting, c, waiting);
		begin_read(b, c);
	}
	b->is_admitting = false;
	if (TAILQ_EMPTY(&b->waiting))
		event_del(b->timer);
}

static void
turn_away(struct bodies *b, struct call *c)
{
	struct fault f;
	TAILQ_REMOVE(&b->waiting, c, waiting);
	fault(&f, FAULT_UNAVAILABLE,
	    "The body waited too long for others to be read: more are sent at "
	    "once than `api.memory_budget` has memory for.");
	call_finish(c, &f);
}

/* Looks who has waited too long, or has gone. */
static void
look(evutil_socket_t fd, short what, void *arg)
{
	struct bodies *b = arg;
	int64_t now = clock_mono_us() / 1000;
	(void)fd, (void)what;
	for (struct call *c = TAILQ_FIRST(&b->waiting), *next; c != NULL;
	     c = next) {
		next = TAILQ_NEXT(c, waiting);
		if (c->wait_until_ms <= now || http_request_gone(c->req))
			turn_away(b, c);
	}
	admit(b);
}

/* A call waits for its turn, which may be now. */
static void
queue(struct bodies *b, struct call *c)
{
	static const struct timeval each = { LOOK_EACH_S, 0 };
	c->wait_until_ms = clock_mono_us() / 1000 + WAIT_MAX_MS;
	TAILQ_INSERT_TAIL(&b->waiting, c, waiting);
	if (!event_pending(b->timer, EV_TIMEOUT, NULL))
		event_add(b->timer, &each);
	admit(b);
}

static void
counted(struct work *w)
{
	struct call *c = container_of(w, struct call, work);
	const struct fault f = w->fault;
	if (f.kind != FAULT_NONE)
		call_finish(c, &f);
	else
		queue(c->api->bodies, c);
}

/* One that is in memory is counted here, and waits only if it is made of many
 * values: how much text is held is bounded as it comes. */
static void
take_held(struct bodies *b, struct call *c, const struct http_body *body)
{
	struct json_measure m = { 0 };
	struct fault f;
	if (c->route->flags & ROUTE_BODY)
		json_measure(&m, body->data, body->len);
	if (json_measure_check(&m, &f) != 0) {
		call_finish(c, &f);
		return;
	}
	c->charge = json_measure_bytes(&m);
	if (c->charge <= LIGHT * (int64_t)body->len)
		begin_read(b, c);
	else
		queue(b, c);
}

void
bodies_take(struct bodies *b, struct call *c)
{
	struct http_body body;
	http_request_body(c->req, &body);
	if (body.fd < 0) {
		take_held(b, c, &body);
		return;
	}
	c->work = (struct work){ .run = count_run, .done = counted };
	store_aside(b->store, &c->work);
}

void
bodies_leave(struct bodies *b, struct call *c)
{
	if (!c->is_charged)
		return;
	b->charged -= c->charge;
	admit(b);
}

/* ---- frame ------------------------------------------------------------- */

struct bodies *
bodies_new(struct event_base *base, struct store *store)
{
	struct bodies *b = xcalloc(1, sizeof(*b));
	b->store = store;
	b->timer = event_new(base, -1, EV_PERSIST, look, b);
	TAILQ_INIT(&b->waiting);
	return b;
}

void
bodies_free(struct bodies *b)
{
	if (b == NULL)
		return;
	for (struct call *c; (c = TAILQ_FIRST(&b->waiting)) != NULL;)
		turn_away(b, c);
	event_free(b->timer);
	free(b);
}
