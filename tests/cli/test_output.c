/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What reaches the terminal, and what reaches a script.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/buf.h"
#include "cli/body.h"
#include "cli/text.h"
#include "tests/cli/fake_server.h"
#include "tests/tap.h"

/* A name that clears the screen, in many ways, and turns the direction. */
#define HOSTILE \
	"\\u001b[2J\\u009b2J\\u0007\\r\\n\\t\\u007f\\u202e\\u2028\\ufeff" \
	"\\udb40\\udc01J\303\274"
#define HOSTILE_LIST \
	"{\"data\":[{\"id\":\"1\",\"first_name\":\"" HOSTILE "\"}]}"

/* The text as people see it, of a JSON string. */
static const char *
shown(const char *text, bool is_ascii)
{
	static struct buf b;
	buf_clear(&b);
	buf_str(&b, "");
	cli_text_put(&b, text, is_ascii);
	return b.data;
}

static void
test_text(void)
{
	is(shown("plain J\303\274rgen", false), "plain J\303\274rgen",
	    "names stay");
	is(shown("J\303\274 \360\237\230\200", true), "J\\u{fc} \\u{1f600}",
	    "where the terminal takes no UTF-8 they are escaped");
	is(shown("a\nb\x1b\x7f\302\233\342\200\256\356\200\200", false),
	    "a\\nb\\x1b\\x7f\\u{9b}\\u{202e}\356\200\200",
	    "controls are escaped");
	is(shown("\342\200\215\342\200\214", false), "\342\200\215\342\200\214",
	    "joiners are part of words");
	is_int(cli_text_width("abc"), 3, "ASCII is one wide");
	is_int(cli_text_width("J\303\274"), 2, "so are letters");
	is_int(cli_text_width("e\314\201"), 1, "accents stand on top");
	is_int(cli_text_width("\346\227\245\346\234\254"), 4,
	    "ideographs are two wide");
	is_int(cli_text_fit("a\346\227\245\346\234\254", 4), 4,
	    "a cut falls between characters");
}

/* The compact text of a JSON text that was read. */
static const char *
rewritten(const char *json, int depth)
{
	static struct buf b;
	json_error_t e;
	json_t *v = json_loads(json, JSON_DECODE_ANY, &e);
	buf_clear(&b);
	buf_str(&b, "");
	cli_json_put(&b, v, depth, false);
	json_decref(v);
	return b.data;
}

static void
test_json(void)
{
	static const char *const same[] = { "0.1", "19.99", "1.0", "-2.5",
		"1e+100", "123456789012345678", "0.30000000000000004", "[]",
		"{}", "null", "true", "false", "\"\\\"\\\\/\\n\"",
		"{\"z\":1,\"a\":[1,{\"b\":null}]}" };
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		is(rewritten(same[i], CLI_COMPACT), same[i],
		    "JSON stays as it was");
	is(rewritten("\"\\u009b\\u007f\\u2028\\udb40\\udc01\\u00fc\"",
	       CLI_COMPACT),
	    "\"\\u009b\\u007f\\u2028\\udb40\\udc01\303\274\"",
	    "what drives a terminal stays escaped");
	is(rewritten("{\"a\":[1,{}],\"b\":[]}", 0),
	    "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}",
	    "pretty has lines");
	struct buf b = { 0 };
	cli_path_encode(&b, "aZ9-._~ /?#%&+@\303\274\n");
	is(b.data, "aZ9-._~%20%2F%3F%23%25%26%2B%40%C3%BC%0A",
	    "a path holds any text");
	buf_free(&b);
}

/* True if no byte could be a control, nor a character a C1 control. */
static bool
is_harmless(const char *s, bool is_ascii)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		if ((c < 0x20 && c != '\n' && c != '\r') || c == 0x7f ||
		    (c == 0xc2 && (unsigned char)s[1] < 0xa0) ||
		    (is_ascii && c >= 0x80))
			return false;
	}
	return true;
}

