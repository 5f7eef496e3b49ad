/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "base/encode.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"

void
random_bytes(void *p, size_t n)
{
	if (RAND_bytes(p, (int)n) != 1)
		fatal("no random bytes to be had");
}

void
sha256(const void *p, size_t n, unsigned char out[SHA256_LEN])
{
	if (EVP_Digest(p, n, out, NULL, EVP_sha256(), NULL) != 1)
		fatal("SHA-256 failed");
}

struct sha256_sum {
	EVP_MD_CTX *context;
};

struct sha256_sum *
sha256_begin(void)
{
	struct sha256_sum *s = xcalloc(1, sizeof(*s));
	s->context = EVP_MD_CTX_new();
	if (s->context == NULL ||
	    EVP_DigestInit_ex(s->context, EVP_sha256(), NULL) != 1)
		fatal("SHA-256 failed");
	return s;
}

void
sha256_add(struct sha256_sum *s, const void *p, size_t n)
{
	if (EVP_DigestUpdate(s->context, p, n) != 1)
		fatal("SHA-256 failed");
}

void
sha256_end(struct sha256_sum *s, unsigned char out[SHA256_LEN])
{
	if (EVP_DigestFinal_ex(s->context, out, NULL) != 1)
		fatal("SHA-256 failed");
}

void
sha256_free(struct sha256_sum *s)
{
	if (s == NULL)
		return;
	EVP_MD_CTX_free(s->context);
	free(s);
}

void
hmac_sha256(const void *key, size_t key_len, const void *p, size_t n,
    unsigned char out[SHA256_LEN])
{
	if (HMAC(EVP_sha256(), key, (int)key_len, p, n, out, NULL) == NULL)
		fatal("HMAC-SHA-256 failed");
}

bool
equal_secret(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

/* Writes n bytes as digits of the given width from the alphabet. */
static size_t
digits_encode(const void *data, size_t n, char *out, unsigned width,
    const char *alphabet)
{
	const unsigned char *p = data;
	uint32_t acc = 0, mask = (1u << width) - 1;
	unsigned bits = 0;
	size_t o = 0;
	for (size_t i = 0; i < n; i++) {
		acc = acc << 8 | p[i];
		for (bits += 8; bits >= width; bits -= width)
			out[o++] = alphabet[acc >> (bits - width) & mask];
	}
	if (bits > 0)
		out[o++] = alphabet[acc << (width - bits) & mask];
	out[o] = '\0';
	return o;
}

/* The opposite; value() says what a digit is worth, -1 for none. */
static int
digits_decode(const char *s, size_t n, void *out, size_t room, unsigned width,
    int (*value)(char))
{
	unsigned char *to = out;
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t o = 0;
	for (size_t i = 0; i < n; i++) {
		int v = value(s[i]);
		if (v < 0)
			return -1;
		acc = acc << width | (uint32_t)v;
		bits += width;
		if (bits >= 8) {
			bits -= 8;
			if (o == room)
				return -1;
			to[o++] = (unsigned char)(acc >> bits);
		}
	}
	/* The rest must be shorter than a digit and zero: one text per value.
	 */
	if (bits >= width || (acc & ((1u << bits) - 1)) != 0)
		return -1;
	return (int)o;
}

static const char base32_alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int
base32_value(char c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

static int
base64_value(char c)
{
	const char *at = c == '\0' ? NULL : strchr(base64_alphabet, c);
	return at == NULL ? -1 : (int)(at - base64_alphabet);
}

size_t
base32_encode(const void *p, size_t n, char *out)
{
	return digits_encode(p, n, out, 5, base32_alphabet);
}

int
base32_decode(const char *s, size_t n, void *out, size_t room)
{
	return digits_decode(s, n, out, room, 5, base32_value);
}

size_t
base64url_encode(const void *p, size_t n, char *out)
{
	return digits_encode(p, n, out, 6, base64_alphabet);
}

int
base64url_decode(const char *s, size_t n, void *out, size_t room)
{
	return digits_decode(s, n, out, room, 6, base64_value);
}

size_t
base64_encode(const void *p, size_t n, char *out)
{
	return (size_t)EVP_EncodeBlock((unsigned char *)out, p, (int)n);
}

/* What each character of base64 is worth; 64 for what may stand between them,
 * 65 for "=", 66 for anything else. */
static void
base64_table(unsigned char table[256])
{
	memset(table, 66, 256);
	for (int i = 0; i < 62; i++)
		table[(unsigned char)base64_alphabet[i]] = (unsigned char)i;
	table['+'] = 62;
	table['/'] = 63;
	table[' '] = table['\t'] = table['\r'] = table['\n'] = 64;
	table['='] = 65;
}

int64_t
base64_decode(const char *s, size_t n, void *out)
{
	unsigned char table[256], *to = out;
	uint32_t acc = 0;
	size_t digits = 0, pads = 0;
	base64_table(table);
	for (size_t i = 0; i < n; i++) {
		unsigned char v = table[(unsigned char)s[i]];
		if (v == 64)
			continue;
		if (v == 66 || (v < 64 && pads > 0))
			return -1;
		if (v == 65) {
			pads++;
			continue;
		}
		acc = acc << 6 | v;
		if (++digits % 4 == 0) {
			*to++ = (unsigned char)(acc >> 16);
			*to++ = (unsigned char)(acc >> 8);
			*to++ = (unsigned char)acc;
		}
	}
	size_t rest = digits % 4;
	if (rest == 1 || (pads > 0 && (rest == 0 || rest + pads != 4)))
		return -1;
	if (rest >= 2)
		*to++ = (unsigned char)(acc >> (rest == 2 ? 4 : 10));
	if (rest == 3)
		*to++ = (unsigned char)(acc >> 2);
	return to - (unsigned char *)out;
}

void
hex_encode(const void *data, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = data;
	for (size_t i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

size_t
percent_put(struct buf *b, unsigned char c)
{
	if (isalnum(c) || (c != '\0' && strchr("-._~", c) != NULL)) {
		buf_char(b, (char)c);
		return 1;
	}
	buf_printf(b, "%%%02X", c);
	return 3;
}
