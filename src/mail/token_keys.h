/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signing keys as token.c uses them; of this room only.
 */
#pragma once

#include "base/defs.h"

struct fault;

enum {
	KID_MAX = 8,
	KEY_MIN = 32,
	KEY_MAX = 64,
	KEYS_MAX = 32,
	KEY_FILE_MAX = 64 << 10
};

struct token_key {
	char kid[KID_MAX + 1];
	unsigned char bytes[KEY_MAX];
	size_t len;
};

struct token_keys {
	int n; /* at least 1 */
	struct token_key list[KEYS_MAX];
};

/* What a key file is in a sentence. */
#define KEY_FILE_WHAT "the signing keys"

/* Adds the keys of the file's text, which is changed by it. 0 or -1 */
int token_keys_parse(struct token_keys *, const char *path, char *text,
    struct fault *fault_r);
/* Makes a key file with one key, unless there is one by then. 0 or -1 */
int token_keys_make(const char *path, struct fault *fault_r);
/* The key of that id, NULL if it is not listed. */
const struct token_key *token_keys_find(const struct token_keys *,
    const char *kid, size_t n);
