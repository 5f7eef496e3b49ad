/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts postflow and reads what it writes while the fake server answers, all
 * in one loop: nothing waits for a clock.
 */
#include "tests/cli/fake_server.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/buf.h"
#include "tests/tap.h"

enum { RUN_SECONDS = 60 };

static struct buf out, err;
static pid_t running;

const char *
run_out(void)
{
	return out.data != NULL ? out.data : "";
}

const char *
run_err(void)
{
	return err.data != NULL ? err.data : "";
}

/* One end that is read while the program runs. */
struct end {
	struct event *event;
	struct buf *to;
	int fd;
	int *n_open;
};

/* Takes what the program wrote; the last end to close stops the loop. The
 * end of a terminal reads as EIO. */
static void
readable(evutil_socket_t fd, short what, void *arg)
{
	struct end *e = arg;
	char bytes[65536];
	ssize_t n = read(fd, bytes, sizeof(bytes));
	(void)what;
	if (n > 0) {
		buf_add(e->to, bytes, (size_t)n);
		return;
	}
	event_del(e->event);
	if (--*e->n_open == 0)
		event_base_loopbreak(fake_base());
}

/* Answers and reads until both ends are closed; false if that takes longer
 * than a minute. Closes them. */
static bool
pump(int out_fd, int err_fd)
{
	struct timeval limit = { .tv_sec = RUN_SECONDS };
	int n_open = 0;
	struct end ends[2] = { { .fd = out_fd, .to = &out },
		{ .fd = err_fd, .to = &err } };
	for (int i = 0; i < 2; i++) {
		struct end *e = &ends[i];
		if (e->fd < 0)
			continue;
		e->n_open = &n_open;
		e->event = event_new(fake_base(), e->fd, EV_READ | EV_PERSIST,
		    readable, e);
		event_add(e->event, NULL);
		n_open++;
	}
	event_base_loopexit(fake_base(), &limit);
	event_base_dispatch(fake_base());
	for (int i = 0; i < 2; i++)
		if (ends[i].fd >= 0) {
			event_free(ends[i].event);
			close(ends[i].fd);
		}
	return n_open == 0;
}

/* A file with the standard input; the caller closes it. */
static int
input_file(const struct run *r)
{
	char path[] = "/tmp/postflow-input.XXXXXX";
	int fd = mkstemp(path);
	unlink(path);
	if (r->input != NULL) {
		size_t n = r->input_len > 0 ? r->input_len : strlen(r->input);
		if (write(fd, r->input, n) != (ssize_t)n)
			tap_ok(false, __FILE__, __LINE__, "input written");
		lseek(fd, 0, SEEK_SET);
	}
	return fd;
}

/* The environment without what would change how postflow behaves. */
static char **
environment(const struct run *r, char **env, int room)
{
	extern char **environ;
	int n = 0;
	for (char **e = environ; *e != NULL && n < room - 6; e++)
		if (strncmp(*e, "POSTFLOW_", 9) != 0 &&
		    strncmp(*e, "LC_ALL=", 7) != 0)
			env[n++] = *e;
	for (int i = 0; i < 4 && r->env[i] != NULL; i++)
		env[n++] = (char *)(uintptr_t)r->env[i];
	env[n] = NULL;
	return env;
}

/* Makes the two sides of standard output: a pipe, a terminal, or a file that
 * is not read back. */
static void
output_open(const struct run *r, int side[2])
{
	if (r->output != NULL) {
		side[0] = -1;
		side[1] = open(r->output, O_WRONLY | O_CLOEXEC);
	} else if (r->on_tty) {
		side[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
		grantpt(side[0]);
		unlockpt(side[0]);
		side[1] = open(ptsname(side[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);
	} else if (pipe2(side, O_CLOEXEC) != 0) {
		side[0] = side[1] = -1;
	}
}

/* Puts the program's name, the configuration and the arguments together. */
static char **
arguments(const struct run *r, char *program, const char *const *args,
    char **argv)
{
	int n = 0;
	argv[n++] = program;
	if (!r->no_conf) {
		argv[n++] = (char *)(uintptr_t) "-c";
		argv[n++] = (char *)(uintptr_t)fake_conf();
	}
	while (*args != NULL)
		argv[n++] = (char *)(uintptr_t)*args++;
	argv[n] = NULL;
	return argv;
}

void
run_cmdline(char *text, size_t room)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)running);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, room - 1);
	if (fd >= 0)
		close(fd);
	for (ssize_t i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	text[n > 0 ? n : 0] = '\0';
}

int
run_cli(const struct run *r, const char *const *args)
{
	static const struct run plain;
	char *argv[64], *env[256], program[4096];
	int out_side[2], err_side[2], status = -1;
	posix_spawn_file_actions_t actions;
	r = r != NULL ? r : &plain;
	const char *top = getenv("top_builddir");
	snprintf(program, sizeof(program), "%s/postflow",
	    top != NULL ? top : ".");
	buf_clear(&out);
	buf_clear(&err);
	int in = input_file(r);
	output_open(r, out_side);
	if (pipe2(err_side, O_CLOEXEC) != 0)
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, 0);
	posix_spawn_file_actions_adddup2(&actions, out_side[1], 1);
	if (r->closed_output)
		posix_spawn_file_actions_addclose(&actions, 1);
	posix_spawn_file_actions_adddup2(&actions, err_side[1], 2);
	int rc = posix_spawn(&running, program, &actions, NULL,
	    arguments(r, program, args, argv), environment(r, env, 256));
	posix_spawn_file_actions_destroy(&actions);
	close(in);
	close(out_side[1]);
	close(err_side[1]);
	if (rc != 0) {
		printf("# cannot start %s: %s\n", program, strerror(rc));
		return -1;
	}
	if (!pump(out_side[0], err_side[0]))
		kill(running, SIGKILL);
	waitpid(running, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void
run_examples(const struct example *examples, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct example *e = &examples[i];
		char what[200];
		snprintf(what, sizeof(what), "%s %s", e->args[0],
		    e->args[1] != NULL ? e->args[1] : "");
		fake_answer(200, e->answer);
		is_int(run_cli(NULL, e->args), 0, what);
		is_int(fake_count(), 1, "makes one request");
		is(fake_seen(0), e->request, "which is this");
		is(run_out(), e->prints, "and prints this");
		fake_forget();
	}
}

void
run_end(void)
{
	buf_free(&out);
	buf_free(&err);
}
