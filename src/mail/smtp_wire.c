/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp_wire.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fault.h"

SSL_CTX *
smtp_wire_context(enum smtp_tls level, const char *ca_file,
    struct fault *fault_r)
{
	SSL_CTX *c = SSL_CTX_new(TLS_client_method());
	bool good =
	    c != NULL && SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) == 1;
	if (good && level == SMTP_TLS_VERIFY)
		good = ca_file != NULL
		    ? SSL_CTX_load_verify_file(c, ca_file) == 1
		    : SSL_CTX_set_default_verify_paths(c) == 1;
	if (!good) {
		const char *why =
		    ERR_reason_error_string(ERR_peek_last_error());
		fault(fault_r, FAULT_INVALID, "%s: %s.",
		    ca_file != NULL ? ca_file : "TLS",
		    why != NULL ? why : "cannot be used");
		ERR_clear_error();
		SSL_CTX_free(c);
		return NULL;
	}
	SSL_CTX_set_verify(c,
	    level == SMTP_TLS_VERIFY ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	/* What is to be said may lie elsewhere when it is tried again. */
	SSL_CTX_set_mode(c,
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION);
	return c;
}

/* The certificate must be that host's, a name's or an address's. */
static bool
expect_host(SSL *tls, const char *host)
{
	X509_VERIFY_PARAM *p = SSL_get0_param(tls);
	if (X509_VERIFY_PARAM_set1_ip_asc(p, host) == 1)
		return true;
	X509_VERIFY_PARAM_set_hostflags(p,
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(p, host, 0) == 1 &&
	    SSL_set_tlsext_host_name(tls, host) == 1;
}

int
smtp_wire_seal(struct smtp_wire *w, SSL_CTX *c, enum smtp_tls level,
    const char *host)
{
	w->tls = SSL_new(c);
	if (w->tls == NULL || SSL_set_fd(w->tls, w->fd) != 1 ||
	    (level == SMTP_TLS_VERIFY && !expect_host(w->tls, host)))
		return -1;
	SSL_set_connect_state(w->tls);
	return 0;
}

/* What became of a call that did not succeed: EAGAIN, or an errno for the
 * rest. */
static int
trouble(struct smtp_wire *w, int rc)
{
	int error = errno, what = SSL_get_error(w->tls, rc);
	w->wants_write = what == SSL_ERROR_WANT_WRITE;
	if (what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE)
		return EAGAIN;
	return what == SSL_ERROR_SYSCALL && error != 0 ? error : EPROTO;
}

/* Why the handshake failed, in one piece of text that stays. */
static const char *
shake_reason(const struct smtp_wire *w)
{
	long verdict = SSL_get_verify_result(w->tls);
	const char *why = ERR_reason_error_string(ERR_peek_last_error());
	if (verdict != X509_V_OK &&
	    SSL_get_verify_mode(w->tls) != SSL_VERIFY_NONE)
		why = X509_verify_cert_error_string(verdict);
	return why != NULL ? why : "the connection was lost";
}

int
smtp_wire_shake(struct smtp_wire *w, const char **why_r)
{
	ERR_clear_error();
	errno = 0;
	int rc = SSL_do_handshake(w->tls);
	if (rc == 1) {
		w->wants_write = false;
		return 1;
	}
	if (trouble(w, rc) == EAGAIN)
		return 0;
	*why_r = shake_reason(w);
	ERR_clear_error();
	return -1;
}

ssize_t
smtp_wire_send(struct smtp_wire *w, const struct iovec *v, int n)
{
	if (w->tls == NULL) {
		struct msghdr m = {
			.msg_iov = (struct iovec *)v,
			.msg_iovlen = (size_t)n,
		};
		return sendmsg(w->fd, &m, MSG_NOSIGNAL);
	}
	int most = v->iov_len > INT_MAX ? INT_MAX : (int)v->iov_len;
	ERR_clear_error();
	errno = 0;
	int rc = SSL_write(w->tls, v->iov_base, most);
	if (rc > 0)
		return rc;
	errno = trouble(w, rc);
	return -1;
}

ssize_t
smtp_wire_recv(struct smtp_wire *w, void *to, size_t n)
{
	if (w->tls == NULL)
		return recv(w->fd, to, n, 0);
	ERR_clear_error();
	errno = 0;
	int rc = SSL_read(w->tls, to, (int)n);
	if (rc > 0 || SSL_get_error(w->tls, rc) == SSL_ERROR_ZERO_RETURN)
		return rc > 0 ? rc : 0;
	errno = trouble(w, rc);
	return -1;
}

bool
smtp_wire_has_more(const struct smtp_wire *w)
{
	return w->tls != NULL && SSL_has_pending(w->tls) == 1;
}

void
smtp_wire_close(struct smtp_wire *w)
{
	/* What was said is answered or in doubt already: no farewell. */
	SSL_free(w->tls);
	w->tls = NULL;
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
	w->wants_write = false;
}
