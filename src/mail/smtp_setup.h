/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the configuration says of the server, looked up once: where it is, how
 * it is greeted, whether sessions are sealed, and who logs in.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/defs.h"
#include "mail/smtp_wire.h"

struct conf;
struct fault;

/* An address of the server. */
struct smtp_address {
	union {
		struct sockaddr any;
		struct sockaddr_storage storage;
		struct sockaddr_un un;
	};
	socklen_t len;
};

enum { SMTP_ADDRESSES_MAX = 8, SMTP_HELO_LEN = 256 };

struct smtp_setup {
	struct smtp_address addresses[SMTP_ADDRESSES_MAX];
	int n_addresses;
	char where[300]; /* host:port, for the log */
	char helo[SMTP_HELO_LEN];
	bool is_lmtp;
	bool is_local; /* on this machine: a password may be said in clear */
	enum smtp_tls tls;
	SSL_CTX *tls_context; /* unless it is SMTP_TLS_NONE */
	char *host;           /* whose certificate it has to be */
	char *user;           /* NULL: nobody logs in */
	char *password;
};

/*
 * 0 or -1; free it in any case. A host's name is looked up here: it may take as
 * long as the resolver does, and a change of the name needs a restart.
 */
int smtp_setup_read(struct smtp_setup *, const struct conf *,
    struct fault *fault_r);
void smtp_setup_free(struct smtp_setup *);
