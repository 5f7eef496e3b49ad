/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Webhooks: endpoints of apps that are told what happens.
 */
#include "cli/cli.h"

#define EVENTS_HELP \
	"what it is told of: email.sent, contact.created, ... or all"

static const struct cli_option create_options[] = {
	{ "endpoint", "URL", "endpoint", "where it is told", CLI_BODY, CLI_TEXT,
	    true, 0 },
	{ "events", "TYPE...", "events", EVENTS_HELP, CLI_BODY, CLI_NAMES, true,
	    0 },
	{ .name = NULL },
};

static const struct cli_option update_options[] = {
	{ "endpoint", "URL", "endpoint", "where it is told", CLI_BODY, CLI_TEXT,
	    false, 0 },
	{ "events", "TYPE...", "events", EVENTS_HELP, CLI_BODY, CLI_NAMES,
	    false, 0 },
	{ "status", "enabled|disabled", "status",
	    "disabled: nothing is sent, and nothing new is owed", CLI_BODY,
	    CLI_WORD, false, 0 },
	{ .name = NULL },
};

static const char *const columns[] = { "id", "status", "endpoint", "events",
	"created_at", NULL };
static const char *const event_columns[] = { "id", "type", "status",
	"created_at", NULL };
static const char *const attempt_columns[] = { "id", "http_status_code",
	"response", "sent_at", NULL };

static const struct cli_command commands[] = {
	{ .verb = "create",
	    .summary = "Make a webhook and print its id and signing secret.",
	    .method = "POST",
	    .path = "/webhooks",
	    .options = create_options },
	{ .verb = "get",
	    .args = "ID",
	    .summary = "Show a webhook with its signing secret.",
	    .method = "GET",
	    .path = "/webhooks/{}" },
	{ .verb = "list",
	    .summary = "List the webhooks.",
	    .method = "GET",
	    .path = "/webhooks",
	    .columns = columns,
	    .is_list = true },
	{ .verb = "update",
	    .args = "ID",
	    .summary = "Change endpoint, events or status of a webhook.",
	    .method = "PATCH",
	    .path = "/webhooks/{}",
	    .options = update_options },
	{ .verb = "delete",
	    .args = "ID",
	    .summary = "Delete a webhook, with what it is owed.",
	    .method = "DELETE",
	    .path = "/webhooks/{}" },
	{ .verb = "rotate-signing-secret",
	    .args = "ID",
	    .summary = "Give a webhook a new secret; for 24 hours the old one "
		       "signs too.",
	    .method = "POST",
	    .path = "/webhooks/{}/signing-secret/rotate" },
	{ .verb = "events list",
	    .args = "ID",
	    .summary = "List what a webhook was told and is owed.",
	    .method = "GET",
	    .path = "/webhooks/{}/events",
	    .columns = event_columns,
	    .is_list = true },
	{ .verb = "events get",
	    .args = "ID EVENT",
	    .summary = "Show one of these: how it stands, and what is told.",
	    .method = "GET",
	    .path = "/webhooks/{}/events/{}" },
	{ .verb = "events attempts",
	    .args = "ID EVENT",
	    .summary = "List the attempts, and what was answered.",
	    .method = "GET",
	    .path = "/webhooks/{}/events/{}/attempts",
	    .columns = attempt_columns,
	    .is_list = true },
	{ .verb = "events replay",
	    .args = "ID EVENT",
	    .summary = "Tell it once more, under the same id.",
	    .method = "POST",
	    .path = "/webhooks/{}/events/{}/replay" },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_webhooks = { "webhooks",
	"endpoints that are told what happens", commands };
