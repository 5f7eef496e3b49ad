/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A case played through the engine.
 */
#include "tests/oracle/real_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/id.h"
#include "store/properties.h"

/* ---- names ------------------------------------------------------------- */

/* The id a name such as @segment1 stands for. */
static const char *
id_of(const struct real *r, const char *name, char out[ID_UUID_LEN])
{
	int n = 0;
	if (sscanf(name, "@segment%d", &n) == 1)
		return id_uuid(r->segments[n], out);
	if (sscanf(name, "@topic%d", &n) == 1)
		return id_uuid(r->topics[n], out);
	return NULL;
}

const char *
real_text(const struct real *r, const json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);
	char id[ID_UUID_LEN];
	size_t n = 0;
	char *out = arena_alloc(rig.arena, 5 * strlen(text) + 1);
	for (const char *p = text; *p != '\0'; p++) {
		const char *found = *p == '@' ? id_of(r, p, id) : NULL;
		if (found == NULL) {
			out[n++] = *p;
			continue;
		}
		n += (size_t)sprintf(out + n, "%s", found);
		while (p[1] != '"')
			p++;
	}
	out[n] = '\0';
	free(text);
	return out;
}

int64_t
real_segment(const struct real *r, const char *name)
{
	int n = 0;
	return sscanf(name, "@segment%d", &n) == 1 ? r->segments[n] : 0;
}

/* ---- what there is ----------------------------------------------------- */

static void
make_sets(struct real *r)
{
	const json_t *script = r->play->script;
	size_t i;
	json_t *item;
	json_array_foreach (json_object_get(script, "segments"), i, item) {
		json_t *filter = json_object_get(item, "filter");
		r->segments[r->n_segments++] = rig_segment("segment",
		    json_is_null(filter) ? NULL : real_text(r, filter));
	}
	json_array_foreach (json_object_get(script, "topics"), i, item)
		r->topics[i] = rig_topic("topic", true);
}

/* The newest email there is. */
static int64_t
last_email(void)
{
	struct email *mails;
	return rig_emails(&mails) > 0 ? mails[0].id : 0;
}

static int
drop_properties(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct list list;
	int rc = store_property_all(t, a, &list, f);
	(void)arg;
	const struct contact_property *all = list.items;
	for (int i = 0; rc >= 0 && i < list.n; i++)
		rc = store_property_delete(t, all[i].id, f);
	return rc < 0 ? -1 : 0;
}

struct real *
real_new(const struct play *p)
{
	struct real *r = calloc(1, sizeof(*r));
	size_t i;
	json_t *item;
	if (r == NULL)
		abort();
	r->play = p;
	r->before = last_email();
	make_sets(r);
	/* A case before has given them types. */
	rig_txn(drop_properties, NULL);
	json_array_foreach (json_object_get(p->script, "automations"), i,
	    item) {
		int64_t num =
		    rig_automation(real_text(r, json_object_get(item, "graph")),
			json_is_true(json_object_get(item, "enabled")));
		if (num < 0) {
			real_free(r);
			return NULL;
		}
		r->automations[r->n_automations++] = num;
	}
	return r;
}

static int
drop_segment(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	(void)a;
	return engine_segment_delete(rig.engine, t, *(int64_t *)arg, rig.now_ms,
	    f);
}

void
real_free(struct real *r)
{
	for (int i = 0; i < r->n_automations; i++)
		rig_automation_set(r->automations[i], -1);
	for (int i = 0; i < r->n_segments; i++)
		rig_txn(drop_segment, &r->segments[i]);
	free(r);
}

void
real_tick(void)
{
	rig_do_due();
}

const char *
real_word(const struct real *r, const char *field)
{
	return json_string_value(json_object_get(r->said.action, field));
}

/* ---- events ------------------------------------------------------------ */

