/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Long readings in short calls: each does a slice and says where the next one
 * begins, so that no snapshot of the store lives long.
 */
#pragma once

#include "api/call.h"

enum { CURSOR_NUMBERS_MAX = 5 };

/* Where a slice begins: what the query's cursor says, all zero without one. */
struct cursor {
	int64_t n[CURSOR_NUMBERS_MAX];
};

/* A parse(): c->input becomes a struct cursor. 0 or -1. */
int cursor_parse(struct call *, struct fault *fault_r);
/* As the query takes it. */
json_t *cursor_json(const struct cursor *);

/* True once a slice that began then has taken long enough. */
bool slice_is_over(int64_t began_us);
