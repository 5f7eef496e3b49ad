/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people and scripts read: tables and "key: value" lines, or with --json
 * one JSON document; results on standard output, all else on standard error.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/defs.h"

struct cli_answer;

struct cli_output {
	bool is_json;    /* --json */
	bool is_tty;     /* standard output is a terminal */
	bool is_ascii;   /* ... that does not take UTF-8 */
	bool err_ascii;  /* the same of standard error */
	int write_errno; /* of the first write that failed, 0: none did */
};

enum { CLI_COLUMNS_MAX = 12 };

/* A table that may come in several pieces; the header is written once. */
struct cli_table {
	const char *const *columns; /* field names; ends with NULL */
	int indent;                 /* blanks before each line */
	int widths[CLI_COLUMNS_MAX];
	bool has_header;
};

void cli_output_open(struct cli_output *, bool is_json);
/* 0 if all that was written reached its place, -1 (after saying so) if not. */
int cli_output_close(struct cli_output *);

/* Our own text, as it is. */
void cli_output_text(struct cli_output *, const char *);
/* One line; strangers' text in it is made harmless. */
void cli_output_line(struct cli_output *, const char *fmt, ...) PRINTF(2, 3);
void cli_output_json(struct cli_output *, const json_t *);
/* One field of an object, alone on a line. */
void cli_output_field(struct cli_output *, const json_t *value);
/* "key: value" for every field; objects inside are written "key.inner: value".
 * The fields "object" and `except` (NULL: none) are left out. */
void cli_output_pairs(struct cli_output *, const json_t *object,
    const char *except);
void cli_output_rows(struct cli_output *, struct cli_table *,
    const json_t *rows);
/* The JSON list of several pages is written as they come: start, any number
 * of pieces, end. */
void cli_output_list_start(struct cli_output *);
void cli_output_list_piece(struct cli_output *, const json_t *rows,
    bool is_first);
void cli_output_list_end(struct cli_output *, bool has_more);

/* A line for people on standard error; none with --json. */
void cli_output_note(struct cli_output *, const char *fmt, ...) PRINTF(2, 3);
/*
 * Says what went wrong: "postflow: sentence (name)", and with --json the same
 * as an object on the next line. `error` (NULL: none) is the server's own
 * object, which is then shown instead of one made from the words.
 */
void cli_output_error(struct cli_output *, const json_t *error,
    const char *name, const char *fmt, ...) PRINTF(4, 5);
