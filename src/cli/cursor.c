/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "cli/cursor.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "cli/body.h"
#include "cli/execute.h"

/* The path of the slice that begins at the cursor. */
static char *
slice_path(struct arena *a, const char *path, const char *cursor)
{
	struct buf b = { 0 };
	buf_str(&b, path);
	if (cursor != NULL) {
		buf_str(&b, "?cursor=");
		cli_path_encode(&b, cursor);
	}
	char *text = arena_strdup(a, b.data);
	buf_free(&b);
	return text;
}

/* Takes the next slice; *cursor is then where the one behind it begins, NULL
 * behind the last. */
static enum cli_exit
slice_take(struct cli *cli, struct arena *keep, struct arena *a,
    const char *path, char **cursor, cli_slice *fn, void *arg)
{
	struct cli_answer answer;
	struct cli_request q = { .method = "GET",
		.path = slice_path(a, path, *cursor) };
	enum cli_exit rc = cli_ask(cli, a, &q, &answer);
	if (rc != CLI_DONE)
		return rc;
	const json_t *next = json_object_get(answer.body, "next");
	const char *text = json_string_value(next);
	if (!json_is_object(answer.body) ||
	    (next != NULL && !json_is_null(next) && text == NULL))
		return cli_strange(cli, "did not say where it goes on");
	if (text != NULL && *cursor != NULL && strcmp(text, *cursor) == 0)
		return cli_strange(cli, "says there is more, but not where");
	fn(cli, answer.body, arg);
	*cursor = arena_strdup(keep, text);
	return CLI_DONE;
}

enum cli_exit
cli_cursor_walk(struct cli *cli, const char *path, cli_slice *fn, void *arg)
{
	struct arena *keep = arena_new();
	char *cursor = NULL;
	enum cli_exit rc;
	do {
		struct arena *a = arena_new();
		rc = slice_take(cli, keep, a, path, &cursor, fn, arg);
		arena_free(a);
	} while (rc == CLI_DONE && cursor != NULL && cli->out.write_errno == 0);
	arena_free(keep);
	return rc;
}
