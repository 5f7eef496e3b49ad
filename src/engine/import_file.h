/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of an import: where it lies, and its records from any line on.
 */
#pragma once

#include "base/csv.h"

struct arena;
struct fault;
struct import_file;
struct import_plan;

/* The directory of all of them, and the file of one. */
char *import_dir(struct arena *, const char *state_dir);
char *import_path(struct arena *, const char *state_dir, int64_t id);
/* The import a file of that name is of; 0: it is not named so. */
int64_t import_of_name(const char *name);

/* NULL with fault_r: FAULT_INVALID if there is no file, FAULT_INTERNAL if it
 * may be opened later. */
struct import_file *import_file_open(const char *path,
    const struct import_plan *, struct fault *fault_r);
void import_file_close(struct import_file *);
/* Goes to a place; costs nothing if it is there already. */
void import_file_seek(struct import_file *, int64_t place);
/* The place behind what was read last: the offset where a record begins, or
 * where one that is passed over goes on. */
int64_t import_file_place(const struct import_file *);
/* The next record: RECORD, LONG, REST or END, told in the reader of the file;
 * its texts live until the next call. -1 with fault_r if it cannot be read:
 * that is FAULT_INTERNAL, and may be otherwise later. */
int import_file_next(struct import_file *, const struct csv **csv_r,
    struct fault *fault_r);
