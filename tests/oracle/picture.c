/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The picture of what there is after an action.
 */
#include "tests/oracle/play.h"

#include <string.h>

#include "tests/oracle/oracle_private.h"

/* Which steps say something of a defined form. */
static const char *const telling[] = { "wait_for_event", "condition", "branch",
	"contact_update", "add_to_segment", "remove_from_segment" };

json_t *
play_output(const char *step_type, const char *status, json_t *output)
{
	bool tells = strcmp(status, "skipped") == 0;
	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++)
		tells = tells ||
		    (strcmp(status, "completed") == 0 &&
			strcmp(telling[i], step_type) == 0);
	if (tells && output != NULL) {
		if (json_object_get(output, "event_id") != NULL)
			json_object_set_new(output, "event_id", json_true());
		return output;
	}
	json_decref(output);
	return json_null();
}

static json_t *
contact_picture(const struct world *w, const struct oracle_contact *c)
{
	json_t *o = json_deep_copy(c->doc), *segments = json_array();
	for (int i = 0; i < w->segments.n; i++) {
		const struct oracle_segment *s = w->segments.items[i];
		if (c->in_segment[i])
			json_array_append_new(segments, json_string(s->name));
	}
	json_object_set_new(o, "segments", segments);
	return o;
}

static json_t *
row_picture(const struct oracle_run *r, const struct oracle_row *row)
{
	const json_t *step =
	    oracle_graph_step_of(r->automation->json, row->step);
	return json_pack("{s:s,s:s,s:o,s:s?}", "step", row->step, "status",
	    row->status, "output",
	    play_output(oracle_step_type(step), row->status,
		row->output != NULL ? json_deep_copy(row->output) : NULL),
	    "error", row->error);
}

static json_t *
run_picture(const struct oracle_run *r)
{
	json_t *history = json_array();
	for (int i = 0; i < r->history.n; i++)
		json_array_append_new(history,
		    row_picture(r, r->history.items[i]));
	json_t *o = json_pack("{s:s?,s:s,s:s?,s:o}", "who",
	    r->contact->is_gone ? NULL : oracle_text(r->contact->doc, "email"),
	    "status", oracle_status_name(r->status), "reason", r->reason,
	    "history", history);
	if (r->status == ORACLE_RUNNING) {
		json_object_set(o, "step", json_object_get(r->step, "key"));
		json_object_set_new(o, "due", json_integer(r->due_ms));
	}
	return o;
}

/* The runs of each automation, in the order they started. */
static json_t *
runs_picture(const struct play *p)
{
	json_t *all = json_object(), *item;
	size_t a;
	json_array_foreach (json_object_get(p->script, "automations"), a,
	    item) {
		json_t *runs = json_array();
		for (int i = 0; i < p->world->runs.n; i++) {
			const struct oracle_run *r = p->world->runs.items[i];
			if (r->automation->id == (int)a)
				json_array_append_new(runs, run_picture(r));
		}
		json_object_set_new(all, oracle_text(item, "name"), runs);
	}
	return all;
}

json_t *
play_picture(const struct play *p)
{
	const struct world *w = p->world;
	json_t *contacts = json_array(), *mails = json_array();
	for (int i = 0; i < w->contacts.n; i++) {
		const struct oracle_contact *c = w->contacts.items[i];
		if (!c->is_gone)
			json_array_append_new(contacts, contact_picture(w, c));
	}
	for (int i = 0; i < w->mails.n; i++) {
		const struct oracle_mail *m = w->mails.items[i];
		json_array_append_new(mails,
		    json_pack("{s:s,s:s}", "to",
			oracle_text(m->run->contact->doc, "email"), "template",
			m->template));
	}
	return json_pack("{s:o,s:o,s:o}", "contacts", contacts, "runs",
	    runs_picture(p), "mails", mails);
}
