/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may use the Unix sockets.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct conf;

/* True for root, for the daemon's own user and group, and for whom
 * access.allow_users and access.allow_groups name (any group of the user). */
bool access_allowed(const struct conf *, uid_t, gid_t);
