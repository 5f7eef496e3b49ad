/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strangers' text made fit for a terminal, and JSON written so that it is fit
 * too. Whatever could move the cursor, hide text or turn its direction is
 * shown as an escape; in JSON the escape is JSON's own, so the value stays.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/defs.h"

struct buf;

/* Appends valid UTF-8 text as one line for people. With is_ascii everything
 * beyond ASCII is escaped as well. */
void cli_text_put(struct buf *, const char *, bool is_ascii);
/* Columns that text takes on a terminal. */
int cli_text_width(const char *);
/* The length in bytes of the longest start that fits in so many columns. */
size_t cli_text_fit(const char *, int columns);

enum { CLI_COMPACT = -1 };

/*
 * Appends a JSON value, pretty as if it stood at that depth, or compact at
 * depth CLI_COMPACT. Reals are written with the fewest digits that read back
 * as the same number.
 */
void cli_json_put(struct buf *, const json_t *, int depth, bool is_ascii);
