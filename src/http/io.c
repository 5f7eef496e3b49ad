/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading and writing a connection, plain or TLS.
 */
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include "http/http_private.h"

/* What a call of OpenSSL that returned r <= 0 means for us. */
static ssize_t
tls_outcome(struct conn *c, int r, bool reading)
{
	switch (SSL_get_error(c->tls, r)) {
	case SSL_ERROR_WANT_READ:
		c->write_wants_read = !reading;
		return IO_AGAIN;
	case SSL_ERROR_WANT_WRITE:
		c->read_wants_write = reading;
		return IO_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return reading ? 0 : IO_GONE;
	default:
		/* The session is unusable, even for a farewell. */
		c->tls_broken = true;
		ERR_clear_error();
		return IO_GONE;
	}
}

ssize_t
io_read(struct conn *c, void *p, size_t n)
{
	if (c->tls != NULL) {
		ERR_clear_error();
		c->read_wants_write = false;
		int r = SSL_read(c->tls, p, n > INT_MAX ? INT_MAX : (int)n);
		return r > 0 ? r : tls_outcome(c, r, true);
	}
	for (;;) {
		ssize_t r = recv(c->fd, p, n, 0);
		if (r >= 0)
			return r;
		if (errno != EINTR)
			return errno == EAGAIN ? IO_AGAIN : IO_GONE;
	}
}

ssize_t
io_write(struct conn *c, const void *p, size_t n)
{
	if (c->tls != NULL) {
		ERR_clear_error();
		c->write_wants_read = false;
		int r = SSL_write(c->tls, p, n > INT_MAX ? INT_MAX : (int)n);
		return r > 0 ? r : tls_outcome(c, r, false);
	}
	for (;;) {
		ssize_t r = send(c->fd, p, n, MSG_NOSIGNAL);
		if (r >= 0)
			return r;
		if (errno != EINTR)
			return errno == EAGAIN ? IO_AGAIN : IO_GONE;
	}
}

void
io_shutdown(struct conn *c)
{
	if (c->tls != NULL && !c->tls_broken && SSL_is_init_finished(c->tls)) {
		ERR_clear_error();
		SSL_shutdown(c->tls);
		ERR_clear_error();
	}
	shutdown(c->fd, SHUT_WR);
}

bool
io_is_gone(const struct conn *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLOUT };
	return poll(&p, 1, 0) > 0 && (p.revents & (POLLERR | POLLHUP)) != 0;
}
