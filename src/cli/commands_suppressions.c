/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Suppressions: addresses that get no mail.
 */
#include "cli/cli.h"

static const struct cli_option list_options[] = {
	{ "origin", "bounce|complaint|manual", "origin",
	    "only those suppressed for that reason", CLI_QUERY, CLI_WORD, false,
	    0 },
	{ .name = NULL },
};

static const struct cli_option emails_options[] = {
	{ "file", "FILE", "emails", "a JSON array of at most 100 addresses",
	    CLI_BODY, CLI_JSON_FILE, true, 0 },
	{ .name = NULL },
};

static const struct cli_option ids_options[] = {
	{ "file", "FILE", "ids", "a JSON array of at most 100 ids", CLI_BODY,
	    CLI_JSON_FILE, true, 0 },
	{ "ids", NULL, NULL, "the file names them by their ids", CLI_OWN,
	    CLI_FLAG, false, 0 },
	{ .name = NULL },
};

static const char *const columns[] = { "id", "email", "origin", "source_id",
	"created_at", NULL };

static const char *const changed_columns[] = { "id", NULL };

static const struct cli_command commands[] = {
	{ .verb = "add",
	    .summary = "Send no mail to an address any more.",
	    .args = "ADDRESS",
	    .method = "POST",
	    .path = "/suppressions",
	    .arg_field = "email",
	    .print = "id" },
	{ .verb = "batch add",
	    .summary = "Send no mail to many addresses any more.",
	    .method = "POST",
	    .path = "/suppressions/batch/add",
	    .options = emails_options,
	    .columns = changed_columns,
	    .rows = "data" },
	{ .verb = "batch remove",
	    .summary = "Let mail go to many addresses again.",
	    .method = "POST",
	    .path = "/suppressions/batch/remove",
	    .options = emails_options,
	    .columns = changed_columns,
	    .rows = "data" },
	{ .verb = "batch remove",
	    .summary = "The same, told by their ids.",
	    .method = "POST",
	    .path = "/suppressions/batch/remove",
	    .options = ids_options,
	    .columns = changed_columns,
	    .rows = "data",
	    .chosen_by = "ids" },
	{ .verb = "get",
	    .args = "ID-OR-ADDRESS",
	    .summary = "Show whether and why an address is suppressed.",
	    .method = "GET",
	    .path = "/suppressions/{}" },
	{ .verb = "list",
	    .summary = "List the suppressed addresses.",
	    .method = "GET",
	    .path = "/suppressions",
	    .options = list_options,
	    .columns = columns,
	    .is_list = true },
	{ .verb = "delete",
	    .args = "ID-OR-ADDRESS",
	    .summary = "Let mail go to an address again.",
	    .method = "DELETE",
	    .path = "/suppressions/{}" },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_suppressions = { "suppressions",
	"addresses that get no mail", commands };
