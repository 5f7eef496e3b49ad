/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signing keys as token.c uses them; of this room only.
 */
#pragma once

#include "base/defs.h"

enum { KID_MAX = 8, KEY_MIN = 32, KEY_MAX = 64, KEYS_MAX = 32 };

struct token_key {
	char kid[KID_MAX + 1];
	unsigned char bytes[KEY_MAX];
	size_t len;
};

struct token_keys {
	int n; /* at least 1 */
	struct token_key list[KEYS_MAX];
};

/* The key of that id, NULL if it is not listed. */
const struct token_key *token_keys_find(const struct token_keys *,
    const char *kid, size_t n);
