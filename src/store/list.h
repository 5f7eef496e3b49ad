/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists by cursor: newest first, one page at a time, found by index.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct page {
	int64_t after;  /* older than this id; 0: from the newest */
	int64_t before; /* or newer than this id, the nearest; 0: not asked */
	int limit;
};

struct list {
	void *items; /* array of the listed struct, newest first */
	int n;
	bool has_more; /* in the direction asked for */
};
