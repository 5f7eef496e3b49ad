/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A peer has a window: lines read and not yet answered, and bytes of answers
 * it has not taken. A peer whose window is full is not read from, so it costs
 * what the window holds and nobody else waits for it.
 */
#include "ingest/ingest.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/log.h"
#include "conf/access.h"
#include "conf/conf.h"
#include "engine/engine.h"
#include "model/error.h"
#include "model/event.h"
#include "store/store.h"

enum {
	LINE_MAX_BYTES = 1 << 20,
	LOOP_PARSES = 256 << 10, /* longer lines are another thread's */
	READ_BYTES = 64 << 10,
	WINDOW_LINES = 1024,
	WINDOW_BYTES = 512 << 10, /* of lines in flight */
	OUT_BYTES = 256 << 10,    /* of answers not taken */
	FIRST_LANE = 33,
	LANES = STORE_LANES - FIRST_LANE,
	BACKLOG_PAUSE_MS = 200,
	ACCEPT_AT_ONCE = 16,
	PEERS_MAX =
	    256, /* they share the descriptors with the store and the MTA */
};

/* A line on its way to its answer. */
struct line {
	struct work work;
	STAILQ_ENTRY(line) entry;
	struct peer *peer;
	struct arena *arena;
	struct event event;
	struct accepted accepted;
	int64_t now_ms;
	const char *text; /* of a long line */
	size_t bytes;
	bool is_done;
};

struct peer {
	TAILQ_ENTRY(peer) entry;
	LIST_ENTRY(peer) dirty_entry; /* is to have its turn */
	struct ingest *ingest;
	int fd;
	struct event *read_event, *write_event;
	struct buf in, out;
	size_t scanned; /* of in, known to hold no newline */
	STAILQ_HEAD(, line) lines;
	int n_lines;
	size_t line_bytes;
	unsigned lane;
	bool is_skipping; /* the rest of a line that was too long */
	bool is_eof, is_gone, is_reading, is_dirty;
	bool is_parsing; /* a long line, elsewhere */
};

LIST_HEAD(peers, peer);

struct ingest {
	struct event_base *base;
	int fd;
	struct event *accept_event, *resume_event, *flush_event;
	struct store *store;
	struct engine *engine;
	const struct conf *conf;
	TAILQ_HEAD(, peer) peers;
	struct peers dirty;
	int n_peers, n_lines;
	unsigned next_lane;
	bool is_draining;
	int64_t warned_ms;
};

static void advance(struct peer *);

/* ---- answers ----------------------------------------------------------- */

static void
peer_free(struct peer *p)
{
	struct ingest *g = p->ingest;
	if (p->is_dirty)
		LIST_REMOVE(p, dirty_entry);
	TAILQ_REMOVE(&g->peers, p, entry);
	g->n_peers--;
	event_free(p->read_event);
	event_free(p->write_event);
	close(p->fd);
	buf_free(&p->in);
	buf_free(&p->out);
	free(p);
}

/* The peer is lost; what is in flight is still finished. */
static void
peer_lost(struct peer *p)
{
	p->is_gone = true;
	event_del(p->read_event);
	event_del(p->write_event);
	buf_free(&p->in);
	buf_free(&p->out);
}

static void
answer_line(struct peer *p, struct line *l)
{
	const char *name;
	if (p->is_gone)
		return;
	if (l->work.fault.kind == FAULT_NONE) {
		event_accepted_json(&p->out, l->event.name, l->accepted.event,
		    l->accepted.duplicate);
	} else {
		int status = error_of_fault(&l->work.fault, &name);
		error_body(&p->out, status, name, l->work.fault.text);
	}
	buf_char(&p->out, '\n');
}

/* Moves answers from the front of the queue to the peer. */
static void
flush_lines(struct peer *p)
{
	struct line *l;
	while ((l = STAILQ_FIRST(&p->lines)) != NULL && l->is_done) {
		STAILQ_REMOVE_HEAD(&p->lines, entry);
		p->n_lines--;
		p->line_bytes -= l->bytes;
		p->ingest->n_lines--;
		answer_line(p, l);
		arena_free(l->arena);
	}
}

