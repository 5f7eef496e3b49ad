/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events from a file: how they are cut into requests, and what is said of
 * each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/buf.h"
#include "tests/cli/fake_server.h"
#include "tests/tap.h"

#define TAKEN "{\"object\":\"event\",\"event\":\"a\",\"id\":\"1\"}"

/* Answers n events taken. */
static void
answer_taken(int n)
{
	static struct buf texts[8];
	static int next;
	struct buf *b = &texts[next++ % 8];
	buf_clear(b);
	buf_str(b, "{\"data\":[");
	for (int i = 0; i < n; i++)
		buf_printf(b, "%s%s", i > 0 ? "," : "", TAKEN);
	buf_str(b, "]}");
	fake_answer(202, b->data);
}

/* How many events request number i held, -1 if it was another request. */
static int
n_sent(int i)
{
	static const char start[] = "POST /events/send/batch ";
	json_error_t e;
	if (strncmp(fake_seen(i), start, strlen(start)) != 0)
		return -1;
	json_t *v = json_loads(fake_seen(i) + strlen(start), 0, &e);
	int n = json_is_array(v) ? (int)json_array_size(v) : -1;
	json_decref(v);
	return n;
}

/* Sends a text as the file. */
static int
send_text(const char *text)
{
	struct run r = { .input = text };
	return run_with(&r, "events", "send", "--file", "-");
}

static void
test_lines(void)
{
	answer_taken(2);
	is_int(send_text("\357\273\277{\"event\":\"a\", \"n\": 1.10}\r\n\n"
			 "  {\"event\":\"a\"}"),
	    0, "lines are sent");
	is(fake_seen(0),
	    "POST /events/send/batch "
	    "[{\"event\":\"a\", \"n\": 1.10}\r,  {\"event\":\"a\"}]",
	    "as they stand in the file");
	is(run_out(), "accepted: 2\nduplicate: 0\nrefused: 0\n", "and counted");
	is_int(strlen(fake_header(0, "idempotency-key")), 32,
	    "under a key of their own");
	fake_forget();

	is_int(send_text(""), 0, "an empty file");
	is(run_out(), "accepted: 0\nduplicate: 0\nrefused: 0\n", "has none");
	is_int(fake_count(), 0, "and asks nothing");
}

static void
test_array(void)
{
	answer_taken(2);
	is_int(send_text("\n [ {\"event\":\"a\"},\n{\"event\":\"b\"} ]\n"), 0,
	    "an array is sent");
	is(fake_seen(0),
	    "POST /events/send/batch [{\"event\":\"a\"},{\"event\":\"b\"}]",
	    "too");
	fake_forget();
	is_int(send_text("[{\"event\":\"a\"},"), 2, "a broken array");
	is_int(fake_count(), 0, "is not sent");
	ok(strstr(run_err(), "standard input: ") != NULL, "and named");
	fake_forget();
}

static void
test_refused(void)
{
	struct run r = { .input = "{\"event\":\"a\"}\n\nnonsense\n"
				  "{\"event\":\"b\"}\n{\"event\":\"c\"}\n" };
	static const char answer[] =
	    "{\"data\":[{\"event\":\"a\",\"id\":\"1\",\"duplicate\":true},"
	    "{\"statusCode\":422,\"message\":\"M\\u001b\",\"name\":\"n\"},"
	    "{\"event\":\"c\",\"id\":\"2\"}]}";
	fake_answer(202, answer);
	is_int(run_with(&r, "events", "send", "--file", "-"), 1,
	    "some are refused");
	is(fake_seen(0),
	    "POST /events/send/batch "
	    "[{\"event\":\"a\"},{\"event\":\"b\"},{\"event\":\"c\"}]",
	    "the broken line is left out");
	is(run_out(), "accepted: 1\nduplicate: 1\nrefused: 2\n",
	    "each is counted");
	ok(strstr(run_err(), "postflow: line 3: ") != NULL &&
		strstr(run_err(), "postflow: line 4: M\\x1b (n)\n") != NULL,
	    "and the line named");
	fake_forget();

	fake_answer(202, answer);
	is_int(run_with(&r, "--json", "events", "send", "--file", "-"), 1,
	    "with --json");
	is(run_out(), "{\"accepted\":1,\"duplicate\":1,\"refused\":2}\n",
	    "the counts are one object");
	ok(strstr(run_err(),
	       "{\"statusCode\":422,\"message\":\"M\\u001b\",\"name\":\"n\","
	       "\"line\":4}\n") != NULL,
	    "and each refusal another");
	fake_forget();
}

