/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "base/netaddr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/tap.h"

static const struct {
	const char *text;
	bool is_public;
} addresses[] = {
	{ "0.0.0.0", false },
	{ "0.255.255.255", false },
	{ "1.0.0.0", true },
	{ "8.8.8.8", true },
	{ "9.255.255.255", true },
	{ "10.0.0.0", false },
	{ "10.255.255.255", false },
	{ "11.0.0.0", true },
	{ "100.63.255.255", true },
	{ "100.64.0.0", false },
	{ "100.127.255.255", false },
	{ "100.128.0.0", true },
	{ "126.255.255.255", true },
	{ "127.0.0.1", false },
	{ "127.255.255.255", false },
	{ "128.0.0.0", true },
	{ "169.253.255.255", true },
	{ "169.254.169.254", false },
	{ "169.255.0.0", true },
	{ "172.15.255.255", true },
	{ "172.16.0.0", false },
	{ "172.31.255.255", false },
	{ "172.32.0.0", true },
	{ "192.0.0.1", false },
	{ "192.0.1.1", true },
	{ "192.0.2.1", false },
	{ "192.88.99.1", false },
	{ "192.167.255.255", true },
	{ "192.168.0.0", false },
	{ "192.168.255.255", false },
	{ "192.169.0.0", true },
	{ "198.17.255.255", true },
	{ "198.18.0.0", false },
	{ "198.19.255.255", false },
	{ "198.20.0.0", true },
	{ "198.51.100.7", false },
	{ "203.0.113.7", false },
	{ "223.255.255.255", true },
	{ "224.0.0.1", false },
	{ "239.255.255.255", false },
	{ "240.0.0.1", false },
	{ "255.255.255.255", false },
	{ "::", false },
	{ "::1", false },
	{ "::8.8.8.8", false },
	{ "::ffff:8.8.8.8", true },
	{ "::ffff:127.0.0.1", false },
	{ "::ffff:10.1.2.3", false },
	{ "64:ff9b::8.8.8.8", true },
	{ "64:ff9b::192.168.1.1", false },
	{ "64:ff9b:1::1", false },
	{ "100::1", false },
	{ "2001::1", false },
	{ "2001:1ff:ffff::1", false },
	{ "2001:200::1", true },
	{ "2001:db8::1", false },
	{ "2001:4860:4860::8888", true },
	{ "2002:808:808::1", true },
	{ "2002:7f00:1::1", false },
	{ "2002:c0a8:101::1", false },
	{ "2a00:1450::1", true },
	{ "3fff:0:0:1::1", false },
	{ "3fff:1000::1", true },
	{ "4000::1", false },
	{ "fbff::1", false },
	{ "fc00::1", false },
	{ "fdff::1", false },
	{ "fe80::1", false },
	{ "febf::1", false },
	{ "fec0::1", false },
	{ "ff02::1", false },
};

/* The address as a socket has it. */
static void
make(const char *text, struct sockaddr_storage *ss)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ss;
	memset(ss, 0, sizeof(*ss));
	ss->ss_family = AF_INET;
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
		return;
	ss->ss_family = AF_INET6;
	inet_pton(AF_INET6, text, &v6->sin6_addr);
}

static void
test_sockets(void)
{
	struct sockaddr_storage ss;
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char text[NETADDR_LEN];
	for (size_t i = 0; i < N_OF(addresses); i++) {
		make(addresses[i].text, &ss);
		ok(netaddr_is_public((struct sockaddr *)&ss) ==
			addresses[i].is_public,
		    "%s is %s", addresses[i].text,
		    addresses[i].is_public ? "public" : "not public");
	}
	ok(!netaddr_is_public((struct sockaddr *)&sun),
	    "a Unix socket is not public");
	make("2001:db8::1", &ss);
	is(netaddr_text((struct sockaddr *)&ss, text), "2001:db8::1",
	    "an address as text");
	make("127.0.0.1", &ss);
	is(netaddr_text((struct sockaddr *)&ss, text), "127.0.0.1",
	    "and one of IPv4");
}

static void
test_hosts(void)
{
	bool is_public = false;
	for (size_t i = 0; i < N_OF(addresses); i++)
		ok(netaddr_read(addresses[i].text, &is_public) == 1 &&
			is_public == addresses[i].is_public,
		    "the host %s", addresses[i].text);
	ok(netaddr_read("[::1]", &is_public) == 1 && !is_public,
	    "brackets are taken off");
	ok(netaddr_read("[2a00::1]", &is_public) == 1 && is_public,
	    "of a public one, too");
	static const char *const names[] = { "", "[", "[]", "a.example",
		"127.0.0.1.example", "1.2.3", "[::1", "::1]",
		"0000000000000000000000000000000000000000000000000001" };
	for (size_t i = 0; i < N_OF(names); i++)
		is_int(netaddr_read(names[i], &is_public), 0, names[i]);
}

int
main(void)
{
	test_sockets();
	test_hosts();
	return tap_done();
}
