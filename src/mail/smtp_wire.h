/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection to the server, in clear or sealed by TLS (OpenSSL's). Nothing
 * here waits: EAGAIN says that it would have to, for the socket to be readable
 * or writable as wants_write says.
 */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/defs.h"

struct fault;

/* Whether a session is sealed; words as Postfix has them. */
enum smtp_tls {
	SMTP_TLS_NONE,
	SMTP_TLS_MAY,     /* if the server offers it, whoever it is */
	SMTP_TLS_ENCRYPT, /* or no mail, whoever it is */
	SMTP_TLS_VERIFY,  /* and its certificate is the host's */
};

struct smtp_wire {
	int fd;
	SSL *tls;
	bool wants_write; /* what it waits for, where that is not plain */
};

/* What sealed connections have in common: what is verified by (a file of
 * certificates, or the system's). NULL with fault_r. */
SSL_CTX *smtp_wire_context(enum smtp_tls, const char *ca_file,
    struct fault *fault_r);
/* Begins to seal, towards a server of that name. 0 or -1 */
int smtp_wire_seal(struct smtp_wire *, SSL_CTX *, enum smtp_tls,
    const char *host);
/* Goes on with it. 1 sealed, 0 it has to wait, -1 with the reason. */
int smtp_wire_shake(struct smtp_wire *, const char **why_r);
/* Bytes, or -1 with errno; no more than the first piece when sealed. */
ssize_t smtp_wire_send(struct smtp_wire *, const struct iovec *, int n);
/* Bytes, 0 when the server closed, -1 with errno. */
ssize_t smtp_wire_recv(struct smtp_wire *, void *, size_t);
/* True if more was read from the socket than was asked for. */
bool smtp_wire_has_more(const struct smtp_wire *);
void smtp_wire_close(struct smtp_wire *);
