/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the driver on SQLite share.
 */
#pragma once

#include <sqlite3.h>

#include "store/db.h"

struct db {
	sqlite3 *handle;
	sqlite3_stmt *stmts[SQL_COUNT];
	struct db_options options;
	char *path;
	int page_size;
	int wal_frames, copied_frames;
	bool broken;
	int shm_fd;           /* -1, or open until the connection is closed */
	struct db_copy *copy; /* being made from it, or NULL */
};

/* Turns the connection's last error into a fault; always -1. */
int db_fault(struct db *, int rc, struct fault *fault_r);
/* The connection closes: its copy is cut off, and says so when it is asked
 * to go on. */
void db_copy_cut(struct db_copy *);
