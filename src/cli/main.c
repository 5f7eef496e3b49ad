/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * postflow: the command line. Finds the server, runs one command, and ends
 * with 0 done, 1 refused, 2 wrong use, 3 no server.
 */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/execute.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "conf/conf.h"

#define CONF_DEFAULT SYSCONFDIR "/postflow/postflow.conf"

/* Sees that descriptors 0 to 2 are taken, so that no socket gets the number of
 * a closed standard output; what stands in for one fails when it is used. */
static void
descriptors_fill(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			exit(CLI_USAGE);
}

/* The value of a variable of the environment; an empty one is none. */
static const char *
env(const char *name)
{
	const char *v = getenv(name);
	return v != NULL && v[0] != '\0' ? v : NULL;
}

/* Takes the socket out of the configuration. */
static int
conf_target(struct arena *a, const char *path, struct cli_target *t,
    struct fault *fault_r)
{
	struct conf *conf = conf_load(path, fault_r);
	if (conf == NULL)
		return -1;
	t->socket = arena_strdup(a, conf->api_socket);
	conf_free(conf);
	if (t->socket != NULL && t->socket[0] != '\0')
		return 0;
	return fault(fault_r, FAULT_UNAVAILABLE,
	    "%s has no socket for the API: use --url and --key", path);
}

/* Decides where the server is: the options, then the environment, then the
 * configuration file. 0, -1 with how to end and fault_r. */
static int
target_find(struct arena *a, const struct cli_globals *g, struct cli_target *t,
    enum cli_exit *rc_r, struct fault *fault_r)
{
	*rc_r = CLI_USAGE;
	if (g->conf != NULL && g->url != NULL)
		return fault(fault_r, FAULT_INVALID,
		    "-c and --url exclude each other");
	t->url =
	    g->url != NULL || g->conf != NULL ? g->url : env("POSTFLOW_URL");
	if (t->url == NULL && g->key != NULL)
		return fault(fault_r, FAULT_INVALID,
		    "--key needs --url: the socket takes no key");
	t->key = g->key != NULL ? g->key : env("POSTFLOW_API_KEY");
	if (t->url != NULL)
		return 0;
	*rc_r = CLI_UNREACHABLE;
	t->key = NULL;
	return conf_target(a, g->conf != NULL ? g->conf : CONF_DEFAULT, t,
	    fault_r);
}

/* Overwrites a key among the arguments, which every user of the machine can
 * read. What was parsed is moved to memory of our own first. */
static void
key_hide(struct arena *a, struct cli_globals *g)
{
	if (g->key == NULL)
		return;
	char *shown = (char *)(uintptr_t)g->key;
	g->key = arena_strdup(a, shown);
	memset(shown, 'x', strlen(shown));
}

/* Says what is wrong with the command, and how it is used. */
static enum cli_exit
misused(struct cli *cli, const struct cli_call *call, const struct fault *f)
{
	struct buf b = { 0 };
	cli_misused(cli, f);
	if (cli->out.is_json)
		return CLI_USAGE;
	if (call->command != NULL) {
		buf_str(&b, "usage: ");
		cli_usage_put(&b, call->noun, call->command);
		buf_char(&b, '\n');
	} else if (call->noun != NULL) {
		buf_printf(&b, "try: postflow help %s\n", call->noun->name);
	} else {
		buf_str(&b, "try: postflow help\n");
	}
	fputs(b.data, stderr);
	buf_free(&b);
	return CLI_USAGE;
}

/* Prints the help that was asked for. */
static enum cli_exit
help(struct cli *cli, const struct cli_call *call)
{
	struct buf b = { 0 };
	cli_help_put(&b, call->noun, call->command);
	cli_output_text(&cli->out, b.data);
	buf_free(&b);
	return CLI_DONE;
}

/* Runs the command against the server. */
static enum cli_exit
run(struct cli *cli, struct arena *a, const struct cli_globals *g,
    const struct cli_call *call)
{
	struct cli_target target = { 0 };
	struct fault f;
	enum cli_exit rc;
	cli->conf = g->conf != NULL ? g->conf : CONF_DEFAULT;
	if (call->command->is_local) {
		if (g->url == NULL)
			return cli_execute(cli, call);
		fault(&f, FAULT_INVALID,
		    "%s works on this machine: it takes no --url",
		    call->noun->name);
		return misused(cli, call, &f);
	}
	if (target_find(a, g, &target, &rc, &f) < 0) {
		if (rc == CLI_USAGE)
			return misused(cli, call, &f);
		cli_output_error(&cli->out, NULL, "cannot_reach", "%s", f.text);
		return rc;
	}
	cli->client = cli_client_new(&target, &f);
	if (cli->client == NULL)
		return cli_misused(cli, &f);
	rc = cli_execute(cli, call);
	cli_client_free(cli->client);
	return rc;
}

int
main(int argc, char **argv)
{
	struct arena *a = arena_new();
	struct cli cli = { 0 };
	struct cli_globals globals;
	struct cli_call call;
	struct fault f;
	enum cli_exit rc = CLI_DONE;
	descriptors_fill();
	signal(SIGPIPE, SIG_IGN);
	setlocale(LC_CTYPE, "");
	log_open("postflow", "stderr", LOG_LEVEL_ERROR);
	int parsed = cli_parse(a, argc - 1, argv + 1, &globals, &call, &f);
	cli_output_open(&cli.out, globals.is_json);
	key_hide(a, &globals);
	if (parsed < 0)
		rc = misused(&cli, &call, &f);
	else if (globals.wants_version)
		cli_output_text(&cli.out, PACKAGE_STRING "\n");
	else if (globals.wants_help)
		rc = help(&cli, &call);
	else
		rc = run(&cli, a, &globals, &call);
	if (cli_output_close(&cli.out) < 0 && rc == CLI_DONE)
		rc = CLI_REFUSED;
	arena_free(a);
	return (int)rc;
}
