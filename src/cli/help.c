/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "cli/help.h"

#include <string.h>

#include "base/buf.h"
#include "cli/parse.h"

static const char head[] =
    "usage: postflow [-c FILE | --url URL --key KEY] [--json] NOUN VERB ...\n"
    "       postflow help [NOUN [VERB]]\n"
    "\n"
    "Speaks with postflowd: over the Unix socket that the configuration file\n"
    "names, or over TCP with a key.\n";

static const char tail[] =
    "\n"
    "environment:\n"
    "  POSTFLOW_URL      the server, if neither -c nor --url is given\n"
    "  POSTFLOW_API_KEY  the key for it, if --key is not given\n"
    "\n"
    "exit status:\n"
    "  0  done\n"
    "  1  refused: the server said no, or only a part was done\n"
    "  2  the command is wrong\n"
    "  3  the server cannot be reached, or does not answer as it should\n"
    "\n"
    "Errors are said on standard error: \"postflow: SENTENCE (NAME)\", and "
    "with\n"
    "--json also as an object on a line of its own. In text that is not JSON,\n"
    "control characters are shown as escapes.\n";

static const char list_help[] = "\n"
				"options of every list:\n";

/* Writes "--name VALUE". */
static void
put_option(struct buf *b, const struct cli_option *o)
{
	buf_printf(b, "--%s%s",
	    o->kind == CLI_FLAG && o->place == CLI_BODY ? "[no-]" : "",
	    o->name);
	if (o->value != NULL)
		buf_printf(b, " %s", o->value);
}

/* Writes an option, or at the first of a group the whole group. */
static void
put_option_usage(struct buf *b, const struct cli_option *table,
    const struct cli_option *o)
{
	if (o > table && o->group != 0 && o[-1].group == o->group)
		return;
	bool is_many =
	    o->group != 0 && o[1].name != NULL && o[1].group == o->group;
	buf_str(b, !o->is_required ? " [" : is_many ? " (" : " ");
	put_option(b, o);
	for (const struct cli_option *p = o + 1;
	     is_many && p->name != NULL && p->group == o->group; p++) {
		buf_str(b, " | ");
		put_option(b, p);
	}
	buf_str(b, !o->is_required ? "]" : is_many ? ")" : "");
	if (cli_kind_repeats(o->kind))
		buf_str(b, "...");
}

void
cli_usage_put(struct buf *b, const struct cli_noun *n,
    const struct cli_command *c)
{
	buf_printf(b, "postflow %s%s%s", n->name, c->verb[0] != '\0' ? " " : "",
	    c->verb);
	if (c->args != NULL)
		buf_printf(b, " %s", c->args);
	for (const struct cli_option *o = c->options;
	     o != NULL && o->name != NULL; o++)
		put_option_usage(b, c->options, o);
	if (c->is_list)
		buf_str(b, " [--limit N] [--after ID | --before ID] [--all]");
}

/* Writes a line of the help: a word in its column, and what it means. */
static void
put_row(struct buf *b, const char *word, const char *meaning)
{
	enum { COLUMN = 24 };
	buf_printf(b, "      %-*s", COLUMN, word);
	if (strlen(word) >= COLUMN)
		buf_printf(b, "\n      %*s", COLUMN, "");
	buf_printf(b, "%s\n", meaning);
}

/* Writes the options of a table, one a line. */
static void
put_options(struct buf *b, const struct cli_option *o)
{
	for (; o != NULL && o->name != NULL; o++) {
		struct buf word = { 0 };
		put_option(&word, o);
		put_row(b, word.data, o->help);
		buf_free(&word);
	}
}

/* Writes all about one command. */
static void
put_command(struct buf *b, const struct cli_noun *n,
    const struct cli_command *c)
{
	buf_str(b, "\n  ");
	cli_usage_put(b, n, c);
	buf_printf(b, "\n    %s\n", c->summary);
	put_options(b, c->options);
}

/* Writes the commands of a noun; with a verb only those of that verb. */
static void
put_noun(struct buf *b, const struct cli_noun *n, const char *verb)
{
	bool has_list = false;
	buf_printf(b, "postflow %s: %s\n", n->name, n->summary);
	for (const struct cli_command *c = n->commands; c->verb != NULL; c++)
		if (verb == NULL || strcmp(c->verb, verb) == 0) {
			put_command(b, n, c);
			has_list = has_list || c->is_list;
		}
	if (has_list) {
		buf_str(b, list_help);
		put_options(b, cli_list_options);
	}
}

/* Writes the options that every command takes. */
static void
put_globals(struct buf *b)
{
	buf_str(b, "\noptions of every command:\n");
	for (const struct cli_global_option *g = cli_global_options;
	     g->name != NULL; g++) {
		struct buf word = { 0 };
		if (g->letter != 0)
			buf_printf(&word, "-%c, ", g->letter);
		buf_printf(&word, "--%s%s%s", g->name,
		    g->value != NULL ? " " : "",
		    g->value != NULL ? g->value : "");
		put_row(b, word.data, g->help);
		buf_free(&word);
	}
	buf_str(b, list_help);
	put_options(b, cli_list_options);
}

/* Writes how each command is used. */
static void
put_all(struct buf *b)
{
	buf_str(b, head);
	buf_str(b, "\ncommands:\n");
	for (const struct cli_noun *const *n = cli_nouns; *n != NULL; n++)
		for (const struct cli_command *c = (*n)->commands;
		     c->verb != NULL; c++) {
			buf_str(b, "  ");
			cli_usage_put(b, *n, c);
			buf_printf(b, "\n      %s\n", c->summary);
		}
	put_globals(b);
	buf_str(b, tail);
}

void
cli_help_put(struct buf *b, const struct cli_noun *n,
    const struct cli_command *c)
{
	if (n == NULL)
		put_all(b);
	else
		put_noun(b, n, c != NULL ? c->verb : NULL);
}
