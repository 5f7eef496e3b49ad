/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/address.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "tests/tap.h"

#define A62 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A63 A62 "a"
#define A64 A63 "a"
#define D63 A63 "." A63 "." A63

/* What is taken, and as what. */
static const struct good {
	const char *text, *name, *mailbox, *domain;
} goods[] = {
	{ "a@b", NULL, "a@b", "b" },
	{ "root@localhost", NULL, "root@localhost", "localhost" },
	{ "  a@b.c  ", NULL, "a@b.c", "b.c" },
	{ "<a@b.c>", NULL, "a@b.c", "b.c" },
	{ "Ada <a@b.c>", "Ada", "a@b.c", "b.c" },
	{ "Ada<a@b.c>", "Ada", "a@b.c", "b.c" },
	{ "  Ada   M.  Lovelace <a@b.c> ", "Ada M. Lovelace", "a@b.c", "b.c" },
	{ "\"Lovelace, Ada\" <a@b.c>", "Lovelace, Ada", "a@b.c", "b.c" },
	{ "\"Ada \\\"A\\\" \\\\ L\" <a@b.c>", "Ada \"A\" \\ L", "a@b.c",
	    "b.c" },
	{ "\"a@b.c\" <x@y.z>", "a@b.c", "x@y.z", "y.z" },
	{ "\"<x@y.z>\" <a@b.c>", "<x@y.z>", "a@b.c", "b.c" },
	{ "\"\" <a@b.c>", NULL, "a@b.c", "b.c" },
	{ "Gr\xc3\xb6\xc3\x9f"
	  "e <a@b.c>",
	    "Gr\xc3\xb6\xc3\x9f"
	    "e",
	    "a@b.c", "b.c" },
	{ "O'Neill & S\xc3\xb6hne [test] <a@b.c>",
	    "O'Neill & S\xc3\xb6hne [test]", "a@b.c", "b.c" },
	{ "=?utf-8?q?x?= <a@b.c>", "=?utf-8?q?x?=", "a@b.c", "b.c" },
	{ "A\xe2\x80\xae"
	  "da\xe2\x80\x8b <a@b.c>",
	    "Ada", "a@b.c", "b.c" },
	{ "\xef\xbb\xbf"
	  "Ada <a@b.c>",
	    "Ada", "a@b.c", "b.c" },
	{ "A\xe2\x80\x8d"
	  "da <a@b.c>",
	    "Ada", "a@b.c", "b.c" },
	{ "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb <a@b.c>",
	    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb", "a@b.c", "b.c" },
	{ "\xe2\x80\x8b <a@b.c>", NULL, "a@b.c", "b.c" },
	{ "User.Name+tag@Example.COM", NULL, "User.Name+tag@example.com",
	    "example.com" },
	{ "!#$%&'*+-/=?^_`{|}~@b.c", NULL, "!#$%&'*+-/=?^_`{|}~@b.c", "b.c" },
	{ "\"a.b\"@c.d", NULL, "a.b@c.d", "c.d" },
	{ "\"a,b\"@c.d", NULL, "\"a,b\"@c.d", "c.d" },
	{ "\"a@b\"@c.d", NULL, "\"a@b\"@c.d", "c.d" },
	{ "\"a\\\"b\"@c.d", NULL, "\"a\\\"b\"@c.d", "c.d" },
	{ "\"a..b\"@c.d", NULL, "\"a..b\"@c.d", "c.d" },
	{ "X <\"a>b\"@c.d>", "X", "\"a>b\"@c.d", "c.d" },
	{ "zo\xc3\xab@example.com", NULL, "zo\xc3\xab@example.com",
	    "example.com" },
	{ "a@B\xc3\x9c"
	  "CHER.example",
	    NULL, "a@xn--bcher-kva.example", "xn--bcher-kva.example" },
	{ "a@stra\xc3\x9f"
	  "e.de",
	    NULL, "a@xn--strae-oqa.de", "xn--strae-oqa.de" },
	{ "a@XN--BCHER-KVA.example", NULL, "a@xn--bcher-kva.example",
	    "xn--bcher-kva.example" },
	/* the ideographic full stop is a dot */
	{ "a@b\xe3\x80\x82"
	  "c",
	    NULL, "a@b.c", "b.c" },
	{ "a@[192.0.2.1]", NULL, "a@[192.0.2.1]", "[192.0.2.1]" },
	{ "a@[IPv6:2001:DB8::1]", NULL, "a@[IPv6:2001:db8::1]",
	    "[IPv6:2001:db8::1]" },
	{ "X <a@[ipv6:::1]>", "X", "a@[IPv6:::1]", "[IPv6:::1]" },
	{ "a@1.2.3.4.example", NULL, "a@1.2.3.4.example", "1.2.3.4.example" },
	{ A64 "@b.c", NULL, A64 "@b.c", "b.c" },
	{ "a@" A63 ".example", NULL, "a@" A63 ".example", A63 ".example" },
	/* 62 + 1 + 191 octets are 254 */
	{ A62 "@" D63, NULL, A62 "@" D63, D63 },
};

/* What is refused. */
static const char *const bads[] = { "", " ", "<>", "a", "@", "a@", "@b", "a@@b",
	"a@b@c", "a b@c", "a@b c", "a @b", "a@ b", ".a@b", "a.@b", "a..b@c",
	"a@b.", "a@.b", "a@b..c", "a@-b.c", "a@b-.c", "a@b_c.d", "a@b.c, d@e.f",
	"a@b.c; d@e.f", "Ada, <a@b.c>", "X: a@b.c;", "a@b.c (comment)",
	"(comment) a@b.c", "Ada (x) <a@b.c>", "<@route:a@b.c>", "<a@b.c",
	"a@b.c>", "Ada <a@b.c> x", "<<a@b.c>>", "Ada <a@b.c> <d@e.f>",
	"Ada <Bob <a@b.c>", "\"Ada <a@b.c>", "Ada\\ <a@b.c>", "a@b <c@d>",
	"\"a b\"@c", "\"\"@c", "\"a\"b@c", "\"a\"", "\"a@c", "\"a\\", "a\r\n@b",
	"a@b\n", "a@b\r\n", "\ta@b", "Ada\r\nBcc: x@y <a@b.c>",
	"Ada\x01 <a@b.c>", "Ada\x7f <a@b.c>",
	"A\xc2\x85"
	"da <a@b.c>",
	"A\xe2\x80\xa8"
	"da <a@b.c>",
	"\"A\r\nda\" <a@b.c>", "\"a\nb\"@c", "a\xff@b", "\xc3<a@b>",
	"a\xe2\x80\x8b"
	"b@c.d",
	"a@b\xe2\x80\xae.c", "a@b\xc2\xad.c", "\"a\xe2\x80\x8b\"@c",
	"a@[1.2.3]", "a@[1.2.3.4", "a@[1.2.3.4]x", "a@[]", "a@[IPv6:]",
	"a@[IPv6:1.2.3.4]", "a@[IPv6:::1%lo]", "a@[999.1.1.1]", "a@[1.2.3.4]]",
	"a@1.2.3.4", "a@123", A64 "a@b.c", "a@" A64 ".c", "a@" D63 "." A63,
	A63 "@" D63, "a@\xe2\x84\x80.com", "a@x\xef\xbc\xa0y.com",
	"a@\xe3\x80\x82"
	"c",
	"a@b.c\\", "a:b@c", "a;b@c", "a,b@c", "a[b@c", "a<b@c", "a>b@c",
	"a(b@c", "a\"b@c", "a\\b@c" };

static void
test_goods(void)
{
	for (size_t i = 0; i < N_OF(goods); i++) {
		const struct good *g = &goods[i];
		struct arena *a = arena_new();
		struct address address = { 0 };
		struct fault f = { 0 };
		int rc = address_parse(a, g->text, &address, &f);
		ok(rc == 0, "taken: %s %s", g->text, f.text);
		is(address.name, g->name, "its name");
		is(address.mailbox, g->mailbox, "its mailbox");
		is(address.domain, g->domain, "its domain");
		arena_free(a);
	}
}

static void
test_bads(void)
{
	for (size_t i = 0; i < N_OF(bads); i++) {
		struct arena *a = arena_new();
		struct address address;
		struct fault f = { 0 };
		int rc = address_parse(a, bads[i], &address, &f);
		ok(rc == -1 && f.kind == FAULT_INVALID &&
			utf8_valid(f.text, strlen(f.text)),
		    "refused, number %zu", i);
		ok(address_key(a, bads[i], &f) == NULL, "and has no key");
		arena_free(a);
	}
}

/* Texts of a megabyte end as quickly as others. */
static void
test_long(void)
{
	enum { N = 1 << 20 };
	static const char fills[] = "a.@\"\\< ,(";
	struct arena *a = arena_new();
	char *text = arena_alloc(a, N + 1);
	struct address address;
	struct fault f;
	for (const char *c = fills; *c != '\0'; c++) {
		memset(text, *c, N);
		ok(address_parse(a, text, &address, &f) == -1,
		    "a megabyte of %c is no address", *c);
	}
	arena_free(a);
}

static void
test_key(void)
{
	static const struct {
		const char *text, *key;
	} keys[] = {
		{ "Ada@Example.COM", "ada@example.com" },
		{ " ada@example.com ", "ada@example.com" },
		{ "ADA+Tag@x.y", "ada+tag@x.y" },
		{ "a@B\xc3\x9c"
		  "CHER.de",
		    "a@xn--bcher-kva.de" },
		{ "a@xn--BCHER-kva.de", "a@xn--bcher-kva.de" },
		/* only ASCII is folded in what another server judges */
		{ "\xc3\x84"
		  "A@x.y",
		    "\xc3\x84"
		    "a@x.y" },
		{ "\"Ada\"@x.y", "ada@x.y" },
		{ "Ada <ada@x.y>", NULL },
		{ "<ada@x.y>", NULL },
		{ "ada", NULL },
	};
	for (size_t i = 0; i < N_OF(keys); i++) {
		struct arena *a = arena_new();
		struct fault f = { 0 };
		is(address_key(a, keys[i].text, &f), keys[i].key, "key");
		ok((keys[i].key == NULL) == (f.kind == FAULT_INVALID),
		    "a fault where there is none");
		arena_free(a);
	}
}

static void
test_list(void)
{
	struct arena *a = arena_new();
	struct address *list = NULL;
	struct fault f = { 0 };
	int n = 0;
	ok(address_list_parse(a, "a@b.c", &list, &n, &f) == 0 && n == 1,
	    "a list of one");
	ok(address_list_parse(a, "a@b.c, \"X, Y\" <d@e.f> ,\"g,h\"@i, J <k@l>",
	       &list, &n, &f) == 0 &&
		n == 4,
	    "a list of four");
	is(list[1].name, "X, Y", "a comma in quotes does not part");
	is(list[2].mailbox, "\"g,h\"@i", "nor in a quoted local part");
	is(list[3].mailbox, "k@l", "the last");
	const char *end = address_list_end("\"a,\\\",\" <b@c> ,d@e");
	is(end, ",d@e", "the first ends at the comma behind its quotes");
	is(address_list_end("d@e"), "", "the last at the end");
	ok(address_list_end("\"a, b@c") == NULL, "an open quote has none");
	static const char *const bad[] = { "", ",", "a@b,", ",a@b", "a@b,,c@d",
		"a@b, c", "a@b, \"c", "a@b\n, c@d" };
	for (size_t i = 0; i < N_OF(bad); i++)
		ok(address_list_parse(a, bad[i], &list, &n, &f) == -1,
		    "no list, number %zu", i);
	char *many = arena_alloc(a, 5 * ADDRESS_LIST_MAX + 5);
	for (int i = 0; i <= ADDRESS_LIST_MAX; i++) {
		memcpy(many + 4 * i, "a@b,", 4);
		if (i != ADDRESS_LIST_MAX - 1 && i != ADDRESS_LIST_MAX)
			continue;
		many[4 * i + 3] = '\0';
		ok((address_list_parse(a, many, &list, &n, &f) == 0) ==
			(i < ADDRESS_LIST_MAX),
		    "a list of %d", i + 1);
		many[4 * i + 3] = ',';
	}
	arena_free(a);
}

int
main(void)
{
	test_goods();
	test_bads();
	test_long();
	test_key();
	test_list();
	ok(!address_needs_utf8("a@xn--bcher-kva.de"), "an A-label is ASCII");
	ok(address_needs_utf8("zo\xc3\xab@b.c"), "a local part is not");
	return tap_done();
}
