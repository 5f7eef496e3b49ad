/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What postflow makes of answers: refusals, nonsense, pages, hostile text; and
 * how it finds the server.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/cli/fake_server.h"
#include "tests/tap.h"

#define REFUSAL \
	"{\"statusCode\":404,\"message\":\"Contact not found\"," \
	"\"name\":\"not_found\"}"

static void
test_refusals(void)
{
	fake_answer(404, REFUSAL);
	is_int(run("contacts", "get", "x"), 1, "a refusal ends with 1");
	is(run_err(), "postflow: Contact not found (not_found)\n", "is said");
	is(run_out(), "", "and not printed");
	fake_forget();

	fake_answer(404, REFUSAL);
	is_int(run("--json", "contacts", "get", "x"), 1, "also with --json");
	is(run_err(), "postflow: Contact not found (not_found)\n" REFUSAL "\n",
	    "which shows the object");
	is(run_out(), "", "on standard error alone");
	fake_forget();

	fake_answer(500, "{}");
	is_int(run("contacts", "get", "x"), 1, "a refusal without words");
	is(run_err(), "postflow: the server refused with HTTP 500 (refused)\n",
	    "has ours");
	fake_forget();

	fake_answer(404,
	    "{\"message\":\"a\\u001b[2J\\u009bm\\u202eb\","
	    "\"name\":\"n\\u0007\"}");
	is_int(run("contacts", "get", "x"), 1, "a hostile refusal");
	is(run_err(), "postflow: a\\x1b[2J\\u{9b}m\\u{202e}b (n\\x07)\n",
	    "cannot drive the terminal");
	fake_forget();
}

static void
test_publish(void)
{
	fake_answer(201, "{\"id\":\"t/1\",\"object\":\"template\"}");
	fake_answer(200, "{\"id\":\"t/1\",\"object\":\"template\"}");
	is_int(run("templates", "create", "--name", "W", "--html", "x",
		   "--publish"),
	    0, "create and publish");
	is(fake_seen(0), "POST /templates {\"name\":\"W\",\"html\":\"x\"}",
	    "creates first");
	is(fake_header(0, "content-type"), "application/json", "in JSON");
	is(fake_seen(1), "POST /templates/t%2F1/publish", "then publishes");
	is(fake_header(1, "content-length"), "0", "with no body");
	is(fake_header(1, "content-type"), "", "and so of no type");
	is(run_out(), "t/1\n", "and prints the id");
	fake_forget();

	fake_answer(201, "{\"id\":\"t1\"}");
	fake_answer(422, "{\"message\":\"No.\",\"name\":\"validation_error\"}");
	is_int(run("templates", "create", "--name", "W", "--html", "x",
		   "--publish"),
	    1, "what cannot be published");
	is(run_out(), "t1\n", "is made all the same");
	is(run_err(),
	    "postflow: No. (validation_error)\n"
	    "postflow: t1 is saved, but --publish was not done\n",
	    "and both is said");
	fake_forget();
}

static void
test_pages(void)
{
	static const char first[] = "{\"object\":\"list\",\"has_more\":true,"
				    "\"data\":[{\"id\":\"a\"},{\"id\":\"b\"}]}";
	static const char second[] = "{\"object\":\"list\",\"has_more\":false,"
				     "\"data\":[{\"id\":\"c c\"}]}";
	fake_answer(200, first);
	is_int(run("emails", "list", "--limit", "2", "--after", "z"), 0,
	    "one page");
	is(fake_seen(0), "GET /emails?limit=2&after=z", "is asked for");
	is(run_err(), "postflow: there is more: --after b, or --all\n",
	    "with a note on how to go on");
	fake_forget();

	fake_answer(200, first);
	fake_answer(200, second);
	is_int(run("emails", "list", "--all", "--after", "z"), 0, "all pages");
	is(fake_seen(0), "GET /emails?after=z&limit=100", "from there on");
	is(fake_seen(1), "GET /emails?limit=100&after=b", "page by page");
	is(run_out(),
	    "ID  TO  SUBJECT  LAST_EVENT  CREATED_AT\n"
	    "a   -   -        -           -\n"
	    "b   -   -        -           -\n"
	    "c c  -   -        -           -\n",
	    "make one table");
	fake_forget();

	fake_answer(200, first);
	fake_answer(200, second);
	is_int(run("emails", "list", "--all", "--json"), 0, "or one document");
	is(run_out(),
	    "{\"object\":\"list\",\"data\":[{\"id\":\"a\"},{\"id\":\"b\"},"
	    "{\"id\":\"c c\"}],\"has_more\":false}\n",
	    "with every row");
	fake_forget();

	fake_answer(200, first);
	fake_answer(404, REFUSAL);
	is_int(run("emails", "list", "--all", "--json"), 1, "a lost page");
	is(run_out(),
	    "{\"object\":\"list\",\"data\":[{\"id\":\"a\"},{\"id\":\"b\"}],"
	    "\"has_more\":true}\n",
	    "leaves a document that says so");
	fake_forget();

	fake_answer(200, first);
	fake_answer(200, first);
	is_int(run("emails", "list", "--all"), 3,
	    "pages that do not advance end");
	is_int(fake_count(), 2, "at once");
	fake_forget();
}

