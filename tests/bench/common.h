/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the programs behind "make bench" agree on: who the contacts of a filled
 * database are, in which order a load goes through them, and what an event
 * carries. events.lua says the same to wrk.
 */
#pragma once

#include <stdint.h>

#define BENCH_EMAIL   "user%07lld@bench.example"
#define BENCH_PAYLOAD "{\"plan\":\"pro\",\"amount\":4200,\"n\":1%07lld}"

/* Who is imported: a column each. */
#define BENCH_NEW_EMAIL "new%07lld@import.example"
#define BENCH_NEW_NAME  "New %lld"

enum { BENCH_STRIDE = 617039 };

/* The contact of a load's i-th event: each comes once before any comes again,
 * and neighbours in time are far apart in every index. */
static inline int64_t
bench_contact(int64_t i, int64_t n_contacts)
{
	return i * BENCH_STRIDE % n_contacts;
}
