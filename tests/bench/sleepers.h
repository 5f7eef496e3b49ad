/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of sleepers share: a database with nothing around it. Any
 * fault ends the program.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>

#include "base/defs.h"

/* Opens it, to be written at once and with no care for a crash, or beside the
 * daemon that has it. */
void sql_open(const char *path, bool alone);
/* Writes what there is to the disk and closes it. */
void sql_close(void);
void sql_script(const char *sql);
sqlite3_stmt *sql_prepare(const char *sql);
/* One step: is there a row? */
bool sql_step(sqlite3_stmt *);
/* Bound to these integers, from the first parameter on; then one step. */
bool sql_first(sqlite3_stmt *, int n, const int64_t *values);
/* The integer that a statement without parameters finds. */
int64_t sql_number(const char *sql);

/* Fills the database: n runs that sleep, spread over so many contacts. */
void sleepers_fill(int64_t n_runs, int64_t n_contacts);
/* Makes so many of those that sleep at a delay due, and chooses so many of
 * those that wait; the file says which, and what the others are like. */
void sleepers_pick(int64_t n, const char *file);
/* Waits until those of the file have ended, and looks at them and the rest. */
void sleepers_check(const char *file, int64_t seconds);
/* Makes so many of those that sleep at a delay due, all over the table. */
void sleepers_due(int64_t n);
