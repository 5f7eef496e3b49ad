/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "conf/place.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LABEL_MAX = 63, URL_MAX = 255 };

/* ASCII only, whatever the locale says. */
static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

bool
place_is_domain(const char *text)
{
	const char *p = text;
	if (strlen(text) >= PLACE_HOST_LEN)
		return false;
	for (;;) {
		size_t n = strcspn(p, ".");
		if (n < 1 || n > LABEL_MAX || p[0] == '-' || p[n - 1] == '-')
			return false;
		for (size_t i = 0; i < n; i++)
			if (!is_alnum(p[i]) && p[i] != '-')
				return false;
		if (p[n] == '\0')
			return true;
		p += n + 1;
	}
}

/* 1 to 65535 in decimal digits. */
static bool
is_port(const char *text, size_t n)
{
	return n >= 1 && n <= 5 && strspn(text, "0123456789") >= n &&
	    atoi(text) >= 1 && atoi(text) <= 65535;
}

bool
place_is_address(const char *text)
{
	char host[INET6_ADDRSTRLEN + 2];
	unsigned char bits[sizeof(struct in6_addr)];
	const char *colon = strrchr(text, ':');
	size_t n = colon == NULL ? 0 : (size_t)(colon - text);
	if (n == 0 || n >= sizeof(host) ||
	    !is_port(colon + 1, strlen(colon + 1)))
		return false;
	memcpy(host, text, n);
	host[n] = '\0';
	if (host[0] != '[' || host[n - 1] != ']')
		return inet_pton(AF_INET, host, bits) == 1;
	host[n - 1] = '\0';
	return inet_pton(AF_INET6, host + 1, bits) == 1;
}

bool
place_is_loopback(const char *host)
{
	struct in_addr v4;
	struct in6_addr v6;
	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* True if every character may stand in a URL that gets a path appended. */
static bool
is_url_text(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"'<>\\^`|@?#{}", *p))
			return false;
	return strlen(text) <= URL_MAX;
}

/* Cuts "[v6]" or a name or IPv4 address off the front; 0 if malformed. */
static size_t
host_cut(const char *text, char host[PLACE_HOST_LEN])
{
	struct in6_addr v6;
	if (text[0] == '[') {
		size_t n = strcspn(text, "]");
		if (text[n] != ']' || n > INET6_ADDRSTRLEN)
			return 0;
		memcpy(host, text + 1, n - 1);
		host[n - 1] = '\0';
		return inet_pton(AF_INET6, host, &v6) == 1 ? n + 1 : 0;
	}
	size_t n = strcspn(text, ":/");
	if (n >= PLACE_HOST_LEN)
		return 0;
	memcpy(host, text, n);
	host[n] = '\0';
	return place_is_domain(host) ? n : 0;
}

bool
place_url_host(const char *url, char host[PLACE_HOST_LEN], bool *is_https_r)
{
	*is_https_r = strncasecmp(url, "https://", 8) == 0;
	if (!is_url_text(url) ||
	    (!*is_https_r && strncasecmp(url, "http://", 7) != 0))
		return false;
	const char *p = url + (*is_https_r ? 8 : 7);
	size_t n = host_cut(p, host);
	if (n == 0)
		return false;
	p += n;
	if (*p == ':') {
		n = strcspn(p + 1, "/");
		if (!is_port(p + 1, n))
			return false;
		p += 1 + n;
	}
	return *p == '\0' || *p == '/';
}
