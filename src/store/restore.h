/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Restoring: a backup takes the database's place, while nobody has either of
 * them open. The queue of a restored database is held: mail that waits in the
 * backup may have left since.
 */
#pragma once

#include "base/defs.h"

struct arena;
struct fault;

/* Opens a backup, which another user than the service's may own. Its
 * descriptor, or -1 when it is none or something lies beside it. */
int store_restore_open(const char *path, struct fault *fault_r);

struct restored {
	int64_t bytes;
	int64_t version;  /* of the schema; the next start may raise it */
	const char *kept; /* where the old database is now; NULL: none was */
};

/*
 * Copies the backup, looks whether the copy is sound and one of ours, and lets
 * it take the place of the database, which keeps another name. Who calls has
 * the database for himself. name is what messages call the backup. 0; -1 with
 * fault_r, and the database is as it was.
 */
int store_restore(int fd, const char *name, const char *database,
    int64_t now_ms, struct arena *, struct restored *, struct fault *fault_r);
