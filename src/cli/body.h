/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a call says on the wire: its path with the query, and its JSON body.
 */
#pragma once

#include "base/defs.h"

struct arena;
struct buf;
struct cli_call;
struct fault;

/* Appends text as one segment of a path or one value of a query. */
void cli_path_encode(struct buf *, const char *);
/* The pattern with each {} replaced by the next of the arguments. */
char *cli_path(struct arena *, const char *pattern, const char **args);
/*
 * The path of the call with its query; `after` is the list's cursor and NULL
 * on the first page.
 */
char *cli_call_path(struct arena *, const struct cli_call *, const char *after);

/*
 * The body of the call. 1 with the text, 0 when the command has none, -1 with
 * fault_r when an option or a file is not what it must be.
 */
int cli_call_body(struct arena *, const struct cli_call *, const char **text_r,
    size_t *len_r, struct fault *fault_r);
