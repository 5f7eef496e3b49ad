/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk whose power can be cut, as a VFS of SQLite over the system's. It
 * remembers every write until a sync of its file makes it stay. After a cut
 * nothing works any more; once all files are closed, the files are made what
 * such a disk would show: writes that were not synced are gone, or some of
 * them are there, in any combination, one perhaps to the half.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CRASH_VFS "crash"

/* What of the writes that were not synced reached the disk. */
enum crash_rest { CRASH_REST_LOST, CRASH_REST_SOME, CRASH_REST_KEPT };

/* Once a process. */
void crash_vfs_register(void);
/* Cuts the power at the n-th write, truncation or sync from now. 0: never. */
void crash_cut_at(int64_t n);
bool crash_is_cut(void);
/* Writes, truncations and syncs since crash_cut_at(). */
int64_t crash_operations(void);
/* All files closed: makes the disk what it would be and turns the power on.
 * How many writes did not stay. */
int64_t crash_settle(enum crash_rest, uint64_t seed);

/* The next n syncs, or writes, report an I/O error. */
void crash_fail_syncs(int n);
void crash_fail_writes(int n);

/* A small generator, the same numbers for the same seed everywhere. */
uint64_t crash_random(uint64_t *state);
