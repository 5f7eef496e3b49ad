/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The connection of a session: opened, written, read, timed, closed.
 */
#include "mail/smtp_private.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"

enum { LEAVE_US = 5 * 1000 * 1000, READ_ROOM = 4096 };

int
smtp_expected(const struct smtp_session *s)
{
	if (s->expected_at == s->expected.len)
		return -1;
	return (uint8_t)s->expected.data[s->expected_at];
}

void
smtp_expect(struct smtp_session *s, enum smtp_step step)
{
	if (s->expected_at == s->expected.len) {
		buf_clear(&s->expected);
		s->expected_at = 0;
	}
	buf_char(&s->expected, (char)step);
}

/* Moves the moment at which patience ends. The timer is touched only when it
 * would come too late; when it comes too early it is set anew. */
static void
deadline_set(struct smtp_session *s, int64_t now, int64_t span)
{
	s->deadline_us = now + span;
	if (s->armed_us != 0 && s->armed_us <= s->deadline_us)
		return;
	struct timeval tv = { span / 1000000, span % 1000000 };
	evtimer_add(s->timer, &tv);
	s->armed_us = s->deadline_us;
}

void
smtp_deadline_renew(struct smtp_session *s)
{
	int step = smtp_expected(s);
	int64_t span = step >= 0
	    ? smtp_step_patience(step) * s->owner->timeout_us
	    : s->owner->idle_us;
	if (s->state == SMTP_LEAVING && span > LEAVE_US)
		span = LEAVE_US;
	deadline_set(s, clock_mono_us(), span);
}

/* The connection is gone; what was at work must be settled by the caller. */
static void
disconnect(struct smtp_session *s)
{
	if (s->read != NULL)
		event_free(s->read);
	if (s->write != NULL)
		event_free(s->write);
	s->read = s->write = NULL;
	smtp_wire_close(&s->wire);
	s->is_sealing = false;
	s->n_out = s->out_at = s->data_end = 0;
	s->expected_at = s->expected.len = 0;
	s->is_broken = false;
}

void
smtp_closed(struct smtp_session *s)
{
	disconnect(s);
	evtimer_del(s->timer);
	s->state = SMTP_CLOSED;
}

void
smtp_trouble_note(struct smtp_session *s, int code, const char *text)
{
	s->trouble_code = code;
	snprintf(s->trouble, sizeof(s->trouble), "%s", text);
}

void
smtp_lost(struct smtp_session *s, const char *why, bool is_closed_by_peer)
{
	char text[SMTP_TEXT_LEN];
	int step = smtp_expected(s);
	snprintf(text, sizeof(text), "%.400s%s%s", why, step < 0 ? "" : " at ",
	    step < 0 ? "" : smtp_step_name(step));
	if (s->state == SMTP_OPENING)
		smtp_trouble_note(s, 0, text);
	smtp_closed(s);
	smtp_ahead_return(s);
	if (s->now.job == NULL)
		return;
	if (smtp_is_refused(&s->now))
		smtp_finish_refused(s);
	else if (is_closed_by_peer && s->n_served > 0 && !s->now.has_answer)
		smtp_now_return(s);
	else
		smtp_finish_lost(s, text);
}

/* An errno as the reason of a loss. */
static void
lost_errno(struct smtp_session *s, int error)
{
	smtp_lost(s, strerror(error), true);
}

void
smtp_flush(struct smtp_session *s)
{
	while (s->out_at < s->n_out) {
		ssize_t n = smtp_wire_send(&s->wire, s->out + s->out_at,
		    s->n_out - s->out_at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			/* Sealed, it may have to read first. */
			if (s->wire.tls == NULL || s->wire.wants_write)
				event_add(s->write, NULL);
			return;
		}
		if (n < 0) {
			s->is_broken = true;
			event_active(s->read, EV_READ, 0);
			return;
		}
		for (size_t rest = (size_t)n; s->out_at < s->n_out;) {
			struct iovec *v = &s->out[s->out_at];
			if (rest < v->iov_len) {
				v->iov_base = (char *)v->iov_base + rest;
				v->iov_len -= rest;
				break;
			}
			rest -= v->iov_len;
			s->out_at++;
		}
		if (s->data_end > 0 && s->out_at >= s->data_end)
			s->now.is_out = true;
	}
	s->n_out = s->out_at = 0;
}

void
smtp_out_add(struct smtp_session *s, const void *p, size_t n)
{
	assert(s->n_out < SMTP_OUT_MOST);
	if (n > 0)
		s->out[s->n_out++] = (struct iovec){ (void *)p, n };
}

