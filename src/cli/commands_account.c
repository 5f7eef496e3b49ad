/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a server tells of itself to who uses its API: domains, logs, usage.
 */
#include "cli/cli.h"

/* ---- domains ----------------------------------------------------------- */

static const char *const domain_columns[] = { "id", "name", "status",
	"created_at", NULL };

static const struct cli_command domain_commands[] = {
	{ .verb = "list",
	    .summary = "List the domains mail is sent from.",
	    .method = "GET",
	    .path = "/domains",
	    .columns = domain_columns,
	    .is_list = true },
	{ .verb = "get",
	    .args = "ID",
	    .summary = "Show a domain.",
	    .method = "GET",
	    .path = "/domains/{}" },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_domains = { "domains",
	"the domains of the configuration", domain_commands };

/* ---- logs -------------------------------------------------------------- */

static const char *const log_columns[] = { "id", "created_at", "method",
	"endpoint", "response_status", "user_agent", NULL };

static const struct cli_command log_commands[] = {
	{ .verb = "list",
	    .summary = "List the last requests.",
	    .method = "GET",
	    .path = "/logs",
	    .columns = log_columns,
	    .is_list = true },
	{ .verb = "get",
	    .args = "ID",
	    .summary = "Show a request and its answer.",
	    .method = "GET",
	    .path = "/logs/{}" },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_logs = { "logs", "the last requests",
	log_commands };

/* ---- usage ------------------------------------------------------------- */

static const struct cli_command usage_commands[] = {
	{ .verb = "",
	    .summary = "Show how much was sent and how much there is.",
	    .method = "GET",
	    .path = "/usage" },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_usage = { "usage", "how much was used",
	usage_commands };
