/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contacts, named by id or by address, and what is tied to one.
 */
#include "cli/cli.h"
#include "cli/export.h"
#include "cli/import.h"

/* An address names the contact itself, in creating and in changing. */
#define CONTACT_OPTIONS(is_create) \
	{ "email", "ADDRESS", "email", "the address", CLI_BODY, CLI_TEXT, \
		is_create, 0 }, \
	    { "first-name", "TEXT", "first_name", "empty: none", CLI_BODY, \
		    CLI_CLEARABLE, false, 0 }, \
	    { "last-name", "TEXT", "last_name", "empty: none", CLI_BODY, \
		    CLI_CLEARABLE, false, 0 }, \
	    { "unsubscribed", NULL, "unsubscribed", \
		    "whether no automation may send mail to the contact", \
		    CLI_BODY, CLI_FLAG, false, 0 }, \
	{ \
		"properties", "JSON", "properties", \
		    "an object; a member that is null is taken away", \
		    CLI_BODY, CLI_JSON, false, 0 \
	}

#define CHOICE_OPTIONS \
	{ "opt-in", "TOPIC", "topics", \
		"the contact wants mail of the topic; repeatable", CLI_BODY, \
		CLI_CHOICE, false, 0 }, \
	{ \
		"opt-out", "TOPIC", "topics", \
		    "the contact wants none of it; repeatable", CLI_BODY, \
		    CLI_CHOICE, false, 0 \
	}

static const struct cli_option create_options[] = {
	CONTACT_OPTIONS(true),
	{ "segment-id", "SEGMENT", "segments",
	    "a segment the contact joins; repeatable", CLI_BODY, CLI_MEMBER,
	    false, 0 },
	CHOICE_OPTIONS,
	{ .name = NULL },
};

static const struct cli_option update_options[] = {
	CONTACT_OPTIONS(false),
	{ .name = NULL },
};

static const struct cli_option list_options[] = {
	{ "segment-id", "SEGMENT", "segment_id", "only those in the segment",
	    CLI_QUERY, CLI_TEXT, false, 0 },
	{ .name = NULL },
};

static const struct cli_option choice_options[] = {
	CHOICE_OPTIONS,
	{ .name = NULL },
};

static const struct cli_option choices_options[] = {
	{ "topics", "JSON", "topics",
	    "an array of {\"id\", \"subscription\": \"opt_in\" or \"opt_out\"}",
	    CLI_BODY, CLI_JSON, true, 0 },
	{ .name = NULL },
};

#define IMPORT_OPTIONS \
	{ "column-map", "JSON", "column_map", \
		"an object: fields, and the names of their columns", CLI_BODY, \
		CLI_JSON, false, 0 }, \
	    { "on-conflict", "upsert|skip", "on_conflict", \
		    "what becomes of who is there already", CLI_BODY, \
		    CLI_WORD, false, 0 }, \
	    { "segment-id", "SEGMENT", "segments", \
		    "a segment that all of them join; repeatable", CLI_BODY, \
		    CLI_MEMBER, false, 0 }, \
	{ \
		"topics", "JSON", "topics", \
		    "an array of {\"id\", \"subscription\": \"opt_in\" or " \
		    "\"opt_out\"}", \
		    CLI_BODY, CLI_JSON, false, 0 \
	}

static const struct cli_option import_options[] = {
	IMPORT_OPTIONS,
	{ .name = NULL },
};

static const struct cli_option import_file_options[] = {
	{ "file", "FILE", NULL, "the file, -: standard input", CLI_OWN,
	    CLI_TEXT, true, 0 },
	IMPORT_OPTIONS,
	{ .name = NULL },
};

static const struct cli_option imports_options[] = {
	{ "status", "queued|in_progress|completed|failed", "status",
	    "only those of that status", CLI_QUERY, CLI_WORD, false, 0 },
	{ .name = NULL },
};

static const char *const import_columns[] = { "id", "status", "counts",
	"created_at", "completed_at", NULL };
static const char *const failure_columns[] = { "line", "reason", NULL };
static const char *const columns[] = { "id", "email", "first_name", "last_name",
	"unsubscribed", "created_at", NULL };
static const char *const segment_columns[] = { "id", "name", "created_at",
	NULL };
static const char *const topic_columns[] = { "id", "name", "subscription",
	"description", NULL };
static const char *const run_columns[] = { "id", "automation_id", "automation",
	"status", "exit_reason", "started_at", "completed_at", NULL };

