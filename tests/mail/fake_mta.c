/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "tests/mail/fake_mta.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/arena.h"
#include "base/log.h"

struct peer {
	struct fake_mta *mta;
	struct peer *next;
	int fd;
	SSL *tls;
	int n_rcpt; /* taken */
	struct event *read;
	struct buf in, out, data;
	size_t chunk; /* octets of a chunk still to come */
	bool in_chunk, in_data, silent, drips, has_mail, has_rcpt, spoilt;
};

struct fake_listener {
	int fd;
	struct event *accept;
	struct peer *peers;
	int seen[8]; /* per rule */
};

/* Closes a connection for good. */
static void
peer_free(struct peer *p, bool reset)
{
	struct linger l = { .l_onoff = 1, .l_linger = 0 };
	struct peer **at = &p->mta->listener->peers;
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	if (reset)
		setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	event_free(p->read);
	SSL_free(p->tls);
	close(p->fd);
	buf_free(&p->in);
	buf_free(&p->out);
	buf_free(&p->data);
	p->mta->n_open--;
	free(p);
}

/* Sends what was answered. */
static void
peer_flush(struct peer *p)
{
	size_t step = p->drips ? 1 : p->out.len;
	while (p->out.len > 0) {
		if (p->tls != NULL
			? SSL_write(p->tls, p->out.data, (int)step) <= 0
			: send(p->fd, p->out.data, step, MSG_NOSIGNAL) <= 0)
			break;
		buf_drop(&p->out, step);
	}
	buf_clear(&p->out);
}

/* The rule that counts at this point, NULL for none. */
static const struct fake_rule *
rule_find(struct fake_mta *m, const char *line)
{
	for (size_t i = 0; i < N_OF(m->rules) && m->rules[i].at != NULL; i++) {
		const struct fake_rule *r = &m->rules[i];
		if (strncasecmp(line, r->at, strlen(r->at)) != 0)
			continue;
		int seen = m->listener->seen[i]++;
		if (seen >= r->skip &&
		    (r->times == 0 || seen < r->skip + r->times))
			return r;
	}
	return NULL;
}

/* Answers by rule, or so; returns the code said, 0 if the peer is gone. */
static int
answer(struct peer *p, const char *at, const char *otherwise)
{
	const struct fake_rule *r = rule_find(p->mta, at);
	const char *reply = r != NULL ? r->reply : otherwise;
	if (r != NULL && r->act == FAKE_SILENCE)
		p->silent = true;
	if (r != NULL && r->act == FAKE_DRIP)
		p->drips = true;
	if (reply != NULL && reply[0] != '\0' && !p->silent)
		buf_printf(&p->out, "%s\r\n", reply);
	if (r != NULL && (r->act == FAKE_CLOSE || r->act == FAKE_RESET)) {
		peer_flush(p);
		peer_free(p, r->act == FAKE_RESET);
		return 0;
	}
	int code = reply != NULL ? atoi(reply) : 0;
	return code != 0 ? code : 1;
}

/* The answer to EHLO. */
static int
answer_ehlo(struct peer *p)
{
	char text[512], offers[256], *save = NULL;
	size_t n = (size_t)snprintf(text, sizeof(text), "250-fake");
	snprintf(offers, sizeof(offers), "%s", p->mta->offers);
	for (char *w = strtok_r(offers, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save)) {
		for (char *c = w; *c != '\0'; c++)
			*c = *c == '+' ? ' ' : *c;
		n += (size_t)snprintf(text + n, sizeof(text) - n, "\r\n250-%s",
		    w);
	}
	snprintf(text + n, sizeof(text) - n, "\r\n250 HELP");
	return answer(p, "EHLO", text);
}

