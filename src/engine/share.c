/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/share.h"

#include "base/clock.h"
#include "store/store.h"

struct share
share_begin(struct txn *t, int64_t us)
{
	int64_t now = clock_mono_us();
	return (struct share){ .txn = t,
		.least_us = now + us / 4,
		.until_us = now + us };
}

bool
share_is_over(const struct share *s)
{
	int64_t now = clock_mono_us();
	return now > s->until_us ||
	    (now > s->least_us && txn_is_awaited(s->txn));
}
