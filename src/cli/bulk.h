/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events from a file, sent a thousand at a time.
 */
#pragma once

#include "cli/cli.h"

/* Sends the events of the file that --file names; prints how many were taken,
 * known already or refused, and on standard error why each was refused. */
enum cli_exit cli_bulk_send(struct cli *, const struct cli_call *);
