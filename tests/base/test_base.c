/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The base room: ids, encodings, text, time, arenas.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "base/utf8.h"
#include "tests/tap.h"

static void
test_ids(void)
{
	struct id_source s = { .node = 7 };
	char u1[ID_UUID_LEN], u2[ID_UUID_LEN], h1[ID_HEX_LEN], h2[ID_HEX_LEN];
	int64_t now = 1795248000123, a = id_next(&s, now), back;
	bool grows = true, returns = true;
	is_int(id_time_ms(a), now, "an id tells its moment");
	is_int(a & ID_NODE_MAX, 7, "and its node");
	for (int i = 0; i < 20000; i++) {
		/* The clock steps back a second every thousand ids. */
		int64_t b = id_next(&s, now + i % 3 - i / 1000 * 1000);
		grows = grows && b > a &&
		    strcmp(id_uuid(a, u1), id_uuid(b, u2)) < 0 &&
		    strcmp(id_hex(a, h1), id_hex(b, h2)) < 0;
		returns = returns && id_from_uuid(u2, &back) == 1 &&
		    back == b && id_from_hex(h2, &back) == 1 && back == b;
		a = b;
	}
	ok(grows,
	    "ids grow, as numbers and as text, also when time steps back");
	ok(returns, "both public forms come back");
	ok(u1[14] == '8' && strchr("89ab", u1[19]) != NULL,
	    "the UUID is a version 8: %s", u1);
	int wrong = 0;
	for (int i = 0; i < ID_UUID_LEN - 1; i++) {
		char t[ID_UUID_LEN];
		memcpy(t, u1, sizeof(t));
		if (t[i] == '-')
			continue;
		t[i] = t[i] == '3' ? '4' : '3';
		wrong += id_from_uuid(t, &back) == 0;
	}
	is_int(wrong, 32,
	    "a UUID with a changed digit is well-formed, not ours");
	is_int(id_from_uuid("00000000-0000-0000-0000-000000000000", &back), 0,
	    "the nil UUID is nobody's");
	is_int(id_from_uuid("0000000-00000-0000-0000-000000000000", &back), -1,
	    "hyphens have their places");
	is_int(id_from_uuid("", &back), -1, "an empty id is malformed");
	is_int(id_from_hex("zz", &back), -1, "and so is a short one");
}

static void
test_encodings(void)
{
	unsigned char in[40], out[40];
	char text[80];
	bool same32 = true, same64 = true;
	for (size_t n = 0; n <= sizeof(in); n++) {
		random_bytes(in, n);
		size_t len = base32_encode(in, n, text);
		same32 = same32 && strlen(text) == len &&
		    base32_decode(text, len, out, sizeof(out)) == (int)n &&
		    memcmp(in, out, n) == 0;
		len = base64url_encode(in, n, text);
		same64 = same64 && strlen(text) == len &&
		    base64url_decode(text, len, out, sizeof(out)) == (int)n &&
		    memcmp(in, out, n) == 0;
	}
	ok(same32, "base32 comes back for every length");
	ok(same64, "base64url comes back for every length");
	base32_encode("postflow", 8, text);
	is(text, "obxxg5dgnrxxo", "base32 of a known text");
	is_int(base32_decode("OBXXG5DGNRXXO", 13, out, sizeof(out)), 8,
	    "base32 is read in either case");
	is_int(base64url_decode("aGk", 3, out, sizeof(out)), 2, "canonical");
	is_int(base64url_decode("aGl", 3, out, sizeof(out)), -1,
	    "a second spelling of the same bytes is refused");
	is_int(base64url_decode("aG+k", 4, out, sizeof(out)), -1,
	    "a foreign digit is refused");
	is_int(base64url_decode("aGkaGk", 6, out, 2), -1,
	    "more than there is room for is refused");
	unsigned char mac[SHA256_LEN];
	char hex[65];
	hmac_sha256("key", 3, "The quick brown fox jumps over the lazy dog", 43,
	    mac);
	hex_encode(mac, sizeof(mac), hex);
	is(hex,
	    "f7bc83f430538424b13298e6aa6fb143"
	    "ef4d59a14946175997479dbc2d1a3cd8",
	    "HMAC-SHA-256, known value");
}