void
smtp_say_line(struct smtp_session *s, enum smtp_step step, const char *verb,
    const char *argument)
{
	buf_clear(&s->head);
	buf_printf(&s->head, "%s%s%s\r\n", verb, argument[0] ? " " : "",
	    argument);
	smtp_out_add(s, s->head.data, s->head.len);
	smtp_expect(s, step);
	smtp_deadline_renew(s);
	smtp_flush(s);
}

void
smtp_greet(struct smtp_session *s)
{
	const struct smtp_setup *o = s->owner->setup;
	smtp_say_line(s, SMTP_STEP_EHLO, o->is_lmtp ? "LHLO" : "EHLO", o->helo);
}

void
smtp_say_secret(struct smtp_session *s, enum smtp_step step, const char *verb,
    const char *secret, size_t n)
{
	buf_clear(&s->head);
	buf_str(&s->head, verb);
	s->head.len +=
	    base64_encode(secret, n, buf_reserve(&s->head, BASE64_LEN(n)));
	buf_str(&s->head, "\r\n");
	smtp_out_add(s, s->head.data, s->head.len);
	smtp_expect(s, step);
	smtp_deadline_renew(s);
	smtp_flush(s);
}

/* Goes on with the handshake; behind it the server's offers are asked for
 * anew, as RFC 3207, 4.2 has it. */
static void
shake(struct smtp_session *s)
{
	const char *why;
	char text[SMTP_TEXT_LEN];
	int rc = smtp_wire_shake(&s->wire, &why);
	if (rc < 0) {
		snprintf(text, sizeof(text), "TLS: %s", why);
		smtp_lost(s, text, false);
	} else if (rc > 0) {
		s->is_sealing = false;
		smtp_greet(s);
	} else if (s->wire.wants_write) {
		event_add(s->write, NULL);
	}
}

void
smtp_seal(struct smtp_session *s)
{
	const struct smtp_setup *o = s->owner->setup;
	if (smtp_wire_seal(&s->wire, o->tls_context, o->tls, o->host) != 0) {
		smtp_lost(s, "TLS cannot be begun", false);
		return;
	}
	s->is_sealing = true;
	deadline_set(s, clock_mono_us(), s->owner->timeout_us);
	shake(s);
}

/* Reads a piece. True if the next one is there already. */
static bool
read_some(struct smtp_session *s)
{
	char *room = buf_reserve(&s->in, READ_ROOM);
	ssize_t n = smtp_wire_recv(&s->wire, room, READ_ROOM);
	if (n > 0) {
		s->in.len += (size_t)n;
		smtp_replies_take(s);
	} else if (n == 0) {
		smtp_lost(s, "connection closed by the server", true);
	} else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
		lost_errno(s, errno);
	} else if (s->is_broken) {
		smtp_lost(s, "connection lost", true);
	}
	return n > 0 && s->state != SMTP_CLOSED && !s->is_sealing &&
	    smtp_wire_has_more(&s->wire);
}

/* The server said something, or is gone. */
static void
on_read(evutil_socket_t fd, short what, void *arg)
{
	struct smtp_session *s = arg;
	(void)fd, (void)what;
	if (s->is_sealing)
		shake(s);
	else
		while (read_some(s))
			continue;
	/* What could not be said before something was read. */
	if (s->wire.tls != NULL && !s->is_sealing && s->n_out > 0)
		smtp_flush(s);
	if (s->is_broken && s->read != NULL)
		event_active(s->read, EV_READ, 0);
	s->owner->settled(s->owner->arg, s);
}

/* Watches the connection and waits for the greeting. */
static void
connected(struct smtp_session *s)
{
	int one = 1;
	s->is_connecting = false;
	setsockopt(s->wire.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	s->read = event_new(s->owner->base, s->wire.fd, EV_READ | EV_PERSIST,
	    on_read, s);
	if (s->read == NULL || event_add(s->read, NULL) != 0)
		fatal("cannot watch a connection");
	smtp_expect(s, SMTP_STEP_GREETING);
	smtp_deadline_renew(s);
}

static void connect_next(struct smtp_session *, const char *why);

/* The connection is made or failed, or takes more of what we say. */
static void
on_write(evutil_socket_t fd, short what, void *arg)
{
	struct smtp_session *s = arg;
	int error = 0;
	socklen_t len = sizeof(error);
	(void)what;
	if (s->is_sealing) {
		shake(s);
	} else if (!s->is_connecting) {
		smtp_deadline_renew(s);
		smtp_flush(s);
	} else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 ||
	    error != 0) {
		connect_next(s, strerror(error));
	} else {
		connected(s);
	}
	s->owner->settled(s->owner->arg, s);
}

