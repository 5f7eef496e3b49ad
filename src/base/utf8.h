/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What we ask of text: valid UTF-8, and which characters it may hold.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

/* True if the n bytes are valid UTF-8 (no surrogates, no overlong forms). */
bool utf8_valid(const char *, size_t n);
/* How many of the n bytes, from the first, are valid UTF-8. */
size_t utf8_valid_prefix(const char *, size_t n);
/* True if the valid UTF-8 text holds a control character: C0, DEL, C1, or the
 * line separators U+2028 and U+2029. */
bool utf8_has_control(const char *, size_t n);
/* Cuts an incomplete sequence off the end of a truncated string and replaces
 * other invalid bytes by '?'. */
void utf8_trim(char *);
/* Decodes one character of valid text and moves *p behind it. */
uint32_t utf8_next(const char **p);
/* Writes one character, returns its length (1 to 4). */
int utf8_put(uint32_t c, char out[4]);
/* True for characters that show nothing and can hide or turn what stands
 * beside them: zero-width marks, soft hyphen, bidirectional controls, tags. */
bool utf8_is_invisible(uint32_t c);
