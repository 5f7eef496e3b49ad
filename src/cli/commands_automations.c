/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Automations and their runs. A file is sent as it is, so what the server
 * takes can be written in it; options beside it win.
 */
#include "cli/cli.h"
#include "cli/outcome.h"

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

enum { CONTACT = 1, EVENTS };

static const struct cli_option start_options[] = {
	{ "email", "ADDRESS", "email", "for whom", CLI_BODY, CLI_TEXT, true,
	    CONTACT },
	{ "contact-id", "ID", "contact_id", "for whom", CLI_BODY, CLI_TEXT,
	    true, CONTACT },
	{ "payload", "JSON", "payload", "what an event would carry", CLI_BODY,
	    CLI_JSON, false, 0 },
	{ .name = NULL },
};

/* For whom, after what, and what happens later. */
#define SIMULATE_OPTIONS \
	{ "email", "ADDRESS", "email", "for this contact as it is now", \
		CLI_BODY, CLI_TEXT, true, CONTACT }, \
	    { "contact-id", "ID", "contact_id", \
		    "for this contact as it is now", CLI_BODY, CLI_TEXT, true, \
		    CONTACT }, \
	    { "contact", "JSON", "contact", \
		    "for somebody made up, an object as in contacts create", \
		    CLI_BODY, CLI_JSON, true, CONTACT }, \
	    { "event", "NAME", "event", \
		    "the event that starts it; if not given, its own", \
		    CLI_BODY, CLI_TEXT, false, 0 }, \
	    { "payload", "JSON", "payload", "what that event carries", \
		    CLI_BODY, CLI_JSON, false, 0 }, \
	    { "events", "JSON", "events", \
		    "what happens later, an array of {\"after\": \"2 days\", " \
		    "\"event\", \"payload\"} or {\"after\", \"contact\"}", \
		    CLI_BODY, CLI_JSON, false, EVENTS }, \
	    { "events-file", "FILE", "events", "the file with that array", \
		    CLI_BODY, CLI_JSON_FILE, false, EVENTS }, \
	{ \
		"for", "DURATION", "for", \
		    "how far to look, as \"60 days\"; 90 days if not given", \
		    CLI_BODY, CLI_TEXT, false, 0 \
	}

static const struct cli_option simulate_options[] = {
	SIMULATE_OPTIONS,
	{ .name = NULL },
};

static const struct cli_option simulate_file_options[] = {
	{ "file", "FILE", "automation",
	    "the automation as a JSON object; -: standard input", CLI_BODY,
	    CLI_JSON_FILE, true, 0 },
	SIMULATE_OPTIONS,
	{ .name = NULL },
};

static const char *const columns[] = { "id", "name", "status", "paused",
	"created_at", "updated_at", NULL };
static const char *const skipped_columns[] = { "id", "created_at", "event",
	"contact_id", "email", "reason", NULL };
static const char *const step_columns[] = { "key", "type", "config", NULL };
static const char *const run_columns[] = { "id", "status", "exit_reason",
	"started_at", "completed_at", NULL };
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

#define RUNS_DO(words, ids, does, way) \
	{ \
		.verb = words, .args = ids, .summary = does, .method = "POST", \
		.path = "/automations/{}/runs/{}/" way \
	}
#define RUNS_CANCEL(words, ids) \
	RUNS_DO(words, ids, "End a run where it is.", "cancel")
#define RUNS_RETRY(words, ids) \
	RUNS_DO(words, ids, "Let a failed run try its step again.", "retry")
#define RUNS_START(words, id) \
	{ \
		.verb = words, .args = id, \
		.summary = "Start a run by hand and print its id.", \
		.method = "POST", .path = "/automations/{}/runs", \
		.options = start_options, .print = "id" \
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
	    .summary = "Disable an automation: nobody enters; its runs go on "
		       "unless its settings say cancel.",
	    .method = "POST",
	    .path = "/automations/{}/stop" },
	{ .verb = "pause",
	    .args = "ID",
	    .summary = "Let nobody in, and let its runs stand still.",
	    .method = "POST",
	    .path = "/automations/{}/pause" },
	{ .verb = "resume",
	    .args = "ID",
	    .summary = "Let a paused automation go on.",
	    .method = "POST",
	    .path = "/automations/{}/resume" },
	RUNS_START("start", "ID"),
	{ .verb = "simulate",
	    .args = "ID",
	    .summary = "Show what would happen, moment by moment; nothing is "
		       "sent or kept.",
	    .method = "POST",
	    .path = "/automations/{}/simulate",
	    .options = simulate_options,
	    .present = cli_timeline_present },
	{ .verb = "simulate",
	    .summary = "The same for an automation that is not made yet.",
	    .method = "POST",
	    .path = "/automations/simulate",
	    .options = simulate_file_options,
	    .chosen_by = "file",
	    .present = cli_timeline_present },
	{ .verb = "skipped",
	    .args = "ID",
	    .summary = "List the events that did not start it, and why.",
	    .method = "GET",
	    .path = "/automations/{}/skipped",
	    .columns = skipped_columns,
	    .is_list = true },
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
	RUNS_CANCEL("runs cancel", "ID RUN"),
	RUNS_RETRY("runs retry", "ID RUN"),
	{ .verb = NULL },
};

const struct cli_noun cli_noun_automations = { "automations",
	"what happens after an event", commands };

static const struct cli_command run_commands[] = {
	RUNS_LIST("list", "AUTOMATION"),
	RUNS_GET("get", "AUTOMATION RUN"),
	RUNS_CANCEL("cancel", "AUTOMATION RUN"),
	RUNS_RETRY("retry", "AUTOMATION RUN"),
	RUNS_START("start", "AUTOMATION"),
	{ .verb = NULL },
};

const struct cli_noun cli_noun_runs = { "runs",
	"the same as automations runs, and start", run_commands };
