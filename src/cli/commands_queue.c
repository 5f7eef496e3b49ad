/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mail that waits to be handed to the MTA.
 */
#include "cli/cli.h"

static const char *const columns[] = { "id", "to", "subject", "attempts",
	"answer", "next_attempt_at", NULL };

static const char *const doubt_columns[] = { "id", "to", "subject", "attempts",
	"doubts", "answer", NULL };

/* What somebody decides of one, or of all. */
#define DECIDE(word, does) \
	{ \
		.verb = word, .args = "ID|all", .summary = does, \
		.method = "POST", .path = "/queue/in-doubt/{}/" word \
	}

static const struct cli_option list_options[] = {
	{ "limit", "N", "limit", "rows, at most 100", CLI_QUERY, CLI_COUNT,
	    false, 0 },
	{ .name = NULL },
};

static const struct cli_command commands[] = {
	{ .verb = "list",
	    .summary = "Show whether the queue is held or injection paused, "
		       "how much waits, and what is next.",
	    .method = "GET",
	    .path = "/queue",
	    .options = list_options,
	    .columns = columns,
	    .rows = "data" },
	{ .verb = "in-doubt",
	    .summary = "List mail of which nobody knows whether the MTA has "
		       "it.",
	    .method = "GET",
	    .path = "/queue/in-doubt",
	    .options = list_options,
	    .columns = doubt_columns,
	    .is_list = true },
	DECIDE("resend", "Send mail that is in doubt again."),
	DECIDE("sent", "The MTA has the mail that is in doubt."),
	DECIDE("drop", "Do not send the mail that is in doubt again."),
	{ .verb = "hold",
	    .summary = "Let no mail leave; it waits.",
	    .method = "POST",
	    .path = "/queue/hold" },
	{ .verb = "release",
	    .summary = "Let mail leave, also what a restored backup held.",
	    .method = "POST",
	    .path = "/queue/release" },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_queue = { "queue", "mail that waits to leave",
	commands };