/* Runs against an address; the exit status. */
static int
run_at(const char *url, const char *key)
{
	struct run r = { .no_conf = true };
	return key == NULL
	    ? run_with(&r, "--url", url, "emails", "get", "m")
	    : run_with(&r, "--url", url, "--key", key, "emails", "get", "m");
}

static void
test_where(void)
{
	static char url_env[100], path_url[100];
	struct run r = { .no_conf = true,
		.env = { url_env, "POSTFLOW_API_KEY=re_env" } };
	snprintf(url_env, sizeof(url_env), "POSTFLOW_URL=%s", fake_url());
	snprintf(path_url, sizeof(path_url), "%s/mail//", fake_url());

	fake_answer(200, "{}");
	is_int(run("emails", "get", "m"), 0, "over the socket");
	is(fake_header(0, "authorization"), "", "no key is sent");
	is(fake_header(0, "host"), "localhost", "the host is localhost");
	is(fake_header(0, "user-agent"), "postflow/" PACKAGE_VERSION,
	    "we say who we are");
	fake_forget();

	fake_answer(200, "{}");
	is_int(run_at(path_url, "re_x"), 0, "over TCP");
	is(fake_seen(0), "GET /mail/emails/m", "the URL's path comes first");
	is(fake_header(0, "authorization"), "Bearer re_x", "with the key");
	ok(strstr(fake_cmdline(0), "--key xxxx emails get m") != NULL,
	    "which the list of processes does not show");
	fake_forget();

	fake_answer(200, "{}");
	is_int(run_with(&r, "emails", "get", "m"), 0, "by the environment");
	is(fake_header(0, "authorization"), "Bearer re_env", "with its key");
	fake_forget();

	fake_answer(200, "{}");
	r.no_conf = false;
	is_int(run_with(&r, "emails", "get", "m"), 0, "-c goes before it");
	is(fake_header(0, "authorization"), "", "and takes no key along");
	fake_forget();

	is_int(run_at("ftp://127.0.0.1", "k"), 2, "another scheme");
	is_int(run_at("http://u:secret@127.0.0.1", "k"), 2, "a password");
	ok(strstr(run_err(), "secret") == NULL, "is not shown");
	is_int(run_at("http://127.0.0.1?x", "k"), 2, "a query");
	is_int(run_at(fake_url(), "a\r\nX-Y: z"), 2, "a key of two lines");
	is_int(run_at(fake_url(), ""), 2, "an empty key");
	is_int(fake_count(), 0, "none of them is sent");
}

static void
test_unreachable(void)
{
	static const char *const strange[] = { "<html>", "{", "[1] 2" };
	struct run r = { .no_conf = true };
	char conf[300];
	is_int(run_with(&r, "-c", "/nonexistent", "emails", "list"), 3,
	    "no configuration");
	ok(strstr(run_err(), " (cannot_reach)\n") != NULL, "is said");
	snprintf(conf, sizeof(conf), "%s/other.conf", tap_dir());
	FILE *f = fopen(conf, "w");
	fprintf(f, "api {\n\tsocket = \"%s/none.sock\"\n}\n", tap_dir());
	fclose(f);
	is_int(run_with(&r, "-c", conf, "emails", "list"), 3, "no socket");
	ok(strstr(run_err(), "No such file or directory (cannot_reach)\n") !=
		NULL,
	    "is said with the reason");
	is_int(run_at("http://127.0.0.1:1", "re_secret"), 3, "a closed port");
	ok(strstr(run_err(), "Connection refused (cannot_reach)\n") != NULL &&
		strstr(run_err(), "re_secret") == NULL,
	    "is said, and the key is not");
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		fake_answer(i == 0 ? 502 : 200, strange[i]);
		is_int(run("emails", "get", "m"), 3, "what is no JSON");
		ok(strstr(run_err(), " (bad_answer)\n") != NULL,
		    "is no answer");
		fake_forget();
	}
	fake_answer(0, "");
	is_int(run("emails", "get", "m"), 3, "a connection that breaks");
	ok(strstr(run_err(), "may have been done") != NULL,
	    "leaves it open what was done");
	fake_forget();
	fake_answer(302, "{}");
	is_int(run("emails", "get", "m"), 3, "a redirect is not followed");
	fake_forget();
	fake_answer(200, "{}");
	is_int(run("emails", "list"), 3, "a list must be one");
	fake_forget();
	fake_answer(200, NULL);
	is_int(run("emails", "get", "m"), 3, "over 64 MB");
	ok(strstr(run_err(), "larger than 64 MB") != NULL, "is too much");
	fake_forget();
}

