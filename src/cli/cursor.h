/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers that come in slices: each says where the next one begins.
 */
#pragma once

#include <jansson.h>

#include "cli/cli.h"

typedef void cli_slice(struct cli *, const json_t *answer, void *arg);

/* Asks for slice after slice until the last, and gives each to fn. CLI_DONE, or
 * how to end after saying why; fn has then had the slices before. */
enum cli_exit cli_cursor_walk(struct cli *, const char *path, cli_slice *fn,
    void *arg);
