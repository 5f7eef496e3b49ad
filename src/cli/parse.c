/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "cli/parse.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"

const struct cli_noun *const cli_nouns[] = { &cli_noun_automations,
	&cli_noun_backup, &cli_noun_contacts, &cli_noun_properties,
	&cli_noun_doctor, &cli_noun_domains, &cli_noun_emails, &cli_noun_events,
	&cli_noun_keys, &cli_noun_logs, &cli_noun_pause, &cli_noun_queue,
	&cli_noun_restore, &cli_noun_resume, &cli_noun_runs, &cli_noun_segments,
	&cli_noun_status, &cli_noun_suppressions, &cli_noun_templates,
	&cli_noun_topics, &cli_noun_usage, &cli_noun_webhooks, &cli_noun_why,
	NULL };

#define FIELD(f) offsetof(struct cli_globals, f)

const struct cli_global_option cli_global_options[] = {
	{ "config", "FILE",
	    "the configuration file that names the API's socket", 'c',
	    FIELD(conf) },
	{ "url", "URL", "speak to this server, not over the socket", 0,
	    FIELD(url) },
	{ "key", "KEY", "the API key for --url", 0, FIELD(key) },
	{ "json", NULL, "print the server's JSON", 0, FIELD(is_json) },
	{ "help", NULL, "say how the command is used", 'h', FIELD(wants_help) },
	{ "version", NULL, "print the version", 'V', FIELD(wants_version) },
	{ .name = NULL },
};

#undef FIELD

/* The arguments and how far they are read. */
struct reader {
	struct arena *arena;
	char **argv;
	int argc, at;
	bool only_args; /* "--" has been seen */
	struct cli_globals *globals;
	struct cli_call *call;
	struct fault *fault_r;
};

const struct cli_noun *
cli_noun_find(const char *name)
{
	for (const struct cli_noun *const *n = cli_nouns; *n != NULL; n++)
		if (strcmp((*n)->name, name) == 0)
			return *n;
	return NULL;
}

/* True if the argument is "--NAME" or "--NAME=...". */
static bool
is_option(const char *arg, const char *name)
{
	size_t n = strlen(name);
	return strncmp(arg, "--", 2) == 0 && strncmp(arg + 2, name, n) == 0 &&
	    (arg[n + 2] == '\0' || arg[n + 2] == '=');
}

/* The value of the option at hand: behind its '=' or the next argument. */
static const char *
value_take(struct reader *r, const char *arg)
{
	const char *equals =
	    strncmp(arg, "--", 2) == 0 ? strchr(arg, '=') : NULL;
	if (equals != NULL)
		return equals + 1;
	if (r->at < r->argc)
		return r->argv[r->at++];
	fault(r->fault_r, FAULT_INVALID, "%s needs a value", arg);
	return NULL;
}

/* A flag must come without "=value". */
static int
flag_check(struct reader *r, const char *arg)
{
	if (strchr(arg, '=') == NULL)
		return 0;
	return fault(r->fault_r, FAULT_INVALID, "%.*s takes no value",
	    (int)strcspn(arg, "="), arg);
}

/* Reads an option that every command takes. 1, 0 if it is none, -1. */
static int
global_take(struct reader *r, const char *arg)
{
	const struct cli_global_option *g = cli_global_options;
	while (g->name != NULL && !is_option(arg, g->name) &&
	    (g->letter == 0 || arg[1] != g->letter || arg[2] != '\0'))
		g++;
	if (g->name == NULL)
		return 0;
	char *place = (char *)r->globals + g->field;
	if (g->value == NULL) {
		*(bool *)(void *)place = true;
		return flag_check(r, arg) < 0 ? -1 : 1;
	}
	const char *value = value_take(r, arg);
	*(const char **)(void *)place = value;
	return value != NULL ? 1 : -1;
}

/* Finds the option an argument names in a table; *is_no_r tells the --no-
 * form of a flag. */
static const struct cli_option *
option_find(const struct cli_option *o, const char *arg, bool *is_no_r)
{
	for (; o != NULL && o->name != NULL; o++) {
		*is_no_r = false;
		if (is_option(arg, o->name))
			return o;
		*is_no_r = true;
		if (o->kind == CLI_FLAG && o->place == CLI_BODY &&
		    strncmp(arg, "--no-", 5) == 0 &&
		    strcmp(arg + 5, o->name) == 0)
			return o;
	}
	return NULL;
}

