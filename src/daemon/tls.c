/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/fault.h"
#include "conf/conf.h"

struct tls {
	SSL_CTX *context;
};

static SSL_CTX *
load(const struct conf_listener *l, struct fault *fault_r)
{
	SSL_CTX *c = SSL_CTX_new(TLS_server_method());
	const char *wrong = NULL;
	if (c == NULL)
		wrong = "TLS";
	else if (SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) != 1)
		wrong = "TLS 1.2";
	else if (SSL_CTX_use_certificate_chain_file(c, l->tls_certificate) != 1)
		wrong = l->tls_certificate;
	else if (SSL_CTX_use_PrivateKey_file(c, l->tls_key, SSL_FILETYPE_PEM) !=
		1 ||
	    SSL_CTX_check_private_key(c) != 1)
		wrong = l->tls_key;
	if (wrong == NULL) {
		SSL_CTX_set_options(c,
		    SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
		SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
		return c;
	}
	const char *why = ERR_reason_error_string(ERR_peek_last_error());
	fault(fault_r, FAULT_INVALID, "%s: %s.", wrong,
	    why != NULL ? why : "cannot be used");
	ERR_clear_error();
	SSL_CTX_free(c);
	return NULL;
}

struct tls *
tls_new(const struct conf_listener *l, struct fault *fault_r)
{
	struct tls *t = xcalloc(1, sizeof(*t));
	if (l->tls_certificate != NULL &&
	    (t->context = load(l, fault_r)) == NULL) {
		free(t);
		return NULL;
	}
	return t;
}

int
tls_reload(struct tls *t, const struct conf_listener *l, struct fault *fault_r)
{
	if (l->tls_certificate == NULL && t->context == NULL)
		return 0;
	if (l->tls_certificate == NULL || t->context == NULL)
		return fault(fault_r, FAULT_INVALID,
		    "TLS is switched on or off by a restart only.");
	SSL_CTX *fresh = load(l, fault_r);
	if (fresh == NULL)
		return -1;
	SSL_CTX_free(t->context);
	t->context = fresh;
	return 0;
}

void *
tls_context(const struct tls *t)
{
	return t->context;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->context);
	free(t);
}
