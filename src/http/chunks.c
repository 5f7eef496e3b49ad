/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The chunked transfer coding (RFC 9112, 7.1). Extensions and trailers are
 * passed over, within bounds; every line must end with CR LF.
 */
#include "http/parse.h"

enum {
	SIZE,
	EXTENSION,
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER_START,
	TRAILER,
	TRAILER_LF,
	END_LF,
	ENDED,
	BROKEN
};

/* True for a byte that has no place in an extension or trailer. */
static bool
is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

/* The next state after one byte of a chunk's size line. */
static int
size_byte(struct http_chunks *k, char c)
{
	int digit = http_hex_digit(c);
	if (++k->line > HTTP_CHUNK_LINE_MAX)
		return BROKEN;
	if (k->state == SIZE && digit >= 0) {
		if (++k->digits > 15)
			return BROKEN;
		k->left = k->left * 16 + digit;
		return SIZE;
	}
	if (k->digits == 0)
		return BROKEN;
	if (c == '\r')
		return SIZE_LF;
	if (k->state == SIZE && c != ';' && c != ' ' && c != '\t')
		return BROKEN;
	return is_control(c) ? BROKEN : EXTENSION;
}

/* The next state after one byte of the trailers. */
static int
trailer_byte(struct http_chunks *k, char c)
{
	if (++k->line > HTTP_TRAILERS_MAX)
		return BROKEN;
	if (c == '\r')
		return k->state == TRAILER_START ? END_LF : TRAILER_LF;
	if (is_control(c) ||
	    (k->state == TRAILER_START && (c == ' ' || c == '\t' || c == ':')))
		return BROKEN;
	return TRAILER;
}

/* The next state after one byte that is not of the body. */
static int
next_state(struct http_chunks *k, char c)
{
	switch (k->state) {
	case SIZE:
	case EXTENSION:
		return size_byte(k, c);
	case SIZE_LF:
		k->line = 0;
		k->digits = 0;
		if (c != '\n')
			return BROKEN;
		return k->left > 0 ? DATA : TRAILER_START;
	case DATA_CR:
		return c == '\r' ? DATA_LF : BROKEN;
	case DATA_LF:
		return c == '\n' ? SIZE : BROKEN;
	case TRAILER_START:
	case TRAILER:
		return trailer_byte(k, c);
	case TRAILER_LF:
		return c == '\n' ? TRAILER_START : BROKEN;
	case END_LF:
		return c == '\n' ? ENDED : BROKEN;
	default:
		return BROKEN;
	}
}

enum http_parse
http_chunks_feed(struct http_chunks *k, const char *data, size_t len,
    size_t *used_r, size_t *piece_r, size_t *piece_len_r)
{
	size_t i = 0;
	for (; i < len; i++) {
		if (k->state == DATA) {
			size_t n = len - i;
			if (n > (uint64_t)k->left)
				n = (size_t)k->left;
			*piece_r = i;
			*piece_len_r = n;
			*used_r = i + n;
			k->left -= (int64_t)n;
			if (k->left == 0)
				k->state = DATA_CR;
			return HTTP_PARSE_PIECE;
		}
		k->state = next_state(k, data[i]);
		if (k->state >= ENDED)
			break;
	}
	*used_r = i < len ? i + 1 : len;
	return k->state == ENDED ? HTTP_PARSE_DONE
	    : k->state == BROKEN ? HTTP_PARSE_BAD
				 : HTTP_PARSE_MORE;
}
