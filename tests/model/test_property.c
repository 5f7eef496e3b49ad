/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/property.h"

#include <string.h>

#include "base/fault.h"
#include "tests/tap.h"

static const char longest_key[] =
    "a_23456789b_23456789c_23456789D_23456789e_23456789";

static void
test_keys(void)
{
	static const char *const good[] = { "a", "_", "0", "Plan_2",
		longest_key };
	static const char *const bad[] = { "", "a b", "a.b", "a-b", "\xc3\xbc",
		"a_23456789b_23456789c_23456789D_23456789e_234567890" };
	struct fault f;
	for (size_t i = 0; i < N_OF(good); i++)
		is_int(property_key_check(good[i], &f), 0, good[i]);
	for (size_t i = 0; i < N_OF(bad); i++)
		is_int(property_key_check(bad[i], &f), -1, bad[i]);
	is(f.text, "a key must have 1 to 50 letters, digits or underscores.",
	    "it says so");
}

/* A text of n characters, each of so many bytes. */
static json_t *
text(const char *character, int n)
{
	static char all[4 * PROPERTY_TEXT_MAX + 5];
	size_t len = strlen(character);
	for (int i = 0; i < n; i++)
		memcpy(all + (size_t)i * len, character, len);
	all[(size_t)n * len] = '\0';
	return json_string(all);
}

/* What is said of a value, "" if nothing. */
static const char *
wrong_with(json_t *v)
{
	static struct fault f;
	f.text[0] = '\0';
	int rc = property_value_check("plan", v, &f);
	json_decref(v);
	ok((rc == 0) == (f.text[0] == '\0'), "a verdict and its words agree");
	return f.text;
}

static void
test_values(void)
{
	static const char scalar[] = "`properties.plan` must be a string, a "
				     "number, a boolean or null.";
	static const char length[] = "`properties.plan` may have at most 2000 "
				     "characters.";
	is(wrong_with(json_null()), "", "null");
	is(wrong_with(json_true()), "", "a boolean");
	is(wrong_with(json_integer(INT64_MIN)), "", "the smallest integer");
	is(wrong_with(json_real(1e308)), "", "a large number");
	is(wrong_with(json_string("")), "", "no text");
	is(wrong_with(text("a", 2000)), "", "the longest text");
	is(wrong_with(text("\xf0\x9f\x90\x98", 2000)), "",
	    "characters are counted, not bytes");
	is(wrong_with(text("a", 2001)), length, "a longer one");
	is(wrong_with(text("\xf0\x9f\x90\x98", 2001)), length,
	    "one of long characters");
	is(wrong_with(json_array()), scalar, "an array");
	is(wrong_with(json_object()), scalar, "an object");
}

int
main(void)
{
	test_keys();
	test_values();
	return tap_done();
}
