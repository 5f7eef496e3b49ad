/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the sink leaves its messages: a file each, a number in one file, or
 * nowhere. Names are counted up, so that they sort by arrival, and the count
 * goes on where the directory left off.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct buf;
struct fault;
struct process_user;
struct spool;

enum spool_mode { SPOOL_FILES, SPOOL_COUNT, SPOOL_DISCARD };
enum { SPOOL_NAME_LEN = 24 };

/* The mode of a name, -1 if there is none such. */
int spool_mode_find(const char *name);

/*
 * Opens the directory, and the one where files are written before they get
 * their name (NULL: the same; it must be on the same file system). NULL with
 * fault_r.
 */
struct spool *spool_open(const char *dir, const char *temporary,
    enum spool_mode, struct fault *fault_r);
void spool_free(struct spool *);
/*
 * Who should do the writing when we are root: the directory's owner. If that
 * is root or has no name it is nobody, who is given both directories.
 * 0, -1 with fault_r.
 */
int spool_user(struct spool *, struct process_user *user_r,
    struct fault *fault_r);
/* Finds the last number and proves that the directory can be written to.
 * 0, -1 with fault_r. */
int spool_start(struct spool *, struct fault *fault_r);

/*
 * Keeps one message: head, an empty line, then the message as it is. When
 * this returns 0 the file is there under its name; name_r is the number either
 * way. -1 with fault_r leaves nothing behind.
 */
int spool_put(struct spool *, const struct buf *head, const struct buf *message,
    char name_r[SPOOL_NAME_LEN], struct fault *fault_r);
/* True if the count on disk is older than the true one. */
bool spool_is_behind(const struct spool *);
/* Brings the count on disk up to date. 0, -1 with fault_r. */
int spool_write_count(struct spool *, struct fault *fault_r);
