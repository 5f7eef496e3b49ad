/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The grammar of requests, without a socket: what is understood, what is
 * refused and how, and that no cut of the input changes either.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "http/parse.h"
#include "tests/tap.h"

#define LINE "GET / HTTP/1.1\r\n"
#define HOST "Host: a\r\n"

/* A head and the status it must be refused with; 0: it is understood. */
static const struct {
	const char *what;
	int status;
	const char *head;
} heads[] = {
	{ "a plain request", 0, LINE HOST "\r\n" },
	{ "HTTP/1.0 without Host", 0, "GET / HTTP/1.0\r\n\r\n" },
	{ "a later minor version", 0, "GET / HTTP/1.9\r\n" HOST "\r\n" },
	{ "a method of 20 characters", 0,
	    "ABCDEFGHIJKLMNOPQRST / HTTP/1.1\r\n" HOST "\r\n" },
	{ "OPTIONS *", 0, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n" },
	{ "an absolute target", 0,
	    "GET http://a:8025/x?y HTTP/1.1\r\n" HOST "\r\n" },
	{ "an empty header value", 0, LINE HOST "X:\r\nY: \t \r\n\r\n" },
	{ "UTF-8 in a value", 0, LINE HOST "X: \xc3\xbc\r\n\r\n" },
	{ "chunked in any case", 0,
	    LINE HOST "Transfer-Encoding: Chunked\r\n\r\n" },
	{ "HTTP/2's preface", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
	{ "HTTP/0.9", 400, "GET /\r\n\r\n" },
	{ "another protocol", 400, "GET / SIP/2.0\r\n" HOST "\r\n" },
	{ "a version of three digits", 400, "GET / HTTP/1.10\r\n\r\n" },
	{ "a lower-case version", 400, "GET / http/1.1\r\n" HOST "\r\n" },
	{ "a method of 21 characters", 400,
	    "ABCDEFGHIJKLMNOPQRSTU / HTTP/1.1\r\n" HOST "\r\n" },
	{ "a method with a comma", 400, "GE,T / HTTP/1.1\r\n" HOST "\r\n" },
	{ "no method", 400, " / HTTP/1.1\r\n" HOST "\r\n" },
	{ "a TLS handshake", 400, "\x16\x03\x01\x02" },
	{ "CONNECT", 501, "CONNECT a:443 HTTP/1.1\r\n" HOST "\r\n" },
	{ "two blanks", 400, "GET  / HTTP/1.1\r\n" HOST "\r\n" },
	{ "a blank in the target", 400, "GET /a b HTTP/1.1\r\n" HOST "\r\n" },
	{ "a trailing blank", 400, "GET / HTTP/1.1 \r\n" HOST "\r\n" },
	{ "a fragment", 400, "GET /a#b HTTP/1.1\r\n" HOST "\r\n" },
	{ "a target without slash", 400, "GET a HTTP/1.1\r\n" HOST "\r\n" },
	{ "GET *", 400, "GET * HTTP/1.1\r\n" HOST "\r\n" },
	{ "a tab in the target", 400, "GET /\t HTTP/1.1\r\n" HOST "\r\n" },
	{ "userinfo in the target", 400,
	    "GET http://u@a/ HTTP/1.1\r\n" HOST "\r\n" },
	{ "no Host", 400, LINE "\r\n" },
	{ "two Hosts", 400, LINE HOST HOST "\r\n" },
	{ "a Host with a slash", 400, LINE "Host: a/b\r\n\r\n" },
	{ "a bare LF after the request line", 400,
	    "GET / HTTP/1.1\n" HOST "\r\n" },
	{ "a bare LF after a field", 400, LINE "Host: a\n\r\n" },
	{ "a bare LF at the end", 400, LINE HOST "\n" },
	{ "a bare CR in a value", 400, LINE HOST "X: a\rb\r\n\r\n" },
	{ "a CR before CR LF", 400, LINE HOST "X: a\r\r\n\r\n" },
	{ "a bare CR in the request line", 400,
	    "GET /\r HTTP/1.1\r\n" HOST "\r\n" },
	{ "a folded value", 400, LINE HOST "X: a\r\n b\r\n\r\n" },
	{ "a blank before the colon", 400, LINE HOST "X : a\r\n\r\n" },
	{ "a field without colon", 400, LINE HOST "X\r\n\r\n" },
	{ "a field without name", 400, LINE HOST ": a\r\n\r\n" },
	{ "a name with a blank", 400, LINE HOST "X Y: a\r\n\r\n" },
	{ "a name with UTF-8", 400, LINE HOST "X\xc3\xbc: a\r\n\r\n" },
	{ "a control character", 400, LINE HOST "X: a\x01\r\n\r\n" },
	{ "a DEL", 400, LINE HOST "X: a\x7f\r\n\r\n" },
	{ "two Content-Lengths", 400,
	    LINE HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\n" },
	{ "the same Content-Length twice", 400,
	    LINE HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n" },
	{ "a list of Content-Lengths", 400,
	    LINE HOST "Content-Length: 1, 1\r\n\r\n" },
	{ "a negative Content-Length", 400,
	    LINE HOST "Content-Length: -1\r\n\r\n" },
	{ "a signed Content-Length", 400,
	    LINE HOST "Content-Length: +1\r\n\r\n" },
	{ "an empty Content-Length", 400, LINE HOST "Content-Length:\r\n\r\n" },
	{ "a Content-Length beyond numbers", 400,
	    LINE HOST "Content-Length: 9999999999999999999\r\n\r\n" },
	{ "both lengths", 400,
	    LINE HOST
	    "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n" },
	{ "both lengths, the other way round", 400,
	    LINE HOST
	    "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n" },
	{ "two Transfer-Encodings", 400,
	    LINE HOST "Transfer-Encoding: chunked\r\n"
		      "Transfer-Encoding: chunked\r\n\r\n" },
	{ "another coding", 501, LINE HOST "Transfer-Encoding: gzip\r\n\r\n" },
	{ "a list of codings", 501,
	    LINE HOST "Transfer-Encoding: gzip, chunked\r\n\r\n" },
	{ "a disguised coding", 400,
	    LINE HOST "Transfer-Encoding: \x0b"
		      "chunked\r\n\r\n" },
	{ "chunked in HTTP/1.0", 400,
	    "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" },
};

/* The outcome of a head that comes in pieces of the given size. */
static int
outcome(const char *text, size_t len, size_t cut, size_t max,
    struct http_head *h)
{
	char *copy = xmalloc(len + 1);
	enum http_parse p = HTTP_PARSE_MORE;
	memcpy(copy, text, len);
	http_head_init(h);
	for (size_t n = 0; n < len && p == HTTP_PARSE_MORE;) {
		n = n + cut < len ? n + cut : len;
		p = http_head_feed(h, copy, n, max);
	}
	free(copy);
	return p == HTTP_PARSE_BAD ? h->status : p == HTTP_PARSE_DONE ? 0 : -1;
}

static void
test_heads(void)
{
	struct http_head h;
	for (size_t i = 0; i < N_OF(heads); i++) {
		const char *text = heads[i].head;
		int status = heads[i].status;
		size_t len = strlen(text), same = 0;
		for (size_t cut = 1; cut <= len; cut++)
			same += outcome(text, len, cut, 8192, &h) == status;
		ok(same == len, "%s: %d, however it is cut", heads[i].what,
		    status);
	}
	static const char nul[] = LINE HOST "X: a\0b\r\n\r\n";
	is_int(outcome(nul, sizeof(nul) - 1, 7, 8192, &h), 400,
	    "a NUL in a value");
}

static void
test_sizes(void)
{
	struct http_head h;
	char text[9000];
	size_t n = (size_t)snprintf(text, sizeof(text), LINE HOST "X: ");
	memset(text + n, 'a', 8192 - n - 4);
	memcpy(text + 8188, "\r\n\r\n", 4);
	is_int(outcome(text, 8192, 8192, 8192, &h), 0, "a head of the maximum");
	is_int(outcome(text, 8192, 8192, 8191, &h), 431,
	    "one byte more is 431");
	is_int(outcome(text, 8192, 1, 8191, &h), 431, "also byte by byte");
	memset(text, 'a', sizeof(text));
	memcpy(text, "GET /", 5);
	is_int(outcome(text, sizeof(text), 100, 8192, &h), 414,
	    "an endless target is 414");
	n = (size_t)snprintf(text, sizeof(text), LINE HOST);
	for (int i = 0; i < HTTP_FIELDS_MAX - 1; i++)
		n += (size_t)snprintf(text + n, 10, "X: y\r\n");
	memcpy(text + n, "\r\n", 2);
	is_int(outcome(text, n + 2, 11, 8192, &h), 0, "a hundred fields");
	memcpy(text + n, "X: y\r\n\r\n", 8);
	is_int(outcome(text, n + 8, 11, 8192, &h), 431, "one more is 431");
}

static void
test_understood(void)
{
	static const char text[] =
	    "POST HTTP://a.b:1?q=1 HTTP/1.1\r\nhOST:a.b:1\r\n"
	    "Connection: Keep-Alive, close\r\nExpect: 100-Continue\r\n"
	    "X:  v w \t\r\nContent-Length: 0012\r\n\r\nbody";
	struct http_head h;
	char *copy = xmalloc(sizeof(text));
	memcpy(copy, text, sizeof(text));
	http_head_init(&h);
	is_int(http_head_feed(&h, copy, sizeof(text) - 1, 8192),
	    HTTP_PARSE_DONE, "an odd but valid head is understood");
	is(copy + h.line, "body", "it ends where the body begins");
	is(copy + h.method, "POST", "its method");
	is(copy + h.path, "/", "an absolute target without path has one");
	is(copy + h.query, "q=1", "and keeps its query");
	is(copy + h.host, "a.b:1", "its host");
	is(copy + h.fields[3].value, "v w", "a value without blanks around");
	is_int(h.content_length, 12, "leading zeros do not count");
	ok(h.close && h.keep_alive && h.expects_continue && h.is_absolute,
	    "the words of Connection and Expect");
	is_int((int64_t)http_head_blank("\r\n\r\nGET", 7), 4,
	    "empty lines before a request");
	is_int((int64_t)http_head_blank("\r", 1), 0, "half an empty line");
	free(copy);
}

/* Reads a chunked body in pieces; 0 and the body, -1 malformed, 1 not ended. */
static int
unchunk(const char *text, size_t len, size_t cut, char *out)
{
	struct http_chunks k = { 0 };
	size_t at = 0, end = 0, n = 0, used, piece = 0, piece_len = 0;
	for (;;) {
		if (at == end) {
			if (end == len)
				break;
			end = end + cut < len ? end + cut : len;
		}
		switch (http_chunks_feed(&k, text + at, end - at, &used, &piece,
		    &piece_len)) {
		case HTTP_PARSE_BAD:
			return -1;
		case HTTP_PARSE_DONE:
			out[n] = '\0';
			return at + used == len ? 0 : 2;
		case HTTP_PARSE_PIECE:
			memcpy(out + n, text + at + piece, piece_len);
			n += piece_len;
			break;
		case HTTP_PARSE_MORE:
			break;
		}
		at += used;
	}
	return 1;
}

static void
test_chunks(void)
{
	static const struct {
		const char *what, *text, *body; /* NULL: refused */
	} bodies[] = {
		{ "an empty body", "0\r\n\r\n", "" },
		{ "two chunks", "3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n",
		    "abc0123456789" },
		{ "extensions", "3 ; a=\"b\"\r\nabc\r\n0;x\r\n\r\n", "abc" },
		{ "trailers", "1\r\na\r\n0\r\nX: y\r\nZ: \r\n\r\n", "a" },
		{ "CR LF in a chunk", "2\r\n\r\n\r\n0\r\n\r\n", "\r\n" },
		{ "a bare LF after the size", "3\nabc\r\n0\r\n\r\n", NULL },
		{ "a bare LF after the data", "3\r\nabc\n0\r\n\r\n", NULL },
		{ "a bare LF at the end", "0\r\n\n", NULL },
		{ "a bare LF in a trailer", "0\r\nX: y\n\r\n", NULL },
		{ "a bare CR in an extension", "3;\rx\r\nabc\r\n", NULL },
		{ "a longer chunk than said", "3\r\nabcd\r\n", NULL },
		{ "no size", "\r\nabc\r\n", NULL },
		{ "only an extension", ";a\r\n", NULL },
		{ "a signed size", "+3\r\nabc\r\n", NULL },
		{ "a size with 0x", "0x3\r\nabc\r\n", NULL },
		{ "a size beyond numbers", "1000000000000000\r\n", NULL },
		{ "a folded trailer", "0\r\nX: y\r\n z\r\n\r\n", NULL },
		{ "a NUL-like control in a trailer", "0\r\nX: \x01\r\n\r\n",
		    NULL },
	};
	char out[100];
	for (size_t i = 0; i < N_OF(bodies); i++) {
		const char *text = bodies[i].text;
		size_t len = strlen(text), same = 0;
		bool refused = bodies[i].body == NULL;
		for (size_t cut = 1; cut <= len; cut++) {
			int got = unchunk(text, len, cut, out);
			same += refused
			    ? got == -1
			    : got == 0 && strcmp(out, bodies[i].body) == 0;
		}
		ok(same == len, "%s is %s, however it is cut", bodies[i].what,
		    refused ? "refused" : "read");
	}
	char line[HTTP_TRAILERS_MAX + 10];
	memset(line, 'a', sizeof(line));
	memcpy(line, "1;", 2);
	is_int(unchunk(line, HTTP_CHUNK_LINE_MAX + 1, 100, out), -1,
	    "an endless extension is refused");
	memcpy(line, "0\r\n", 3);
	is_int(unchunk(line, sizeof(line), 100, out), -1,
	    "endless trailers are refused");
}

static void
test_hosts(void)
{
	static const char *const names[] = { "flow.example", NULL };
	static const char *const ours[] = { "127.0.0.1", "127.0.0.1:8025",
		"[::1]", "[::1]:8025", "10.1.2.3", "localhost", "LOCALHOST:80",
		"Flow.Example", "flow.example:1" };
	static const char *const others[] = { "", "evil.example", "127.0.0.1.",
		"127.0.0.1:", "127.0.0.1:x", "127.0.0.1:123456", "::1", "[::1",
		"[::1]x", "[::1]:", "[127.0.0.1]", "127.1", "0x7f000001",
		"2130706433", "localhost.evil.example",
		"flow.example.evil.example", "localhost:80:80" };
	for (size_t i = 0; i < N_OF(ours); i++)
		ok(http_host_is_ours(ours[i], strlen(ours[i]), names),
		    "\"%s\" is ours", ours[i]);
	for (size_t i = 0; i < N_OF(others); i++)
		ok(!http_host_is_ours(others[i], strlen(others[i]), names),
		    "\"%s\" is not", others[i]);
	ok(!http_host_is_ours("flow.example", 12, NULL),
	    "without a list there is no name but localhost");
}

static void
test_escapes(void)
{
	char out[100];
	size_t n = http_unescape("a+b%c%2Fd%zz%41%", 16, false, out);
	out[n] = '\0';
	is(out, "a+b%c/d%zzA%", "stray per cent signs stand for themselves");
	n = http_unescape("a+b", 3, true, out);
	out[n] = '\0';
	is(out, "a b", "a plus is a blank where it is one");
	ok(http_query_valid("a=%C3%BC&b=%25", out), "a valid query");
	ok(!http_query_valid("a=%C3&b=%BC", out), "half a character is not");
	ok(!http_query_valid("a=%00", out), "nor is NUL");
}

int
main(void)
{
	test_heads();
	test_sizes();
	test_understood();
	test_chunks();
	test_hosts();
	test_escapes();
	return tap_done();
}
