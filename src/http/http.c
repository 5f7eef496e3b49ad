/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server: its listeners, and taking connections within its limits.
 */
#include "http/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"
#include "http/http_private.h"

/* Starts or stops watching every listener. */
static void
listeners_watch(struct http_server *s, bool on)
{
	struct listener *l;
	LIST_FOREACH (l, &s->listeners, all) {
		if (on)
			event_add(&l->event, NULL);
		else
			event_del(&l->event);
	}
}

/* Takes no connection for a moment, for want of something. */
static void
accept_pause(struct http_server *s)
{
	struct timeval tv = { .tv_usec = ACCEPT_PAUSE_MS * 1000 };
	listeners_watch(s, false);
	event_add(&s->accept_timer, &tv);
}

static void
on_accept_timer(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *s = arg;
	(void)fd, (void)what;
	if (!s->is_draining)
		listeners_watch(s, true);
}

/* True if accept() failed for a reason that lies in that connection alone. */
static bool
is_passing(int error)
{
	switch (error) {
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
	case EPERM:
	case ENOPROTOOPT:
	case EHOSTDOWN:
	case ENONET:
	case EHOSTUNREACH:
	case EOPNOTSUPP:
	case ENETDOWN:
	case ENETUNREACH:
		return true;
	default:
		return false;
	}
}

/* Takes one connection. False when there is none to take now. */
static bool
accept_one(struct listener *l)
{
	struct http_server *s = l->server;
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);
	/* Who floods the ports must not keep the operator out. */
	int cap = s->limits.max_connections + (l->is_unix ? UNIX_EXTRA : 0);
	bool over = s->n_conns - s->n_over >= cap;
	if (over && timers_minute(s, &s->cap_logged))
		log_warn("http connections at their cap listener=%s cap=%d",
		    log_text(l->name), cap);
	if (over && s->n_over >= OVER_MAX) {
		accept_pause(s);
		return false;
	}
	int fd = accept4(l->fd, (struct sockaddr *)&sa, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		/* A TLS client could not read a refusal without a handshake. */
		if (over && l->tls != NULL)
			close(fd);
		else
			conn_new(l, fd, (struct sockaddr *)&sa, over);
		return true;
	}
	if (errno == EAGAIN)
		return false;
	if (is_passing(errno))
		return true;
	int error = errno;
	if (timers_minute(s, &s->accept_logged))
		log_warn("http accept failed listener=%s error=%s",
		    log_text(l->name), log_text(strerror(error)));
	accept_pause(s);
	return false;
}

static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;
	(void)fd, (void)what;
	timers_now(l->server);
	for (int i = 0; i < ACCEPT_MAX && !l->server->is_draining; i++)
		if (!accept_one(l))
			return;
}

struct http_server *
http_server_new(struct event_base *base, const struct http_limits *limits,
    struct fault *fault_r)
{
	const char *dir = limits->spool_dir;
	if (dir == NULL || access(dir, W_OK | X_OK) != 0) {
		fault(fault_r, FAULT_UNAVAILABLE,
		    "the spool directory \"%s\" cannot be written: %s",
		    dir == NULL ? "" : dir,
		    dir == NULL ? "none is set" : strerror(errno));
		return NULL;
	}
	struct http_server *s = xcalloc(1, sizeof(*s));
	s->base = base;
	s->limits = *limits;
	s->spool_dir = xstrdup(dir);
	s->limits.spool_dir = s->spool_dir;
	s->scratch = xmalloc(SCRATCH);
	s->date_second = -1;
	TAILQ_INIT(&s->conns);
	evtimer_assign(&s->accept_timer, base, on_accept_timer, s);
	timers_init(s);
	return s;
}

/* A copy of the NULL-ended names. */
static char **
names_copy(const char *const *names)
{
	size_t n = 0;
	while (names != NULL && names[n] != NULL)
		n++;
	char **copy = xcalloc(n + 1, sizeof(*copy));
	for (size_t i = 0; i < n; i++)
		copy[i] = xstrdup(names[i]);
	return copy;
}

int
http_server_listen(struct http_server *s, int fd, const char *name,
    const struct http_handler *handler, void *tls, bool check_host,
    const char *const *hosts, struct fault *fault_r)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);
	if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0 ||
	    evutil_make_socket_nonblocking(fd) != 0)
		return fault(fault_r, FAULT_INTERNAL,
		    "listener %s: not a socket: %s", name, strerror(errno));
	struct listener *l = xcalloc(1, sizeof(*l));
	l->refs = 1;
	l->server = s;
	l->fd = fd;
	l->name = xstrdup(name);
	l->hosts = names_copy(hosts);
	l->handler = *handler;
	l->is_unix = sa.ss_family == AF_UNIX;
	l->check_host = check_host;
	if ((l->tls = tls) != NULL)
		SSL_CTX_up_ref(l->tls);
	event_assign(&l->event, s->base, fd, EV_READ | EV_PERSIST, on_accept,
	    l);
	if (event_add(&l->event, NULL) != 0) {
		listener_unref(l);
		return fault(fault_r, FAULT_INTERNAL,
		    "listener %s: cannot be watched", name);
	}
	LIST_INSERT_HEAD(&s->listeners, l, all);
	return 0;
}

void
http_server_set_tls(struct http_server *s, const char *name, void *tls)
{
	struct listener *l;
	LIST_FOREACH (l, &s->listeners, all) {
		if (strcmp(l->name, name) != 0 || l->tls == NULL)
			continue;
		SSL_CTX_up_ref(tls);
		SSL_CTX_free(l->tls);
		l->tls = tls;
	}
}

void
http_server_set_hosts(struct http_server *s, const char *name,
    const char *const *hosts)
{
	struct listener *l;
	LIST_FOREACH (l, &s->listeners, all) {
		if (strcmp(l->name, name) != 0)
			continue;
		for (char **h = l->hosts; *h != NULL; h++)
			free(*h);
		free(l->hosts);
		l->hosts = names_copy(hosts);
	}
}

/* Stops and forgets every listener. */
static void
listeners_close(struct http_server *s)
{
	struct listener *l;
	event_del(&s->accept_timer);
	while ((l = LIST_FIRST(&s->listeners)) != NULL) {
		LIST_REMOVE(l, all);
		event_del(&l->event);
		close(l->fd);
		listener_unref(l);
	}
}

void
http_server_drain(struct http_server *s)
{
	struct conn *c, *next;
	s->is_draining = true;
	listeners_close(s);
	for (c = TAILQ_FIRST(&s->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, all);
		conn_drain(c);
	}
}

int
http_server_connections(const struct http_server *s)
{
	return s->n_conns;
}

void
http_server_free(struct http_server *s)
{
	struct http_request *r;
	struct conn *c;
	if (s == NULL)
		return;
	s->is_draining = true;
	listeners_close(s);
	while ((c = TAILQ_FIRST(&s->conns)) != NULL)
		conn_free(c);
	while ((r = LIST_FIRST(&s->orphans)) != NULL) {
		LIST_REMOVE(r, all);
		r->server = NULL;
	}
	while ((r = LIST_FIRST(&s->stock)) != NULL) {
		LIST_REMOVE(r, all);
		r->server = NULL;
		request_put(r);
	}
	for (int i = 0; i < s->n_outs; i++)
		buf_free(&s->outs[i]);
	timers_stop(s);
	buf_free(&s->error_text);
	free(s->scratch);
	free(s->spool_dir);
	free(s);
}
