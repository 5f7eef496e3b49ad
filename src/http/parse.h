/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The grammar of HTTP/1.1 requests (RFC 9112), without any I/O: bytes go in as
 * they came, in whatever pieces, and the outcome does not depend on where the
 * pieces were cut. Where the RFC lets a reader be lenient it is strict, so
 * that no proxy before it can see another request than it does.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

enum {
	HTTP_FIELDS_MAX = 100, /* header fields of a request: 431 */
	HTTP_METHOD_MAX = 20,
	HTTP_CHUNK_LINE_MAX = 1024,
	HTTP_TRAILERS_MAX = 8192,
};

enum http_parse {
	HTTP_PARSE_BAD = -1,
	HTTP_PARSE_MORE, /* more bytes are needed */
	HTTP_PARSE_DONE,
	HTTP_PARSE_PIECE, /* chunked body: a piece of it was found */
};

/* A header field: where its name and value stand, both NUL-terminated. */
struct http_field {
	uint32_t name, value;
	uint32_t name_len;
};

/* A request's head. Offsets count from the first byte of the request. */
struct http_head {
	uint32_t line;    /* where the line not parsed yet begins; at the end
			   * the length of the head */
	uint32_t scanned; /* no line feed lies between line and here */
	uint32_t method, path, query;
	uint32_t authority, authority_len; /* of an absolute target */
	uint32_t host;
	int64_t content_length; /* -1: not given */
	int status;             /* what to answer when BAD */
	const char *sentence;
	uint16_t n_fields;
	uint8_t minor; /* HTTP/1.minor: 0 or 1 */
	bool has_line; /* the request line was understood */
	bool has_host, is_absolute, is_chunked;
	bool close, keep_alive; /* words of Connection */
	bool expects_continue, expects_other;
	struct http_field fields[HTTP_FIELDS_MAX];
};

void http_head_init(struct http_head *);
/*
 * Looks at all len bytes that came so far, begun at the request's first; ends
 * names and values with NUL in place. MORE, DONE, or BAD with status and
 * sentence. A head longer than max is BAD.
 */
enum http_parse http_head_feed(struct http_head *, char *data, size_t len,
    size_t max);
/* How many bytes of empty lines stand before the request (RFC 9112, 2.2). */
size_t http_head_blank(const char *data, size_t len);

/* Where in a chunked body the reader stands; all zero is the beginning. */
struct http_chunks {
	int state;
	uint32_t digits;
	size_t line; /* bytes of this line, or of all trailers */
	int64_t left;
};

/*
 * Reads on in a chunked body. *used_r bytes were taken; with PIECE, the
 * *piece_len_r bytes at data + *piece_r belong to the body. MORE: all bytes
 * were taken. DONE: the body and its trailers ended.
 */
enum http_parse http_chunks_feed(struct http_chunks *, const char *data,
    size_t len, size_t *used_r, size_t *piece_r, size_t *piece_len_r);

/*
 * Percent-decodes; a '%' without two hex digits stands for itself. out has
 * room for n bytes and may be in. Returns the length.
 */
size_t http_unescape(const char *in, size_t n, bool plus_is_blank, char *out);
/* The value of a hex digit, or -1. */
int http_hex_digit(char);
/* True for UTF-8 without NUL. */
bool http_text_valid(const char *, size_t);
/* True if every name and value of a query decodes to valid text. scratch has
 * room for as many bytes as the query has. */
bool http_query_valid(const char *query, char *scratch);
/* True if "host" or "host:port" has none but allowed characters. */
bool http_host_valid(const char *, size_t len);
/*
 * True if it names an address, localhost, or one of the names (NULL-ended;
 * may be NULL), with or without a port: a page of a stranger's domain that
 * resolves to us cannot say that.
 */
bool http_host_is_ours(const char *, size_t len, const char *const *names);
