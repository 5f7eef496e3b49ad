/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "cli/outcome.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "cli/output.h"
#include "cli/text.h"

enum { INDENT = 2 };

/* A field that is text; "-" if it is not. */
static const char *
text_of(const json_t *object, const char *field)
{
	const char *s = json_string_value(json_object_get(object, field));
	return s != NULL ? s : "-";
}

/* True if the field holds text. */
static bool
has_text(const json_t *object, const char *field)
{
	return json_is_string(json_object_get(object, field));
}

/* Writes rows as a table with a heading; nothing if there are none. */
static void
put_rows(struct cli_output *o, const char *heading, const json_t *rows,
    const char *const *columns)
{
	struct cli_table t = { .columns = columns, .indent = INDENT };
	if (json_array_size(rows) == 0)
		return;
	cli_output_line(o, "%s", heading);
	cli_output_rows(o, &t, rows);
}

/* The single values of an object in one line: "changed plan, email_id 0194".
 * To be freed. */
static char *
summary(const json_t *object)
{
	struct buf b = { 0 };
	const char *key;
	json_t *v;
	json_object_foreach ((json_t *)object, key, v) {
		if (json_is_object(v) || json_is_null(v))
			continue;
		buf_printf(&b, "%s%s ", b.len > 0 ? ", " : "", key);
		if (json_is_string(v))
			buf_str(&b, json_string_value(v));
		else
			cli_json_put(&b, v, CLI_COMPACT, false);
	}
	return buf_take(&b);
}

void
cli_outcome_present(struct cli_output *o, const json_t *answer)
{
	static const char *const runs[] = { "id", "automation_id", "automation",
		"status", NULL };
	static const char *const skipped[] = { "automation_id", "automation",
		"reason", "text", NULL };
	json_t *head = json_copy((json_t *)answer);
	json_object_del(head, "runs");
	json_object_del(head, "skipped");
	cli_output_pairs(o, head, NULL);
	json_decref(head);
	put_rows(o, "runs it started:", json_object_get(answer, "runs"), runs);
	put_rows(o,
	    "automations it did not start:", json_object_get(answer, "skipped"),
	    skipped);
}

/* What a step waits for: "for paid until Tuesday". To be freed. */
static char *
waiting(const json_t *wait)
{
	struct buf b = { 0 };
	if (has_text(wait, "event_name"))
		buf_printf(&b, "for %s", text_of(wait, "event_name"));
	if (has_text(wait, "until"))
		buf_printf(&b, "%suntil %s", b.len > 0 ? " " : "",
		    text_of(wait, "until"));
	return buf_take(&b);
}

/* What became of a mail: "mail 0194: queued since noon, MTA said 451 later,
 * next attempt at one". To be freed. */
static char *
mail_text(const json_t *mail)
{
	struct buf b = { 0 };
	const char *event = text_of(mail, "last_event");
	int code = (int)json_integer_value(json_object_get(mail, "code"));
	buf_printf(&b, "mail %s: %s", text_of(mail, "id"), event);
	if (strcmp(event, "queued") == 0)
		buf_printf(&b, " since %s", text_of(mail, "created_at"));
	if (has_text(mail, "queue_id"))
		buf_printf(&b, " as %s", text_of(mail, "queue_id"));
	if (has_text(mail, "answer") && code != 0)
		buf_printf(&b, ", MTA said %d %s", code,
		    text_of(mail, "answer"));
	else if (has_text(mail, "answer"))
		buf_printf(&b, ", %s", text_of(mail, "answer"));
	if (has_text(mail, "next_attempt_at"))
		buf_printf(&b, ", next attempt at %s",
		    text_of(mail, "next_attempt_at"));
	return buf_take(&b);
}

/* What a step did, why it did not, or what it waits for. To be freed. */
static char *
step_text(const json_t *step)
{
	const json_t *error = json_object_get(step, "error");
	const json_t *wait = json_object_get(step, "waiting_for");
	const json_t *mail = json_object_get(step, "mail");
	if (json_is_object(error))
		return xstrdup(text_of(error, "message"));
	if (json_is_object(mail))
		return mail_text(mail);
	return json_is_object(wait) ? waiting(wait)
				    : summary(json_object_get(step, "output"));
}

/* A step's row for people. */
static json_t *
step_row(const json_t *step)
{
	json_t *at = json_object_get(step, "completed_at");
	json_t *row = json_copy((json_t *)step);
	char *what = step_text(step);
	if (!json_is_string(at))
		at = json_object_get(step, "started_at");
	json_object_set(row, "at", at);
	if (what[0] != '\0')
		json_object_set_new(row, "what", json_string(what));
	free(what);
	return row;
}

/* Writes what each step of a run did. */
static void
put_steps(struct cli_output *o, const json_t *steps)
{
	static const char *const columns[] = { "key", "type", "status", "at",
		"what", NULL };
	struct cli_table t = { .columns = columns, .indent = INDENT };
	json_t *rows = json_array();
	for (size_t i = 0; i < json_array_size(steps); i++)
		json_array_append_new(rows, step_row(json_array_get(steps, i)));
	if (json_array_size(rows) > 0)
		cli_output_rows(o, &t, rows);
	json_decref(rows);
}

