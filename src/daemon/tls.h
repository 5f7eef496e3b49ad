/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A listener's certificate, loaded as root and again on SIGHUP.
 */
#pragma once

#include "base/defs.h"

struct conf_listener;
struct fault;
struct tls;

/* Also for a listener without a certificate: its context is NULL. */
struct tls *tls_new(const struct conf_listener *, struct fault *fault_r);
/* Reads the files anew; on failure the old ones stay. 0 or -1. */
int tls_reload(struct tls *, const struct conf_listener *,
    struct fault *fault_r);
/* SSL_CTX *, or NULL for plain. */
void *tls_context(const struct tls *);
void tls_free(struct tls *);
