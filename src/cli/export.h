/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that is kept about a contact, in one document.
 */
#pragma once

#include "cli/cli.h"

/* Takes the export slice by slice and prints it whole, as JSON. */
enum cli_exit cli_export(struct cli *, const struct cli_call *);
