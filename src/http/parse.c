/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The request head is read line by line: a line is looked at once, when its
 * end is here. Every refusal depends only on the bytes up to one place, which
 * makes the outcome the same for every cut of the input.
 */
#include "http/parse.h"

#include <string.h>
#include <strings.h>

enum { TOKEN = 1, VALUE = 2, TARGET = 4 };

/* Which characters may stand in a token (RFC 9110, 5.6.2), in a field value,
 * in a request target (all that is visible but '#', and UTF-8 sent raw). */
static const unsigned char class_of[256] = {
	['\t'] = VALUE,
	[' '] = VALUE,
	['!'] = TOKEN | VALUE | TARGET,
	['"'] = VALUE | TARGET,
	['#'] = TOKEN | VALUE,
	['$' ... '\''] = TOKEN | VALUE | TARGET,
	['(' ... ')'] = VALUE | TARGET,
	['*' ... '+'] = TOKEN | VALUE | TARGET,
	[','] = VALUE | TARGET,
	['-' ... '.'] = TOKEN | VALUE | TARGET,
	['/'] = VALUE | TARGET,
	['0' ... '9'] = TOKEN | VALUE | TARGET,
	[':' ... '@'] = VALUE | TARGET,
	['A' ... 'Z'] = TOKEN | VALUE | TARGET,
	['[' ... ']'] = VALUE | TARGET,
	['^' ... 'z'] = TOKEN | VALUE | TARGET,
	['{'] = VALUE | TARGET,
	['|'] = TOKEN | VALUE | TARGET,
	['}'] = VALUE | TARGET,
	['~'] = TOKEN | VALUE | TARGET,
	[0x80 ... 0xff] = VALUE | TARGET,
};

/* How many of the n bytes from p on are of the class. */
static size_t
span(const char *p, size_t n, unsigned char class)
{
	size_t i = 0;
	while (i < n && (class_of[(unsigned char)p[i]] & class) != 0)
		i++;
	return i;
}

static enum http_parse
bad(struct http_head *h, int status, const char *sentence)
{
	h->status = status;
	h->sentence = sentence;
	return HTTP_PARSE_BAD;
}

void
http_head_init(struct http_head *h)
{
	memset(h, 0, offsetof(struct http_head, fields));
	h->content_length = -1;
}

size_t
http_head_blank(const char *data, size_t len)
{
	size_t n = 0;
	while (n + 1 < len && data[n] == '\r' && data[n + 1] == '\n')
		n += 2;
	return n;
}

/* The method's length, or 0 when the line cannot begin with one. */
static size_t
method_length(const char *line, size_t len)
{
	size_t n = span(line, len, TOKEN);
	if (n > HTTP_METHOD_MAX || n == 0 || (n < len && line[n] != ' '))
		return 0;
	return n;
}

/* Understands "HTTP/1.x"; another major version is 505. */
static enum http_parse
version_parse(struct http_head *h, const char *p, size_t len)
{
	if (len != 8 || memcmp(p, "HTTP/", 5) != 0 || p[5] < '0' ||
	    p[5] > '9' || p[6] != '.' || p[7] < '0' || p[7] > '9')
		return bad(h, 400, "The request line is malformed.");
	if (p[5] != '1')
		return bad(h, 505, "Only HTTP/1.1 and HTTP/1.0 are spoken.");
	h->minor = p[7] == '0' ? 0 : 1;
	return HTTP_PARSE_MORE;
}

/*
 * Splits the target, which ends with a NUL that has at least eight bytes of
 * the version behind it, into authority, path and query.
 */
