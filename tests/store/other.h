/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another process, for what must be seen from there: the test program calls
 * itself with a task, and main() hands such calls to other_main().
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct other {
	pid_t pid;
	int to, from;
	char line[600]; /* what it said last */
};

/*
 * Tasks: "count PATH" says how many contacts there are; "hold PATH" takes the
 * database for itself, says "held" and lets go when told to end; "read PATH"
 * does the same with what it reads, "copy PATH" with the lock of who copies the
 * log into the database; "open PATH" opens the store, adds a contact
 * and says "good", or what the fault said; "open-as-nobody PATH" does so
 * without privileges. False if it cannot be started. It says one line.
 */
bool other_start(struct other *, const char *task, const char *path);
/* Lets it end; its exit status. */
int other_end(struct other *);
/* -1 unless this process was called for a task. */
int other_main(int argc, char **argv);