/* Many lines of a length. */
static char *
many(int n, int len)
{
	struct buf b = { 0 };
	for (int i = 0; i < n; i++)
		buf_printf(&b, "{\"event\":\"a\",\"i\":%d,\"p\":\"%0*d\"}\n", i,
		    len, 0);
	return buf_take(&b);
}

static void
test_chunks(void)
{
	char key[64];
	char *text = many(2500, 1);
	for (int i = 0; i < 3; i++)
		answer_taken(i < 2 ? 1000 : 500);
	is_int(send_text(text), 0, "2,500 lines");
	ok(n_sent(0) == 1000 && n_sent(1) == 1000 && n_sent(2) == 500,
	    "are three requests");
	is(run_out(), "accepted: 2500\nduplicate: 0\nrefused: 0\n",
	    "and all taken");
	snprintf(key, sizeof(key), "%s", fake_header(0, "idempotency-key"));
	ok(strcmp(key, fake_header(1, "idempotency-key")) != 0,
	    "each under another key");
	fake_forget();

	answer_taken(1000);
	fake_answer(401, "{\"message\":\"No key.\",\"name\":\"missing\"}");
	is_int(send_text(text), 1, "a refused request");
	is_int(fake_count(), 2, "is the last");
	is(run_out(),
	    "accepted: 1000\nduplicate: 0\nrefused: 0\nstopped_at: 1001\n",
	    "what came before is counted, and where it stopped is said");
	free(text);
	fake_forget();

	text = many(100, 30000);
	for (int i = 0; i < 4; i++)
		answer_taken(i < 3 ? 32 : 4);
	is_int(send_text(text), 0, "3 MB of lines");
	int sum = 0, most = 0;
	for (int i = 0; i < fake_count(); i++) {
		int len = (int)strlen(fake_seen(i));
		sum += n_sent(i);
		most = len > most ? len : most;
	}
	is_int(sum, 100, "are all sent");
	is(fake_header(0, "expect"), "", "without asking first");
	ok(most > 900000 && most < 1000000, "in requests under 1 MB");
	free(text);
	fake_forget();

	text = many(1, 1100000);
	is_int(send_text(text), 1, "a line over 1 MiB");
	ok(fake_count() == 0 && strstr(run_err(), "longer than 1 MiB") != NULL,
	    "is refused here");
	free(text);
	fake_forget();
}

static void
test_trouble(void)
{
	answer_taken(1);
	is_int(send_text("{}\n{}\n"), 3, "an answer for fewer events");
	is(run_out(), "accepted: 0\nduplicate: 0\nrefused: 0\nstopped_at: 1\n",
	    "counts nothing");
	fake_forget();

	fake_answer_later(503, "1", "{}");
	answer_taken(1);
	is_int(send_text("{\"event\":\"a\"}\n"), 0, "a busy server");
	char key[64];
	snprintf(key, sizeof(key), "%s", fake_header(0, "idempotency-key"));
	is(fake_header(1, "idempotency-key"), key,
	    "is asked again under the same key");
	fake_forget();
}

/* A file for an automation is sent byte for byte. */
static void
test_document(void)
{
	static const char text[] =
	    "{ \"name\": \"W\",\n \"steps\": [{\"config\":{\"event_name\":"
	    "\"a\", \"n\": 1.10}}] }\n";
	struct run r = { .input = text };
	char expected[300];
	fake_answer(201, "{\"id\":\"a1\"}");
	is_int(run_with(&r, "automations", "create", "--file", "-"), 0,
	    "an automation from a file");
	snprintf(expected, sizeof(expected), "POST /automations %s", text);
	is(fake_seen(0), expected, "is sent as it is");
	is(run_out(), "a1\n", "and its id printed");
	fake_forget();

	fake_answer(200, "{\"id\":\"a1\"}");
	is_int(run_with(&r, "automations", "update", "a1", "--status",
		   "enabled", "--file", "-"),
	    0, "with an option beside it");
	is(fake_seen(0),
	    "PATCH /automations/a1 {\"name\":\"W\",\"steps\":[{\"config\":{"
	    "\"event_name\":\"a\",\"n\":1.1}}],\"status\":\"enabled\"}",
	    "the option is set in it");
	fake_forget();
	r.input = "{\"a\":1,}";
	is_int(run_with(&r, "automations", "create", "--file", "-"), 2,
	    "a broken file");
	ok(fake_count() == 0 && strstr(run_err(), "line 1, column 8") != NULL,
	    "is not sent, and the place is said");
}

int
main(void)
{
	fake_start();
	test_lines();
	test_array();
	test_refused();
	test_chunks();
	test_trouble();
	test_document();
	fake_stop();
	return tap_done();
}
