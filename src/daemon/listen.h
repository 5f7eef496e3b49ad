/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets bound before privileges are dropped.
 */
#pragma once

#include "base/defs.h"

struct fault;
struct process_user;

/* A listening TCP socket for "address:port" or "[v6]:port"; -1 with fault_r.
 * Non-blocking, close-on-exec, TCP_NODELAY inherited by what it accepts. */
int listen_tcp(const char *where, struct fault *fault_r);
/* A listening Unix socket, mode 0666: who may use it is decided by the peer's
 * credentials. A stale one is removed; one that answers is refused. */
int listen_unix(const char *path, const struct process_user *,
    struct fault *fault_r);
