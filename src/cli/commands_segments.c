/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Segments: sets of contacts, filled by hand or by a filter.
 */
#include "cli/cli.h"

static const struct cli_option create_options[] = {
	{ "name", "TEXT", "name", "what to call it", CLI_BODY, CLI_TEXT, true,
	    0 },
	{ "filter", "JSON", "filter",
	    "a rule: whom it is true of is in it, and nobody else", CLI_BODY,
	    CLI_JSON, false, 0 },
	{ .name = NULL },
};

static const struct cli_option update_options[] = {
	{ "name", "TEXT", "name", "what to call it", CLI_BODY, CLI_TEXT, true,
	    0 },
	{ .name = NULL },
};

static const char *const columns[] = { "id", "name", "created_at", NULL };
static const char *const contact_columns[] = { "id", "email", "first_name",
	"last_name", "unsubscribed", "created_at", NULL };

static const struct cli_command commands[] = {
	{ .verb = "create",
	    .summary = "Make a segment and print its id.",
	    .method = "POST",
	    .path = "/segments",
	    .options = create_options,
	    .print = "id" },
	{ .verb = "get",
	    .args = "ID",
	    .summary = "Show a segment.",
	    .method = "GET",
	    .path = "/segments/{}" },
	{ .verb = "list",
	    .summary = "List the segments.",
	    .method = "GET",
	    .path = "/segments",
	    .columns = columns,
	    .is_list = true },
	{ .verb = "update",
	    .args = "ID",
	    .summary = "Rename a segment.",
	    .method = "PATCH",
	    .path = "/segments/{}",
	    .options = update_options },
	{ .verb = "delete",
	    .args = "ID",
	    .summary = "Delete a segment; its contacts stay.",
	    .method = "DELETE",
	    .path = "/segments/{}" },
	{ .verb = "contacts",
	    .args = "ID",
	    .summary = "List the contacts in a segment.",
	    .method = "GET",
	    .path = "/segments/{}/contacts",
	    .columns = contact_columns,
	    .is_list = true },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_segments = { "segments", "sets of contacts",
	commands };
