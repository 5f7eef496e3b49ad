/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file of contacts goes out as a form, whatever its size, with the options as
 * texts beside it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/defs.h"
#include "tests/cli/fake_server.h"
#include "tests/tap.h"

#define DONE "{\"object\":\"contact_import\",\"id\":\"i1\"}"

/* A file in the test's directory. */
static const char *
file_of(const char *text)
{
	static char path[300];
	snprintf(path, sizeof(path), "%s/contacts.csv", tap_dir());
	FILE *f = fopen(path, "w");
	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		printf("Bail out! %s\n", path);
	return path;
}

/* True if the form has that part. */
static bool
has_part(const char *name, const char *content)
{
	char head[100];
	snprintf(head, sizeof(head), "form-data; name=\"%s\"", name);
	const char *p = strstr(fake_seen(0), head);
	p = p != NULL ? strstr(p, "\r\n\r\n") : NULL;
	return p != NULL && strncmp(p + 4, content, strlen(content)) == 0 &&
	    strncmp(p + 4 + strlen(content), "\r\n--", 4) == 0;
}

static void
test_form(void)
{
	fake_answer(201, DONE);
	is_int(run("contacts", "imports", "create", file_of("email\na@b.c\n"),
		   "--column-map", "{\"email\": \"email\"}", "--on-conflict",
		   "skip", "--segment-id", "s1", "--segment-id", "s2",
		   "--topics", "[{\"id\":\"t\",\"subscription\":\"opt_in\"}]"),
	    0, "a file is sent");
	is(run_out(), "i1\n", "the import's id is printed");
	ok(strncmp(fake_seen(0), "POST /contacts/imports ", 23) == 0,
	    "in one request");
	ok(strncmp(fake_header(0, "content-type"),
	       "multipart/form-data; boundary=", 30) == 0,
	    "as a form: %s", fake_header(0, "content-type"));
	ok(has_part("file", "email\na@b.c\n"), "with the file");
	ok(has_part("column_map", "{\"email\":\"email\"}"), "the map");
	ok(has_part("on_conflict", "skip"), "the word");
	ok(has_part("segments", "[{\"id\":\"s1\"},{\"id\":\"s2\"}]"),
	    "the segments");
	ok(has_part("topics", "[{\"id\":\"t\",\"subscription\":\"opt_in\"}]"),
	    "and the topics");
	fake_forget();
}

static void
test_file(void)
{
	const struct run r = { .input = "email\nb@b.c\n" };
	fake_answer(201, DONE);
	is_int(run("contacts", "imports", "create", "--file",
		   file_of("email\n"), "--json"),
	    0, "a file as an option");
	ok(has_part("file", "email\n"), "is the same");
	ok(strstr(fake_seen(0), "column_map") == NULL &&
		strstr(fake_seen(0), "on_conflict") == NULL,
	    "what is not given is not sent");
	fake_forget();
	fake_answer(201, DONE);
	is_int(run_with(&r, "contacts", "imports", "create", "-"), 0,
	    "standard input");
	ok(has_part("file", "email\nb@b.c\n"), "is a file as well");
	fake_forget();
}

static void
test_large(void)
{
	enum { LINES = 300000 };
	char *text = xmalloc(LINES * 10 + 1);
	for (int i = 0; i < LINES; i++)
		memcpy(text + (size_t)i * 10, "abc@de.fg\n", 10);
	text[LINES * 10] = '\0';
	fake_answer(413,
	    "{\"statusCode\":413,\"message\":\"Too large.\","
	    "\"name\":\"validation_error\"}");
	is_int(run("contacts", "imports", "create", file_of(text)), 1,
	    "one the server does not want");
	ok(strstr(run_err(), "Too large. (validation_error)") != NULL,
	    "it says why");
	ok(strlen(fake_seen(0)) > LINES * 10, "all of it was sent");
	fake_forget();
	free(text);
}

static void
test_misuse(void)
{
	is_int(run("contacts", "imports", "create"), 2, "no file");
	is_int(run("contacts", "imports", "create", "/no/such/file"), 2,
	    "none that is there");
	ok(strstr(run_err(), "cannot open /no/such/file") != NULL, "is told");
	is_int(run("contacts", "imports", "create", tap_dir()), 2,
	    "a directory");
	is_int(run("contacts", "imports", "create", file_of("email\n"),
		   "--on-conflict", "merge"),
	    2, "another word");
	is_int(run("contacts", "imports", "create", file_of("email\n"),
		   "--column-map", "email"),
	    2, "a map that is no JSON");
	is_int(fake_count(), 0, "nothing was sent");
}

static const struct example examples[] = {
	{ { "contacts", "imports", "list", "--status", "completed" },
	    "GET /contacts/imports?status=completed",
	    "{\"data\":[{\"object\":\"contact_import\",\"id\":\"i1\","
	    "\"status\":\"completed\",\"counts\":{\"total\":1}}]}",
	    "ID  STATUS     COUNTS       CREATED_AT  COMPLETED_AT\n"
	    "i1  completed  {\"total\":1}  -           -\n" },
	{ { "contacts", "imports", "get", "i1" }, "GET /contacts/imports/i1",
	    "{\"object\":\"contact_import\",\"id\":\"i1\","
	    "\"counts\":{\"total\":2,\"failed\":1},"
	    "\"failures\":[{\"line\":3,\"reason\":\"No address.\"}]}",
	    "id: i1\n"
	    "counts.total: 2\n"
	    "counts.failed: 1\n"
	    "LINE  REASON\n"
	    "3     No address.\n" },
};

int
main(void)
{
	fake_start();
	test_form();
	test_file();
	test_large();
	test_misuse();
	run_examples(examples, N_OF(examples));
	fake_stop();
	return tap_done();
}
