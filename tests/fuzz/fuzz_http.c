/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The request parser. The first byte says where the input is cut; what comes
 * out must be the same for the whole and for the pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "http/parse.h"

enum { MAX = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Parses a head in pieces of the given size; the copy it was parsed in. */
static char *
parse(const uint8_t *data, size_t len, size_t cut, struct http_head *h,
    enum http_parse *p_r)
{
	char *copy = xmalloc(len + 1);
	memcpy(copy, data, len);
	copy[len] = '\0';
	http_head_init(h);
	*p_r = HTTP_PARSE_MORE;
	for (size_t n = 0; n < len && *p_r == HTTP_PARSE_MORE;) {
		n = n + cut < len ? n + cut : len;
		*p_r = http_head_feed(h, copy, n, MAX);
	}
	return copy;
}

/* Decodes a chunked body in pieces; returns the outcome. */
static enum http_parse
unchunk(const char *data, size_t len, size_t cut, char *out, size_t *n_r,
    size_t *at_r)
{
	struct http_chunks k = { 0 };
	size_t end = 0, used, piece = 0, piece_len = 0;
	*n_r = *at_r = 0;
	while (*at_r < len || end < len) {
		if (*at_r == end)
			end = end + cut < len ? end + cut : len;
		enum http_parse p = http_chunks_feed(&k, data + *at_r,
		    end - *at_r, &used, &piece, &piece_len);
		if (p == HTTP_PARSE_PIECE) {
			memcpy(out + *n_r, data + *at_r + piece, piece_len);
			*n_r += piece_len;
		}
		*at_r += used;
		if (*at_r > end || p == HTTP_PARSE_BAD || p == HTTP_PARSE_DONE)
			return *at_r > end ? (abort(), p) : p;
	}
	return HTTP_PARSE_MORE;
}

/* Whole and in pieces, a chunked body is the same. */
static void
check_chunks(const char *data, size_t len, size_t cut)
{
	char *a = xmalloc(len + 1), *b = xmalloc(len + 1);
	size_t na, nb, at_a, at_b;
	enum http_parse p = unchunk(data, len, len + 1, a, &na, &at_a);
	enum http_parse q = unchunk(data, len, cut, b, &nb, &at_b);
	if (p != q || na != nb || at_a != at_b || memcmp(a, b, na) != 0)
		abort();
	free(a);
	free(b);
}

/* Every name and value is a string that ends within the head. */
static void
check_fields(const struct http_head *h, const char *copy)
{
	for (int i = 0; i < h->n_fields; i++) {
		const struct http_field *f = &h->fields[i];
		if (strlen(copy + f->name) != f->name_len ||
		    f->name + f->name_len >= f->value ||
		    f->value + strlen(copy + f->value) >= h->line ||
		    strpbrk(copy + f->value, "\r\n") != NULL)
			abort();
	}
	if (h->path + strlen(copy + h->path) >= h->line ||
	    h->query + strlen(copy + h->query) >= h->line)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct http_head a, b;
	enum http_parse p, q;
	if (len < 2)
		return 0;
	size_t cut = data[0] % 64 + 1u;
	data++;
	len--;
	char *whole = parse(data, len, len, &a, &p);
	char *pieces = parse(data, len, cut, &b, &q);
	if (p != q || (p == HTTP_PARSE_BAD && a.status != b.status))
		abort();
	if (p == HTTP_PARSE_DONE) {
		char *scratch = xmalloc(len + 1);
		if (a.line != b.line || a.n_fields != b.n_fields ||
		    a.content_length != b.content_length ||
		    a.is_chunked != b.is_chunked ||
		    memcmp(whole, pieces, len) != 0 ||
		    (a.is_chunked && a.content_length >= 0))
			abort();
		check_fields(&a, whole);
		http_query_valid(whole + a.query, scratch);
		http_host_is_ours(whole + a.host, strlen(whole + a.host), NULL);
		http_host_is_ours(whole + a.authority, a.authority_len, NULL);
		if (a.is_chunked)
			check_chunks(whole + a.line, len - a.line, cut);
		free(scratch);
	}
	check_chunks((const char *)data, len, cut);
	free(whole);
	free(pieces);
	return 0;
}
