/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blobs: contents beside the database, each a file named by its hash below
 * state_dir/blobs. One is on disk before a row names it, so a crash leaves at
 * most a file that nobody names; those are collected.
 */
#pragma once

#include "model/email.h"

struct arena;
struct fault;
struct txn;

enum { BLOB_DIRS = 256 };

/* The path of a blob, whether it is there or not. */
const char *blob_path(struct arena *, const char *state_dir,
    const unsigned char hash[BLOB_HASH_LEN]);
/*
 * Puts a content on disk, unless it is there, and keeps it from being
 * collected for an hour. Any thread that may wait for the disk. 0 with its
 * hash; -1 with fault_r, FAULT_UNAVAILABLE.
 */
int blob_put(const char *state_dir, const void *data, size_t len,
    unsigned char hash[BLOB_HASH_LEN], struct fault *fault_r);
/*
 * Collects in one of the BLOB_DIRS directories: removes what no attachment has
 * and was put more than an hour ago. How many files, or -1 with fault_r. Any
 * thread that may wait for the disk and has a transaction.
 */
int blob_collect(struct txn *, const char *state_dir, int dir, int64_t now_ms,
    struct fault *fault_r);
