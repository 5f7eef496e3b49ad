/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers that explain, as people read them.
 */
#pragma once

#include <jansson.h>

struct cli_output;

/* What an event led to. */
void cli_outcome_present(struct cli_output *, const json_t *answer);
/* Why a contact is where it is in an automation, or why it is not in it. */
void cli_why_present(struct cli_output *, const json_t *answer);
/* What would happen, moment by moment. */
void cli_timeline_present(struct cli_output *, const json_t *answer);