/* The end of a message's data. */
static bool
message_end(struct peer *p, const char *at)
{
	struct fake_mta *m = p->mta;
	bool good = p->has_mail && p->has_rcpt;
	buf_printf(&m->log, "[%zu]\n", p->data.len);
	p->has_mail = p->has_rcpt = p->in_chunk = p->in_data = false;
	if (good) {
		buf_clear(&m->message);
		buf_add(&m->message, p->data.data, p->data.len);
	}
	buf_clear(&p->data);
	int code = 0, n = m->is_lmtp ? p->n_rcpt : 1;
	for (p->n_rcpt = 0; n > 0; n--) {
		code = answer(p, at,
		    good ? "250 2.0.0 Ok: queued as FAKE1"
			 : "503 5.5.1 no valid recipients");
		if (code == 0)
			return false;
	}
	m->n_messages += code == 250;
	p->spoilt = m->wants_reset && code >= 400;
	return true;
}

/* Begins to seal, if the rules say so. False when the peer is gone. */
static bool
answer_starttls(struct peer *p)
{
	struct fake_mta *m = p->mta;
	int code = answer(p, "STARTTLS", "220 2.0.0 go on");
	if (code != 220)
		return code != 0;
	if (m->early != NULL)
		buf_printf(&p->out, "%s\r\n", m->early);
	peer_flush(p);
	fcntl(p->fd, F_SETFL, O_NONBLOCK);
	p->tls = SSL_new(m->tls);
	SSL_set_fd(p->tls, p->fd);
	SSL_set_accept_state(p->tls);
	m->n_sealed++;
	return true;
}

/* One command. False when the peer is gone. */
static bool
command(struct peer *p, char *line)
{
	struct fake_mta *m = p->mta;
	int code;
	buf_printf(&m->log, "%s\n", line);
	if (strncmp(line, m->is_lmtp ? "LHLO" : "EHLO", 4) == 0)
		return answer_ehlo(p) != 0;
	if (strcmp(line, "STARTTLS") == 0 && m->tls != NULL)
		return answer_starttls(p);
	if (strncmp(line, "MAIL", 4) == 0) {
		code = p->spoilt ? answer(p, "-", "503 5.5.1 RSET first")
				 : answer(p, line, "250 2.1.0 Ok");
		if (code != 0)
			p->has_mail = code == 250;
	} else if (strncmp(line, "RCPT", 4) == 0) {
		code = answer(p, line,
		    p->has_mail ? "250 2.1.5 Ok" : "503 5.5.1 need MAIL");
		if (code != 0) {
			p->has_rcpt = p->has_rcpt || code == 250;
			p->n_rcpt += code == 250;
		}
	} else if (strncmp(line, "BDAT ", 5) == 0) {
		p->chunk = strtoul(line + 5, NULL, 10);
		p->in_chunk = true;
		code = answer(p, "CHUNK", NULL);
	} else if (strncmp(line, "DATA", 4) == 0) {
		code = answer(p, line,
		    p->has_rcpt ? "354 go on" : "554 5.5.1 no recipients");
		if (code != 0)
			p->in_data = code == 354;
	} else if (strncmp(line, "RSET", 4) == 0) {
		p->spoilt = p->has_mail = p->has_rcpt = false;
		code = answer(p, line, "250 2.0.0 Ok");
	} else if (strncmp(line, "QUIT", 4) == 0) {
		buf_str(&p->out, "221 2.0.0 Bye\r\n");
		peer_flush(p);
		peer_free(p, false);
		return false;
	} else {
		code = answer(p, line,
		    strncmp(line, "HELO", 4) == 0 ? "250 fake"
						  : "500 5.5.2 what?");
	}
	return code != 0;
}

/* Takes a line, or a piece of data. 1 taken, 0 more is needed, -1 gone. */
static int
peer_step(struct peer *p)
{
	if (p->in_chunk) {
		size_t n = p->in.len < p->chunk ? p->in.len : p->chunk;
		buf_add(&p->data, p->in.data, n);
		buf_drop(&p->in, n);
		p->chunk -= n;
		if (p->chunk > 0)
			return 0;
		return message_end(p, "BDAT") ? 1 : -1;
	}
	char *end =
	    p->in.len == 0 ? NULL : memmem(p->in.data, p->in.len, "\r\n", 2);
	if (end == NULL)
		return 0;
	size_t n = (size_t)(end - p->in.data);
	char *line = xmalloc(n + 1);
	memcpy(line, p->in.data, n);
	line[n] = '\0';
	buf_drop(&p->in, n + 2);
	bool alive = true;
	if (!p->in_data) {
		alive = command(p, line);
	} else if (n == 1 && line[0] == '.') {
		alive = message_end(p, "END");
	} else {
		int stuffed = line[0] == '.';
		buf_add(&p->data, line + stuffed, n - (size_t)stuffed);
		buf_str(&p->data, "\r\n");
	}
	free(line);
	return alive ? 1 : -1;
}