static void
test_text(void)
{
	static const struct {
		const char *s;
		size_t n;
		bool valid, control;
	} cases[] = {
		{ "plain", 5, true, false },
		{ "z\xc3\xbc", 3, true, false },
		{ "\xf0\x9f\x98\x80", 4, true, false },
		{ "\xc3", 1, false, false },
		{ "\xc0\xaf", 2, false, false },
		{ "\xed\xa0\x80", 3, false, false },
		{ "\xf4\x90\x80\x80", 4, false, false },
		{ "a\0b", 3, true, true },
		{ "a\rb", 3, true, true },
		{ "\x7f", 1, true, true },
		{ "\xc2\x85", 2, true, true },
		{ "\xe2\x80\xa8", 3, true, true },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		ok(utf8_valid(cases[i].s, cases[i].n) == cases[i].valid,
		    "validity of text %zu", i);
		if (cases[i].valid)
			ok(utf8_has_control(cases[i].s, cases[i].n) ==
				cases[i].control,
			    "controls of text %zu", i);
	}
	/* The bad byte at every place, the good text long enough for words. */
	for (size_t bad = 0; bad < 40; bad++) {
		char text[40];
		memset(text, 'x', sizeof(text));
		text[bad] = '\xff';
		is_int(utf8_valid_prefix(text, sizeof(text)), bad,
		    "valid up to the bad byte");
		is_int(utf8_valid_prefix(text, bad), bad, "or the end");
	}
	static const uint32_t hidden[] = { 0xad, 0x200b, 0x200d, 0x200f, 0x202e,
		0x2066, 0xfeff, 0xe0020 };
	static const uint32_t shown[] = { 'a', 0xac, 0xae, 0x2010, 0x2030,
		0x20ac, 0xfe0f, 0x1f600, 0xe0100 };
	for (size_t i = 0; i < N_OF(hidden); i++)
		ok(utf8_is_invisible(hidden[i]), "U+%04X hides", hidden[i]);
	for (size_t i = 0; i < N_OF(shown); i++)
		ok(!utf8_is_invisible(shown[i]), "U+%04X shows", shown[i]);
	struct fault f;
	char longer[500];
	memset(longer, 'x', sizeof(longer));
	memcpy(longer + 398, "\xc3\xbc", 2);
	longer[499] = '\0';
	is_int(fault(&f, FAULT_INVALID, "%s", longer), -1, "fault() is -1");
	ok(utf8_valid(f.text, strlen(f.text)), "a cut sentence stays valid");
	char stray[] = "caf\xc3\xa9 \xff.";
	utf8_trim(stray);
	is(stray, "caf\xc3\xa9 ?.", "a stray byte is replaced, not cut off");
	fault(&f, FAULT_INVALID, "wrong");
	fault_at(&f, "step %d", 3);
	is(f.text, "step 3: wrong", "where comes in front of what");
	is(log_text("a b"), "\"a b\"", "a value with a blank is quoted");
	is(log_text("a\nb"), "\"a\\x0ab\"", "a newline is escaped");
	is(log_text("plain"), "plain", "a plain value stays");
}

static void
test_time(void)
{
	char t[CLOCK_SQL_LEN];
	is(clock_sql(1795248000123, t), "2026-11-21 08:00:00.123+00", "SQL");
	is(clock_iso(1795248000123, t), "2026-11-21T08:00:00.123Z", "ISO");
	is(clock_mail(1795248000123, t), "Sat, 21 Nov 2026 08:00:00 +0000",
	    "mail");
	is(clock_iso(-1, t), "1969-12-31T23:59:59.999Z", "before 1970");
}