static void
write_out(struct peer *p)
{
	while (!p->is_gone && p->out.len > 0) {
		ssize_t n = send(p->fd, p->out.data, p->out.len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			event_add(p->write_event, NULL);
			return;
		}
		if (n < 0) {
			peer_lost(p);
			return;
		}
		buf_drop(&p->out, (size_t)n);
	}
	if (p->out.len == 0 && p->out.room > READ_BYTES)
		buf_free(&p->out);
}

/* ---- lines ------------------------------------------------------------- */

static int
line_run(struct txn *t, struct work *w)
{
	struct line *l = container_of(w, struct line, work);
	struct arena *a = arena_new();
	int rc = engine_accept(l->peer->ingest->engine, t, a, &l->event,
	    l->now_ms, &l->accepted, &w->fault);
	arena_free(a);
	return rc;
}

/* The peer has its turn soon: there are answers or lines at hand. */
static void
come_back(struct peer *p)
{
	struct ingest *g = p->ingest;
	if (p->is_dirty)
		return;
	if (LIST_EMPTY(&g->dirty))
		event_active(g->flush_event, EV_TIMEOUT, 0);
	p->is_dirty = true;
	LIST_INSERT_HEAD(&g->dirty, p, dirty_entry);
}

/* The answers of one batch go out together, behind its last done(). */
static void
line_done(struct work *w)
{
	struct line *l = container_of(w, struct line, work);
	l->is_done = true;
	come_back(l->peer);
}

static void
on_flush(int fd, short what, void *arg)
{
	struct ingest *g = arg;
	struct peers now = g->dirty;
	struct peer *p;
	(void)fd, (void)what;
	/* Who comes back meanwhile has the next turn. */
	if ((p = LIST_FIRST(&now)) != NULL)
		p->dirty_entry.le_prev = &LIST_FIRST(&now);
	LIST_INIT(&g->dirty);
	while ((p = LIST_FIRST(&now)) != NULL) {
		LIST_REMOVE(p, dirty_entry);
		p->is_dirty = false;
		flush_lines(p);
		advance(p);
	}
}

static struct line *
line_new(struct peer *p, size_t bytes)
{
	struct arena *a = arena_new();
	struct line *l = arena_alloc(a, sizeof(*l));
	l->arena = a;
	l->peer = p;
	l->bytes = bytes;
	STAILQ_INSERT_TAIL(&p->lines, l, entry);
	p->n_lines++;
	p->line_bytes += bytes;
	p->ingest->n_lines++;
	return l;
}

/* Makes the event of a line's text. 0, or -1 with fault_r. */
static int
parse_line(struct line *l, const char *text, size_t n, struct fault *fault_r)
{
	struct arena *scratch = arena_new();
	json_t *o = json_parse(scratch, text, n, fault_r);
	int rc = o == NULL ||
		json_names_check_whole(o, event_body_names, fault_r) != 0
	    ? -1
	    : event_from_json(l->arena, o, false, &l->event, fault_r);
	arena_free(scratch);
	return rc;
}

static void
write_line(struct line *l)
{
	l->work = (struct work){ .run = line_run,
		.done = line_done,
		.lane = l->peer->lane };
	store_write(l->peer->ingest->store, &l->work);
}

/* A long line is parsed on a reader's thread. */
static int
long_run(struct txn *t, struct work *w)
{
	struct line *l = container_of(w, struct line, work);
	(void)t;
	return parse_line(l, l->text, l->bytes, &w->fault);
}

static void
long_done(struct work *w)
{
	struct line *l = container_of(w, struct line, work);
	l->peer->is_parsing = false;
	if (w->fault.kind == FAULT_NONE)
		write_line(l);
	else
		l->is_done = true;
	come_back(l->peer);
}

static void
take_line(struct peer *p, const char *text, size_t n, int64_t now_ms)
{
	struct line *l = line_new(p, n);
	struct fault f;
	l->now_ms = now_ms;
	if (n > LOOP_PARSES) {
		/* The lines behind it wait, so that all keep their order. */
		p->is_parsing = true;
		l->text = arena_memdup(l->arena, text, n);
		l->work = (struct work){ .run = long_run, .done = long_done };
		store_read(p->ingest->store, &l->work);
	} else if (parse_line(l, text, n, &f) != 0) {
		l->work.fault = f;
		l->is_done = true;
	} else {
		write_line(l);
	}
}

