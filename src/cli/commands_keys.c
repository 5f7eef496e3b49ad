/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * API keys. The token is the only thing "create" writes to standard output,
 * so that KEY=$(postflow keys create) holds it.
 */
#include "cli/cli.h"

static const struct cli_option create_options[] = {
	{ "name", "TEXT", "name", "what to call the key", CLI_BODY, CLI_TEXT,
	    false, 0 },
	{ "permission", "full_access|sending_access", "permission",
	    "what the key may do; full_access if not given", CLI_BODY, CLI_WORD,
	    false, 0 },
	{ .name = NULL },
};

static const char *const columns[] = { "id", "name", "permission", "created_at",
	"last_used_at", NULL };

static const struct cli_command commands[] = {
	{ .verb = "create",
	    .summary = "Make a key and print it, this once.",
	    .method = "POST",
	    .path = "/api-keys",
	    .options = create_options,
	    .print = "token",
	    .note = "this key is not shown again: keep it now" },
	{ .verb = "list",
	    .summary = "List the keys, without their tokens.",
	    .method = "GET",
	    .path = "/api-keys",
	    .columns = columns,
	    .is_list = true },
	{ .verb = "delete",
	    .args = "ID",
	    .summary = "Take a key back.",
	    .method = "DELETE",
	    .path = "/api-keys/{}" },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_keys = { "keys", "API keys", commands };
