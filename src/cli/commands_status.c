/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the server is: whether it is well, and its numbers.
 */
#include "cli/execute.h"

#include "base/arena.h"
#include "base/fault.h"

/* Puts what /healthz said in front of the numbers of /status. */
static json_t *
joined(const struct cli_answer *health, const struct cli_answer *status)
{
	json_t *all = json_object();
	if (json_is_object(health->body))
		json_object_update(all, health->body);
	else
		json_object_set_new(all, "status", json_string("ok"));
	json_object_update(all, status->body);
	return all;
}

/* What a server says of itself that is not well; NULL: it is, or refused. */
static const char *
complaint(const struct cli_answer *health)
{
	return health->status < 300
	    ? NULL
	    : json_string_value(json_object_get(health->body, "status"));
}

static enum cli_exit
show(struct cli *cli, struct arena *a)
{
	struct cli_answer health, status;
	struct cli_request q = { .method = "GET",
		.path = "/healthz",
		.takes_text = true };
	enum cli_exit rc = cli_ask_any(cli, a, &q, &health);
	if (rc != CLI_DONE)
		return rc;
	const char *ill = complaint(&health);
	if (health.status >= 300 && ill == NULL)
		return cli_refused(cli, &health);
	q = (struct cli_request){ .method = "GET", .path = "/status" };
	rc = cli_ask(cli, a, &q, &status);
	if (rc != CLI_DONE)
		return rc;
	if (!json_is_object(status.body))
		return cli_strange(cli, "did not say its status");
	json_t *all = joined(&health, &status);
	if (cli->out.is_json)
		cli_output_json(&cli->out, all);
	else
		cli_output_pairs(&cli->out, all, NULL);
	json_decref(all);
	if (ill == NULL)
		return CLI_DONE;
	cli_output_note(&cli->out, "the server is not well: %s", ill);
	return CLI_REFUSED;
}

static enum cli_exit
run(struct cli *cli, const struct cli_call *call)
{
	struct arena *a = arena_new();
	(void)call;
	enum cli_exit rc = show(cli, a);
	arena_free(a);
	return rc;
}

static const struct cli_command commands[] = {
	{ .verb = "",
	    .summary = "Show whether the server is well, and its "
		       "version, uptime and queues.",
	    .exec = run },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_status = { "status", "how the server is",
	commands };
