/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sends a file of contacts to be imported.
 */
#pragma once

#include "cli/cli.h"

/* The file is --file or the argument; the fields of the body go beside it. */
enum cli_exit cli_import_create(struct cli *, const struct cli_call *);
