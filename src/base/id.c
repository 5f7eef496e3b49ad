/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "base/id.h"

#include <ctype.h>
#include <string.h>

enum { COUNTER_BITS = 12, NODE_BITS = 9, LOW_BITS = COUNTER_BITS + NODE_BITS };
enum { CHECK_BITS = 27, N_BYTES = 12 };

int64_t
id_next(struct id_source *s, int64_t now_ms)
{
	int64_t fresh = now_ms << LOW_BITS | s->node;
	/* One counter step is 1 << NODE_BITS; a full counter runs over into
	 * the milliseconds, which is what we want. */
	int64_t after = ((s->last >> NODE_BITS) + 1) << NODE_BITS | s->node;
	s->last = fresh > after ? fresh : after;
	return s->last;
}

int64_t
id_time_ms(int64_t id)
{
	return id >> LOW_BITS;
}

int64_t
id_at_ms(int64_t ms)
{
	return ms << LOW_BITS;
}

/* The low bits of the public form: any change of the id changes them. */
static uint64_t
check_bits(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	x ^= x >> 31;
	return x >> (64 - CHECK_BITS);
}

static void
to_bytes(int64_t id, unsigned char b[N_BYTES])
{
	uint64_t n = (uint64_t)id;
	uint64_t high = n >> LOW_BITS;
	uint64_t low =
	    (n & ((1u << LOW_BITS) - 1)) << CHECK_BITS | check_bits(n);
	for (int i = 5; i >= 0; i--, high >>= 8, low >>= 8) {
		b[i] = (unsigned char)high;
		b[i + 6] = (unsigned char)low;
	}
}

static int
from_bytes(const unsigned char b[N_BYTES], int64_t *id_r)
{
	uint64_t high = 0, low = 0;
	for (int i = 0; i < 6; i++) {
		high = high << 8 | b[i];
		low = low << 8 | b[i + 6];
	}
	uint64_t n = high << LOW_BITS | low >> CHECK_BITS;
	if (high >> 42 != 0 || n == 0 ||
	    check_bits(n) != (low & ((1u << CHECK_BITS) - 1)))
		return 0;
	*id_r = (int64_t)n;
	return 1;
}

static void
hex_out(const unsigned char *b, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		*out++ = digits[b[i] >> 4];
		*out++ = digits[b[i] & 15];
	}
	*out = '\0';
}

/* Value of a hex digit, -1 if it is none. */
static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *
id_hex(int64_t id, char out[ID_HEX_LEN])
{
	unsigned char b[N_BYTES];
	to_bytes(id, b);
	hex_out(b, sizeof(b), out);
	return out;
}

char *
id_uuid(int64_t id, char out[ID_UUID_LEN])
{
	unsigned char b[N_BYTES], u[16] = { 0 };
	char hex[33];
	to_bytes(id, b);
	memcpy(u, b, 6);
	/* 48 bits left: 12 behind the version, 36 behind the variant. */
	u[6] = (unsigned char)(0x80 | b[6] >> 4);
	u[7] = (unsigned char)(b[6] << 4 | b[7] >> 4);
	u[8] = (unsigned char)(0x80 | (b[7] & 15) << 2 | b[8] >> 6);
	for (int i = 8; i < 11; i++)
		u[i + 1] = (unsigned char)(b[i] << 2 | b[i + 1] >> 6);
	u[12] = (unsigned char)(b[11] << 2);
	hex_out(u, sizeof(u), hex);
	for (int i = 0, o = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			out[o++] = '-';
		out[o++] = hex[i];
		out[o] = '\0';
	}
	return out;
}

int
id_from_hex(const char *s, int64_t *id_r)
{
	unsigned char b[N_BYTES];
	if (strlen(s) != 2 * N_BYTES)
		return -1;
	for (int i = 0; i < N_BYTES; i++) {
		int h = hex_digit(s[2 * i]), l = hex_digit(s[2 * i + 1]);
		if (h < 0 || l < 0)
			return -1;
		b[i] = (unsigned char)(h << 4 | l);
	}
	return from_bytes(b, id_r);
}

int
id_from_uuid(const char *s, int64_t *id_r)
{
	unsigned char u[16], b[N_BYTES];
	char again[ID_UUID_LEN];
	int n = 0;
	if (strlen(s) != ID_UUID_LEN - 1)
		return -1;
	for (int i = 0; i < ID_UUID_LEN - 1; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (s[i] != '-')
				return -1;
			continue;
		}
		int d = hex_digit(s[i]);
		if (d < 0)
			return -1;
		u[n / 2] = (unsigned char)(n % 2 ? u[n / 2] | d : d << 4);
		n++;
	}
	memcpy(b, u, 6);
	b[6] = (unsigned char)(u[6] << 4 | u[7] >> 4);
	b[7] = (unsigned char)(u[7] << 4 | (u[8] >> 2 & 15));
	for (int i = 8; i < 12; i++)
		b[i] = (unsigned char)(u[i] << 6 | u[i + 1] >> 2);
	if (from_bytes(b, id_r) != 1)
		return 0;
	/* Version, variant and the zero tail must be ours as well. */
	id_uuid(*id_r, again);
	for (int i = 0; i < ID_UUID_LEN - 1; i++)
		if (tolower((unsigned char)s[i]) != again[i])
			return 0;
	return 1;
}
