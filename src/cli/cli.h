/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line: what a command is, and what is at hand while one runs.
 * Most commands are rows of data that one executor carries out.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"
#include "cli/output.h"

struct arena;
struct cli_client;
struct fault;

/* How the program ends. */
enum cli_exit {
	CLI_DONE = 0,
	CLI_REFUSED = 1,     /* the server said no, or only to a part */
	CLI_USAGE = 2,       /* the command itself is wrong */
	CLI_UNREACHABLE = 3, /* no server, or none that answers as ours does */
};

struct cli {
	struct cli_client *client; /* NULL while a local command runs */
	const char *conf;          /* the configuration's file */
	struct cli_output out;
};

/* Where the value of an option goes. */
enum cli_place {
	CLI_BODY,   /* a field of the JSON body */
	CLI_QUERY,  /* a parameter of the query */
	CLI_AFTER,  /* a second POST to the path `field` once the first is done
		     */
	CLI_HEADER, /* the Idempotency-Key */
	CLI_OWN,    /* the command itself reads it */
};

/* What the value of an option is. */
enum cli_kind {
	CLI_TEXT,
	CLI_CLEARABLE, /* text; empty text writes null */
	CLI_FLAG,  /* no value: true; --no-NAME: false if it is in the body */
	CLI_COUNT, /* a whole number from 1 */
	CLI_WORD,  /* one of the words in `value`, "this|that" */
	CLI_JSON,  /* JSON text */
	CLI_FILE,  /* text read from a file, "-": standard input */
	CLI_JSON_FILE, /* JSON text read from a file */
	CLI_DOCUMENT,  /* a file that holds the body, an object or an array */
	CLI_PAIR,      /* NAME=VALUE: a member of an object; repeatable */
	/* These add an element to an array, and may be repeated: */
	CLI_MANY,       /* text alone */
	CLI_TAG,        /* NAME=VALUE */
	CLI_ATTACHMENT, /* a file */
	CLI_INLINE,     /* CID=FILE */
	CLI_VARIABLE,   /* KEY:TYPE[:FALLBACK] */
	CLI_MEMBER,     /* an id */
	CLI_CHOICE,     /* an id; the option's name is its subscription */
	/* This adds texts to one: those up to the next option, and commas part
	 * them. */
	CLI_NAMES,
};

struct cli_option {
	const char *name; /* "first-name" for --first-name; NULL ends a table */
	const char *value; /* what stands for the value in the usage; or NULL */
	const char *field; /* its name on the wire; "a.b": a member of a */
	const char *help;
	enum cli_place place;
	enum cli_kind kind;
	bool is_required; /* with a group: one of the group is */
	int group;        /* options of one group exclude each other; 0: none */
};

struct cli_call;

struct cli_command {
	const char *verb;    /* one word or two; NULL ends a table */
	const char *args;    /* names of what must follow: "ID RUN", or NULL */
	const char *summary; /* a sentence for the help */
	const char *method, *path; /* each {} is the next argument, encoded */
	const char *arg_field; /* of the body: the argument; NULL: none is */
	const struct cli_option *options; /* NULL: none */
	const char *const *columns;       /* of the table; ends with NULL */
	const char *rows;  /* the field of the answer that is a table */
	const char *print; /* the one field that is printed, alone */
	/* Shows the answer to people where a table does not. */
	void (*present)(struct cli_output *, const json_t *answer);
	const char *note;      /* said on standard error after success */
	const char *chosen_by; /* this row is meant if that option is given */
	bool is_list;          /* the answer is a page of a list */
	bool is_local;         /* no server is asked; exec() does it */
	enum cli_exit (*exec)(struct cli *, const struct cli_call *);
};

struct cli_noun {
	const char *name, *summary;
	const struct cli_command *commands;
};

struct cli_given {
	const struct cli_option *option;
	const char *value; /* NULL: a flag; "": the flag's --no- form */
};

/* A command with what was given to it; lives in the caller's arena. */
struct cli_call {
	const struct cli_noun *noun;
	const struct cli_command *command;
	const char **args;
	struct cli_given *given;
	int n_args, n_given;
};

/* Every noun; ends with NULL. */
extern const struct cli_noun *const cli_nouns[];
/* --limit, --after, --before, --all: what every list takes. */
extern const struct cli_option cli_list_options[];

extern const struct cli_noun cli_noun_automations, cli_noun_backup,
    cli_noun_queue, cli_noun_restore, cli_noun_contacts, cli_noun_doctor,
    cli_noun_domains, cli_noun_emails, cli_noun_events, cli_noun_keys,
    cli_noun_logs, cli_noun_pause, cli_noun_properties, cli_noun_resume,
    cli_noun_runs, cli_noun_segments, cli_noun_status, cli_noun_suppressions,
    cli_noun_templates, cli_noun_topics, cli_noun_usage, cli_noun_webhooks,
    cli_noun_why;

/* Carries out what the row of data says. */
enum cli_exit cli_execute(struct cli *, const struct cli_call *);
/* True if an option of that kind may be given more than once. */
bool cli_kind_repeats(enum cli_kind);
/* The value of an option, NULL if it was not given. */
const char *cli_call_value(const struct cli_call *, const char *option);
/* True if the option was given. */
bool cli_call_has(const struct cli_call *, const char *option);
