/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is done to contacts, automations and runs, by the engine.
 */
#include "tests/oracle/real_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* ---- contacts ---------------------------------------------------------- */

/* Writes a name, if the fields have it. */
static void
set_name(const json_t *fields, const char *field, const char **name)
{
	const json_t *value = json_object_get(fields, field);
	if (value != NULL)
		*name = arena_strdup(rig.arena, json_string_value(value));
}

/* The contact with the fields a request gives. */
static void
merge(const struct real *r, struct contact *c)
{
	const json_t *fields = json_object_get(r->said.action, "fields");
	const json_t *flag = json_object_get(fields, "unsubscribed");
	json_t *all = c->properties != NULL ? json_loads(c->properties, 0, NULL)
					    : json_object();
	const char *key;
	json_t *value;
	set_name(fields, "first_name", &c->first_name);
	set_name(fields, "last_name", &c->last_name);
	if (flag != NULL)
		c->unsubscribed = json_is_true(flag);
	json_object_foreach (json_object_get(fields, "properties"), key,
	    value) {
		if (json_is_null(value))
			json_object_del(all, key);
		else
			json_object_set(all, key, value);
	}
	c->properties = json_object_size(all) > 0 ? real_text(r, all) : NULL;
	json_decref(all);
}

static int
do_create(struct real *r)
{
	struct contact c = { .email = r->said.who };
	const json_t *names = json_object_get(r->said.action, "segments");
	int64_t segments[ORACLE_SETS_MAX];
	int n = (int)json_array_size(names);
	if (r->said.contact.id != 0)
		return -1;
	for (int i = 0; i < n; i++)
		segments[i] = real_segment(r,
		    json_string_value(json_array_get(names, (size_t)i)));
	merge(r, &c);
	return rig_people_create(&c, segments, n);
}

static int
do_update(struct real *r)
{
	struct contact c = r->said.contact;
	merge(r, &c);
	return rig_people_update(&c);
}

static int
do_delete(struct real *r)
{
	return rig_people_delete(r->said.contact.id);
}

static int
do_join(struct real *r)
{
	return rig_segment_set(r->said.contact.id,
	    real_segment(r, real_word(r, "segment")), true);
}

static int
do_leave(struct real *r)
{
	return rig_segment_set(r->said.contact.id,
	    real_segment(r, real_word(r, "segment")), false);
}

static int
do_unsubscribe(struct real *r)
{
	return rig_unsubscribe(r->said.contact.id,
	    real_word(r, "topic") != NULL ? r->topics[0] : 0);
}

/* ---- automations and runs ---------------------------------------------- */

static int
do_start(struct real *r)
{
	int64_t run;
	return rig_run_start(r->said.automation, r->said.contact.id,
	    real_text(r, json_object_get(r->said.action, "payload")), &run);
}

static int
do_enable(struct real *r)
{
	return rig_automation_set(r->said.automation, 1);
}

static int
do_stop(struct real *r)
{
	return rig_automation_set(r->said.automation, 0);
}

static int
do_remove(struct real *r)
{
	return rig_automation_set(r->said.automation, -1);
}

static int
do_pause(struct real *r)
{
	return rig_automation_pause(r->said.automation, true);
}

static int
do_resume(struct real *r)
{
	return rig_automation_pause(r->said.automation, false);
}

static int
do_cancel(struct real *r)
{
	return rig_run_cancel(r->said.run) == 1 ? 1 : -1;
}

static int
do_retry(struct real *r)
{
	return rig_run_retry(r->said.run) == 1 ? 1 : -1;
}

static int
do_restart(struct real *r)
{
	(void)r;
	rig_restart();
	return 0;
}

static int
do_kill(struct real *r)
{
	(void)r;
	rig_kill();
	return 0;
}

enum needs {
	NEEDS_NOTHING,
	NEEDS_CONTACT = 1,
	NEEDS_AUTOMATION = 2,
	NEEDS_RUN = 4
};

static const struct {
	const char *name;
	int (*act)(struct real *);
	unsigned needs;
} acts[] = {
	{ "create", do_create, NEEDS_NOTHING },
	{ "update", do_update, NEEDS_CONTACT },
	{ "delete", do_delete, NEEDS_CONTACT },
	{ "join", do_join, NEEDS_CONTACT },
	{ "leave", do_leave, NEEDS_CONTACT },
	{ "unsubscribe", do_unsubscribe, NEEDS_CONTACT },
	{ "start", do_start, NEEDS_CONTACT | NEEDS_AUTOMATION },
	{ "enable", do_enable, NEEDS_AUTOMATION },
	{ "stop", do_stop, NEEDS_AUTOMATION },
	{ "pause", do_pause, NEEDS_AUTOMATION },
	{ "resume", do_resume, NEEDS_AUTOMATION },
	{ "remove", do_remove, NEEDS_AUTOMATION },
	{ "cancel", do_cancel, NEEDS_RUN },
	{ "retry", do_retry, NEEDS_RUN },
	{ "restart", do_restart, NEEDS_NOTHING },
	{ "kill", do_kill, NEEDS_NOTHING },
};

/* Is there what the action needs? */
static bool
has_all(const struct said *s, unsigned needs)
{
	if (s->is_gone && (needs & (NEEDS_AUTOMATION | NEEDS_RUN)) != 0)
		return false;
	return ((needs & NEEDS_CONTACT) == 0 || s->contact.id != 0) &&
	    ((needs & NEEDS_AUTOMATION) == 0 || s->automation >= 0) &&
	    ((needs & NEEDS_RUN) == 0 || s->run != 0);
}

int
real_act(struct real *r)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (strcmp(acts[i].name, real_word(r, "do")) == 0)
			return has_all(&r->said, acts[i].needs) ? acts[i].act(r)
								: -1;
	abort();
}
