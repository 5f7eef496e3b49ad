/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events: one from the options, or many from a file.
 */
#include "cli/bulk.h"
#include "cli/cli.h"

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
	{ .verb = NULL },
};

const struct cli_noun cli_noun_events = { "events", "what happened", commands };
