/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes as text, random bytes, SHA-256 and HMAC-SHA-256 (OpenSSL's).
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct buf;

enum { SHA256_LEN = 32 };

void random_bytes(void *, size_t);
void sha256(const void *, size_t, unsigned char out[SHA256_LEN]);
/* The same of what comes in pieces; NULL is fine for sha256_free(). */
struct sha256_sum;
struct sha256_sum *sha256_begin(void);
void sha256_add(struct sha256_sum *, const void *, size_t);
void sha256_end(struct sha256_sum *, unsigned char out[SHA256_LEN]);
void sha256_free(struct sha256_sum *);
void hmac_sha256(const void *key, size_t key_len, const void *, size_t,
    unsigned char out[SHA256_LEN]);
/* In time that does not depend on the content. */
bool equal_secret(const void *, const void *, size_t);

/* Lower-case base32 (a-z2-7) without padding; out holds n * 8 / 5 + 2. */
size_t base32_encode(const void *, size_t n, char *out);
/* Decodes either case. Length, or -1 if malformed or not canonical. */
int base32_decode(const char *, size_t n, void *out, size_t room);
/* URL-safe base64 without padding; out holds n * 4 / 3 + 4. */
size_t base64url_encode(const void *, size_t n, char *out);
int base64url_decode(const char *, size_t n, void *out, size_t room);
/* Base64 in one piece, padded; out holds BASE64_LEN(n). How long it is. */
#define BASE64_LEN(n) (((n) + 2) / 3 * 4 + 1)
size_t base64_encode(const void *, size_t n, char *out);
/* Decodes it, blanks and line ends passed over, with padding or without; out
 * holds n / 4 * 3 + 3. Length, or -1 if it is not base64. */
int64_t base64_decode(const char *, size_t n, void *out);
void hex_encode(const void *, size_t n, char *out);
/* Appends a byte as it may stand anywhere in a URL, and in a parameter as RFC
 * 2231 writes it; how many characters that were. */
size_t percent_put(struct buf *, unsigned char);
