/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Header fields: RFC 5322 fields and the encoded-words of RFC 2047, folded at
 * 76 octets where there is a place to fold.
 */
#include "mail/header.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include <gmime/gmime.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "mail/letter.h"
#include "model/address.h"

/* WORD is the room in an encoded-word around "=?utf-8?Q?" and "?=". */
enum { LINE = 76, WORD = 75 - 12, RUN_MAX = 60, LIST_ID_MAX = 255 };

/* A field being written: where, and how far its last line is. */
struct field {
	struct buf *out;
	size_t column;
};

static void
put(struct field *f, const char *s, size_t n)
{
	buf_add(f->out, s, n);
	f->column += n;
}

/* Starts a new line of the same field; what is written next is its blank. */
static void
fold(struct field *f)
{
	buf_add(f->out, "\r\n", 2);
	f->column = 0;
}

static struct field
field_start(struct buf *out, const char *name)
{
	struct field f = { out, 0 };
	put(&f, name, strlen(name));
	put(&f, ":", 1);
	return f;
}

static void
field_end(struct field *f)
{
	buf_add(f->out, "\r\n", 2);
}

/* True for what stands for itself in an encoded-word, anywhere (RFC 2047, 5,
 * rule 3). */
static bool
is_q_safe(char c)
{
	return (unsigned char)c < 0x80 &&
	    (isalnum((unsigned char)c) || (c != '\0' && strchr("!*+-/", c)));
}

/* Octets one octet takes in the Q encoding. */
static size_t
q_cost(char c)
{
	return c == ' ' || is_q_safe(c) ? 1 : 3;
}

/* How many octets of whole characters fit into room in Q; sets what they
 * take. */
static size_t
q_fit(const char *s, size_t n, size_t room)
{
	size_t fit = 0, cost = 0;
	for (size_t i = 0; i < n && cost <= room; i++) {
		if ((s[i] & 0xc0) != 0x80)
			fit = i;
		cost += q_cost(s[i]);
	}
	return cost <= room ? n : fit;
}

/* The same in base64. Only the last word may need padding: some readers, GMime
 * too, join the words before they decode and stop at a padding within. So a
 * cut is a multiple of three octets, and 0 if no character ends there. */
static size_t
b_fit(const char *s, size_t n, size_t room)
{
	size_t most = room / 4 * 3;
	if (n <= most)
		return n;
	while (most > 0 && (s[most] & 0xc0) == 0x80)
		most -= 3;
	return most;
}

/* Writes the octets as one encoded-word. */
static void
word_put(struct field *f, const char *s, size_t n, bool base64)
{
	static const char hex[] = "0123456789ABCDEF";
	char text[WORD + 8];
	size_t o = 0;
	if (base64) {
		int state = 0;
		guint32 save = 0;
		o = g_mime_encoding_base64_encode_close((const unsigned char *)
							    s,
		    n, (unsigned char *)text, &state, &save);
		o -= o > 0 && text[o - 1] == '\n';
	} else {
		for (size_t i = 0; i < n; i++) {
			if (is_q_safe(s[i])) {
				text[o++] = s[i];
			} else if (s[i] == ' ') {
				text[o++] = '_';
			} else {
				text[o++] = '=';
				text[o++] = hex[(unsigned char)s[i] >> 4];
				text[o++] = hex[s[i] & 15];
			}
		}
	}
	put(f, base64 ? "=?utf-8?B?" : "=?utf-8?Q?", 10);
	put(f, text, o);
	put(f, "?=", 2);
}

