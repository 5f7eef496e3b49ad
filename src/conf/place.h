/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts that name a place in the network. Nothing here asks a resolver.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

enum { PLACE_HOST_LEN = 254 };

/* Labels of letters, digits and inner hyphens, at most 253 octets. */
bool place_is_domain(const char *);
/* "127.0.0.1:25" or "[::1]:25", the port from 1 to 65535. */
bool place_is_address(const char *);
/* True for localhost, 127.0.0.0/8 and ::1 (without brackets). */
bool place_is_loopback(const char *host);
/* Takes http:// or https:// host [:port] [/path]; no user, query or fragment.
 * False if it is anything else. */
bool place_url_host(const char *url, char host[PLACE_HOST_LEN],
    bool *is_https_r);
