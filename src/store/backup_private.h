/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The writer's part in a backup.
 */
#pragma once

#include "store/backup.h"
#include "store/store_private.h"

struct backup;

struct backup *backup_new(struct store *);
/* Ends what is under way and waits for it; the writer must still run. */
void backup_close(struct backup *);
void backup_free(struct backup *);

/* True if the writer has something to copy. */
bool backup_wants(const struct backup *);
/* Copies for about as long as that; between two transactions. */
void backup_slice(struct backup *, struct db *, int64_t us);
