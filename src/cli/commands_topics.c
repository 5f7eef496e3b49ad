/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Topics: what a contact may leave without leaving everything.
 */
#include "cli/cli.h"

#define TOPIC_OPTIONS \
	{ "description", "TEXT", "description", \
		"what people read about it; empty: nothing", CLI_BODY, \
		CLI_CLEARABLE, false, 0 }, \
	{ \
		"visibility", "public|private", "visibility", \
		    "who sees it among the preferences: all, or those in " \
		    "it; private if not given", \
		    CLI_BODY, CLI_WORD, false, 0 \
	}

static const struct cli_option create_options[] = {
	{ "name", "TEXT", "name", "what to call it", CLI_BODY, CLI_TEXT, true,
	    0 },
	{ "default-subscription", "opt_in|opt_out", "default_subscription",
	    "whether those who never chose are in; it stays as it is", CLI_BODY,
	    CLI_WORD, true, 0 },
	TOPIC_OPTIONS,
	{ .name = NULL },
};

static const struct cli_option update_options[] = {
	{ "name", "TEXT", "name", "what to call it", CLI_BODY, CLI_TEXT, false,
	    0 },
	TOPIC_OPTIONS,
	{ .name = NULL },
};

static const char *const columns[] = { "id", "name", "default_subscription",
	"visibility", "description", "created_at", NULL };

static const struct cli_command commands[] = {
	{ .verb = "create",
	    .summary = "Make a topic and print its id.",
	    .method = "POST",
	    .path = "/topics",
	    .options = create_options,
	    .print = "id" },
	{ .verb = "get",
	    .args = "ID",
	    .summary = "Show a topic.",
	    .method = "GET",
	    .path = "/topics/{}" },
	{ .verb = "list",
	    .summary = "List the topics.",
	    .method = "GET",
	    .path = "/topics",
	    .columns = columns,
	    .is_list = true },
	{ .verb = "update",
	    .args = "ID",
	    .summary = "Change what is given of a topic.",
	    .method = "PATCH",
	    .path = "/topics/{}",
	    .options = update_options },
	{ .verb = "delete",
	    .args = "ID",
	    .summary = "Delete a topic, with what contacts chose.",
	    .method = "DELETE",
	    .path = "/topics/{}" },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_topics = { "topics",
	"what contacts may leave one by one", commands };
