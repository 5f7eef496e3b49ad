/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contacts, named by id or by address.
 */
#include "cli/cli.h"

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

static const struct cli_option create_options[] = {
	CONTACT_OPTIONS(true),
	{ .name = NULL },
};

static const struct cli_option update_options[] = {
	CONTACT_OPTIONS(false),
	{ .name = NULL },
};

static const char *const columns[] = { "id", "email", "first_name", "last_name",
	"unsubscribed", "created_at", NULL };

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
	{ .verb = NULL },
};

const struct cli_noun cli_noun_contacts = { "contacts",
	"the people automations write to", commands };
