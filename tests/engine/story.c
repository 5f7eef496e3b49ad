/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "tests/engine/story.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/id.h"
#include "base/json.h"
#include "store/automations.h"
#include "tests/engine/play.h"
#include "tests/engine/rig.h"
#include "tests/tap.h"

enum { NAMES_MAX = 40 };

static struct {
	const char *name;
	int64_t id;
} names[NAMES_MAX];
static int n_names;

/* ---- texts --------------------------------------------------------------- */

void
story_name(const char *name, int64_t id)
{
	int i = 0;
	while (i < n_names && strcmp(names[i].name, name) != 0)
		i++;
	if (i == n_names)
		n_names++;
	names[i].name = name;
	names[i].id = id;
}

/* Appends the id that a name stands for; what is behind the name. */
static const char *
put_name(struct buf *b, const char *p)
{
	char id[ID_UUID_LEN];
	size_t n = 0;
	while (isalpha((unsigned char)p[n]))
		n++;
	for (int i = 0; i < n_names; i++)
		if (strlen(names[i].name) == n &&
		    strncmp(names[i].name, p, n) == 0)
			buf_str(b, id_uuid(names[i].id, id));
	return p + n;
}

/* Hands a buffer's text over to the arena. */
static const char *
keep(struct buf *b)
{
	const char *text =
	    arena_strndup(rig.arena, b->len > 0 ? b->data : "", b->len);
	buf_free(b);
	return text;
}

const char *
story_text(const char *quoted)
{
	struct buf b = { 0 };
	const char *p = quoted;
	while (*p != '\0') {
		if (*p == '$')
			p = put_name(&b, p + 1);
		else
			buf_char(&b, *p == '\'' ? '"' : *p), p++;
	}
	return keep(&b);
}

/* ---- graphs -------------------------------------------------------------- */

/* The end of the word that begins there. */
static const char *
word_end(const char *p, const char *end)
{
	while (p < end && *p != ' ')
		p++;
	return p;
}

/* Writes one step of a line "KEY TYPE CONFIG". */
static void
put_step(struct buf *b, const char *line, const char *end)
{
	const char *key_end = word_end(line, end);
	const char *type = key_end < end ? key_end + 1 : end;
	const char *type_end = word_end(type, end);
	buf_printf(b, "{'key':'%.*s','type':'%.*s','config':%.*s}",
	    (int)(key_end - line), line, (int)(type_end - type), type,
	    type_end < end ? (int)(end - type_end) : 2,
	    type_end < end ? type_end : "{}");
}

/* Writes connections from each step to the next. */
static void
put_line(struct buf *b, const char *steps)
{
	const char *before = NULL;
	while (steps != NULL && *steps != '\0') {
		const char *key_end = word_end(steps, steps + strlen(steps));
		if (before != NULL)
			buf_printf(b, "%s{'from':'%.*s','to':'%.*s'}",
			    b->data[b->len - 1] == '[' ? "" : ",",
			    (int)(strchr(before, ' ') - before), before,
			    (int)(key_end - steps), steps);
		before = steps;
		steps = strchr(steps, '\n');
		steps = steps != NULL ? steps + 1 : NULL;
	}
}

/* Writes connections of words "a>b" or "a>b:type". */
static void
put_ways(struct buf *b, const char *ways)
{
	const char *p = ways, *end = ways + strlen(ways);
	while (p < end) {
		const char *stop = word_end(p, end);
		const char *to = memchr(p, '>', (size_t)(stop - p));
		const char *type = memchr(p, ':', (size_t)(stop - p));
		const char *to_end = type != NULL ? type : stop;
		buf_printf(b, "%s{'from':'%.*s','to':'%.*s'",
		    p > ways ? "," : "", (int)(to - p), p,
		    (int)(to_end - to - 1), to + 1);
		if (type != NULL)
			buf_printf(b, ",'type':'%.*s'", (int)(stop - type - 1),
			    type + 1);
		buf_char(b, '}');
		p = stop < end ? stop + 1 : end;
	}
}

const char *
story_graph(const char *steps, const char *ways, const char *settings)
{
	struct buf b = { 0 };
	const char *p = steps;
	buf_str(&b, "{'steps':[");
	while (p != NULL) {
		const char *end = strchr(p, '\n');
		if (p > steps)
			buf_char(&b, ',');
		put_step(&b, p, end != NULL ? end : p + strlen(p));
		p = end != NULL ? end + 1 : NULL;
	}
	buf_str(&b, "],'connections':[");
	if (ways != NULL)
		put_ways(&b, ways);
	else
		put_line(&b, steps);
	buf_char(&b, ']');
	if (settings != NULL)
		buf_printf(&b, ",'settings':%s", settings);
	buf_char(&b, '}');
	return story_text(keep(&b));
}

const char *
story_refusal(const char *steps, const char *ways, const char *settings)
{
	int64_t num = rig_automation(story_graph(steps, ways, settings), true);
	if (num < 0)
		return rig.fault.text;
	rig_automation_set(num, -1);
	return NULL;
}

