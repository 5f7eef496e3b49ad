/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks for what should not be.
 */
#include "cli/cursor.h"
#include "cli/execute.h"

/* What was found so far. */
struct findings {
	struct cli_table table;
	json_t *problems; /* of every slice */
	json_int_t checked;
};

/* Adds up one slice; people see its problems at once. */
static void
slice(struct cli *cli, const json_t *answer, void *arg)
{
	struct findings *all = arg;
	json_t *problems = json_object_get(answer, "problems");
	all->checked += json_integer_value(json_object_get(answer, "checked"));
	if (json_array_size(problems) == 0)
		return;
	json_array_extend(all->problems, problems);
	if (!cli->out.is_json)
		cli_output_rows(&cli->out, &all->table, problems);
}

/* Says the sum of it. */
static void
summary(struct cli *cli, const struct findings *all)
{
	size_t n = json_array_size(all->problems);
	if (!cli->out.is_json) {
		cli_output_line(&cli->out,
		    "%lld rows checked, %zu problem%s found",
		    (long long)all->checked, n, n == 1 ? "" : "s");
		return;
	}
	json_t *v = json_pack("{s:s, s:I, s:O}", "object", "doctor", "checked",
	    all->checked, "problems", all->problems);
	cli_output_json(&cli->out, v);
	json_decref(v);
}

static enum cli_exit
run(struct cli *cli, const struct cli_call *call)
{
	static const char *const columns[] = { "table", "id", "text", NULL };
	struct findings all = { .table = { .columns = columns },
		.problems = json_array() };
	enum cli_exit rc =
	    cli_cursor_walk(cli, call->command->path, slice, &all);
	if (rc == CLI_DONE)
		summary(cli, &all);
	if (rc == CLI_DONE && json_array_size(all.problems) > 0)
		rc = CLI_REFUSED;
	json_decref(all.problems);
	return rc;
}

static const struct cli_option options[] = {
	{ "db", NULL, NULL, "the database: whether its rows fit together",
	    CLI_OWN, CLI_FLAG, true, 0 },
	{ .name = NULL },
};

static const struct cli_command commands[] = {
	{ .verb = "",
	    .summary = "Look for what should not be; exit 1 if there is any.",
	    .path = "/doctor/db",
	    .options = options,
	    .exec = run },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_doctor = { "doctor",
	"whether what is stored is sound", commands };
