/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/hook.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "tests/tap.h"

/* The numbers are on disk. */
static void
test_names(void)
{
	static const char *const names[] = { "email.sent", "email.scheduled",
		"email.delivered", "email.delivery_delayed", "email.complained",
		"email.bounced", "email.opened", "email.clicked",
		"email.received", "email.failed", "email.suppressed",
		"contact.created", "contact.updated", "contact.deleted",
		"contact.topics.updated", "domain.created", "domain.updated",
		"domain.deleted", "suppression.added", "suppression.removed",
		"topic.created", "topic.updated", "topic.deleted",
		"automation.run.started", "automation.run.completed",
		"automation.run.failed", "automation.run.exited",
		"email.replied" };
	is_int(HOOK_TYPE_COUNT, N_OF(names), "every type is known here");
	for (size_t i = 0; i < N_OF(names); i++) {
		is(hook_type_name((enum hook_type)i), names[i], names[i]);
		is_int(hook_type_find(names[i]), i, "and is found again");
	}
	is_int(hook_type_find("email.sen"), -1, "a part of a name is none");
	is(hook_type_name(HOOK_TYPE_COUNT), "unknown", "a number too large");
	is(hook_status_name(HOOK_PENDING), "pending", "0");
	is(hook_status_name(HOOK_ATTEMPTING), "attempting", "1");
	is(hook_status_name(HOOK_SUCCESS), "success", "2");
	is(hook_status_name(HOOK_FAILED), "failed", "3");
	is(hook_status_name(HOOK_STATUS_COUNT), "unknown", "4");
}

/* What openssl says of "id.1790000000.body", by each secret. */
#define FIRST  "v1,rBJ60TNJVJNrol6gBxevCHsodUGHoNHfApVC0BalxzY="
#define SECOND "v1,FIxJi61Icb4mE4Fhyd226VTqxQbe6ZWEE5ufD+FYeJw="

static void
test_signature(void)
{
	struct arena *a = arena_new();
	char text[HOOK_SECRET_TEXT_LEN], id[HOOK_MESSAGE_LEN];
	struct webhook w = { .old_until_ms = 0 };
	const struct hook_event e = { .id = INT64_C(123456789012345678),
		.payload = "{\"type\":\"email.sent\"}" };
	const int64_t now = INT64_C(1790000000999);
	for (int i = 0; i < HOOK_SECRET_LEN; i++) {
		w.secret[i] = (unsigned char)i;
		w.old_secret[i] = (unsigned char)(0xff - i);
	}
	is(hook_secret_text(w.secret, text),
	    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "a secret as text");
	is(hook_message_id(e.id, id), "msg_000db4da5d31879a70931b4d",
	    "the message's id");
	is(hook_signature(a, &w, &e, now), FIRST, "signed by one secret");
	w.old_until_ms = now + 1;
	is(hook_signature(a, &w, &e, now), FIRST " " SECOND,
	    "and by the old one until its time is over");
	w.old_until_ms = now;
	is(hook_signature(a, &w, &e, now), FIRST, "then by one again");
	arena_free(a);
}

static void
test_retries(void)
{
	static const int64_t waits[] = { 0, 5, 300, 1800, 7200, 18000, 36000,
		36000 };
	for (size_t i = 0; i < N_OF(waits); i++) {
		int n = (int)i + 1;
		int64_t least = waits[i] * 1000;
		is_int(hook_retry_ms(n, 0), least, "the least wait");
		ok(hook_retry_ms(n, UINT32_MAX) <= least + least / 10,
		    "%d: at most a tenth more", n);
		ok(least == 0 || hook_retry_ms(n, 512) > least,
		    "%d: the number spreads it", n);
	}
	is_int(hook_retry_ms(N_OF(waits) + 1, 0), -1, "then it is given up");
	is_int(hook_retry_ms(0, 0), -1, "no attempt, no wait");
}

static const struct {
	const char *url;
	const char *says; /* NULL: it may be one, if private ones may */
	bool is_private;
} urls[] = {
	{ "https://app.example.com/h", NULL, false },
	{ "https://app.example.com", NULL, false },
	{ "http://app.example.com:8080/h?x=y&z", NULL, false },
	{ "HTTPS://App.Example.com/H", NULL, false },
	{ "https://8.8.8.8/h", NULL, false },
	{ "https://[2a00:1450::1]:8443/h", NULL, false },
	{ "https://xn--bcher-kva.example/", NULL, false },
	{ "https://localhost.example/", NULL, false },
	{ "https://notlocalhost/", NULL, false },
	{ "http://localhost/h", NULL, true },
	{ "http://LocalHost:80/h", NULL, true },
	{ "http://localhost./h", NULL, true },
	{ "http://a.localhost/h", NULL, true },
	{ "http://127.0.0.1/h", NULL, true },
	{ "http://127.1/h", NULL, true },
	{ "http://2130706433/h", NULL, true },
	{ "http://0x7f.0.0.1/h", NULL, true },
	{ "http://[::1]/h", NULL, true },
	{ "http://[::ffff:10.0.0.1]/h", NULL, true },
	{ "http://192.168.1.1/", NULL, true },
	{ "", "1 to 2048 bytes, not 0", false },
	{ "app.example.com/h", "is not a URL: `app.example.com/h`", false },
	{ "//app.example.com/h", "is not a URL", false },
	{ "/h", "is not a URL", false },
	{ "ftp://app.example.com/", "must begin with `https://`", false },
	{ "file:///etc/passwd", "must begin with `https://`", false },
	{ "gopher://127.0.0.1:25/x", "must begin with `https://`", false },
	{ "javascript:alert(1)", "is not a URL", false },
	{ "https://", "is not a URL", false },
	{ "https:///h", "names no host: `https:///h`", false },
	{ "https://:80/h", "is not a URL", false },
	{ "https://a.example:99999/", "is not a URL", false },
	{ "https://u@a.example/", "user name", false },
	{ "https://u:p@a.example/", "user name", false },
	{ "https://a.example/#x", "fragment: `https://a.example/#x`", false },
	{ "https://a.example/a b", "blanks or control", false },
	{ "https://a.example/\n", "blanks or control", false },
	{ "https://a.example\t/", "blanks or control", false },
	{ "https://b\xc3\xbc"
	  "cher.example/",
	    "in ASCII", false },
};

static void
test_endpoints(void)
{
	struct fault f;
	char longest[HOOK_URL_MAX + 2] = "https://a.example/";
	for (size_t i = 0; i < N_OF(urls); i++) {
		const char *says = urls[i].says;
		f.text[0] = '\0';
		int rc = hook_check_endpoint(urls[i].url, true, &f);
		ok(says == NULL ? rc == 0
				: rc == -1 && f.kind == FAULT_INVALID &&
			    strstr(f.text, says) != NULL,
		    "%zu: %s", i, says != NULL ? f.text : urls[i].url);
		if (says != NULL)
			continue;
		rc = hook_check_endpoint(urls[i].url, false, &f);
		ok(urls[i].is_private
			? rc == -1 && strstr(f.text, "private network") != NULL
			: rc == 0,
		    "where no private ones are allowed");
	}
	memset(longest + strlen(longest), 'x', HOOK_URL_MAX - strlen(longest));
	is_int(hook_check_endpoint(longest, false, &f), 0, "a long one");
	strcat(longest, "x");
	is_int(hook_check_endpoint(longest, false, &f), -1, "one too long");
}

int
main(void)
{
	test_names();
	test_signature();
	test_retries();
	test_endpoints();
	return tap_done();
}