/* Waits for what an event leads to, if that takes more than one transaction. */
static void
follow(const struct real *r, struct accepted *a)
{
	struct event e;
	struct run *runs;
	if (a->outcome != EVENT_UNDER_WAY)
		return;
	rig_do_due();
	rig_event_get(a->event, &e, &a->outcome);
	a->runs = 0;
	for (int i = 0; i < r->n_automations; i++)
		for (int n = rig_runs_all(r->automations[i], &runs); n > 0; n--)
			a->runs += runs[n - 1].event == a->event;
}

static void
tell(int rc, const struct accepted *a, char result[PLAY_RESULT_LEN])
{
	const struct oracle_heard heard = { (enum oracle_outcome)a->outcome,
		a->runs };
	if (rc == 0)
		play_heard(&heard, result);
	else
		snprintf(result, PLAY_RESULT_LEN, "fault: %.50s",
		    rig.fault.text);
}

static void
do_event(const struct real *r, char result[PLAY_RESULT_LEN])
{
	struct accepted out = { 0 };
	int rc = rig_event(real_word(r, "name"), r->said.who,
	    real_text(r, json_object_get(r->said.action, "payload")), NULL,
	    &out);
	follow(r, &out);
	tell(rc, &out, result);
}

/* What became of a mail of the case. */
static void
do_mail(const struct real *r, char result[PLAY_RESULT_LEN])
{
	struct accepted out = { .outcome = EVENT_NO_AUTOMATION };
	char id[ID_UUID_LEN];
	if (r->said.mail.id == 0) {
		tell(0, &out, result);
		return;
	}
	json_t *payload =
	    json_deep_copy(json_object_get(r->said.action, "payload"));
	json_object_set_new(payload, "email_id",
	    json_string(id_uuid(r->said.mail.id, id)));
	const struct event e = { .name = real_word(r, "name"),
		.contact = r->said.mail.contact,
		.run = r->said.mail.run,
		.payload = real_text(r, payload) };
	json_decref(payload);
	int rc = rig_accept(&e, &out);
	follow(r, &out);
	tell(rc, &out, result);
}

/* The mail, unless whom it went to is gone. */
static void
find_mail(struct real *r, int mail)
{
	struct email *mails;
	struct contact c;
	if (mail >= 0 && mail < real_mails(r, &mails) &&
	    rig_contact_find(mails[mail].recipient, &c) == 1 &&
	    c.id == mails[mail].contact)
		r->said.mail = mails[mail];
}

/* The automation, or that of the run, as the interpreter has it. */
static const struct oracle_automation *
automation_of(const struct real *r, const char *name, int run)
{
	const struct world *w = r->play->world;
	if (name == NULL) {
		const struct oracle_run *o =
		    run >= 0 ? world_runs(w)->items[run] : NULL;
		return o != NULL ? o->automation : NULL;
	}
	int i = play_automation(r->play, name);
	return i >= 0 ? world_automations(w)->items[i] : NULL;
}

void
real_look_up(struct real *r, const json_t *action)
{
	struct said *s = &r->said;
	*s = (struct said){ .action = action, .automation = -1 };
	int run = play_run(r->play, action);
	const struct oracle_automation *a =
	    automation_of(r, real_word(r, "automation"), run);
	if (real_word(r, "who") != NULL) {
		s->who = arena_strdup(rig.arena,
		    play_address(r->play, real_word(r, "who")));
		rig_contact_find(s->who, &s->contact);
	}
	if (a != NULL) {
		s->automation = r->automations[a->id];
		s->is_gone = a->is_gone;
	}
	if (json_object_get(action, "run") != NULL)
		s->run = real_run(r, run);
	if (json_object_get(action, "mail") != NULL)
		find_mail(r, play_mail(r->play, action));
}

void
real_do(struct real *r, char result[PLAY_RESULT_LEN])
{
	const char *what = real_word(r, "do");
	if (strcmp(what, "event") == 0)
		do_event(r, result);
	else if (strcmp(what, "mail") == 0)
		do_mail(r, result);
	else
		snprintf(result, PLAY_RESULT_LEN,
		    real_act(r) >= 0 ? "done" : "refused");
}
