/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What commands that are more than a row of data build on.
 */
#pragma once

#include "cli/cli.h"
#include "cli/client.h"

/*
 * Sends a request, and says what went wrong if it was not carried out.
 * CLI_DONE with the answer, else how to end.
 */
enum cli_exit cli_ask(struct cli *, struct arena *, const struct cli_request *,
    struct cli_answer *answer_r) MUST_CHECK;
/* The same, but an answer with an error's status is an answer. */
enum cli_exit cli_ask_any(struct cli *, struct arena *,
    const struct cli_request *, struct cli_answer *answer_r) MUST_CHECK;
/* Writes an answer the way the command says. */
void cli_show(struct cli *, const struct cli_command *, const json_t *answer);
/* Says what the server's error object says. */
enum cli_exit cli_refused(struct cli *, const struct cli_answer *);
/* Says what is wrong with the command. */
enum cli_exit cli_misused(struct cli *, const struct fault *);
/* Says that an answer makes no sense. */
enum cli_exit cli_strange(struct cli *, const char *what);
