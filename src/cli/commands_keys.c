/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * API keys. The token is the only thing "create" writes to standard output,
 * so that KEY=$(postflow keys create) holds it.
 */
#include <string.h>

#include "base/arena.h"
#include "cli/cli.h"

static const struct cli_option create_options[] = {
	{ "name", "TEXT", "name", "what to call the key", CLI_BODY, CLI_TEXT,
	    false, 0 },
	{ "permission", "full_access|sending_access", "permission",
	    "what the key may do; full_access if not given", CLI_BODY, CLI_WORD,
	    false, 0 },
	{ "domain-id", "ID", "domain_id",
	    "the one domain a sending_access key may send from", CLI_BODY,
	    CLI_TEXT, false, 0 },
	{ .name = NULL },
};

static const struct cli_option update_options[] = {
	{ "name", "TEXT", "name", "what to call the key", CLI_BODY, CLI_TEXT,
	    true, 0 },
	{ .name = NULL },
};

static const char *const columns[] = { "id", "name", "permission", "created_at",
	"last_used_at", NULL };

/* The API wants a name; one that is made by hand need not have its own. */
static enum cli_exit
create(struct cli *cli, const struct cli_call *call)
{
	struct arena *a = arena_new();
	struct cli_command command = *call->command;
	struct cli_call named = *call;
	size_t n = (size_t)call->n_given;
	command.exec = NULL;
	named.command = &command;
	named.given = arena_alloc(a, (n + 1) * sizeof(*named.given));
	if (n > 0)
		memcpy(named.given, call->given, n * sizeof(*named.given));
	if (!cli_call_has(call, "name"))
		named.given[named.n_given++] =
		    (struct cli_given){ &create_options[0], "postflow" };
	enum cli_exit rc = cli_execute(cli, &named);
	arena_free(a);
	return rc;
}

static const struct cli_command commands[] = {
	{ .verb = "create",
	    .summary = "Make a key and print it, this once.",
	    .method = "POST",
	    .path = "/api-keys",
	    .options = create_options,
	    .print = "token",
	    .note = "this key is not shown again: keep it now",
	    .exec = create },
	{ .verb = "list",
	    .summary = "List the keys, without their tokens.",
	    .method = "GET",
	    .path = "/api-keys",
	    .columns = columns,
	    .is_list = true },
	{ .verb = "update",
	    .args = "ID",
	    .summary = "Rename a key.",
	    .method = "PATCH",
	    .path = "/api-keys/{}",
	    .options = update_options },
	{ .verb = "delete",
	    .args = "ID",
	    .summary = "Take a key back.",
	    .method = "DELETE",
	    .path = "/api-keys/{}" },
	{ .verb = "rotate-signing",
	    .summary = "Sign links with a new key; older ones stay good.",
	    .method = "POST",
	    .path = "/signing-keys/rotate" },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_keys = { "keys",
	"API keys, and those that sign links", commands };
