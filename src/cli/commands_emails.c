/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mails that were sent or wait to be.
 */
#include "cli/cli.h"

static const char *const columns[] = { "id", "to", "subject", "last_event",
	"created_at", NULL };

static const struct cli_command commands[] = {
	{ .verb = "list",
	    .summary = "List the mails.",
	    .method = "GET",
	    .path = "/emails",
	    .columns = columns,
	    .is_list = true },
	{ .verb = "get",
	    .args = "ID",
	    .summary = "Show a mail.",
	    .method = "GET",
	    .path = "/emails/{}" },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_emails = { "emails",
	"mails sent or waiting to be", commands };
