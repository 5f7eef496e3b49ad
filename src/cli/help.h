/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The help, made from the tables of commands, so it is never behind them.
 */
#pragma once

#include "cli/cli.h"

struct buf;

/* "postflow NOUN VERB ARGS --options": how one command is used. */
void cli_usage_put(struct buf *, const struct cli_noun *,
    const struct cli_command *);
/* All there is (noun NULL), a noun with its commands, or the commands of a
 * noun that share a command's verb. */
void cli_help_put(struct buf *, const struct cli_noun *,
    const struct cli_command *);
