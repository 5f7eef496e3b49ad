/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parts of a target: escapes, query, host.
 */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "http/parse.h"

int
http_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t
http_unescape(const char *in, size_t n, bool plus_is_blank, char *out)
{
	size_t len = 0;
	for (size_t i = 0; i < n; i++) {
		char c = in[i];
		if (c == '%' && i + 2 < n && http_hex_digit(in[i + 1]) >= 0 &&
		    http_hex_digit(in[i + 2]) >= 0) {
			c = (char)(http_hex_digit(in[i + 1]) << 4 |
			    http_hex_digit(in[i + 2]));
			i += 2;
		} else if (c == '+' && plus_is_blank) {
			c = ' ';
		}
		out[len++] = c;
	}
	return len;
}

bool
http_text_valid(const char *p, size_t n)
{
	return memchr(p, '\0', n) == NULL && utf8_valid(p, n);
}

bool
http_query_valid(const char *query, char *scratch)
{
	while (*query != '\0') {
		size_t n = strcspn(query, "&=");
		size_t len = http_unescape(query, n, true, scratch);
		if (!http_text_valid(scratch, len))
			return false;
		query += n;
		query += *query != '\0';
	}
	return true;
}

bool
http_host_valid(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)p[i] <= ' ' || (unsigned char)p[i] >= 0x7f ||
		    strchr("/\\?#@\"<>^`{|}", p[i]) != NULL)
			return false;
	return true;
}

/* True if the text is one of the NULL-ended names, or localhost. */
static bool
name_is_ours(const char *host, const char *const *names)
{
	if (strcasecmp(host, "localhost") == 0)
		return true;
	for (; names != NULL && *names != NULL; names++)
		if (strcasecmp(host, *names) == 0)
			return true;
	return false;
}

/* Cuts ":port" off; false if what stands there is no port. */
static bool
port_cut(char *colon)
{
	size_t n = strspn(colon + 1, "0123456789");
	bool good = n >= 1 && n <= 5 && colon[1 + n] == '\0';
	*colon = '\0';
	return good;
}

bool
http_host_is_ours(const char *p, size_t len, const char *const *names)
{
	char host[256], *end;
	struct in6_addr a6;
	struct in_addr a4;
	if (len == 0 || len >= sizeof(host))
		return false;
	memcpy(host, p, len);
	host[len] = '\0';
	if (host[0] == '[') {
		if ((end = strchr(host, ']')) == NULL ||
		    (end[1] != '\0' && (end[1] != ':' || !port_cut(end + 1))))
			return false;
		*end = '\0';
		return inet_pton(AF_INET6, host + 1, &a6) == 1;
	}
	if ((end = strchr(host, ':')) != NULL && !port_cut(end))
		return false;
	return inet_pton(AF_INET, host, &a4) == 1 || name_is_ours(host, names);
}
