/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "tests/store/other.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/store/rig.h"

enum { NOBODY = 65534 };

bool
other_start(struct other *o, const char *task, const char *path)
{
	int to[2], from[2];
	size_t n = 0;
	o->line[0] = '\0';
	if (pipe(to) != 0 || pipe(from) != 0 || (o->pid = fork()) < 0)
		return false;
	if (o->pid == 0) {
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		close(to[1]);
		close(from[0]);
		execl("/proc/self/exe", "test", task, path, (char *)NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	o->to = to[1];
	o->from = from[0];
	struct pollfd p = { .fd = o->from, .events = POLLIN };
	while (n < sizeof(o->line) - 1 && poll(&p, 1, RIG_WAIT_MS) > 0 &&
	    read(o->from, o->line + n, 1) == 1 && o->line[n] != '\n')
		n++;
	o->line[n] = '\0';
	return n > 0;
}

int
other_end(struct other *o)
{
	int status = -1;
	close(o->to);
	close(o->from);
	waitpid(o->pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- in the other process ---------------------------------------------- */

static int
say(const char *text)
{
	printf("%s\n", text);
	return fflush(stdout);
}

static int
count(const char *path)
{
	sqlite3 *db;
	sqlite3_stmt *s = NULL;
	if (sqlite3_open(path, &db) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "SELECT count(*) FROM contacts", -1, &s,
		NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW)
		say((const char *)sqlite3_column_text(s, 0));
	else
		say(sqlite3_errmsg(db));
	sqlite3_finalize(s);
	return sqlite3_close(db);
}

static int
hold(const char *path, const char *begin)
{
	sqlite3 *db;
	char end;
	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, begin, NULL, NULL, NULL) != SQLITE_OK)
		return say(sqlite3_errmsg(db)), 1;
	say("held");
	while (read(STDIN_FILENO, &end, 1) > 0)
		;
	return sqlite3_close(db);
}

/* Takes the lock as SQLite does: its file format fixes which byte that is. */
static int
copy(const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = 121, .l_len = 1 };
	char shm[512], end;
	snprintf(shm, sizeof(shm), "%s-shm", path);
	int fd = open(shm, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fcntl(fd, F_SETLK, &lock) != 0)
		return say(strerror(errno)), 1;
	say("held");
	while (read(STDIN_FILENO, &end, 1) > 0)
		;
	return close(fd);
}

static int
open_store(const char *path)
{
	struct store_options o = rig_options("unused");
	struct job j = { .run = put_contact, .n = 77 };
	struct fault f;
	o.path = path;
	struct store *s = store_open(&o, &f);
	if (s == NULL)
		return say(f.text), 1;
	store_start(s);
	int rc = rig_do(s, &j);
	say(rc == 0 ? "good" : j.work.fault.text);
	rig_close(s);
	return rc == 0 ? 0 : 2;
}

int
other_main(int argc, char **argv)
{
	if (argc != 3)
		return -1;
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	if (strcmp(argv[1], "count") == 0)
		return count(argv[2]);
	if (strcmp(argv[1], "hold") == 0)
		return hold(argv[2], "BEGIN EXCLUSIVE");
	if (strcmp(argv[1], "read") == 0)
		return hold(argv[2], "BEGIN; SELECT count(*) FROM contacts");
	if (strcmp(argv[1], "copy") == 0)
		return copy(argv[2]);
	if (strcmp(argv[1], "open-as-nobody") == 0 &&
	    (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 ||
		setuid(NOBODY) != 0))
		return say("cannot become nobody"), 3;
	return open_store(argv[2]);
}