/* Begins to connect to an address. 0, or the errno. */
static int
connect_start(struct smtp_session *s, const struct smtp_address *a)
{
	s->wire.fd = socket(a->any.sa_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->wire.fd < 0)
		return errno;
	s->write = event_new(s->owner->base, s->wire.fd, EV_WRITE, on_write, s);
	if (s->write == NULL)
		fatal("cannot watch a connection");
	if (connect(s->wire.fd, &a->any, a->len) == 0) {
		connected(s);
		return 0;
	}
	if (errno != EINPROGRESS)
		return errno;
	s->is_connecting = true;
	event_add(s->write, NULL);
	deadline_set(s, clock_mono_us(), s->owner->timeout_us);
	return 0;
}

/* Goes on to the next address, after `why` at the one before; without one the
 * session is closed. */
static void
connect_next(struct smtp_session *s, const char *why)
{
	const struct smtp_setup *o = s->owner->setup;
	char reason[SMTP_TEXT_LEN];
	snprintf(reason, sizeof(reason), "%s", why);
	if (s->is_connecting)
		s->n_tried++;
	for (s->is_connecting = false; s->n_tried < o->n_addresses;
	     s->n_tried++) {
		disconnect(s);
		int i = (s->first + s->n_tried) % o->n_addresses;
		int error = connect_start(s, &o->addresses[i]);
		if (error == 0)
			return;
		snprintf(reason, sizeof(reason), "%s", strerror(error));
	}
	smtp_trouble_note(s, 0, reason);
	smtp_closed(s);
}

/* Says QUIT and waits a little for the answer. */
static void
leave(struct smtp_session *s)
{
	s->state = SMTP_LEAVING;
	smtp_say_line(s, SMTP_STEP_QUIT, "QUIT", "");
}

/* Patience may have ended. */
static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct smtp_session *s = arg;
	int64_t now = clock_mono_us();
	(void)fd, (void)what;
	s->armed_us = 0;
	if (now < s->deadline_us) {
		deadline_set(s, now, s->deadline_us - now);
		return;
	}
	if (s->is_connecting)
		connect_next(s, "the connection timed out");
	else if (s->state == SMTP_READY)
		leave(s);
	else
		smtp_lost(s, "no answer in time", false);
	s->owner->settled(s->owner->arg, s);
}

struct smtp_session *
smtp_session_open(struct smtp_owner *owner)
{
	struct smtp_session *s = xcalloc(1, sizeof(*s));
	s->owner = owner;
	s->first = owner->address;
	s->wire.fd = -1;
	s->opened_us = clock_mono_us();
	s->timer = evtimer_new(owner->base, on_timer, s);
	if (s->timer == NULL)
		fatal("cannot make a timer");
	connect_next(s, "there is no address");
	return s;
}

void
smtp_session_free(struct smtp_session *s)
{
	if (s == NULL)
		return;
	disconnect(s);
	event_free(s->timer);
	smtp_deal_release(&s->now);
	smtp_deal_release(&s->ahead);
	buf_free(&s->in);
	buf_free(&s->expected);
	buf_free(&s->head);
	buf_free(&s->tail);
	buf_free(&s->stuffed);
	free(s);
}

enum smtp_state
smtp_session_state(const struct smtp_session *s)
{
	return s->state;
}

int64_t
smtp_session_opened(const struct smtp_session *s)
{
	return s->opened_us;
}

int64_t
smtp_session_used(const struct smtp_session *s)
{
	return s->used_us;
}

const char *
smtp_session_trouble(const struct smtp_session *s, int *code_r)
{
	*code_r = s->trouble_code;
	return s->trouble;
}

void
smtp_session_send(struct smtp_session *s, struct inject_job *job)
{
	if (!smtp_deal_start(s, &s->now, job))
		return;
	s->state = SMTP_WORKING;
	smtp_say(s);
}

void
smtp_session_close(struct smtp_session *s)
{
	struct inject_job *ahead = s->ahead.job;
	static const char why[] = "Postflow is shutting down";
	static char bye[] = "QUIT\r\n";
	const struct iovec quit = { bye, sizeof(bye) - 1 };
	if (s->state == SMTP_READY)
		(void)!smtp_wire_send(&s->wire, &quit, 1);
	smtp_deal_release(&s->ahead);
	smtp_closed(s);
	if (s->now.job != NULL && smtp_is_refused(&s->now))
		smtp_finish_refused(s);
	else if (s->now.job != NULL)
		smtp_finish_lost(s, why);
	if (ahead != NULL) {
		s->now = (struct smtp_deal){ .job = ahead };
		smtp_finish_lost(s, why);
	}
}