static void
refuse_line(struct peer *p)
{
	struct line *l = line_new(p, 0);
	fault(&l->work.fault, FAULT_LIMIT, "A line may have at most %d bytes.",
	    LINE_MAX_BYTES);
	l->is_done = true;
}

static bool
is_blank(const char *s, size_t n)
{
	return strspn(s, " \t\r") >= n;
}

static bool
window_open(const struct peer *p)
{
	return !p->is_parsing && p->n_lines < WINDOW_LINES &&
	    p->line_bytes < WINDOW_BYTES && p->out.len < OUT_BYTES;
}

/* Takes the next line of the buffer if there is a whole one; *used_r is what
 * it had with its newline. */
static bool
next_line(struct peer *p, size_t from, size_t *used_r, int64_t now_ms)
{
	char *start = p->in.data + from;
	size_t left = p->in.len - from;
	char *nl = left > p->scanned
	    ? memchr(start + p->scanned, '\n', left - p->scanned)
	    : NULL;
	if (nl == NULL) {
		p->scanned = left;
		if (left > LINE_MAX_BYTES && !p->is_skipping) {
			refuse_line(p);
			p->is_skipping = true;
		}
		if (p->is_skipping || (p->is_eof && is_blank(start, left))) {
			*used_r = left;
			p->scanned = 0;
		} else if (p->is_eof && left > 0) {
			/* A last line may lack its newline. */
			*used_r = left;
			p->scanned = 0;
			take_line(p, start, left, now_ms);
		}
		return false;
	}
	size_t n = (size_t)(nl - start);
	*used_r = n + 1;
	p->scanned = 0;
	*nl = '\0'; /* ends is_blank()'s scan */
	if (p->is_skipping)
		p->is_skipping = false;
	else if (n > LINE_MAX_BYTES)
		refuse_line(p);
	else if (!is_blank(start, n))
		take_line(p, start, n, now_ms);
	return true;
}

static void
take_lines(struct peer *p)
{
	int64_t now_ms = clock_now_ms();
	size_t at = 0, used;
	bool more = true;
	while (more && at < p->in.len && window_open(p)) {
		used = 0;
		more = next_line(p, at, &used, now_ms);
		at += used;
	}
	if (at > 0)
		buf_drop(&p->in, at);
	if (p->in.len == 0 && p->in.room > 4 * READ_BYTES)
		buf_free(&p->in);
}

/* ---- reading ----------------------------------------------------------- */

/* Does all that can be done for a peer now: lines, answers, reading on. */
static void
advance(struct peer *p)
{
	if (!p->is_gone) {
		take_lines(p);
		flush_lines(p);
		write_out(p);
	}
	bool want = !p->is_gone && !p->is_eof && !p->ingest->is_draining &&
	    window_open(p) && p->in.len <= LINE_MAX_BYTES + READ_BYTES;
	if (want && !p->is_reading)
		event_add(p->read_event, NULL);
	else if (!want && p->is_reading && !p->is_gone)
		event_del(p->read_event);
	p->is_reading = want;
	/* Lines that were refused at once made room, and nothing in flight will
	 * tell of it. */
	if (!p->is_gone && window_open(p) && p->in.len > p->scanned)
		come_back(p);
	bool finished =
	    p->is_gone || (p->is_eof && p->in.len == 0 && p->out.len == 0);
	if (finished && p->n_lines == 0)
		peer_free(p);
}

