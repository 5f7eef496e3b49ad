/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carries out a row of the command tables: one request, or the pages of a
 * list.
 */
#include "cli/execute.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "cli/body.h"
#include "cli/cli.h"
#include "cli/client.h"

const struct cli_option cli_list_options[] = {
	{ "limit", "N", "limit", "rows of a page, at most 100", CLI_QUERY,
	    CLI_COUNT, false, 0 },
	{ "after", "ID", "after", "the page behind this row: older ones",
	    CLI_QUERY, CLI_TEXT, false, 0 },
	{ "before", "ID", "before", "the page ahead of this row: newer ones",
	    CLI_QUERY, CLI_TEXT, false, 0 },
	{ "all", NULL, NULL, "every page from there on", CLI_OWN, CLI_FLAG,
	    false, 0 },
	{ .name = NULL },
};

bool
cli_kind_repeats(enum cli_kind kind)
{
	return kind == CLI_PAIR || kind >= CLI_MANY;
}

const char *
cli_call_value(const struct cli_call *call, const char *option)
{
	for (int i = 0; i < call->n_given; i++)
		if (strcmp(call->given[i].option->name, option) == 0)
			return call->given[i].value;
	return NULL;
}

bool
cli_call_has(const struct cli_call *call, const char *option)
{
	for (int i = 0; i < call->n_given; i++)
		if (strcmp(call->given[i].option->name, option) == 0)
			return true;
	return false;
}

enum cli_exit
cli_refused(struct cli *cli, const struct cli_answer *answer)
{
	const json_t *e = answer->body;
	const char *text = json_string_value(json_object_get(e, "message"));
	const char *name = json_string_value(json_object_get(e, "name"));
	if (text == NULL)
		cli_output_error(&cli->out, e, "refused",
		    "the server refused with HTTP %d", answer->status);
	else
		cli_output_error(&cli->out, e, name != NULL ? name : "refused",
		    "%s", text);
	return CLI_REFUSED;
}

enum cli_exit
cli_misused(struct cli *cli, const struct fault *f)
{
	cli_output_error(&cli->out, NULL, "usage", "%s", f->text);
	return CLI_USAGE;
}

enum cli_exit
cli_strange(struct cli *cli, const char *what)
{
	cli_output_error(&cli->out, NULL, "bad_answer", "the server %s", what);
	return CLI_UNREACHABLE;
}

enum cli_exit
cli_ask_any(struct cli *cli, struct arena *a, const struct cli_request *q,
    struct cli_answer *answer_r)
{
	struct fault f;
	if (cli_client_call(cli->client, a, q, answer_r, &f) == 0)
		return CLI_DONE;
	cli_output_error(&cli->out, NULL,
	    f.kind == FAULT_UNAVAILABLE ? "cannot_reach" : "bad_answer", "%s",
	    f.text);
	return CLI_UNREACHABLE;
}

enum cli_exit
cli_ask(struct cli *cli, struct arena *a, const struct cli_request *q,
    struct cli_answer *answer_r)
{
	enum cli_exit rc = cli_ask_any(cli, a, q, answer_r);
	return rc != CLI_DONE || answer_r->status < 300
	    ? rc
	    : cli_refused(cli, answer_r);
}

/* Writes the rows of an answer as a table. */
static void
show_rows(struct cli *cli, const struct cli_command *c, const json_t *rows)
{
	struct cli_table t = { .columns = c->columns };
	cli_output_rows(&cli->out, &t, rows);
}

void
cli_show(struct cli *cli, const struct cli_command *c, const json_t *answer)
{
	const json_t *field =
	    c->print == NULL ? NULL : json_object_get(answer, c->print);
	const json_t *rows =
	    c->rows == NULL ? NULL : json_object_get(answer, c->rows);
	if (answer == NULL)
		return;
	if (cli->out.is_json) {
		cli_output_json(&cli->out, answer);
	} else if (c->present != NULL) {
		c->present(&cli->out, answer);
	} else if (field != NULL) {
		cli_output_field(&cli->out, field);
	} else {
		cli_output_pairs(&cli->out, answer,
		    rows != NULL ? c->rows : NULL);
		if (rows != NULL)
			show_rows(cli, c, rows);
	}
	if (c->note != NULL)
		cli_output_note(&cli->out, "%s", c->note);
}

/* Sends the second request that an option asks for, about the thing that the
 * first one answered with. */
