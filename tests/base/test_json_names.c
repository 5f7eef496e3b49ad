/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "base/json_names.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/utf8.h"
#include "tests/tap.h"

static const struct json_name fruit[] = { { "apple" }, { "pear" },
	{ "pears", "pear" }, { "note", "note" }, { NULL } };
static const struct json_name none[] = { { NULL } };

/* The fault of an object, NULL if there is none. */
static const char *
wrong_with(struct arena *a, const char *text, const struct json_name *known)
{
	static struct fault f;
	struct json_place p = { .path = "bowl",
		.of = " of `x`",
		.fault_r = &f };
	json_t *o = json_parse(a, text, strlen(text), &f);
	return json_names_check(&p, o, known) != 0 ? f.text : NULL;
}

static void
test_names(struct arena *a)
{
	static const struct {
		const char *text, *says; /* NULL: nothing */
		const struct json_name *known;
	} all[] = {
		{ "{}", NULL, fruit },
		{ "{\"apple\":1,\"pear\":null,\"note\":[]}", NULL, fruit },
		{ "5", NULL, fruit },
		{ "[\"plum\"]", NULL, fruit },
		{ "{\"aple\":1}",
		    "`bowl.aple` of `x` is unknown; known are: apple, pear "
		    "(or pears).",
		    fruit },
		{ "{\"aple\":null}",
		    "`bowl.aple` of `x` is unknown; known are: apple, pear "
		    "(or pears).",
		    fruit },
		{ "{\"\":1}",
		    "`bowl.` of `x` is unknown; known are: apple, pear (or "
		    "pears).",
		    fruit },
		{ "{\"apple\":1}",
		    "`bowl.apple` of `x` is unknown; known are: none.", none },
		{ "{\"pear\":1,\"pears\":1}", NULL, fruit },
		{ "{\"pear\":null,\"pears\":1}", NULL, fruit },
		{ "{\"pear\":2,\"pears\":1}",
		    "`bowl.pear` of `x` and `pears` beside it say different "
		    "things; give one.",
		    fruit },
	};
	for (size_t i = 0; i < N_OF(all); i++) {
		const char *why = wrong_with(a, all[i].text, all[i].known);
		if (all[i].says == NULL)
			ok(why == NULL, "%s is fine %s", all[i].text,
			    why != NULL ? why : "");
		else
			is(why, all[i].says, all[i].text);
	}
}

/* What is said is found under each of its words. */
static void
test_meanings(struct arena *a)
{
	struct fault f;
	json_t *o = json_parse(a, "{\"pear\":null,\"pears\":7}", 23, &f);
	is_int(json_integer_value(json_name_get(o, fruit, "pear")), 7,
	    "another word says it");
	ok(json_name_get(o, fruit, "apple") == NULL, "nothing says the other");
	ok(json_name_get(NULL, fruit, "apple") == NULL, "nor does nothing");
}

/* ---- strangers ----------------------------------------------------------- */

static const struct json_name core[] = { { "seed_count" }, { "kind" },
	{ NULL } };
static const struct json_name basket[] = { { "apples", NULL, core },
	{ "first_name" }, { "free" }, { "unsubscribed" }, { NULL } };

static void
test_near(struct arena *a)
{
	static const struct {
		const char *text, *says; /* NULL: nothing */
	} all[] = {
		{ "{}", NULL },
		{ "7", NULL },
		{ "{\"apples\":1,\"plums\":2,\"\":3}", NULL },
		{ "{\"unsubscribd\":true}",
		    "`unsubscribd` is not a field here; is `unsubscribed` "
		    "meant?" },
		{ "{\"firstName\":null}",
		    "`firstName` is not a field here; is `first_name` meant?" },
		/* Who says the right one as well knows what it says. */
		{ "{\"unsubscribd\":true,\"unsubscribed\":null}", NULL },
		{ "{\"apples\":{\"seedcount\":1}}",
		    "`apples.seedcount` is not a field here; is `seed_count` "
		    "meant?" },
		{ "{\"apples\":[{},5,{\"kinds\":1}]}",
		    "`apples[2].kinds` is not a field here; is `kind` meant?" },
		{ "{\"apples\":[{\"seed\":1},[{\"kinds\":1}]]}", NULL },
		{ "{\"free\":{\"unsubscribd\":1}}", NULL },
	};
	for (size_t i = 0; i < N_OF(all); i++) {
		struct fault f = { 0 };
		struct json_place p = { .path = "", .of = "", .fault_r = &f };
		json_t *o = json_parse(a, all[i].text, strlen(all[i].text), &f);
		int rc = json_names_check_near(&p, o, basket);
		is(rc == 0 ? NULL : f.text, all[i].says, all[i].text);
	}
}

/* Of very many strangers only some are looked at. */
static void
test_many(struct arena *a)
{
	struct fault f = { 0 };
	struct json_place p = { .path = "", .of = "", .fault_r = &f };
	json_t *o = json_object();
	for (int i = 0; i < 100000; i++)
		json_object_set_new(o, arena_printf(a, "stranger%d", i),
		    json_null());
	json_object_set_new(o, "unsubscribd", json_null());
	is_int(json_names_check_near(&p, o, basket), 0,
	    "the last of many passes");
	json_decref(o);
}

/* However deep and long, the place fits and is left again. */
static void
test_places(void)
{
	struct fault f;
	struct json_place p = { .path = "", .of = "", .fault_r = &f };
	size_t at[64];
	for (int i = 0; i < 64; i++)
		at[i] = i % 2 == 0 ? json_place_enter(&p, "name\xc3\xbc%d", i)
				   : json_place_enter(&p, "[%d]", i);
	ok(strlen(p.path) < sizeof(p.path) &&
		strncmp(p.path,
		    "name\xc3\xbc"
		    "0[1].name",
		    14) == 0,
	    "a deep place: %s", p.path);
	json_place_fault(&p, "n", "is %s.", "odd");
	ok(utf8_valid(f.text, strlen(f.text)) && strstr(f.text, "is odd."),
	    "it is told: %s", f.text);
	for (int i = 63; i >= 0; i--)
		json_place_leave(&p, at[i]);
	is(p.path, "", "back where it began");
	json_place_fault(&p, "n", "is odd.");
	is(f.text, "`n` is odd.", "a name of nothing around it");
}

int
main(void)
{
	struct arena *a = arena_new();
	test_names(a);
	test_meanings(a);
	test_near(a);
	test_many(a);
	test_places();
	arena_free(a);
	return tap_done();
}