static void
test_come_later(void)
{
	fake_answer_later(429, "1", "{\"name\":\"rate_limit_exceeded\"}");
	fake_answer_later(503, "1", "{\"name\":\"service_unavailable\"}");
	fake_answer(200, "{\"id\":\"m\"}");
	is_int(run("emails", "get", "m"), 0, "a busy server is asked again");
	is_int(fake_count(), 3, "until it answers");
	fake_forget();
	for (int i = 0; i < 5; i++)
		fake_answer_later(503, "1",
		    "{\"message\":\"Busy.\",\"name\":\"busy\"}");
	is_int(run("emails", "get", "m"), 1, "but not for ever");
	is_int(fake_count(), 4, "four times");
	is(run_err(), "postflow: Busy. (busy)\n", "and then it is said");
	fake_forget();
	fake_answer(503, "{\"message\":\"Down.\",\"name\":\"down\"}");
	is_int(run("emails", "get", "m"), 1, "503 without a time stands");
	is_int(fake_count(), 1, "at once");
	fake_forget();
	fake_answer_later(429, "3600", "{\"message\":\"L\",\"name\":\"n\"}");
	is_int(run("emails", "get", "m"), 1, "an hour is not waited");
	fake_forget();
}

static void
test_status(void)
{
	fake_answer(200, "{\"status\":\"ok\"}");
	fake_answer(200,
	    "{\"object\":\"status\",\"version\":\"0.1.0\","
	    "\"uptime_s\":3,\"queue\":{\"due\":1,\"held\":0}}");
	is_int(run("status"), 0, "status");
	is(fake_seen(0), "GET /healthz", "asks for health");
	is(fake_seen(1), "GET /status", "and for numbers");
	is(run_out(),
	    "status: ok\nversion: 0.1.0\nuptime_s: 3\nqueue.due: 1\n"
	    "queue.held: 0\n",
	    "and prints both");
	fake_forget();
	fake_answer(200, "ok");
	fake_answer(200, "{\"status\":\"\",\"version\":\"0.1.0\"}");
	is_int(run("--json", "status"), 0, "health may be told in text");
	is(run_out(), "{\"status\":\"\",\"version\":\"0.1.0\"}\n",
	    "numbers are told in JSON");
	fake_forget();
	fake_answer(503, "{\"message\":\"Draining.\",\"name\":\"draining\"}");
	is_int(run("status"), 1, "a server that is not well");
	is(run_err(), "postflow: Draining. (draining)\n", "which it says");
	fake_forget();
	fake_answer(503, "{\"status\":\"disk_full\"}");
	fake_answer(200,
	    "{\"version\":\"0.1.0\",\"store\":{\"is_full\":true}}");
	is_int(run("status"), 1, "one whose disk is full");
	is(run_out(),
	    "status: disk_full\nversion: 0.1.0\n"
	    "store.is_full: true\n",
	    "tells its numbers all the same");
	is(run_err(), "postflow: the server is not well: disk_full\n",
	    "and why it is not well");
	fake_forget();
	fake_answer(503, "{\"status\":\"disk_full\"}");
	fake_answer(200, "{\"version\":\"0.1.0\"}");
	is_int(run("--json", "status"), 1, "in JSON, too");
	is(run_out(), "{\"status\":\"disk_full\",\"version\":\"0.1.0\"}\n",
	    "as one object");
	fake_forget();
	fake_answer(503, "{\"status\":\"disk_full\"}");
	fake_answer(503, "{\"message\":\"Not now.\",\"name\":\"n\"}");
	is_int(run("status"), 1, "or refuses");
	is(run_err(), "postflow: Not now. (n)\n", "in its words");
	fake_forget();
}

int
main(void)
{
	fake_start();
	test_refusals();
	test_publish();
	test_pages();
	test_where();
	test_unreachable();
	test_come_later();
	test_status();
	fake_stop();
	return tap_done();
}
