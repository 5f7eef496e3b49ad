/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Templates; ID is an id or an alias.
 */
#include "cli/cli.h"

enum { HTML = 1, TEXT }; /* the same part, written or read from a file */

/* What create and update both take; only create must have some of it. */
#define TEMPLATE_OPTIONS(is_create) \
	{ "name", "TEXT", "name", "what to call the template", CLI_BODY, \
		CLI_TEXT, is_create, 0 }, \
	    { "subject", "TEXT", "subject", "the Subject of its mails", \
		    CLI_BODY, CLI_CLEARABLE, false, 0 }, \
	    { "from", "ADDRESS", "from", "the From of its mails", CLI_BODY, \
		    CLI_CLEARABLE, false, 0 }, \
	    { "reply-to", "ADDRESS", "reply_to", "where answers go", CLI_BODY, \
		    CLI_CLEARABLE, false, 0 }, \
	    { "html", "HTML", "html", "the HTML part", CLI_BODY, CLI_TEXT, \
		    is_create, HTML }, \
	    { "html-file", "FILE", "html", "the file with the HTML part", \
		    CLI_BODY, CLI_FILE, is_create, HTML }, \
	    { "text", "TEXT", "text", \
		    "the text part; made from the HTML if not given, empty: " \
		    "none", \
		    CLI_BODY, CLI_TEXT, false, TEXT }, \
	    { "text-file", "FILE", "text", "the file with the text part", \
		    CLI_BODY, CLI_FILE, false, TEXT }, \
	    { "alias", "NAME", "alias", "a name to use in place of the id", \
		    CLI_BODY, CLI_CLEARABLE, false, 0 }, \
	    { "var", "KEY:TYPE[:FALLBACK]", "variables", \
		    "a variable of the text, of type string or number; " \
		    "repeatable", \
		    CLI_BODY, CLI_VARIABLE, false, 0 }, \
	{ \
		"publish", NULL, "/templates/{}/publish", \
		    "let mails use it as it then is", CLI_AFTER, CLI_FLAG, \
		    false, 0 \
	}

static const struct cli_option create_options[] = {
	TEMPLATE_OPTIONS(true),
	{ .name = NULL },
};

static const struct cli_option update_options[] = {
	TEMPLATE_OPTIONS(false),
	{ .name = NULL },
};

static const char *const columns[] = { "id", "name", "alias", "status",
	"updated_at", NULL };

static const struct cli_command commands[] = {
	{ .verb = "create",
	    .summary = "Make a template and print its id.",
	    .method = "POST",
	    .path = "/templates",
	    .options = create_options,
	    .print = "id" },
	{ .verb = "get",
	    .args = "ID",
	    .summary = "Show a template.",
	    .method = "GET",
	    .path = "/templates/{}" },
	{ .verb = "list",
	    .summary = "List the templates.",
	    .method = "GET",
	    .path = "/templates",
	    .columns = columns,
	    .is_list = true },
	{ .verb = "update",
	    .args = "ID",
	    .summary = "Change what is given; mails use it once published.",
	    .method = "PATCH",
	    .path = "/templates/{}",
	    .options = update_options },
	{ .verb = "publish",
	    .args = "ID",
	    .summary = "Let mails use the template as it is now.",
	    .method = "POST",
	    .path = "/templates/{}/publish" },
	{ .verb = "duplicate",
	    .args = "ID",
	    .summary = "Copy a template and print the id of the copy.",
	    .method = "POST",
	    .path = "/templates/{}/duplicate",
	    .print = "id" },
	{ .verb = "delete",
	    .args = "ID",
	    .summary = "Delete a template.",
	    .method = "DELETE",
	    .path = "/templates/{}" },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_templates = { "templates",
	"what mails are made from; ID is an id or an alias", commands };
