/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is made unreadable in a log, and what is not.
 */
#include <stdio.h>
#include <string.h>

#include "api/redact.h"
#include "tests/tap.h"

#define KEY  "re_0123456789abcdefABCDEF_-"
#define HIDE "***************************"

static const struct {
	const char *what, *text, *out;
} cases[] = {
	{ "plain text stays", "{\"a\":\"b\",\"n\":1}",
	    "{\"a\":\"b\",\"n\":1}" },
	{ "a token does not", "{\"id\":\"x\",\"token\":\"abc\"}",
	    "{\"id\":\"x\",\"token\":\"***\"}" },
	{ "with blanks", "{ \"signing_secret\" : \"whsec\" }",
	    "{ \"signing_secret\" : \"*****\" }" },
	{ "deep inside", "[{\"a\":{\"password\":\"p\\\"w\"}},\"z\"]",
	    "[{\"a\":{\"password\":\"****\"}},\"z\"]" },
	{ "one that is cut off", "{\"secret\":\"abc", "{\"secret\":\"***" },
	{ "one that ends in an escape", "{\"secret\":\"ab\\",
	    "{\"secret\":\"***" },
	{ "a name that only begins so", "{\"tokens\":\"abc\"}",
	    "{\"tokens\":\"abc\"}" },
	{ "no string, but what follows stays",
	    "{\"token\":null,\"name\":\"x\"}",
	    "{\"token\":null,\"name\":\"x\"}" },
	{ "a key in any string", "{\"a\":\"use " KEY " now\"}",
	    "{\"a\":\"use " HIDE " now\"}" },
	{ "without JSON, too", "key=" KEY, "key=" HIDE },
	{ "two of them", KEY " " KEY, HIDE " " HIDE },
	{ "words that begin alike", "re_open and pre_" KEY,
	    "re_open and pre_" HIDE },
	{ "a part of a word", "wore_0123456789abcdefABCDEF",
	    "wore_0123456789abcdefABCDEF" },
	{ "a signing secret", "\"whsec_MDEyMzQ1Njc4OWFiY2RlZg==\"",
	    "\"******************************\"" },
	{ "nothing", "", "" },
	{ "a quote", "\"", "\"" },
};

/* Of every beginning of a text, no secret is left. */
static void
test_cuts(void)
{
	static const char text[] =
	    "{\"a\":\"b\",\"token\":\"Zq9\",\"c\":\"d\"}";
	for (size_t n = 0; n < sizeof(text); n++) {
		char copy[sizeof(text)];
		memcpy(copy, text, n);
		redact(copy, n);
		ok(memchr(copy, 'Z', n) == NULL && memchr(copy, '9', n) == NULL,
		    "cut off after %zu bytes", n);
	}
}

int
main(void)
{
	for (size_t i = 0; i < N_OF(cases); i++) {
		char text[200];
		snprintf(text, sizeof(text), "%s", cases[i].text);
		redact(text, strlen(text));
		is(text, cases[i].out, cases[i].what);
	}
	test_cuts();
	return tap_done();
}
