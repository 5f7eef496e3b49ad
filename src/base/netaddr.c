/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "base/netaddr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* A network: its first bytes, and how many bits of them count. */
struct net {
	unsigned char bytes[16];
	int bits;
};

/* Of IPv4, those that are not the Internet's. */
static const struct net closed4[] = {
	{ { 0 }, 8 },             /* this network */
	{ { 10 }, 8 },            /* private */
	{ { 100, 64 }, 10 },      /* shared by a carrier's customers */
	{ { 127 }, 8 },           /* loopback */
	{ { 169, 254 }, 16 },     /* link-local */
	{ { 172, 16 }, 12 },      /* private */
	{ { 192, 0, 0 }, 24 },    /* protocols */
	{ { 192, 0, 2 }, 24 },    /* documents */
	{ { 192, 88, 99 }, 24 },  /* 6to4 relays, given up */
	{ { 192, 168 }, 16 },     /* private */
	{ { 198, 18 }, 15 },      /* benchmarks */
	{ { 198, 51, 100 }, 24 }, /* documents */
	{ { 203, 0, 113 }, 24 },  /* documents */
	{ { 224 }, 4 },           /* multicast */
	{ { 240 }, 4 },           /* reserved, broadcast */
};

/* Of IPv6 only 2000::/3 is given out; of that, these are not the Internet's. */
static const struct net open6 = { { 0x20 }, 3 };
static const struct net closed6[] = {
	{ { 0x20, 0x01, 0x00, 0x00 }, 23 }, /* protocols, Teredo */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documents */
	{ { 0x3f, 0xff }, 20 },             /* documents */
};

/* Of IPv6, those that hold an address of IPv4, and at which byte. */
static const struct {
	struct net net;
	int at;
} holders[] = {
	{ { { [10] = 0xff, [11] = 0xff }, 96 }, 12 }, /* mapped */
	{ { { 0x00, 0x64, 0xff, 0x9b }, 96 }, 12 },   /* translated */
	{ { { 0x20, 0x02 }, 16 }, 2 },                /* 6to4 */
};

static bool
is_in(const unsigned char *address, const struct net *n)
{
	int whole = n->bits / 8, rest = n->bits % 8;
	if (memcmp(address, n->bytes, (size_t)whole) != 0)
		return false;
	return rest == 0 ||
	    (address[whole] ^ n->bytes[whole]) >> (8 - rest) == 0;
}

static bool
is_public4(const unsigned char *address)
{
	for (size_t i = 0; i < N_OF(closed4); i++)
		if (is_in(address, &closed4[i]))
			return false;
	return true;
}

static bool
is_public6(const unsigned char *address)
{
	for (size_t i = 0; i < N_OF(holders); i++)
		if (is_in(address, &holders[i].net))
			return is_public4(address + holders[i].at);
	for (size_t i = 0; i < N_OF(closed6); i++)
		if (is_in(address, &closed6[i]))
			return false;
	return is_in(address, &open6);
}

bool
netaddr_is_public(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET)
		return is_public4(
		    (const unsigned char *)&((const struct sockaddr_in *)a)
			->sin_addr);
	if (a->sa_family == AF_INET6)
		return is_public6(
		    ((const struct sockaddr_in6 *)a)->sin6_addr.s6_addr);
	return false;
}

int
netaddr_read(const char *host, bool *public_r)
{
	char bare[INET6_ADDRSTRLEN];
	unsigned char address[16];
	size_t n = strlen(host);
	if (host[0] == '[' && host[n - 1] == ']')
		host++, n -= 2;
	if (n >= sizeof(bare))
		return 0;
	memcpy(bare, host, n);
	bare[n] = '\0';
	if (inet_pton(AF_INET, bare, address) == 1) {
		*public_r = is_public4(address);
		return 1;
	}
	if (inet_pton(AF_INET6, bare, address) != 1)
		return 0;
	*public_r = is_public6(address);
	return 1;
}

const char *
netaddr_text(const struct sockaddr *a, char out[NETADDR_LEN])
{
	const void *address = a->sa_family == AF_INET
	    ? (const void *)&((const struct sockaddr_in *)a)->sin_addr
	    : (const void *)&((const struct sockaddr_in6 *)a)->sin6_addr;
	if (inet_ntop(a->sa_family, address, out, NETADDR_LEN) == NULL)
		snprintf(out, NETADDR_LEN, "family %d", a->sa_family);
	return out;
}