static int freed;

static void
note_free(void *p)
{
	freed = freed * 10 + *(int *)p;
}

static void
test_memory(void)
{
	static int one = 1, two = 2;
	struct arena *a = arena_new();
	arena_own(a, &one, note_free);
	char *big = arena_alloc(a, 100000);
	char *small = arena_strdup(a, "small");
	memset(big, 1, 100000);
	for (int i = 0; i < 1000; i++)
		memset(arena_alloc(a, (size_t)i), 2, (size_t)i);
	is(small, "small", "pieces do not overlap");
	is(arena_printf(a, "%s-%d", "x", 5), "x-5", "printf into an arena");
	arena_own(a, &two, note_free);
	arena_free(a);
	is_int(freed, 21, "owned objects go, last first");
	struct buf b = { 0 };
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%d,", i);
	buf_drop(&b, b.len - 4);
	is(b.data, "999,", "a buffer grows and drops");
	buf_clear(&b);
	json_put_string(&b, "a\"\\\n\x01\x7f");
	is(b.data, "\"a\\\"\\\\\\n\\u0001\\u007f\"", "JSON escapes");
	buf_free(&b);
}

/* Reads an array of that many times a value. 1, or 0 with f */
static int
read_many(const char *value, size_t times, struct fault *f)
{
	struct arena *a = arena_new();
	struct buf b = { 0 };
	buf_char(&b, '[');
	for (size_t i = 0; i < times; i++) {
		buf_char(&b, i > 0 ? ',' : ' ');
		buf_str(&b, value);
	}
	buf_char(&b, ']');
	int rc = json_parse(a, b.data, b.len, f) != NULL;
	buf_free(&b);
	arena_free(a);
	return rc;
}

/* A text that is nowhere whole, in pieces of at most that many bytes. */
struct pieces {
	const char *text;
	size_t n, most;
};

static size_t
next_piece(void *to, size_t n, void *arg)
{
	struct pieces *p = arg;
	if (n > p->most)
		n = p->most;
	if (n > p->n)
		n = p->n;
	memcpy(to, p->text, n);
	p->text += n;
	p->n -= n;
	return n;
}

/* What a text takes, measured in pieces of that many bytes. */
static struct json_measure
measured(const char *text, size_t each)
{
	struct json_measure m = { 0 };
	size_t n = strlen(text);
	for (size_t at = 0; at < n; at += each)
		json_measure(&m, text + at, n - at < each ? n - at : each);
	return m;
}

/* A text in pieces is measured and read as it is in one. */
static void
test_json_pieces(void)
{
	static const char text[] =
	    "{\"a\": [1, \"x\\\"[,\\\\\", {}], \"longest one\": null}";
	struct json_measure whole = measured(text, sizeof(text));
	struct arena *a = arena_new();
	struct fault f;
	bool same = true, read = true;
	for (size_t each = 1; each < sizeof(text); each++) {
		struct json_measure m = measured(text, each);
		struct pieces p = { text, sizeof(text) - 1, each };
		same = same && m.depth == 0 && !m.in_string &&
		    m.excess == NULL &&
		    json_measure_bytes(&m) == json_measure_bytes(&whole);
		const json_t *v = json_parse_from(a, next_piece, &p, &f);
		read = read && v != NULL && json_object_size(v) == 2;
	}
	ok(same, "wherever a text is cut, it takes the same");
	ok(read, "and can be read");
	is_int(whole.longest, 12, "the longest string is known");
	struct pieces cut = { text, 20, 7 };
	ok(json_parse_from(a, next_piece, &cut, &f) == NULL &&
		f.kind == FAULT_INVALID,
	    "half of it cannot");
	arena_free(a);
}