static const struct cli_command commands[] = {
	{ .verb = "create",
	    .summary = "Make a contact and print its id.",
	    .method = "POST",
	    .path = "/contacts",
	    .options = create_options,
	    .print = "id" },
	{ .verb = "get",
	    .args = "ID|EMAIL",
	    .summary = "Show a contact.",
	    .method = "GET",
	    .path = "/contacts/{}" },
	{ .verb = "list",
	    .summary = "List the contacts.",
	    .method = "GET",
	    .path = "/contacts",
	    .options = list_options,
	    .columns = columns,
	    .is_list = true },
	{ .verb = "update",
	    .args = "ID|EMAIL",
	    .summary = "Change what is given of a contact.",
	    .method = "PATCH",
	    .path = "/contacts/{}",
	    .options = update_options },
	{ .verb = "delete",
	    .args = "ID|EMAIL",
	    .summary = "Delete a contact.",
	    .method = "DELETE",
	    .path = "/contacts/{}" },
	{ .verb = "segments list",
	    .args = "ID|EMAIL",
	    .summary = "List the segments a contact is in.",
	    .method = "GET",
	    .path = "/contacts/{}/segments",
	    .columns = segment_columns,
	    .is_list = true },
	{ .verb = "segments add",
	    .args = "ID|EMAIL SEGMENT",
	    .summary = "Put a contact into a segment.",
	    .method = "POST",
	    .path = "/contacts/{}/segments/{}" },
	{ .verb = "segments remove",
	    .args = "ID|EMAIL SEGMENT",
	    .summary = "Take a contact out of a segment.",
	    .method = "DELETE",
	    .path = "/contacts/{}/segments/{}" },
	{ .verb = "topics list",
	    .args = "ID|EMAIL",
	    .summary = "List the topics and whether a contact is in.",
	    .method = "GET",
	    .path = "/contacts/{}/topics",
	    .columns = topic_columns,
	    .is_list = true },
	{ .verb = "topics update",
	    .args = "ID|EMAIL",
	    .summary = "Note what a contact chose.",
	    .method = "PATCH",
	    .path = "/contacts/{}/topics",
	    .options = choice_options },
	{ .verb = "topics update",
	    .args = "ID|EMAIL",
	    .summary = "Note what a contact chose, as one JSON array.",
	    .method = "PATCH",
	    .path = "/contacts/{}/topics",
	    .options = choices_options,
	    .chosen_by = "topics" },
	{ .verb = "imports create",
	    .args = "FILE",
	    .summary = "Send a file of contacts (CSV) to be imported, and "
		       "print the import's id.",
	    .method = "POST",
	    .path = "/contacts/imports",
	    .options = import_options,
	    .print = "id",
	    .exec = cli_import_create },
	{ .verb = "imports create",
	    .summary = "The same, with the file as an option.",
	    .method = "POST",
	    .path = "/contacts/imports",
	    .options = import_file_options,
	    .print = "id",
	    .chosen_by = "file",
	    .exec = cli_import_create },
	{ .verb = "imports list",
	    .summary = "List the imports.",
	    .method = "GET",
	    .path = "/contacts/imports",
	    .options = imports_options,
	    .columns = import_columns,
	    .is_list = true },
	{ .verb = "imports get",
	    .args = "ID",
	    .summary = "Show an import, and the first rows that failed.",
	    .method = "GET",
	    .path = "/contacts/imports/{}",
	    .rows = "failures",
	    .columns = failure_columns },
	{ .verb = "runs list",
	    .args = "ID|EMAIL",
	    .summary = "List a contact's runs of all automations.",
	    .method = "GET",
	    .path = "/contacts/{}/runs",
	    .columns = run_columns,
	    .is_list = true },
	{ .verb = "runs cancel",
	    .args = "ID|EMAIL",
	    .summary = "End all runs of a contact that still go on.",
	    .method = "POST",
	    .path = "/contacts/{}/runs/cancel" },
	{ .verb = "export",
	    .args = "ID|EMAIL",
	    .summary = "Print all that is kept about a contact, as JSON.",
	    .path = "/contacts/{}/export",
	    .exec = cli_export },
	{ .verb = "erase",
	    .args = "ID|EMAIL",
	    .summary = "Delete a contact with all that events, runs and mails "
		       "say of it.",
	    .method = "POST",
	    .path = "/contacts/{}/erase" },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_contacts = { "contacts",
	"the people automations write to", commands };
