/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text of an event is sent as it stands in the file. A batch carries an
 * idempotency key, so asking again after "come later" cannot double it. The
 * file is read as it is sent, so its size does not matter.
 */
#include "cli/bulk.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/fault.h"
#include "base/json.h"
#include "cli/execute.h"
#include "cli/file.h"
#include "cli/text.h"

enum {
	BATCH_ITEMS = 1000,       /* what one request may hold */
	BATCH_BYTES = 960 * 1024, /* under the server's limit of a body */
};

struct bulk {
	struct cli *cli;
	const char *unit; /* "line", or "event" number so-and-so of an array */
	struct buf body;  /* "[a,b" of the batch being filled */
	int64_t places[BATCH_ITEMS]; /* where each of them stood in the file */
	int n;
	int64_t accepted, duplicate, refused;
	int64_t stopped_at; /* the first event not known to be taken; or 0 */
};

/* Says why one event was refused; with --json its object names the place. */
static void
item_refused(struct bulk *b, int64_t place, const char *name,
    const char *message, const json_t *error)
{
	json_t *e = error != NULL
	    ? json_copy((json_t *)error)
	    : json_pack("{s:s, s:s}", "message", message, "name", name);
	json_object_set_new(e, b->unit, json_integer(place));
	b->refused++;
	cli_output_error(&b->cli->out, e, name, "%s %lld: %s", b->unit,
	    (long long)place, message);
	json_decref(e);
}

/* Counts the answer to one event. */
static void
item_answered(struct bulk *b, int64_t place, const json_t *answer)
{
	const char *message =
	    json_string_value(json_object_get(answer, "message"));
	const char *name = json_string_value(json_object_get(answer, "name"));
	if (json_object_get(answer, "event") == NULL)
		item_refused(b, place, name != NULL ? name : "refused",
		    message != NULL ? message : "refused", answer);
	else if (json_is_true(json_object_get(answer, "duplicate")))
		b->duplicate++;
	else
		b->accepted++;
}

/* Sends the body and counts what was answered. */
static enum cli_exit
batch_post(struct bulk *b, struct arena *a)
{
	unsigned char random[16];
	char key[sizeof(random) * 2 + 1];
	struct cli_answer answer;
	random_bytes(random, sizeof(random));
	hex_encode(random, sizeof(random), key);
	struct cli_request q = { .method = "POST",
		.path = "/events/send/batch",
		.body = b->body.data,
		.body_len = b->body.len,
		.idempotency_key = key };
	enum cli_exit rc = cli_ask(b->cli, a, &q, &answer);
	if (rc != CLI_DONE)
		return rc;
	const json_t *data = json_object_get(answer.body, "data");
	if (json_array_size(data) != (size_t)b->n)
		return cli_strange(b->cli, "did not answer for every event");
	for (int i = 0; i < b->n; i++)
		item_answered(b, b->places[i], json_array_get(data, (size_t)i));
	return CLI_DONE;
}

/* Sends the batch, if there is one, and starts the next. */
static enum cli_exit
batch_send(struct bulk *b)
{
	if (b->n == 0)
		return CLI_DONE;
	struct arena *a = arena_new();
	buf_char(&b->body, ']');
	enum cli_exit rc = batch_post(b, a);
	if (rc != CLI_DONE)
		b->stopped_at = b->places[0];
	arena_free(a);
	buf_clear(&b->body);
	b->n = 0;
	return rc;
}

/* Puts the text of an event into the batch; sends the batch when it is full. */
static enum cli_exit
item_add(struct bulk *b, int64_t place, const char *text, size_t len)
{
	enum cli_exit rc = CLI_DONE;
	if (b->n == BATCH_ITEMS ||
	    (b->n > 0 && b->body.len + len > BATCH_BYTES))
		rc = batch_send(b);
	if (rc != CLI_DONE)
		return rc;
	buf_char(&b->body, b->n == 0 ? '[' : ',');
	buf_add(&b->body, text, len);
	b->places[b->n++] = place;
	return CLI_DONE;
}