/* A file in base64 takes twice its text, as long as it is read. */
static void
test_json_file(void)
{
	enum { N = 1 << 20 };
	char *text = xmalloc(N + 1);
	memset(text, 'A', N);
	text[0] = text[N - 1] = '"';
	text[N] = '\0';
	struct json_measure m = measured(text, 4096);
	int64_t bytes = json_measure_bytes(&m);
	ok(bytes > 2 * N - 10 && bytes < 2 * N + 100, "%lld bytes of %d",
	    (long long)bytes, N);
	free(text);
}

/* Small texts that would take much memory. */
static void
test_json_much(void)
{
	static const struct {
		const char *text;
		size_t too_many;
	} values[] = { { "{}", 2400000 }, { "[]", 4200000 },
		{ "\"\"", 6300000 }, { "0", 13500000 },
		{ "{\"a\":[\"\"]}", 1300000 } };
	struct fault f;
	for (size_t i = 0; i < N_OF(values); i++) {
		ok(read_many(values[i].text, 20000, &f) == 1, "many times %s",
		    values[i].text);
		f.text[0] = '\0';
		ok(read_many(values[i].text, values[i].too_many, &f) == 0,
		    "not too many of %s", values[i].text);
		is(f.text, "The JSON has too many values.", "which is said");
	}
	ok(read_many("\"{[,\\\"{[,\"", 20000, &f) == 1,
	    "what stands in a string is no value");
}

static void
test_json(void)
{
	struct arena *a = arena_new();
	struct fault f;
	static const char *const bad[] = { "", "{", "{\"a\":1,\"a\":2}",
		"{\"a\":\"\\u0000\"}", "\"\xff\"", "[1]x", "nul" };
	for (size_t i = 0; i < N_OF(bad); i++)
		ok(json_parse(a, bad[i], strlen(bad[i]), &f) == NULL &&
			utf8_valid(f.text, strlen(f.text)),
		    "not JSON: %zu (%s)", i, f.text);
	static const char *const refused[][2] = {
		{ "{\"a\":\"b\\u0000\"}",
		    "A text holds \\u0000, which no text may (line 1, column "
		    "14)." },
		{ "{\"a\\u0000\":1}",
		    "A text holds \\u0000, which no text may (line 1, column "
		    "10)." },
		{ "[9223372036854775808]",
		    "A number is too large to be kept (line 1, column 20)." },
		{ "[1e400]",
		    "A number is too large to be kept (line 1, column 6)." },
		{ "[1,]",
		    "The body is not valid JSON (line 1, column 4): unexpected "
		    "token." },
	};
	for (size_t i = 0; i < N_OF(refused); i++) {
		json_parse(a, refused[i][0], strlen(refused[i][0]), &f);
		is(f.text, refused[i][1], refused[i][0]);
	}
	char deep[140];
	memset(deep, '[', 70);
	memset(deep + 70, ']', 70);
	ok(json_parse(a, deep, 140, &f) == NULL, "too deep");
	json_t *v = json_parse(a, "{\"s\":\"t\",\"n\":null,\"i\":4}", 24, &f);
	const char *s;
	is_int(json_get_string(v, "s", &s, &f), 1, "a string is there");
	is(s, "t", "and is it");
	is_int(json_get_string(v, "n", &s, &f), 0, "null is absent");
	is_int(json_get_string(v, "i", &s, &f), -1, "a number is no string");
	is(f.text, "The `i` field must be a string, not an integer.",
	    "and the fault says so");
	is_int(json_need_string(v, "x", &s, &f), -1, "needed but absent");
	is_int(f.kind, FAULT_MISSING, "is its own kind");
	is(json_text(a, v), "{\"s\":\"t\",\"n\":null,\"i\":4}",
	    "compact text, order kept");
	arena_free(a);
}

int
main(void)
{
	test_ids();
	test_encodings();
	test_text();
	test_time();
	test_memory();
	test_json();
	test_json_pieces();
	test_json_file();
	test_json_much();
	return tap_done();
}
