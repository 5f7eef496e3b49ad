/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/property.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
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

/* A value as a property of a type is; or what is said of it. */
static const char *
fitted(struct arena *a, const char *key, const char *value)
{
	struct fault f;
	json_t *types = json_pack("{s:i,s:i,s:i}", "s", PROPERTY_STRING, "n",
	    PROPERTY_NUMBER, "b", PROPERTY_BOOLEAN);
	json_t *v = json_loads(value, JSON_DECODE_ANY, NULL);
	json_t *is = property_fit(a, types, key, v, &f);
	const char *out =
	    is != NULL ? json_text(a, is) : arena_strdup(a, f.text);
	json_decref(v);
	json_decref(types);
	return out;
}

static void
test_fit(void)
{
	static const struct {
		const char *key, *value, *out;
	} table[] = {
		{ "s", "\"a\"", "\"a\"" },
		{ "s", "1.5", "\"1.5\"" },
		{ "s", "true", "\"true\"" },
		{ "s", "null", "null" },
		{ "n", "5", "5" },
		{ "n", "\"5\"", "5" },
		{ "n", "\"-0.5\"", "-0.5" },
		{ "n", "\"x\"",
		    "The property `n` must be a number, not \"x\"." },
		{ "n", "\"\"", "The property `n` must be a number, not \"\"." },
		{ "n", "true", "The property `n` must be a number, not true." },
		{ "b", "false", "false" },
		{ "b", "\"true\"", "true" },
		{ "b", "1", "true" },
		{ "b", "\"yes\"",
		    "The property `b` must be a boolean, not \"yes\"." },
		{ "other", "5", "5" },
	};
	struct arena *a = arena_new();
	for (size_t i = 0; i < N_OF(table); i++)
		is(fitted(a, table[i].key, table[i].value), table[i].out,
		    table[i].value);
	arena_free(a);
}

/* What was so before stays, whatever its type is by now. */
static void
test_fit_all(void)
{
	struct arena *a = arena_new();
	struct fault f;
	json_t *types = json_pack("{s:i}", "n", PROPERTY_NUMBER);
	const char *text = "{\"n\":\"x\",\"m\":1}";
	is_int(property_fit_all(a, types, "{\"n\":\"x\"}", &text, &f), 0,
	    "what is old is left alone");
	is(text, "{\"n\":\"x\",\"m\":1}", "as it is");
	text = "{\"n\":\"7\"}";
	is_int(property_fit_all(a, types, "{\"n\":\"x\"}", &text, &f), 0,
	    "what is new is not");
	is(text, "{\"n\":7}", "but gets its type");
	text = "{\"n\":\"y\"}";
	is_int(property_fit_all(a, types, NULL, &text, &f), -1,
	    "or is refused");
	text = NULL;
	is_int(property_fit_all(a, types, "{}", &text, &f), 0, "nothing");
	json_decref(types);
	arena_free(a);
}

/* So many properties as text. */
static const char *
so_many(struct arena *a, int from, int n)
{
	json_t *o = json_object();
	for (int i = from; i < from + n; i++)
		json_object_set_new(o, arena_printf(a, "p%d", i), json_true());
	const char *text = json_text(a, o);
	json_decref(o);
	return text;
}

static int
merge(struct arena *a, const char *given, const char **text, struct fault *f)
{
	return properties_merge(a, json_parse(a, given, strlen(given), f), text,
	    f);
}

static void
test_merge(void)
{
	struct arena *a = arena_new();
	struct fault f;
	const char *text = NULL;
	is_int(merge(a, "{\"a\":1,\"b\":null}", &text, &f), 0, "some are set");
	is(text, "{\"a\":1}", "null is none");
	is_int(merge(a, "{\"a\":null}", &text, &f), 0, "one is taken away");
	ok(text == NULL, "none are left");
	is_int(merge(a, so_many(a, 0, PROPERTIES_MAX), &text, &f), 0, "many");
	is_int(merge(a, so_many(a, 1, PROPERTIES_MAX), &text, &f), -1,
	    "but not one more");
	is(f.text, "A contact may have at most 200 properties, not 201.",
	    "which is said");
	text = so_many(a, 0, PROPERTIES_MAX + 9);
	is_int(merge(a, "{\"p0\":null}", &text, &f), 0,
	    "who had too many may have less");
	arena_free(a);
}

int
main(void)
{
	test_keys();
	test_values();
	test_fit();
	test_fit_all();
	test_merge();
	return tap_done();
}
