/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the clients of the tests share: sockets by name, time, and a bound on
 * how long a client lives.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

/* Connects to "unix:PATH" or "tcp:HOST:PORT", non-blocking from then on. The
 * socket, or -1 with errno. */
int net_connect(const char *where);
/* Microseconds of the monotonic clock. */
int64_t net_now_us(void);
/* Waits until the socket can do that (POLLIN, POLLOUT), at most so long.
 * What it can do; 0 if nothing. */
short net_wait(int fd, short what, int ms);
/* As many descriptors as may be had; how many that is. */
int net_raise_files(void);
/* Ends the program with a complaint, as a test would. */
_Noreturn void die(const char *fmt, ...) PRINTF(1, 2);
/* The number an option gives, or die. */
long number(const char *text);
