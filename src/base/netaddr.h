/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What kind of network an address belongs to. Whom a stranger's host name leads
 * to is known only when the socket is about to be connected.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct sockaddr;

/* True of an address anybody on the Internet may have; false of private,
 * loopback, link-local, shared (RFC 6598), multicast, reserved and unspecified
 * ones, and of those of IPv6 that hold such an address of IPv4. */
bool netaddr_is_public(const struct sockaddr *);
/* Reads an address as it stands in a URL's host, with or without the brackets
 * of IPv6. 1 with *public_r, 0 it is a name. */
int netaddr_read(const char *host, bool *public_r);
/* The address as text. */
enum { NETADDR_LEN = 64 };
const char *netaddr_text(const struct sockaddr *, char out[NETADDR_LEN]);
