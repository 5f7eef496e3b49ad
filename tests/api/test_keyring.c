/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys as the loop knows them: found by their token, limited by the second.
 */
#include "api/keyring.h"

#include <string.h>

#include "tests/tap.h"

#define NOON INT64_C(1790000000000)

static void
add(struct keyring *r, int64_t id, const char *token, const char *domain)
{
	struct api_key k = { .id = id, .domain = domain };
	sha256(token, strlen(token), k.hash);
	keyring_add(r, &k);
}

static void
test_find(void)
{
	struct keyring *r = keyring_new();
	ok(keyring_find(r, "re_a") == NULL, "nobody is known at first");
	add(r, 1, "re_a", NULL);
	add(r, 2, "re_b", "example.com");
	is_int(keyring_find(r, "re_a")->id, 1, "a key is found by its token");
	is(keyring_find(r, "re_b")->domain, "example.com", "with its domain");
	ok(keyring_find(r, "re_") == NULL && keyring_find(r, "") == NULL,
	    "by all of it");
	keyring_remove(r, 1);
	ok(keyring_find(r, "re_a") == NULL, "one that was taken back is not");
	is_int(keyring_find(r, "re_b")->id, 2, "the other is");
	keyring_remove(r, 7);
	keyring_free(r);
}

static void
test_limit(void)
{
	struct known_key k = { .id = 1 };
	struct rate rate = keyring_count(&k, 0, NOON);
	ok(rate.limit == 0 && !rate.is_over, "no limit is no limit");
	for (int i = 0; i < 3; i++) {
		rate = keyring_count(&k, 3, NOON + i * 300);
		ok(!rate.is_over && rate.remaining == 2 - i,
		    "request %d of three in a second", i + 1);
	}
	for (int i = 0; i < 3; i++) {
		rate = keyring_count(&k, 3, NOON + 999);
		ok(rate.is_over && rate.remaining == 0 && rate.limit == 3,
		    "there is no more");
	}
	rate = keyring_count(&k, 3, NOON + 1000);
	ok(!rate.is_over && rate.remaining == 2, "the next second is another");
	keyring_count(&k, 3, NOON + 1000);
	rate = keyring_count(&k, 1, NOON + 1000);
	ok(rate.is_over && rate.remaining == 0, "a lower limit counts at once");
	rate = keyring_count(&k, 3, NOON);
	ok(!rate.is_over, "so does a clock that was set back");
}

int
main(void)
{
	test_find();
	test_limit();
	return tap_done();
}
