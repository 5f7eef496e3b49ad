/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What other commands send as the members of a JSON body are the parts of a
 * form here, each a text. The file is read as it is sent, so its size does not
 * matter.
 */
#include "cli/import.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "cli/body.h"
#include "cli/execute.h"
#include "cli/file.h"

enum { PARTS_MAX = 8 };

/* The members of the body as parts behind the first. 0, -1 with fault_r */
static int
parts_fill(struct arena *a, const struct cli_call *call, struct cli_part *parts,
    struct fault *fault_r)
{
	const char *text, *name;
	size_t len;
	json_t *v;
	int n = 1;
	if (cli_call_body(a, call, &text, &len, fault_r) < 0)
		return -1;
	const json_t *body = json_parse(a, text, len, fault_r);
	json_object_foreach ((json_t *)body, name, v)
		if (n < PARTS_MAX)
			parts[n++] = (struct cli_part){ .name = name,
				.text = json_is_string(v) ? json_string_value(v)
							  : json_text(a, v) };
	return body != NULL ? 0 : -1;
}

static enum cli_exit
send_file(struct cli *cli, struct arena *a, const struct cli_call *call,
    const struct cli_part *parts)
{
	struct cli_answer answer;
	const struct cli_request q = { .method = "POST",
		.path = cli_call_path(a, call, NULL),
		.parts = parts,
		.is_long = true };
	enum cli_exit rc = cli_ask(cli, a, &q, &answer);
	if (rc == CLI_DONE)
		cli_show(cli, call->command, answer.body);
	return rc;
}

enum cli_exit
cli_import_create(struct cli *cli, const struct cli_call *call)
{
	const char *path = cli_call_value(call, "file");
	struct cli_part parts[PARTS_MAX + 1] = { 0 };
	struct cli_file file;
	struct fault f;
	if (cli_file_open(&file, path != NULL ? path : call->args[0], &f) < 0)
		return cli_misused(cli, &f);
	struct arena *a = arena_new();
	parts[0] = (struct cli_part){ .name = "file", .stream = file.stream };
	enum cli_exit rc = parts_fill(a, call, parts, &f) < 0
	    ? cli_misused(cli, &f)
	    : send_file(cli, a, call, parts);
	cli_file_close(&file);
	arena_free(a);
	return rc;
}