static void
on_read(int fd, short what, void *arg)
{
	struct peer *p = arg;
	(void)what;
	char *end = buf_reserve(&p->in, READ_BYTES);
	ssize_t n = recv(fd, end, READ_BYTES, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		peer_lost(p);
	else if (n == 0)
		p->is_eof = true;
	else
		p->in.len += (size_t)n;
	advance(p);
}

static void
on_write(int fd, short what, void *arg)
{
	struct peer *p = arg;
	(void)fd, (void)what;
	write_out(p);
	advance(p);
}

/* ---- accepting --------------------------------------------------------- */

/* Says why, and closes. */
static void
turn_away(int fd, int status, const char *name, const char *why)
{
	struct buf b = { 0 };
	error_body(&b, status, name, why);
	buf_char(&b, '\n');
	ssize_t n = send(fd, b.data, b.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)n; /* it is being turned away */
	buf_free(&b);
	close(fd);
}

static void
peer_new(struct ingest *g, int fd)
{
	struct ucred who;
	if (g->n_peers >= PEERS_MAX) {
		turn_away(fd, 503, "service_unavailable",
		    "Too many peers are connected to the socket.");
		return;
	}
	socklen_t len = sizeof(who);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0 ||
	    !access_allowed(g->conf, who.uid, who.gid)) {
		turn_away(fd, 403, "invalid_permission",
		    "This user may not use the socket; see allow_users and "
		    "allow_groups.");
		return;
	}
	struct peer *p = xcalloc(1, sizeof(*p));
	p->ingest = g;
	p->fd = fd;
	p->lane = FIRST_LANE + g->next_lane++ % LANES;
	STAILQ_INIT(&p->lines);
	p->read_event =
	    event_new(g->base, fd, EV_READ | EV_PERSIST, on_read, p);
	p->write_event = event_new(g->base, fd, EV_WRITE, on_write, p);
	TAILQ_INSERT_TAIL(&g->peers, p, entry);
	g->n_peers++;
	advance(p);
}

/* No descriptor to be had: others go on, new ones wait a moment. */
static void
pause_accepting(struct ingest *g, int error)
{
	struct timeval soon = { 0, BACKLOG_PAUSE_MS * 1000 };
	int64_t now = clock_now_ms();
	if (now - g->warned_ms > 60000) {
		g->warned_ms = now;
		log_warn("event socket accepts nobody now error=%s",
		    log_text(strerror(error)));
	}
	event_del(g->accept_event);
	event_add(g->resume_event, &soon);
}

static void
on_accept(int fd, short what, void *arg)
{
	struct ingest *g = arg;
	(void)what;
	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		int peer =
		    accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (peer >= 0) {
			peer_new(g, peer);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			pause_accepting(g, errno);
		return;
	}
}

static void
on_resume(int fd, short what, void *arg)
{
	struct ingest *g = arg;
	(void)fd, (void)what;
	if (!g->is_draining)
		event_add(g->accept_event, NULL);
}

struct ingest *
ingest_new(struct event_base *base, int fd, struct store *store,
    struct engine *engine, const struct conf *conf)
{
	struct ingest *g = xcalloc(1, sizeof(*g));
	g->base = base;
	g->fd = fd;
	g->store = store;
	g->engine = engine;
	g->conf = conf;
	TAILQ_INIT(&g->peers);
	g->accept_event =
	    event_new(base, fd, EV_READ | EV_PERSIST, on_accept, g);
	g->resume_event = evtimer_new(base, on_resume, g);
	g->flush_event = evtimer_new(base, on_flush, g);
	LIST_INIT(&g->dirty);
	event_add(g->accept_event, NULL);
	return g;
}

void
ingest_set_conf(struct ingest *g, const struct conf *conf)
{
	g->conf = conf;
}

void
ingest_drain(struct ingest *g)
{
	struct peer *p, *next;
	g->is_draining = true;
	event_del(g->accept_event);
	event_del(g->resume_event);
	for (p = TAILQ_FIRST(&g->peers); p != NULL; p = next) {
		next = TAILQ_NEXT(p, entry);
		/* What is in the buffer was never acknowledged. */
		buf_clear(&p->in);
		p->scanned = 0;
		p->is_eof = true;
		advance(p);
	}
}

int
ingest_busy(const struct ingest *g)
{
	return g->n_lines;
}

void
ingest_free(struct ingest *g)
{
	struct peer *p;
	if (g == NULL)
		return;
	while ((p = TAILQ_FIRST(&g->peers)) != NULL) {
		struct line *l;
		while ((l = STAILQ_FIRST(&p->lines)) != NULL) {
			STAILQ_REMOVE_HEAD(&p->lines, entry);
			arena_free(l->arena);
		}
		peer_free(p);
	}
	event_free(g->accept_event);
	event_free(g->resume_event);
	event_free(g->flush_event);
	close(g->fd);
	free(g);
}