/* Writes a run: where it is or how it ended, and its steps. */
static void
put_run(struct cli_output *o, const json_t *run)
{
	struct buf b = { 0 };
	buf_printf(&b, "run %s: %s", text_of(run, "id"),
	    text_of(run, "status"));
	if (has_text(run, "exit_reason"))
		buf_printf(&b, " (%s)", text_of(run, "exit_reason"));
	buf_printf(&b, ", started %s", text_of(run, "started_at"));
	if (has_text(run, "event_id"))
		buf_printf(&b, " by event %s", text_of(run, "event_id"));
	if (has_text(run, "completed_at"))
		buf_printf(&b, ", ended %s", text_of(run, "completed_at"));
	cli_output_line(o, "%s", b.data);
	buf_free(&b);
	put_steps(o, json_object_get(run, "steps"));
}

/* How somebody enters: what the trigger's config says. To be freed. */
static char *
entry_text(const json_t *automation)
{
	const json_t *config = json_object_get(automation, "entry");
	const json_t *entry = json_object_get(config, "entry");
	return summary(json_is_object(entry) ? entry : config);
}

/* Writes who and what it is about. */
static void
put_parties(struct cli_output *o, const json_t *answer)
{
	const json_t *c = json_object_get(answer, "contact");
	const json_t *a = json_object_get(answer, "automation");
	char *entry = entry_text(a);
	cli_output_line(o, "contact: %s (%s)%s", text_of(c, "email"),
	    json_is_null(json_object_get(c, "id")) ? "a stranger"
						   : text_of(c, "id"),
	    json_is_true(json_object_get(c, "unsubscribed"))
		? ", unsubscribed from all mail"
		: "");
	cli_output_line(o, "automation: %s (%s), %s%s%s%s", text_of(a, "name"),
	    text_of(a, "id"), text_of(a, "status"),
	    has_text(a, "deleted_at") ? " on " : "",
	    has_text(a, "deleted_at") ? text_of(a, "deleted_at") : "",
	    json_is_true(json_object_get(a, "paused")) ? ", paused" : "");
	cli_output_line(o, "entry: %s", entry[0] != '\0' ? entry : "-");
	free(entry);
}

void
cli_why_present(struct cli_output *o, const json_t *answer)
{
	static const char *const columns[] = { "created_at", "event", "reason",
		"text", NULL };
	const json_t *runs = json_object_get(answer, "runs");
	put_parties(o, answer);
	cli_output_line(o, "verdict: %s", text_of(answer, "verdict"));
	for (size_t i = 0; i < json_array_size(runs); i++)
		put_run(o, json_array_get(runs, i));
	put_rows(o,
	    "events that did not start it:", json_object_get(answer, "skipped"),
	    columns);
}

/* What a moment did: a change is told whole, it is what somebody asked for. To
 * be freed. */
static char *
did_text(const json_t *moment)
{
	const json_t *output = json_object_get(moment, "output");
	struct buf b = { 0 };
	if (strcmp(text_of(moment, "kind"), "change") != 0)
		return summary(output);
	cli_json_put(&b, output, CLI_COMPACT, false);
	return buf_take(&b);
}

/* A moment's row for people: a mail shows its subject, a step what it did. */
static json_t *
moment_row(const json_t *moment)
{
	const json_t *mail = json_object_get(moment, "email");
	struct buf b = { 0 };
	json_t *row = json_copy((json_t *)moment);
	char *did = did_text(moment);
	buf_str(&b, has_text(moment, "text") ? text_of(moment, "text") : did);
	if (has_text(mail, "subject"))
		buf_printf(&b, "%s\"%s\"", b.len > 0 ? ": " : "",
		    text_of(mail, "subject"));
	if (b.len > 0)
		json_object_set_new(row, "text", json_string(b.data));
	buf_free(&b);
	free(did);
	return row;
}

/* Writes how the run ended, or where it rests. */
static void
put_end(struct cli_output *o, const json_t *run)
{
	const char *status = text_of(run, "status");
	if (!json_is_object(run))
		cli_output_line(o, "no run was started");
	else if (has_text(run, "exit_reason"))
		cli_output_line(o, "run: %s (%s)", status,
		    text_of(run, "exit_reason"));
	else if (has_text(run, "waits_at"))
		cli_output_line(o, "run: %s, rests at %s", status,
		    text_of(run, "waits_at"));
	else
		cli_output_line(o, "run: %s", status);
}

void
cli_timeline_present(struct cli_output *o, const json_t *answer)
{
	static const char *const columns[] = { "at", "after", "kind", "step",
		"status", "text", NULL };
	const json_t *moments = json_object_get(answer, "timeline");
	const json_t *run = json_object_get(answer, "run");
	struct cli_table t = { .columns = columns };
	json_t *rows = json_array();
	for (size_t i = 0; i < json_array_size(moments); i++)
		json_array_append_new(rows,
		    moment_row(json_array_get(moments, i)));
	cli_output_rows(o, &t, rows);
	json_decref(rows);
	put_end(o, run);
}