/* The client said something. */
static void
on_read(evutil_socket_t fd, short what, void *arg)
{
	struct peer *p = arg;
	int taken;
	(void)what;
	char *room = buf_reserve(&p->in, 65536);
	ssize_t n = p->tls != NULL ? SSL_read(p->tls, room, 65536)
				   : recv(fd, room, 65536, 0);
	if (n <= 0 && p->tls != NULL &&
	    SSL_get_error(p->tls, (int)n) == SSL_ERROR_WANT_READ)
		return;
	if (n <= 0) {
		buf_str(&p->mta->log, "|EOF\n");
		peer_free(p, false);
		return;
	}
	p->in.len += (size_t)n;
	buf_str(&p->mta->log, "|");
	while ((taken = peer_step(p)) == 1)
		;
	if (taken != 0)
		return;
	peer_flush(p);
	if (p->tls != NULL && SSL_has_pending(p->tls) == 1)
		event_active(p->read, EV_READ, 0);
}

/* A client comes. */
static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct fake_mta *m = arg;
	struct peer *p = xcalloc(1, sizeof(*p));
	int one = 1;
	(void)what;
	p->mta = m;
	p->fd = accept(fd, NULL, NULL);
	if (p->fd < 0)
		fatal("fake: accept: %s", strerror(errno));
	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	p->read = event_new(m->base, p->fd, EV_READ | EV_PERSIST, on_read, p);
	event_add(p->read, NULL);
	p->next = m->listener->peers;
	m->listener->peers = p;
	m->n_connections++;
	if (++m->n_open > m->n_most)
		m->n_most = m->n_open;
	if (answer(p, "CONNECT", "220 fake ESMTP") != 0)
		peer_flush(p);
}

/* The address to listen on, bound. */
static int
bound(struct fake_mta *m, const char *path)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)m->port) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(in);
	int one = 1;
	int fd = socket(path != NULL ? AF_UNIX : AF_INET,
	    SOCK_STREAM | SOCK_CLOEXEC, 0);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (path != NULL) {
		snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
		if (bind(fd, (struct sockaddr *)&un, sizeof(un)) != 0)
			fatal("fake: bind: %s", strerror(errno));
		return fd;
	}
	if (bind(fd, (struct sockaddr *)&in, sizeof(in)) != 0 ||
	    getsockname(fd, (struct sockaddr *)&in, &len) != 0)
		fatal("fake: bind: %s", strerror(errno));
	m->port = ntohs(in.sin_port);
	return fd;
}

void
fake_start(struct fake_mta *m, struct event_base *base, const char *path)
{
	m->base = base;
	m->listener = xcalloc(1, sizeof(*m->listener));
	m->listener->fd = bound(m, path);
	if (listen(m->listener->fd, 64) != 0)
		fatal("fake: listen: %s", strerror(errno));
	fcntl(m->listener->fd, F_SETFL, O_NONBLOCK);
	m->listener->accept = event_new(base, m->listener->fd,
	    EV_READ | EV_PERSIST, on_accept, m);
	event_add(m->listener->accept, NULL);
	if (m->offers == NULL)
		m->offers = "PIPELINING CHUNKING DSN 8BITMIME SIZE";
}

void
fake_stop(struct fake_mta *m)
{
	while (m->listener->peers != NULL)
		peer_free(m->listener->peers, false);
	event_free(m->listener->accept);
	close(m->listener->fd);
	free(m->listener);
	buf_free(&m->log);
	buf_free(&m->message);
}

void
fake_say(struct fake_mta *m, const char *text)
{
	for (struct peer *p = m->listener->peers; p != NULL; p = p->next) {
		buf_printf(&p->out, "%s\r\n", text);
		peer_flush(p);
	}
}
