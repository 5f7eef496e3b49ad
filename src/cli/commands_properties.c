/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The properties contacts have, and what stands in where one is missing. A
 * fallback is written in the type of its property, which only the server knows
 * once the property is made.
 */
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cli/body.h"
#include "cli/execute.h"

/* The fallback as the type writes it: text is text, all else is JSON. */
static json_t *
fallback_value(struct arena *a, const char *type, const char *text,
    struct fault *fault_r)
{
	struct fault f;
	json_t *v = NULL;
	if (type != NULL && strcmp(type, "string") == 0) {
		if (utf8_valid(text, strlen(text)))
			return json_string(text);
	} else {
		v = json_parse(a, text, strlen(text), &f);
	}
	if (json_is_number(v) || json_is_boolean(v))
		return json_incref(v);
	fault(fault_r, FAULT_INVALID,
	    "--fallback-value: \"%s\" is no value of type %s", text,
	    type != NULL ? type : "number");
	return NULL;
}

/* Sends a request with that body, which is taken over, and shows the answer. */
static enum cli_exit
submit(struct cli *cli, struct arena *a, const struct cli_call *call,
    json_t *body)
{
	struct cli_answer answer;
	struct cli_request q = { .method = call->command->method,
		.path = cli_call_path(a, call, NULL),
		.body = json_text(a, body) };
	q.body_len = strlen(q.body);
	json_decref(body);
	enum cli_exit rc = cli_ask(cli, a, &q, &answer);
	if (rc == CLI_DONE)
		cli_show(cli, call->command, answer.body);
	return rc;
}

/* Makes a property of the type given, with a fallback of that type. */
static enum cli_exit
create(struct cli *cli, struct arena *a, const struct cli_call *call)
{
	const char *key = cli_call_value(call, "key");
	const char *type = cli_call_value(call, "type");
	const char *text = cli_call_value(call, "fallback-value");
	json_t *fallback = NULL;
	struct fault f;
	if (!utf8_valid(key, strlen(key))) {
		fault(&f, FAULT_INVALID, "--key is not UTF-8 text");
		return cli_misused(cli, &f);
	}
	if (text != NULL &&
	    (fallback = fallback_value(a, type, text, &f)) == NULL)
		return cli_misused(cli, &f);
	json_t *body = json_pack("{s:s, s:s}", "key", key, "type", type);
	if (fallback != NULL)
		json_object_set_new(body, "fallback_value", fallback);
	return submit(cli, a, call, body);
}

/* Changes the fallback, after asking for the type it must have. */
static enum cli_exit
update(struct cli *cli, struct arena *a, const struct cli_call *call)
{
	const char *text = cli_call_value(call, "fallback-value");
	struct cli_answer now;
	struct cli_request q = { .method = "GET",
		.path = cli_call_path(a, call, NULL) };
	json_t *fallback = json_null();
	struct fault f;
	if (text != NULL) {
		enum cli_exit rc = cli_ask(cli, a, &q, &now);
		if (rc != CLI_DONE)
			return rc;
		fallback = fallback_value(a,
		    json_string_value(json_object_get(now.body, "type")), text,
		    &f);
	}
	if (fallback == NULL)
		return cli_misused(cli, &f);
	return submit(cli, a, call,
	    json_pack("{s:o}", "fallback_value", fallback));
}

static enum cli_exit
run(struct cli *cli, const struct cli_call *call)
{
	struct arena *a = arena_new();
	enum cli_exit rc = strcmp(call->command->verb, "create") == 0
	    ? create(cli, a, call)
	    : update(cli, a, call);
	arena_free(a);
	return rc;
}

enum { FALLBACK = 1 };

static const struct cli_option create_options[] = {
	{ "key", "NAME", NULL, "its name: letters, digits, underscore", CLI_OWN,
	    CLI_TEXT, true, 0 },
	{ "type", "string|number", NULL, "what its values are", CLI_OWN,
	    CLI_WORD, true, 0 },
	{ "fallback-value", "VALUE", NULL, "what stands in where it is missing",
	    CLI_OWN, CLI_TEXT, false, 0 },
	{ .name = NULL },
};

static const struct cli_option update_options[] = {
	{ "fallback-value", "VALUE", NULL, "what stands in where it is missing",
	    CLI_OWN, CLI_TEXT, true, FALLBACK },
	{ "clear-fallback-value", NULL, NULL, "nothing stands in", CLI_OWN,
	    CLI_FLAG, true, FALLBACK },
	{ .name = NULL },
};

static const char *const columns[] = { "id", "key", "type", "fallback_value",
	"created_at", NULL };

static const struct cli_command commands[] = {
	{ .verb = "create",
	    .summary = "Make a property and print its id.",
	    .method = "POST",
	    .path = "/contact-properties",
	    .options = create_options,
	    .print = "id",
	    .exec = run },
	{ .verb = "get",
	    .args = "ID",
	    .summary = "Show a property.",
	    .method = "GET",
	    .path = "/contact-properties/{}" },
	{ .verb = "list",
	    .summary = "List the properties.",
	    .method = "GET",
	    .path = "/contact-properties",
	    .columns = columns,
	    .is_list = true },
	{ .verb = "update",
	    .args = "ID",
	    .summary = "Change what stands in where the property is missing.",
	    .method = "PATCH",
	    .path = "/contact-properties/{}",
	    .options = update_options,
	    .exec = run },
	{ .verb = "delete",
	    .args = "ID",
	    .summary = "Delete a property.",
	    .method = "DELETE",
	    .path = "/contact-properties/{}" },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_properties = { "contact-properties",
	"what is known of contacts beside address and name", commands };
