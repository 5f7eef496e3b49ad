/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files a command reads: whole, or line by line. "-" is standard input.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/defs.h"

struct arena;
struct buf;
struct fault;

enum { CLI_FILE_MAX = 64 << 20, CLI_LINE_MAX = 1 << 20 };

struct cli_file {
	const char *name; /* for messages */
	FILE *stream;
	int64_t line; /* the number of the line read last, from 1 */
};

/* 0, -1 with fault_r. A byte order mark at the start is passed over. */
int cli_file_open(struct cli_file *, const char *path, struct fault *fault_r);
void cli_file_close(struct cli_file *);
/* All that is left, owned by the arena and followed by a NUL. -1 with fault_r
 * if it cannot be read or is larger than CLI_FILE_MAX. */
int cli_file_rest(struct cli_file *, struct arena *, const char **text_r,
    size_t *len_r, struct fault *fault_r);
/* The next line without its newline, in the buffer. 1, 0 at the end, -1 with
 * fault_r. Of a line over CLI_LINE_MAX only the start is kept. */
int cli_file_line(struct cli_file *, struct buf *, bool *is_too_long_r,
    struct fault *fault_r);
/* The first byte that is no blank, left in place; EOF if there is none. */
int cli_file_peek(struct cli_file *);

/* Opens, takes all, closes. */
int cli_file_read(struct arena *, const char *path, const char **text_r,
    size_t *len_r, struct fault *fault_r);
/* The same, but every byte of it counts. */
int cli_file_bytes(struct arena *, const char *path, const char **data_r,
    size_t *len_r, struct fault *fault_r);
