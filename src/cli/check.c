/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a command was given, against what its row of data asks for.
 */
#include "cli/parse.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/utf8.h"

/* How many arguments the command wants: the words of "ID RUN". */
static int
n_wanted(const struct cli_command *c)
{
	int n = c->args != NULL;
	for (const char *p = c->args; p != NULL && *p != '\0'; p++)
		n += *p == ' ';
	return n;
}

/*
 * An empty argument would name the collection in place of one of its things,
 * and "." and ".." have a meaning of their own in a path.
 */
static int
args_check(const struct cli_call *call, struct fault *fault_r)
{
	const struct cli_command *c = call->command;
	if (call->n_args != n_wanted(c))
		return fault(fault_r, FAULT_INVALID, "%s%s%s takes %s%s",
		    call->noun->name, c->verb[0] != '\0' ? " " : "", c->verb,
		    c->args != NULL ? "exactly " : "no further words",
		    c->args != NULL ? c->args : "");
	for (int i = 0; i < call->n_args; i++)
		if (call->args[i][0] == '\0' ||
		    strcmp(call->args[i], ".") == 0 ||
		    strcmp(call->args[i], "..") == 0 ||
		    !utf8_valid(call->args[i], strlen(call->args[i])))
			return fault(fault_r, FAULT_INVALID,
			    "\"%s\" cannot name anything", call->args[i]);
	return 0;
}

/* The names of a group: "--email or --contact-id". */
static const char *
group_names(struct arena *a, const struct cli_option *o, int group)
{
	const char *text = "";
	for (; o->name != NULL; o++)
		if (o->group == group)
			text = arena_printf(a, "%s%s--%s", text,
			    text[0] != '\0' ? " or " : "", o->name);
	return text;
}

/* Checks that what is required is there, and at most one of each group. */
static int
options_check(struct arena *a, const struct cli_call *call,
    struct fault *fault_r)
{
	const struct cli_option *table = call->command->options;
	for (const struct cli_option *o = table; o != NULL && o->name != NULL;
	     o++) {
		int n = 0;
		for (int i = 0; i < call->n_given; i++)
			n += call->given[i].option == o ||
			    (o->group != 0 &&
				call->given[i].option->group == o->group);
		const char *names = o->group == 0
		    ? arena_printf(a, "--%s", o->name)
		    : group_names(a, table, o->group);
		if (o->is_required && n == 0)
			return fault(fault_r, FAULT_INVALID, "%s is missing",
			    names);
		if (o->group != 0 && n > 1)
			return fault(fault_r, FAULT_INVALID,
			    "%s: only one of them can be given", names);
	}
	return 0;
}

/* Checks a whole number from 1. */
static int
count_check(const struct cli_given *g, struct fault *fault_r)
{
	const char *v = g->value;
	size_t n = strlen(v);
	if (n == 0 || n > 9 || strspn(v, "0123456789") != n || v[0] == '0')
		return fault(fault_r, FAULT_INVALID,
		    "--%s must be a whole number from 1, not \"%s\"",
		    g->option->name, v);
	return 0;
}

/* Checks that the value is one of the words "this|that". */
static int
word_check(const struct cli_given *g, struct fault *fault_r)
{
	size_t n = strlen(g->value);
	for (const char *w = g->option->value; *w != '\0';) {
		size_t len = strcspn(w, "|");
		if (len == n && memcmp(w, g->value, n) == 0)
			return 0;
		w += len + (w[len] == '|');
	}
	return fault(fault_r, FAULT_INVALID, "--%s must be %s, not \"%s\"",
	    g->option->name, g->option->value, g->value);
}

/* Checks the values whose form is known here. */
static int
values_check(const struct cli_call *call, struct fault *fault_r)
{
	for (int i = 0; i < call->n_given; i++) {
		const struct cli_given *g = &call->given[i];
		if (g->option->kind == CLI_COUNT && count_check(g, fault_r) < 0)
			return -1;
		if (g->option->kind == CLI_WORD && word_check(g, fault_r) < 0)
			return -1;
	}
	return 0;
}

/* One page or all of them, in one direction. */
static int
paging_check(const struct cli_call *call, struct fault *fault_r)
{
	bool before = cli_call_has(call, "before");
	if (!call->command->is_list || !before)
		return 0;
	if (cli_call_has(call, "after") || cli_call_has(call, "all"))
		return fault(fault_r, FAULT_INVALID,
		    "--before goes neither with --after nor with --all");
	return 0;
}

int
cli_call_check(struct arena *a, const struct cli_call *call,
    struct fault *fault_r)
{
	if (args_check(call, fault_r) < 0 ||
	    options_check(a, call, fault_r) < 0 ||
	    values_check(call, fault_r) < 0)
		return -1;
	return paging_check(call, fault_r);
}
