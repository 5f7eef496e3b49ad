/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine's picture of what there is.
 */
#include "tests/oracle/real_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static json_t *
parse(const char *text)
{
	return text != NULL ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
}

/* ---- contacts ---------------------------------------------------------- */

static const char *const people[] = { "ann", "bob", "cem", "dot" };
enum { PEOPLE = 4 };

static int
by_id(const void *a, const void *b)
{
	const struct contact *x = a, *y = b;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* Those who are there, in the order they came. */
static int
find_all(const struct real *r, struct contact found[PEOPLE])
{
	int n = 0;
	for (int i = 0; i < PEOPLE; i++)
		if (rig_contact_find(play_address(r->play, people[i]),
			&found[n]) == 1)
			n++;
	qsort(found, (size_t)n, sizeof(*found), by_id);
	return n;
}

static json_t *
contact_picture(const struct real *r, const struct contact *c)
{
	json_t *segments = json_array(), *properties = parse(c->properties);
	for (int i = 0; i < r->n_segments; i++)
		if (rig_segment_has(c->id, r->segments[i]))
			json_array_append_new(segments,
			    json_sprintf("@segment%d", i));
	if (properties == NULL)
		properties = json_object();
	return json_pack("{s:s,s:s?,s:s?,s:b,s:o,s:o}", "email", c->email,
	    "first_name", c->first_name, "last_name", c->last_name,
	    "unsubscribed", c->unsubscribed, "properties", properties,
	    "segments", segments);
}

/* ---- runs -------------------------------------------------------------- */

static const json_t *
step_of(const struct real *r, int automation, int step)
{
	const json_t *item =
	    json_array_get(json_object_get(r->play->script, "automations"),
		(size_t)automation);
	return json_array_get(json_object_get(json_object_get(item, "graph"),
				  "steps"),
	    (size_t)step);
}

static json_t *
row_picture(const struct real *r, int automation, const struct run_step *row)
{
	const json_t *step = step_of(r, automation, row->step);
	const char *status = step_status_name(row->status);
	json_t *error = parse(row->error);
	const char *type = json_string_value(json_object_get(step, "type"));
	json_t *o = json_pack("{s:O,s:s,s:o,s:O?}", "step",
	    json_object_get(step, "key"), "status", status, "output",
	    play_output(type, status, parse(row->output)), "error",
	    json_object_get(error, "name"));
	json_decref(error);
	return o;
}

/* The address of one who is there, NULL: gone. */
static const char *
who(const struct contact *found, int n, int64_t contact)
{
	for (int i = 0; i < n; i++)
		if (found[i].id == contact)
			return found[i].email;
	return NULL;
}

static json_t *
run_picture(const struct real *r, int automation, const struct run *run,
    const char *address)
{
	struct run_step *rows;
	json_t *history = json_array();
	int n = rig_steps(run->id, &rows);
	for (int i = 0; i < n; i++)
		json_array_append_new(history,
		    row_picture(r, automation, &rows[i]));
	json_t *o = json_pack("{s:s?,s:s,s:s?,s:o}", "who", address, "status",
	    run_status_name(run->status), "reason", run->reason, "history",
	    history);
	if (run->status == RUN_RUNNING) {
		json_object_set(o, "step",
		    json_object_get(step_of(r, automation, run->step), "key"));
		json_object_set_new(o, "due", json_integer(run->due_ms));
	}
	return o;
}

static json_t *
runs_picture(const struct real *r, const struct contact *found, int n_found)
{
	json_t *all = json_object(), *item;
	size_t a;
	json_array_foreach (json_object_get(r->play->script, "automations"), a,
	    item) {
		json_t *runs = json_array();
		struct run *list;
		int n = rig_runs_all(r->automations[a], &list);
		while (n-- > 0)
			json_array_append_new(runs,
			    run_picture(r, (int)a, &list[n],
				who(found, n_found, list[n].contact)));
		json_object_set_new(all,
		    json_string_value(json_object_get(item, "name")), runs);
	}
	return all;
}

int64_t
real_run(const struct real *r, int run)
{
	const struct oracle_list *runs = world_runs(r->play->world);
	if (run < 0)
		return 0;
	const struct oracle_run *o = runs->items[run];
	int behind = 0;
	for (int i = 0; i < run; i++) {
		const struct oracle_run *other = runs->items[i];
		behind += other->automation == o->automation;
	}
	struct run *list;
	int n = rig_runs_all(r->automations[o->automation->id], &list);
	return behind < n ? list[n - 1 - behind].id : 0;
}

/* ---- mails ------------------------------------------------------------- */

int
real_mails(const struct real *r, struct email **mails_r)
{
	struct email *all;
	int total = rig_emails(&all), n = 0;
	while (n < total && all[n].id > r->before)
		n++;
	*mails_r = arena_alloc(rig.arena, (size_t)(n + 1) * sizeof(**mails_r));
	for (int i = 0; i < n; i++)
		(*mails_r)[i] = all[n - 1 - i];
	return n;
}

/* The template of the step that wrote the mail. */
static const json_t *
template_of(const struct real *r, const struct email *m)
{
	struct run run = rig_run(m->run);
	int automation = 0;
	while (r->automations[automation] != run.automation)
		automation++;
	const json_t *config =
	    json_object_get(step_of(r, automation, m->step), "config");
	return json_object_get(json_object_get(config, "template"), "id");
}

json_t *
real_picture(struct real *r)
{
	struct contact found[PEOPLE];
	struct email *mails;
	json_t *contacts = json_array(), *written = json_array();
	int n = find_all(r, found), n_mails = real_mails(r, &mails);
	for (int i = 0; i < n; i++)
		json_array_append_new(contacts, contact_picture(r, &found[i]));
	for (int i = 0; i < n_mails; i++)
		json_array_append_new(written,
		    json_pack("{s:s,s:O}", "to", mails[i].recipient, "template",
			template_of(r, &mails[i])));
	return json_pack("{s:o,s:o,s:o}", "contacts", contacts, "runs",
	    runs_picture(r, found, n), "mails", written);
}
