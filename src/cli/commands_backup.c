/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Backups. The daemon makes one while it works; to restore one it must not
 * run, so that is done by the daemon's program, started for nothing else.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fault.h"
#include "cli/execute.h"

/* The path as the daemon, which works elsewhere, must know it; NULL if the
 * directory we are in has none. */
static const char *
absolute(struct arena *a, const char *path)
{
	char here[PATH_MAX];
	if (path[0] == '/')
		return path;
	if (getcwd(here, sizeof(here)) == NULL)
		return NULL;
	return arena_printf(a, "%s/%s", strcmp(here, "/") == 0 ? "" : here,
	    path);
}

/* Has the backup made and says what it is. */
static enum cli_exit
make(struct cli *cli, struct arena *a, const struct cli_call *call)
{
	struct cli_answer answer;
	struct fault f;
	const char *path = absolute(a, call->args[0]);
	if (path == NULL) {
		fault(&f, FAULT_INVALID, "%s: %s", call->args[0],
		    strerror(errno));
		return cli_misused(cli, &f);
	}
	json_t *body = json_pack("{s:s}", "path", path);
	char *text = json_dumps(body, JSON_COMPACT);
	struct cli_request q = { .method = call->command->method,
		.path = call->command->path,
		.body = arena_strdup(a, text),
		.body_len = strlen(text),
		.is_long = true };
	json_decref(body);
	free(text);
	enum cli_exit rc = cli_ask(cli, a, &q, &answer);
	if (rc != CLI_DONE || answer.body == NULL)
		return rc;
	if (cli->out.is_json)
		cli_output_json(&cli->out, answer.body);
	else
		cli_output_pairs(&cli->out, answer.body, NULL);
	return rc;
}

static enum cli_exit
backup(struct cli *cli, const struct cli_call *call)
{
	struct arena *a = arena_new();
	enum cli_exit rc = make(cli, a, call);
	arena_free(a);
	return rc;
}

/* The daemon's program: the one beside this one, or where it is installed. */
static const char *
daemon_path(char path_r[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path_r, PATH_MAX - 1);
	path_r[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(path_r, '/');
	if (slash != NULL && slash - path_r < PATH_MAX - 20) {
		strcpy(slash, "/postflowd");
		if (access(path_r, X_OK) == 0)
			return path_r;
	}
	return SBINDIR "/postflowd";
}

static enum cli_exit
restore(struct cli *cli, const struct cli_call *call)
{
	char beside[PATH_MAX];
	const char *program = daemon_path(beside);
	fflush(NULL);
	execl(program, "postflowd", "-c", cli->conf, "-R", call->args[0],
	    (char *)NULL);
	cli_output_error(&cli->out, NULL, "cannot_run", "%s: %s", program,
	    strerror(errno));
	return CLI_REFUSED;
}

static const struct cli_command backup_commands[] = {
	{ .verb = "",
	    .args = "FILE",
	    .summary = "Copy the database into a new file while all goes on.",
	    .method = "POST",
	    .path = "/backup",
	    .exec = backup },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_backup = { "backup", "a copy of the database",
	backup_commands };

static const struct cli_command restore_commands[] = {
	{ .verb = "",
	    .args = "FILE",
	    .summary = "Put a backup in the database's place, while postflowd "
		       "does not run.",
	    .is_local = true,
	    .exec = restore },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_restore = { "restore",
	"a backup becomes the database", restore_commands };
