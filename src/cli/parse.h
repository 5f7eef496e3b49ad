/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the arguments of the program to a command and what it was given.
 */
#pragma once

#include <stdbool.h>

#include "cli/cli.h"

/* The options that every command takes. */
struct cli_globals {
	const char *conf, *url, *key;
	bool is_json, wants_help, wants_version;
};

struct arena;
struct fault;

struct cli_global_option {
	const char *name;  /* "url" for --url; NULL ends the table */
	const char *value; /* NULL: a flag */
	const char *help;
	char letter;  /* 'c' for -c; or 0 */
	size_t field; /* its place in struct cli_globals */
};

extern const struct cli_global_option cli_global_options[];

const struct cli_noun *cli_noun_find(const char *name);

/*
 * Reads the arguments behind the program's name. 0 with *call_r: its noun and
 * command are NULL where help or the version was asked for and none was named.
 * -1 with fault_r: nothing to do with them; *globals_r then holds what was
 * read so far and *call_r the noun and command if they are known.
 */
int cli_parse(struct arena *, int argc, char **argv,
    struct cli_globals *globals_r, struct cli_call *call_r,
    struct fault *fault_r);

/* 0 if the command was given what it asks for, -1 with fault_r. */
int cli_call_check(struct arena *, const struct cli_call *,
    struct fault *fault_r);
