/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only reader of time. Everything else is given the moment as an argument.
 */
#pragma once

#include "base/defs.h"

struct buf;

/* Milliseconds since 1970, UTC. */
int64_t clock_now_ms(void);
/* Microseconds of a clock that never steps; for measuring spans. */
int64_t clock_mono_us(void);

/* "2026-11-21 08:00:00.123+00", the way Postgres prints it. */
enum { CLOCK_SQL_LEN = 64 };
char *clock_sql(int64_t ms, char out[CLOCK_SQL_LEN]);
/* "2026-11-21T08:00:00.123Z" */
enum { CLOCK_ISO_LEN = 64 };
char *clock_iso(int64_t ms, char out[CLOCK_ISO_LEN]);
/* "Sat, 21 Nov 2026 08:00:00 +0000" (RFC 5322, 3.3) */
enum { CLOCK_MAIL_LEN = 64 };
char *clock_mail(int64_t ms, char out[CLOCK_MAIL_LEN]);