static enum cli_exit
follow(struct cli *cli, struct arena *a, const struct cli_call *call,
    const json_t *answer)
{
	for (int i = 0; i < call->n_given; i++) {
		const struct cli_option *o = call->given[i].option;
		const char *id =
		    json_string_value(json_object_get(answer, "id"));
		struct cli_answer second;
		if (o->place != CLI_AFTER)
			continue;
		if (id == NULL)
			return cli_strange(cli, "did not say the id");
		struct cli_request q = { .method = "POST",
			.path = cli_path(a, o->field, &id) };
		enum cli_exit rc = cli_ask(cli, a, &q, &second);
		if (rc != CLI_DONE) {
			cli_output_note(&cli->out,
			    "%s is saved, but --%s was not done", id, o->name);
			return rc;
		}
	}
	return CLI_DONE;
}

/* One request and its answer. */
static enum cli_exit
run_one(struct cli *cli, struct arena *a, const struct cli_call *call)
{
	const struct cli_command *c = call->command;
	struct cli_request q = { .method = c->method,
		.path = cli_call_path(a, call, NULL),
		.idempotency_key = cli_call_value(call, "idempotency-key") };
	struct cli_answer answer;
	struct fault f;
	if (cli_call_body(a, call, &q.body, &q.body_len, &f) < 0)
		return cli_misused(cli, &f);
	enum cli_exit rc = cli_ask(cli, a, &q, &answer);
	if (rc != CLI_DONE)
		return rc;
	rc = follow(cli, a, call, answer.body);
	cli_show(cli, c, answer.body);
	return rc;
}

/* A list on its way through the pages. */
struct pager {
	struct cli *cli;
	const struct cli_call *call;
	struct cli_table table;
	bool is_all, is_first, has_more;
	char *last; /* the id of the last row; NULL at first */
};

/* Writes one page. */
static void
page_show(struct pager *p, const json_t *page, const json_t *rows)
{
	struct cli_output *o = &p->cli->out;
	if (!o->is_json) {
		cli_output_rows(o, &p->table, rows);
	} else if (!p->is_all) {
		cli_output_json(o, page);
	} else {
		if (p->is_first)
			cli_output_list_start(o);
		cli_output_list_piece(o, rows, p->is_first);
	}
	p->is_first = false;
}

/* Notes where the next page begins; it must be another place than before. */
static enum cli_exit
page_advance(struct pager *p, struct arena *keep, const json_t *rows)
{
	const char *id = json_string_value(
	    json_object_get(json_array_get(rows, json_array_size(rows) - 1),
		"id"));
	bool is_new =
	    id != NULL && (p->last == NULL || strcmp(id, p->last) != 0);
	if (!is_new && p->is_all)
		return cli_strange(p->cli, "says there is more, but not where");
	p->last = arena_strdup(keep, id);
	return CLI_DONE;
}

/* Takes and writes the next page. */
static enum cli_exit
page_next(struct pager *p, struct arena *keep, struct arena *a)
{
	struct cli_answer answer;
	struct cli_request q = { .method = p->call->command->method,
		.path = cli_call_path(a, p->call, p->last) };
	enum cli_exit rc = cli_ask(p->cli, a, &q, &answer);
	if (rc != CLI_DONE)
		return rc;
	const json_t *rows = json_object_get(answer.body, "data");
	if (!json_is_array(rows))
		return cli_strange(p->cli, "did not answer with a list");
	p->has_more = json_is_true(json_object_get(answer.body, "has_more"));
	page_show(p, answer.body, rows);
	return p->has_more ? page_advance(p, keep, rows) : CLI_DONE;
}

/* Says how to see the rest, unless the pages go the other way. */
static void
more_note(struct pager *p)
{
	if (p->has_more && !p->is_all && p->last != NULL &&
	    !cli_call_has(p->call, "before"))
		cli_output_note(&p->cli->out,
		    "there is more: --after %s, or --all", p->last);
}

/* The pages of a list. What came is kept and closed properly also when a
 * later page cannot be had. */
static enum cli_exit
run_list(struct cli *cli, struct arena *a, const struct cli_call *call)
{
	struct pager p = { .cli = cli,
		.call = call,
		.is_first = true,
		.table = { .columns = call->command->columns } };
	enum cli_exit rc;
	p.is_all = cli_call_has(call, "all");
	do {
		struct arena *page = arena_new();
		rc = page_next(&p, a, page);
		arena_free(page);
	} while (rc == CLI_DONE && p.is_all && p.has_more &&
	    cli->out.write_errno == 0);
	if (cli->out.is_json && p.is_all && !p.is_first)
		cli_output_list_end(&cli->out, p.has_more);
	if (rc == CLI_DONE)
		more_note(&p);
	return rc;
}

enum cli_exit
cli_execute(struct cli *cli, const struct cli_call *call)
{
	struct arena *a = arena_new();
	enum cli_exit rc = call->command->exec != NULL
	    ? call->command->exec(cli, call)
	    : call->command->is_list ? run_list(cli, a, call)
				     : run_one(cli, a, call);
	arena_free(a);
	return rc;
}
