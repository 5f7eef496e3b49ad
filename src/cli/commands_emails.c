/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mails: written by hand or from a file, scheduled and cancelled, and what
 * became of all.
 */
#include "cli/cli.h"

enum { HTML = 1, TEXT };

static const struct cli_option send_options[] = {
	{ "from", "ADDRESS", "from", "the sender; a template may have it",
	    CLI_BODY, CLI_TEXT, false, 0 },
	{ "to", "ADDRESS", "to", "a recipient; repeatable", CLI_BODY, CLI_MANY,
	    true, 0 },
	{ "cc", "ADDRESS", "cc", "another; repeatable", CLI_BODY, CLI_MANY,
	    false, 0 },
	{ "bcc", "ADDRESS", "bcc", "one that no other sees; repeatable",
	    CLI_BODY, CLI_MANY, false, 0 },
	{ "reply-to", "ADDRESS", "reply_to", "where answers go; repeatable",
	    CLI_BODY, CLI_MANY, false, 0 },
	{ "subject", "TEXT", "subject", "a template may have it", CLI_BODY,
	    CLI_TEXT, false, 0 },
	{ "html", "TEXT", "html", "the HTML part", CLI_BODY, CLI_TEXT, false,
	    HTML },
	{ "html-file", "FILE", "html", "the same from a file", CLI_BODY,
	    CLI_FILE, false, HTML },
	{ "text", "TEXT", "text", "the text part; made from the HTML if absent",
	    CLI_BODY, CLI_TEXT, false, TEXT },
	{ "text-file", "FILE", "text", "the same from a file", CLI_BODY,
	    CLI_FILE, false, TEXT },
	{ "template", "ID|ALIAS", "template.id",
	    "a published template in place of the parts", CLI_BODY, CLI_TEXT,
	    false, 0 },
	{ "var", "NAME=VALUE", "template.variables",
	    "a variable of the template; repeatable", CLI_BODY, CLI_PAIR, false,
	    0 },
	{ "attachment", "FILE", "attachments", "a file; repeatable", CLI_BODY,
	    CLI_ATTACHMENT, false, 0 },
	{ "inline", "CID=FILE", "attachments",
	    "a file that the HTML part shows as cid:CID; repeatable", CLI_BODY,
	    CLI_INLINE, false, 0 },
	{ "headers", "NAME=VALUE", "headers", "a header field; repeatable",
	    CLI_BODY, CLI_PAIR, false, 0 },
	{ "tags", "NAME=VALUE", "tags", "a tag; repeatable", CLI_BODY, CLI_TAG,
	    false, 0 },
	{ "scheduled-at", "WHEN", "scheduled_at",
	    "when it is to be sent: \"in 2 hours\", \"tomorrow at 9am ET\"",
	    CLI_BODY, CLI_TEXT, false, 0 },
	{ "topic-id", "TOPIC", "topic_id",
	    "not to those who do not want mail of the topic", CLI_BODY,
	    CLI_TEXT, false, 0 },
	{ "idempotency-key", "KEY", NULL,
	    "your own id of the request: given again, it counts once",
	    CLI_HEADER, CLI_TEXT, false, 0 },
	{ .name = NULL },
};

static const struct cli_option batch_options[] = {
	{ "file", "FILE", NULL,
	    "an array of up to 100 mails, as POST /emails takes them; "
	    "-: standard input",
	    CLI_BODY, CLI_DOCUMENT, true, 0 },
	{ "idempotency-key", "KEY", NULL,
	    "your own id of the request: given again, it counts once",
	    CLI_HEADER, CLI_TEXT, false, 0 },
	{ .name = NULL },
};

static const struct cli_option update_options[] = {
	{ "scheduled-at", "WHEN", "scheduled_at", "the new moment", CLI_BODY,
	    CLI_TEXT, true, 0 },
	{ .name = NULL },
};

static const struct cli_option metrics_options[] = {
	{ "start-date", "DATE", "start_date", "from when on", CLI_QUERY,
	    CLI_TEXT, false, 0 },
	{ "end-date", "DATE", "end_date", "until when", CLI_QUERY, CLI_TEXT,
	    false, 0 },
	{ "metrics", "NAME,...", "metrics", "which; else all", CLI_QUERY,
	    CLI_TEXT, false, 0 },
	{ "dimensions", "NAME,...", "dimensions",
	    "split by period, domain, or email", CLI_QUERY, CLI_TEXT, false,
	    0 },
	{ "granularity", "hourly|daily|weekly|monthly", "granularity",
	    "how long a period is", CLI_QUERY, CLI_WORD, false, 0 },
	{ "timezone", "ZONE", "timezone", "of the periods", CLI_QUERY, CLI_TEXT,
	    false, 0 },
	{ "email-id", "ID,...", "email_id", "only these mails", CLI_QUERY,
	    CLI_TEXT, false, 0 },
	{ .name = NULL },
};

static const char *const columns[] = { "id", "to", "subject", "last_event",
	"created_at", NULL };
static const char *const batch_columns[] = { "id", NULL };
static const char *const file_columns[] = { "id", "filename", "content_type",
	"size", "content_id", NULL };

static const struct cli_command commands[] = {
	{ .verb = "send",
	    .summary = "Send a mail and print its id.",
	    .method = "POST",
	    .path = "/emails",
	    .options = send_options,
	    .print = "id" },
	{ .verb = "batch",
	    .summary = "Send many mails, all of them or none.",
	    .method = "POST",
	    .path = "/emails/batch",
	    .options = batch_options,
	    .columns = batch_columns,
	    .rows = "data" },
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
	{ .verb = "update",
	    .args = "ID",
	    .summary = "Give a scheduled mail another moment.",
	    .method = "PATCH",
	    .path = "/emails/{}",
	    .options = update_options },
	{ .verb = "cancel",
	    .args = "ID",
	    .summary = "Cancel a scheduled mail.",
	    .method = "POST",
	    .path = "/emails/{}/cancel" },
	{ .verb = "attachments",
	    .args = "ID",
	    .summary = "List the files of a mail.",
	    .method = "GET",
	    .path = "/emails/{}/attachments",
	    .columns = file_columns,
	    .is_list = true },
	{ .verb = "metrics",
	    .summary = "Count what became of mails.",
	    .method = "GET",
	    .path = "/emails/metrics",
	    .options = metrics_options },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_emails = { "emails",
	"mails sent or waiting to be", commands };