/* Adds a line that is one JSON value; another is refused here, because it
 * would spoil the batch it stands in. */
static enum cli_exit
line_add(struct bulk *b, int64_t place, const struct buf *line,
    bool is_too_long)
{
	struct arena *a = arena_new();
	struct fault f;
	enum cli_exit rc = CLI_DONE;
	if (is_too_long)
		item_refused(b, place, "invalid_line", "longer than 1 MiB",
		    NULL);
	else if (json_parse(a, line->data, line->len, &f) == NULL)
		item_refused(b, place, "invalid_line", f.text, NULL);
	else
		rc = item_add(b, place, line->data, line->len);
	arena_free(a);
	return rc;
}

/* True if there is nothing but blanks in the line. */
static bool
is_blank(const struct buf *line)
{
	return line->len == 0 || strspn(line->data, " \t\r") == line->len;
}

/* Sends a file of lines. */
static enum cli_exit
lines_send(struct bulk *b, struct cli_file *file)
{
	struct buf line = { 0 };
	struct fault f;
	bool is_too_long;
	enum cli_exit rc = CLI_DONE;
	int got = 0;
	b->unit = "line";
	while (rc == CLI_DONE &&
	    (got = cli_file_line(file, &line, &is_too_long, &f)) == 1)
		if (!is_blank(&line))
			rc = line_add(b, file->line, &line, is_too_long);
	buf_free(&line);
	if (rc == CLI_DONE)
		rc = batch_send(b);
	if (rc == CLI_DONE && got < 0)
		rc = cli_misused(b->cli, &f);
	return rc;
}

/* Sends a file that is one array. */
static enum cli_exit
array_send(struct bulk *b, struct cli_file *file, struct arena *a)
{
	const char *text;
	size_t len;
	struct fault f;
	enum cli_exit rc = CLI_DONE;
	b->unit = "event";
	if (cli_file_rest(file, a, &text, &len, &f) < 0)
		return cli_misused(b->cli, &f);
	const json_t *list = json_parse(a, text, len, &f);
	if (list == NULL) {
		fault_at(&f, "%s", file->name);
		return cli_misused(b->cli, &f);
	}
	for (size_t i = 0; i < json_array_size(list) && rc == CLI_DONE; i++) {
		struct buf item = { 0 };
		cli_json_put(&item, json_array_get(list, i), CLI_COMPACT,
		    false);
		rc = item_add(b, (int64_t)i + 1, item.data, item.len);
		buf_free(&item);
	}
	return rc == CLI_DONE ? batch_send(b) : rc;
}

/* Says what became of the events, also when the sending stopped early. */
static void
counts_show(struct bulk *b)
{
	json_t *o = json_pack("{s:I, s:I, s:I}", "accepted",
	    (json_int_t)b->accepted, "duplicate", (json_int_t)b->duplicate,
	    "refused", (json_int_t)b->refused);
	if (b->stopped_at != 0)
		json_object_set_new(o, "stopped_at",
		    json_integer(b->stopped_at));
	if (b->cli->out.is_json)
		cli_output_json(&b->cli->out, o);
	else
		cli_output_pairs(&b->cli->out, o, NULL);
	json_decref(o);
}

enum cli_exit
cli_bulk_send(struct cli *cli, const struct cli_call *call)
{
	struct bulk b = { .cli = cli };
	struct cli_file file;
	struct fault f;
	if (cli_file_open(&file, cli_call_value(call, "file"), &f) < 0)
		return cli_misused(cli, &f);
	struct arena *a = arena_new();
	enum cli_exit rc = cli_file_peek(&file) == '['
	    ? array_send(&b, &file, a)
	    : lines_send(&b, &file);
	counts_show(&b);
	cli_file_close(&file);
	buf_free(&b.body);
	arena_free(a);
	return rc == CLI_DONE && b.refused > 0 ? CLI_REFUSED : rc;
}
