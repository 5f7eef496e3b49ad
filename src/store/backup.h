/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A backup: a copy of the database made while all goes on. It holds what was
 * committed when it became whole, and nothing of a transaction that was not.
 */
#pragma once

#include "store/store.h"

/*
 * One backup, owned by who asks for it until work.done() was called on the
 * loop; the rest of work is the store's. With work.fault nothing of the file
 * is left.
 */
struct backup_job {
	struct work work;
	const char *path; /* of the file to be made, absolute */
	/* filled */
	int64_t bytes, pages, took_ms;
};

/* Begins a backup. It fails if another is under way or the file is there. */
void store_backup(struct store *, struct backup_job *);
/* Ends the one under way, which then fails. */
void store_backup_stop(struct store *);

/* True while one is under way; *share_r is what part of it is done, 0 to 1. */
bool store_backup_share(struct store *, double *share_r);