/* Writes a blank and the text as encoded-words, in the shorter encoding. */
static void
words_put(struct field *f, const char *s, size_t n)
{
	size_t cost = 0;
	for (size_t i = 0; i < n; i++)
		cost += q_cost(s[i]);
	bool base64 = (n + 2) / 3 * 4 < cost;
	while (n > 0) {
		size_t used = f->column + 1 + 12;
		size_t room = used < LINE ? LINE - used : 0;
		if (room > WORD)
			room = WORD;
		size_t fit = base64 ? b_fit(s, n, room) : 0;
		bool b = fit > 0;
		if (!b)
			fit = q_fit(s, n, room);
		if (fit == 0) {
			fold(f);
			continue;
		}
		put(f, " ", 1);
		word_put(f, s, fit, b);
		s += fit;
		n -= fit;
		if (n > 0)
			fold(f);
	}
}

/* True if the text must be encoded to arrive as it is: it is not ASCII, looks
 * encoded, begins or ends in a blank, or cannot be folded. */
static bool
needs_words(const char *s, size_t n)
{
	size_t run = 0;
	if (n > 0 && (s[0] == ' ' || s[n - 1] == ' '))
		return true;
	for (size_t i = 0; i < n; i++) {
		run = s[i] == ' ' ? 0 : run + 1;
		if (run > RUN_MAX || (unsigned char)s[i] >= 0x80 ||
		    (s[i] == '=' && s[i + 1] == '?'))
			return true;
	}
	return false;
}

/* Writes ASCII text, folded at its blanks. */
static void
plain_put(struct field *f, const char *s, size_t n)
{
	const char *end = s + n;
	bool first = true;
	while (s < end) {
		/* The blanks, of which the first stands already at the start
		 * of the field, and the word behind them. */
		const char *stop = s;
		while (stop < end && *stop == ' ')
			stop++;
		while (stop < end && *stop != ' ')
			stop++;
		size_t len = (size_t)(stop - s);
		if (!first && f->column + len > LINE)
			fold(f);
		else if (first)
			put(f, " ", 1);
		put(f, s, len);
		first = false;
		s = stop;
	}
}

/* Refuses a value that is too long, is not UTF-8, or has controls. */
static int
value_check(const char *field, const char *value, size_t max,
    struct fault *fault_r)
{
	size_t n = strlen(value);
	if (n > max)
		return fault(fault_r, FAULT_LIMIT,
		    "%s is %zu octets long; at most %zu are taken.", field, n,
		    max);
	if (!utf8_valid(value, n))
		return fault(fault_r, FAULT_INVALID, "%s is not valid UTF-8.",
		    field);
	if (utf8_has_control(value, n))
		return fault(fault_r, FAULT_INVALID,
		    "%s has a line break or another control character.", field);
	return 0;
}

int
header_text(struct buf *out, const char *field, const char *value,
    struct fault *fault_r)
{
	size_t n = strlen(value);
	if (value_check(field, value, HEADER_TEXT_MAX, fault_r) < 0)
		return -1;
	struct field f = field_start(out, field);
	if (needs_words(value, n))
		words_put(&f, value, n);
	else
		plain_put(&f, value, n);
	field_end(&f);
	return 0;
}