/* ---- what runs tell ------------------------------------------------------ */

struct version {
	int64_t num;
	struct graph *graph;
};

static int
do_graph(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct version *v = arg;
	const char *text;
	if (store_graph_get(t, a, v->num, &text, f) != 1)
		return -1;
	json_t *o = json_parse(a, text, strlen(text), f);
	v->graph = o != NULL ? graph_from_json(a, o, f) : NULL;
	return v->graph != NULL ? 0 : -1;
}

/* The subject of the mail that a step wrote. */
static const char *
subject_of(const struct run *r, int step)
{
	struct email *all;
	int n = rig_emails(&all);
	for (int i = 0; i < n; i++)
		if (all[i].run == r->id && all[i].step == step)
			return all[i].subject;
	return "(none)";
}

/* Writes text with ' for ". */
static void
put_quoted(struct buf *b, const char *json)
{
	buf_char(b, ' ');
	for (const char *p = json; *p != '\0'; p++)
		buf_char(b, *p == '"' ? '\'' : *p);
}

/* The name of an error, which has a message besides. */
static void
put_error(struct buf *b, const char *error)
{
	struct fault f;
	const char *name = "?";
	json_t *o = json_parse(rig.arena, error, strlen(error), &f);
	json_get_string(o, "name", &name, &f);
	buf_printf(b, " %s", name);
}

static void
put_run_step(struct buf *b, const struct run *r, const struct run_step *s,
    const struct graph *g)
{
	buf_str(b, g->steps[s->step].key);
	if (s->status != STEP_COMPLETED)
		buf_printf(b, " %s", step_status_name(s->status));
	if (s->error != NULL)
		put_error(b, s->error);
	if (s->output == NULL)
		return;
	if (strstr(s->output, "\"email_id\"") != NULL) {
		const char *subject = subject_of(r, s->step);
		if (strcmp(subject, "T") != 0)
			buf_printf(b, " <%s>", subject);
	} else if (strstr(s->output, "\"event_id\"") != NULL) {
		buf_str(b, " heard");
		if (strstr(s->output, "\"payload_kept\":false") != NULL)
			buf_str(b, " unkept");
	} else {
		put_quoted(b, s->output);
	}
}

static void
put_run(struct buf *b, const struct run *r)
{
	struct version v = { .num = r->version };
	struct run_step *steps;
	int n = rig_steps(r->id, &steps);
	if (rig_txn(do_graph, &v) != 0) {
		buf_printf(b, "(%s)", rig.fault.text);
		return;
	}
	for (int i = 0; i < n; i++) {
		if (i > 0)
			buf_str(b, ", ");
		put_run_step(b, r, &steps[i], v.graph);
	}
	buf_str(b, n > 0 ? " -> " : "-> ");
	if (r->status == RUN_RUNNING)
		buf_printf(b, "at %s", v.graph->steps[r->step].key);
	else
		buf_str(b, run_status_name(r->status));
	if (r->reason != NULL)
		buf_printf(b, " %s", r->reason);
}

const char *
story_runs(int64_t automation)
{
	struct buf b = { 0 };
	struct run *runs;
	struct skip *skips;
	for (int i = rig_runs_all(automation, &runs) - 1; i >= 0; i--) {
		put_run(&b, &runs[i]);
		if (i > 0)
			buf_str(&b, " | ");
	}
	int n = rig_skips(automation, &skips);
	for (int i = n - 1; i >= 0; i--)
		buf_printf(&b, "%s%s", i == n - 1 ? " / " : ", ",
		    skip_reason_name(skips[i].reason));
	return keep(&b);
}

/* ---- playing them -------------------------------------------------------- */

void
story_up(const char *conf)
{
	n_names = 0;
	rig_up(conf);
	rig_template("t", "T", "<p>x</p>", true);
	story_strangers();
}

int64_t
story_segment(const char *name, const char *filter)
{
	int64_t id =
	    rig_segment(name, filter != NULL ? story_text(filter) : NULL);
	story_name(name, id);
	return id;
}

int64_t
story_automation(const char *steps, const char *ways, const char *settings)
{
	play.automation =
	    rig_automation(story_graph(steps, ways, settings), true);
	if (play.automation < 0)
		ok(false, "an automation is refused: %s", rig.fault.text);
	return play.automation;
}

static void
check(const struct story *s, bool restarts)
{
	struct buf b = { 0 };
	story_strangers();
	buf_printf(&b, "%s%s", s->what, restarts ? ", with restarts" : "");
	const char *what = keep(&b);
	if (story_automation(s->steps, s->ways, s->settings) < 0)
		return;
	play.restarts = restarts;
	story_play(s->script);
	play.restarts = false;
	is(story_runs(play.automation), s->runs, what);
	rig_automation_set(play.automation, -1);
	rig_do_due();
}

void
story_check(const struct story *all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		check(&all[i], false);
		check(&all[i], true);
	}
}