/* Prints hostile rows as people and as scripts get them. */
static void
test_hostile(void)
{
	static const char *const locales[] = { "LC_ALL=C.UTF-8", "LC_ALL=C" };
	for (int i = 0; i < 8; i++) {
		struct run r = { .on_tty = (i & 1) != 0,
			.env = { locales[(i & 2) != 0] } };
		bool is_json = (i & 4) != 0;
		fake_answer(200, HOSTILE_LIST);
		int rc = is_json ? run_with(&r, "--json", "contacts", "list")
				 : run_with(&r, "contacts", "list");
		is_int(rc, 0, "a hostile list");
		ok(strlen(run_out()) > 100 &&
			is_harmless(run_out(), r.on_tty && (i & 2) != 0),
		    "is harmless (%s, %s, %s)", is_json ? "json" : "table",
		    r.on_tty ? "terminal" : "pipe", r.env[0]);
		json_error_t e;
		json_t *v = json_loads(run_out(), 0, &e);
		json_t *sent = json_loads(HOSTILE_LIST, 0, &e);
		ok(json_equal(v, sent) == is_json, "and JSON says the same");
		json_decref(v);
		json_decref(sent);
		fake_forget();
	}
}

static void
test_terminal(void)
{
	struct run r = { .on_tty = true, .env = { "LC_ALL=C.UTF-8" } };
	char answer[400], name[201];
	fake_answer(200, "{\"id\":\"m\",\"to\":[1]}");
	is_int(run_with(&r, "--json", "emails", "get", "m"), 0,
	    "JSON on a terminal");
	is(run_out(),
	    "{\r\n  \"id\": \"m\",\r\n  \"to\": [\r\n    1\r\n  ]\r\n}\r\n",
	    "has lines");
	fake_forget();
	memset(name, 'x', 200);
	name[200] = '\0';
	snprintf(answer, sizeof(answer),
	    "{\"data\":[{\"id\":\"%s\",\"name\":\"n\"}]}", name);
	fake_answer(200, answer);
	is_int(run_with(&r, "keys", "list"), 0, "a long cell on a terminal");
	ok(strstr(run_out(), "xxx...  n ") != NULL &&
		strstr(run_out(), name) == NULL,
	    "is cut");
	fake_forget();
	fake_answer(200, answer);
	is_int(run("keys", "list"), 0, "for a script");
	ok(strstr(run_out(), name) != NULL, "it is whole");
	fake_forget();
}

static void
test_full(void)
{
	struct run r = { .output = "/dev/full" };
	fake_answer(200, "{\"token\":\"re_a\"}");
	is_int(run_with(&r, "keys", "create"), 1, "a full disk is no success");
	ok(strstr(run_err(), "No space left on device (write_error)\n") != NULL,
	    "and is said");
	fake_forget();
	is_int(run_with(&r, "help"), 1, "not for the help either");

	struct buf page = { 0 };
	buf_str(&page, "{\"has_more\":true,\"data\":[");
	for (int i = 0; i < 1000; i++)
		buf_printf(&page, "%s{\"id\":\"%050d\"}", i > 0 ? "," : "", i);
	buf_str(&page, "]}");
	fake_answer(200, page.data);
	is_int(run_with(&r, "emails", "list", "--all"), 1, "of many pages");
	is_int(fake_count(), 1, "the first that is lost is the last");
	buf_free(&page);
	fake_forget();

	r = (struct run){ .closed_output = true };
	fake_answer(200, "{\"id\":\"m\"}");
	is_int(run_with(&r, "emails", "get", "m"), 1, "no output at all");
	is(fake_seen(0), "GET /emails/m", "does not disturb the request");
	ok(strstr(run_err(), "(write_error)\n") != NULL, "and is said");
	fake_forget();
}

int
main(void)
{
	fake_start();
	test_text();
	test_json();
	test_hostile();
	test_terminal();
	test_full();
	fake_stop();
	return tap_done();
}