/* Reads an option of the command. 1, 0 if it is none, -1. */
static int
own_take(struct reader *r, const char *arg)
{
	const struct cli_command *c = r->call->command;
	bool is_no = false;
	const struct cli_option *o =
	    c == NULL ? NULL : option_find(c->options, arg, &is_no);
	if (o == NULL && c != NULL && c->is_list)
		o = option_find(cli_list_options, arg, &is_no);
	if (o == NULL)
		return 0;
	for (int i = 0; i < r->call->n_given; i++)
		if (r->call->given[i].option == o && !cli_kind_repeats(o->kind))
			return fault(r->fault_r, FAULT_INVALID,
			    "--%s is given twice", o->name);
	const char *value = is_no ? "" : NULL;
	if (o->kind == CLI_FLAG ? flag_check(r, arg) < 0
				: (value = value_take(r, arg)) == NULL)
		return -1;
	r->call->given[r->call->n_given++] = (struct cli_given){ o, value };
	while (
	    o->kind == CLI_NAMES && r->at < r->argc && r->argv[r->at][0] != '-')
		r->call->given[r->call->n_given++] =
		    (struct cli_given){ o, r->argv[r->at++] };
	return 1;
}

/* True if the option is among the arguments that are still to be read. */
static bool
is_ahead(const struct reader *r, const char *option)
{
	for (int i = r->at; i < r->argc && strcmp(r->argv[i], "--") != 0; i++)
		if (is_option(r->argv[i], option))
			return true;
	return false;
}

/* Reads the verb, whose first word is given; the longest match counts, and a
 * row that an option chooses goes before one that none does. */
static int
verb_take(struct reader *r, const char *first)
{
	const char *second = r->at < r->argc ? r->argv[r->at] : "";
	const struct cli_command *best = NULL;
	for (const struct cli_command *c = r->call->noun->commands;
	     c->verb != NULL; c++) {
		size_t n = strlen(first);
		bool is_one = strcmp(c->verb, first) == 0;
		bool is_two = strncmp(c->verb, first, n) == 0 &&
		    c->verb[n] == ' ' && strcmp(c->verb + n + 1, second) == 0;
		if ((!is_one && !is_two) ||
		    (c->chosen_by != NULL && !is_ahead(r, c->chosen_by)))
			continue;
		if (best == NULL || c->chosen_by != NULL ||
		    strlen(c->verb) > strlen(best->verb))
			best = c;
	}
	r->call->command = best;
	if (best == NULL)
		return fault(r->fault_r, FAULT_INVALID,
		    "%s has no command \"%s\"", r->call->noun->name, first);
	if (strchr(best->verb, ' ') != NULL)
		r->at++;
	return 0;
}

/* Reads an argument that is no option: noun, verb, or what the verb takes. */
static int
word_take(struct reader *r, const char *arg)
{
	struct cli_call *call = r->call;
	/* "help NOUN VERB" is read as "NOUN VERB --help". */
	if (call->noun == NULL && !r->globals->wants_help &&
	    strcmp(arg, "help") == 0) {
		r->globals->wants_help = true;
		return 0;
	}
	if (call->noun == NULL) {
		call->noun = cli_noun_find(arg);
		if (call->noun == NULL)
			return fault(r->fault_r, FAULT_INVALID,
			    "there is no command \"%s\"", arg);
		/* A noun that is a command by itself has an empty verb. */
		if (call->noun->commands[0].verb[0] == '\0')
			call->command = call->noun->commands;
		return 0;
	}
	if (call->command == NULL)
		return verb_take(r, arg);
	call->args[call->n_args++] = arg;
	return 0;
}

/* Reads one argument and its value. */
static int
step(struct reader *r)
{
	const char *arg = r->argv[r->at++];
	if (r->only_args || arg[0] != '-' || arg[1] == '\0')
		return word_take(r, arg);
	if (strcmp(arg, "--") == 0) {
		r->only_args = true;
		return 0;
	}
	int rc = own_take(r, arg);
	if (rc == 0)
		rc = global_take(r, arg);
	if (rc == 0)
		return fault(r->fault_r, FAULT_INVALID,
		    "there is no option %.*s here", (int)strcspn(arg, "="),
		    arg);
	return rc < 0 ? -1 : 0;
}

int
cli_parse(struct arena *a, int argc, char **argv, struct cli_globals *globals_r,
    struct cli_call *call_r, struct fault *fault_r)
{
	struct reader r = { .arena = a,
		.argv = argv,
		.argc = argc,
		.globals = globals_r,
		.call = call_r,
		.fault_r = fault_r };
	*globals_r = (struct cli_globals){ 0 };
	*call_r = (struct cli_call){ 0 };
	call_r->args = arena_alloc(a, ((size_t)argc + 1) * sizeof(char *));
	call_r->given =
	    arena_alloc(a, ((size_t)argc + 1) * sizeof(*call_r->given));
	while (r.at < argc)
		if (step(&r) < 0)
			return -1;
	if (globals_r->wants_help || globals_r->wants_version)
		return 0;
	if (call_r->noun == NULL)
		return fault(fault_r, FAULT_INVALID, "no command is given");
	if (call_r->command == NULL)
		return fault(fault_r, FAULT_INVALID,
		    "%s needs to be told what to do", call_r->noun->name);
	return cli_call_check(a, call_r, fault_r);
}