int
header_plain(struct buf *out, const char *field, const char *value,
    struct fault *fault_r)
{
	if (value_check(field, value, HEADER_PLAIN_MAX, fault_r) < 0)
		return -1;
	for (const char *p = value; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			return fault(fault_r, FAULT_INVALID,
			    "%s takes ASCII only.", field);
	size_t n = strlen(value);
	if (n == 0 || value[0] == ' ' || value[n - 1] == ' ')
		return fault(fault_r, FAULT_INVALID,
		    "%s is empty, or begins or ends in a blank.", field);
	struct field f = field_start(out, field);
	put(&f, " ", 1);
	put(&f, value, n);
	field_end(&f);
	return 0;
}

/* True for ASCII whose words each fit on a line. */
static bool
is_foldable(const char *s, size_t n)
{
	size_t run = 0;
	for (size_t i = 0; i < n; i++) {
		run = s[i] == ' ' ? 0 : run + 1;
		if ((unsigned char)s[i] >= 0x80 || run > HEADER_PLAIN_MAX)
			return false;
	}
	return true;
}

int
header_other(struct buf *out, const char *field, const char *value,
    struct fault *fault_r)
{
	const char *end = value + strlen(value);
	if (value_check(field, value, HEADER_TEXT_MAX, fault_r) < 0)
		return -1;
	while (value < end && *value == ' ')
		value++;
	while (end > value && end[-1] == ' ')
		end--;
	struct field f = field_start(out, field);
	if (is_foldable(value, (size_t)(end - value)))
		plain_put(&f, value, (size_t)(end - value));
	else
		words_put(&f, value, (size_t)(end - value));
	field_end(&f);
	return 0;
}

/* Writes a display name: as it is if it is atoms, quoted if it is ASCII, else
 * as encoded-words. */
static void
phrase_put(struct field *f, const char *name)
{
	static const char safe[] = "!#$%&'*+-/=?^_`{|}~ ";
	size_t n = strlen(name);
	bool atoms = true;
	for (const char *p = name; *p != '\0'; p++)
		atoms = atoms &&
		    (isalnum((unsigned char)*p) || strchr(safe, *p) != NULL);
	if (n > RUN_MAX || needs_words(name, n)) {
		words_put(f, name, n);
		return;
	}
	if (f->column + n + 3 > LINE)
		fold(f);
	put(f, " ", 1);
	if (atoms) {
		put(f, name, n);
		return;
	}
	put(f, "\"", 1);
	for (const char *p = name; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			put(f, "\\", 1);
		put(f, p, 1);
	}
	put(f, "\"", 1);
}

/* Writes a blank, what comes before and after, and the text between them, on
 * one line. */
static void
token_put(struct field *f, const char *before, const char *text, size_t n,
    const char *after)
{
	size_t len = 1 + strlen(before) + n + strlen(after);
	if (f->column + len > LINE && f->column > LINE / 4)
		fold(f);
	put(f, " ", 1);
	put(f, before, strlen(before));
	put(f, text, n);
	put(f, after, strlen(after));
}

void
header_addresses(struct buf *out, const char *field, const struct address *list,
    int n)
{
	struct field f = field_start(out, field);
	for (int i = 0; i < n; i++) {
		bool last = i + 1 == n, bare = list[i].name == NULL;
		if (!bare)
			phrase_put(&f, list[i].name);
		token_put(&f, bare ? "" : "<", list[i].mailbox,
		    strlen(list[i].mailbox),
		    bare       ? last ? "" : ","
			: last ? ">"
			       : ">,");
	}
	field_end(&f);
}

/* True if the text is dot-separated atoms as a list's label has them. */
static bool
is_list_label(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool inside = i > 0 && i + 1 < n && s[i - 1] != '.';
		if (!isalnum((unsigned char)s[i]) && s[i] != '-' &&
		    !(s[i] == '.' && inside))
			return false;
	}
	return n > 0 && n <= LIST_ID_MAX;
}

int
header_list_id(struct buf *out, const char *field, const char *value,
    struct fault *fault_r)
{
	if (value_check(field, value, HEADER_PLAIN_MAX, fault_r) < 0)
		return -1;
	const char *angle = strrchr(value, '<');
	size_t n = angle == NULL ? 0 : strlen(angle + 1);
	if (n == 0 || angle[n] != '>' || !is_list_label(angle + 1, n - 1))
		return fault(fault_r, FAULT_INVALID,
		    "%s `%.200s` does not end in <label.domain>.", field,
		    value);
	struct arena *a = arena_new();
	size_t name_len = (size_t)(angle - value);
	while (name_len > 0 && value[name_len - 1] == ' ')
		name_len--;
	struct field f = field_start(out, field);
	if (name_len > 0)
		phrase_put(&f, arena_strndup(a, value, name_len));
	token_put(&f, "<", angle + 1, n - 1, ">");
	field_end(&f);
	arena_free(a);
	return 0;
}
