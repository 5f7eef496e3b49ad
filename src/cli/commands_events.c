/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events: one from the options, or many from a file; what an event led to; and
 * definitions, which say what a name's payload must hold.
 */
#include "cli/bulk.h"
#include "cli/cli.h"
#include "cli/outcome.h"

enum { CONTACT = 1 };

static const struct cli_option send_options[] = {
	{ "event", "NAME", "event", "what happened", CLI_BODY, CLI_TEXT, true,
	    0 },
	{ "email", "ADDRESS", "email", "to whom", CLI_BODY, CLI_TEXT, true,
	    CONTACT },
	{ "contact-id", "ID", "contact_id", "to whom", CLI_BODY, CLI_TEXT, true,
	    CONTACT },
	{ "payload", "JSON", "payload", "an object with what is known of it",
	    CLI_BODY, CLI_JSON, false, 0 },
	{ "id", "KEY", "id",
	    "your own id of the event: given again, it counts once", CLI_BODY,
	    CLI_TEXT, false, 0 },
	{ .name = NULL },
};

static const struct cli_option file_options[] = {
	{ "file", "FILE", NULL,
	    "events, one JSON object a line, or one array of them; "
	    "-: standard input",
	    CLI_OWN, CLI_TEXT, true, 0 },
	{ .name = NULL },
};

static const struct cli_option create_options[] = {
	{ "name", "NAME", "name", "the name events have", CLI_BODY, CLI_TEXT,
	    true, 0 },
	{ "schema", "JSON", "schema",
	    "an object: each field is string, number, boolean or date",
	    CLI_BODY, CLI_JSON, false, 0 },
	{ .name = NULL },
};

static const struct cli_option update_options[] = {
	{ "schema", "JSON", "schema",
	    "an object as in create; null: any payload will do", CLI_BODY,
	    CLI_JSON, true, 0 },
	{ .name = NULL },
};

static const char *const columns[] = { "id", "name", "schema", "created_at",
	"updated_at", NULL };

static const struct cli_command commands[] = {
	{ .verb = "send",
	    .summary = "Send an event and print its id.",
	    .method = "POST",
	    .path = "/events/send",
	    .options = send_options,
	    .print = "id" },
	{ .verb = "send",
	    .summary = "Send many events and print how many were taken.",
	    .options = file_options,
	    .chosen_by = "file",
	    .exec = cli_bulk_send },
	{ .verb = "outcome",
	    .args = "ID",
	    .summary = "Show what an event led to, and what it did not start.",
	    .method = "GET",
	    .path = "/events/{}/outcome",
	    .present = cli_outcome_present },
	{ .verb = "create",
	    .summary = "Define a name of events and print its id.",
	    .method = "POST",
	    .path = "/events",
	    .options = create_options,
	    .print = "id" },
	{ .verb = "get",
	    .args = "ID|NAME",
	    .summary = "Show a definition.",
	    .method = "GET",
	    .path = "/events/{}" },
	{ .verb = "list",
	    .summary = "List the definitions.",
	    .method = "GET",
	    .path = "/events",
	    .columns = columns,
	    .is_list = true },
	{ .verb = "update",
	    .args = "ID|NAME",
	    .summary = "Change what payloads must hold.",
	    .method = "PATCH",
	    .path = "/events/{}",
	    .options = update_options },
	{ .verb = "delete",
	    .args = "ID|NAME",
	    .summary = "Delete a definition; events of the name still count.",
	    .method = "DELETE",
	    .path = "/events/{}" },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_events = { "events",
	"what happened, and definitions of it", commands };