static enum http_parse
target_parse(struct http_head *h, char *data, uint32_t at, size_t len)
{
	char *p = data + at, *query;
	if (len == 1 && p[0] == '*' &&
	    strcmp(data + h->method, "OPTIONS") == 0) {
		h->path = at;
		h->query = at + 1;
		return HTTP_PARSE_MORE;
	}
	size_t scheme = strncasecmp(p, "http://", 7) == 0 ? 7
	    : strncasecmp(p, "https://", 8) == 0          ? 8
							  : 0;
	if (scheme > 0) {
		h->is_absolute = true;
		h->authority = at + (uint32_t)scheme;
		h->authority_len = (uint32_t)strcspn(p + scheme, "/?");
		at = h->authority + h->authority_len;
		if (!http_host_valid(data + h->authority, h->authority_len) ||
		    h->authority_len == 0)
			return bad(h, 400, "The request target is malformed.");
		p = data + at;
		if (p[0] != '/') {
			memmove(p + 1, p, strlen(p) + 1);
			p[0] = '/';
		}
	}
	if (p[0] != '/')
		return bad(h, 400, "The request target is malformed.");
	h->path = at;
	if ((query = strchr(p, '?')) != NULL)
		*query++ = '\0';
	else
		query = p + strlen(p);
	h->query = (uint32_t)(query - data);
	return HTTP_PARSE_MORE;
}

/* The line of len bytes at data + at is "method target version". */
static enum http_parse
request_line(struct http_head *h, char *data, uint32_t at, size_t len)
{
	char *p = data + at;
	size_t method = method_length(p, len);
	if (method == 0 || method == len)
		return bad(h, 400, "The request line is malformed.");
	p += method + 1;
	len -= method + 1;
	size_t target = span(p, len, TARGET);
	if (target == 0 || target == len || p[target] != ' ')
		return bad(h, 400, "The request line is malformed.");
	if (version_parse(h, p + target + 1, len - target - 1) < 0)
		return HTTP_PARSE_BAD;
	h->method = at;
	data[at + method] = '\0';
	if (strcmp(data + at, "CONNECT") == 0)
		return bad(h, 501, "This server is no proxy.");
	p[target] = '\0';
	if (target_parse(h, data, at + (uint32_t)method + 1, target) < 0)
		return HTTP_PARSE_BAD;
	h->has_line = true;
	return HTTP_PARSE_MORE;
}

static enum http_parse
field_host(struct http_head *h, const char *data, uint32_t value)
{
	if (h->has_host)
		return bad(h, 400, "There is more than one Host header.");
	if (!http_host_valid(data + value, strlen(data + value)))
		return bad(h, 400, "The Host header is malformed.");
	h->has_host = true;
	h->host = value;
	return HTTP_PARSE_MORE;
}

/* A second Content-Length is refused also when it says the same. */
static enum http_parse
field_content_length(struct http_head *h, const char *data, uint32_t value)
{
	const char *p = data + value;
	size_t n = strspn(p, "0123456789");
	if (h->content_length >= 0)
		return bad(h, 400, "There is more than one Content-Length.");
	if (n == 0 || n > 18 || p[n] != '\0')
		return bad(h, 400, "The Content-Length is malformed.");
	h->content_length = 0;
	for (size_t i = 0; i < n; i++)
		h->content_length = h->content_length * 10 + (p[i] - '0');
	return HTTP_PARSE_MORE;
}

static enum http_parse
field_transfer_encoding(struct http_head *h, const char *data, uint32_t value)
{
	if (h->is_chunked)
		return bad(h, 400, "There is more than one Transfer-Encoding.");
	if (strcasecmp(data + value, "chunked") != 0)
		return bad(h, 501, "The only Transfer-Encoding is chunked.");
	h->is_chunked = true;
	return HTTP_PARSE_MORE;
}

static enum http_parse
field_connection(struct http_head *h, const char *data, uint32_t value)
{
	const char *p = data + value;
	while (*p != '\0') {
		p += strspn(p, ", \t");
		size_t n = strcspn(p, ", \t");
		if (n == 5 && strncasecmp(p, "close", 5) == 0)
			h->close = true;
		else if (n == 10 && strncasecmp(p, "keep-alive", 10) == 0)
			h->keep_alive = true;
		p += n;
	}
	return HTTP_PARSE_MORE;
}

