/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Long work shares the writer with whoever asks for something: it goes on for
 * its share of a batch, and for less when works wait for the next one.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct txn;

struct share {
	struct txn *txn;
	int64_t least_us, until_us; /* moments */
};

/* A share of that many microseconds begins now; a quarter of it is had even
 * when somebody waits. */
struct share share_begin(struct txn *, int64_t us);
bool share_is_over(const struct share *);
