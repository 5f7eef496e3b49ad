/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Automations and their runs. A file is sent as it is, so what the server
 * takes can be written in it; options beside it win.
 */
#include "cli/cli.h"

#define GRAPH_OPTIONS \
	{ "status", "enabled|disabled", "status", \
		"whether events start runs; a new one is disabled", CLI_BODY, \
		CLI_WORD, false, 0 }, \
	    { "steps", "JSON", "steps", "the steps, an array", CLI_BODY, \
		    CLI_JSON, false, 0 }, \
	{ \
		"connections", "JSON", "connections", \
		    "the connections, an array", CLI_BODY, CLI_JSON, false, 0 \
	}

static const struct cli_option create_options[] = {
	{ "file", "FILE", NULL,
	    "the automation as a JSON object; -: standard input", CLI_BODY,
	    CLI_DOCUMENT, false, 0 },
	{ "name", "TEXT", "name", "what to call it", CLI_BODY, CLI_TEXT, false,
	    0 },
	GRAPH_OPTIONS,
	{ .name = NULL },
};

static const struct cli_option list_options[] = {
	{ "status", "enabled|disabled", "status", "only those", CLI_QUERY,
	    CLI_WORD, false, 0 },
	{ .name = NULL },
};

static const struct cli_option run_options[] = {
	{ "status", "STATUS[,STATUS...]", "status",
	    "only those: running, completed, failed, cancelled", CLI_QUERY,
	    CLI_TEXT, false, 0 },
	{ .name = NULL },
};

static const char *const columns[] = { "id", "name", "status", "created_at",
	"updated_at", NULL };
static const char *const step_columns[] = { "key", "type", "config", NULL };
static const char *const run_columns[] = { "id", "status", "started_at",
	"completed_at", NULL };
static const char *const run_step_columns[] = { "key", "type", "status",
	"started_at", "completed_at", "output", "error", NULL };

#define RUNS_LIST(words, id) \
	{ \
		.verb = words, .args = id, \
		.summary = "List the runs of an automation.", .method = "GET", \
		.path = "/automations/{}/runs", .options = run_options, \
		.columns = run_columns, .is_list = true \
	}
#define RUNS_GET(words, ids) \
	{ \
		.verb = words, .args = ids, \
		.summary = "Show a run and what each of its steps did.", \
		.method = "GET", .path = "/automations/{}/runs/{}", \
		.columns = run_step_columns, .rows = "steps" \
	}

static const struct cli_command commands[] = {
	{ .verb = "create",
	    .summary = "Make an automation and print its id.",
	    .method = "POST",
	    .path = "/automations",
	    .options = create_options,
	    .print = "id" },
	{ .verb = "get",
	    .args = "ID",
	    .summary = "Show an automation.",
	    .method = "GET",
	    .path = "/automations/{}",
	    .columns = step_columns,
	    .rows = "steps" },
	{ .verb = "list",
	    .summary = "List the automations.",
	    .method = "GET",
	    .path = "/automations",
	    .options = list_options,
	    .columns = columns,
	    .is_list = true },
	{ .verb = "update",
	    .args = "ID",
	    .summary = "Enable, disable or change an automation.",
	    .method = "PATCH",
	    .path = "/automations/{}",
	    .options = create_options },
	{ .verb = "stop",
	    .args = "ID",
	    .summary = "Disable an automation: no event starts a run.",
	    .method = "POST",
	    .path = "/automations/{}/stop" },
	{ .verb = "duplicate",
	    .args = "ID",
	    .summary = "Copy an automation and print the id of the copy.",
	    .method = "POST",
	    .path = "/automations/{}/duplicate",
	    .print = "id" },
	{ .verb = "delete",
	    .args = "ID",
	    .summary = "Delete an automation.",
	    .method = "DELETE",
	    .path = "/automations/{}" },
	RUNS_LIST("runs list", "ID"),
	RUNS_GET("runs get", "ID RUN"),
	{ .verb = NULL },
};

const struct cli_noun cli_noun_automations = { "automations",
	"what happens after an event", commands };

static const struct cli_command run_commands[] = {
	RUNS_LIST("list", "AUTOMATION"),
	RUNS_GET("get", "AUTOMATION RUN"),
	{ .verb = NULL },
};

const struct cli_noun cli_noun_runs = { "runs", "the same as automations runs",
	run_commands };