static enum http_parse
field_expect(struct http_head *h, const char *data, uint32_t value)
{
	if (strcasecmp(data + value, "100-continue") == 0)
		h->expects_continue = true;
	else
		h->expects_other = true;
	return HTTP_PARSE_MORE;
}

/* The fields that decide where a request ends, and a few more. */
static const struct {
	size_t len;
	const char *name;
	enum http_parse (*read)(struct http_head *, const char *, uint32_t);
} known[] = {
	{ 4, "host", field_host },
	{ 6, "expect", field_expect },
	{ 10, "connection", field_connection },
	{ 14, "content-length", field_content_length },
	{ 17, "transfer-encoding", field_transfer_encoding },
};

/* The line of len bytes at data + at, its CR behind it, is "name: value". */
static enum http_parse
field_line(struct http_head *h, char *data, uint32_t at, size_t len)
{
	char *p = data + at;
	size_t name = span(p, len, TOKEN), i;
	if (name == 0 || name == len || p[name] != ':')
		return bad(h, 400, "A header line is malformed.");
	if (h->n_fields == HTTP_FIELDS_MAX)
		return bad(h, 431, "There are too many header fields.");
	i = name + 1;
	while (i < len && (p[i] == ' ' || p[i] == '\t'))
		i++;
	if (span(p + i, len - i, VALUE) != len - i)
		return bad(h, 400, "A header value has a control character.");
	while (len > i && (p[len - 1] == ' ' || p[len - 1] == '\t'))
		len--;
	p[name] = p[len] = '\0';
	uint32_t value = at + (uint32_t)i;
	h->fields[h->n_fields++] = (struct http_field){ .name = at,
		.value = value,
		.name_len = (uint32_t)name };
	for (size_t k = 0; k < N_OF(known); k++)
		if (known[k].len == name && strcasecmp(known[k].name, p) == 0)
			return known[k].read(h, data, value);
	return HTTP_PARSE_MORE;
}

/* The empty line is here: do the fields agree with each other? */
static enum http_parse
head_end(struct http_head *h)
{
	if (h->minor > 0 && !h->has_host)
		return bad(h, 400, "The Host header is missing.");
	if (h->is_chunked && h->minor == 0)
		return bad(h, 400, "HTTP/1.0 has no Transfer-Encoding.");
	if (h->is_chunked && h->content_length >= 0)
		return bad(h, 400,
		    "There are both Content-Length and Transfer-Encoding.");
	if (h->minor == 0)
		h->expects_continue = h->expects_other = false;
	return HTTP_PARSE_DONE;
}

/* What can be said of a line before its end is here. */
static enum http_parse
line_unfinished(struct http_head *h, const char *data, size_t len, size_t max)
{
	if (!h->has_line && len > h->line &&
	    method_length(data + h->line, len - h->line) == 0)
		return bad(h, 400, "The request line is malformed.");
	if (len < max)
		return HTTP_PARSE_MORE;
	return h->has_line ? bad(h, 431, "The header is too long.")
			   : bad(h, 414, "The request target is too long.");
}

enum http_parse
http_head_feed(struct http_head *h, char *data, size_t len, size_t max)
{
	for (;;) {
		size_t from = h->scanned, seen = len < max ? len : max;
		char *lf =
		    from < seen ? memchr(data + from, '\n', seen - from) : NULL;
		if (lf == NULL) {
			h->scanned = (uint32_t)seen;
			return line_unfinished(h, data, seen, max);
		}
		uint32_t at = h->line, end = (uint32_t)(lf - data);
		h->line = h->scanned = end + 1;
		if (end == at || data[end - 1] != '\r')
			return bad(h, 400, "A line does not end with CR LF.");
		size_t n = end - 1 - at;
		enum http_parse p = !h->has_line ? request_line(h, data, at, n)
		    : n == 0                     ? head_end(h)
						 : field_line(h, data, at, n);
		if (p != HTTP_PARSE_MORE)
			return p;
	}
}
