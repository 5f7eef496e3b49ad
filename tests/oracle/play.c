/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A case played through the interpreter.
 */
#include "tests/oracle/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/oracle/oracle_private.h"

/* ---- what there is ----------------------------------------------------- */

/* Segments, topics, templates and automations of the case. */
static void
set_up(struct play *p)
{
	size_t i;
	json_t *item;
	json_array_foreach (json_object_get(p->script, "segments"), i, item)
		world_segment(p->world, oracle_text(item, "name"),
		    oracle_any(item, "filter"));
	json_array_foreach (json_object_get(p->script, "topics"), i, item)
		world_topic(p->world, json_string_value(item));
	world_template(p->world, "hello", NULL);
	world_template(p->world, "plan", "PLAN");
	json_array_foreach (json_object_get(p->script, "automations"), i,
	    item) {
		int a =
		    world_automation(p->world, json_object_get(item, "graph"));
		if (json_is_true(json_object_get(item, "enabled")))
			world_switch(p->world, a, ORACLE_ENABLE);
	}
}

struct play *
play_new(const json_t *script, const char *tag, int64_t now_ms, json_t *heard)
{
	struct play *p = calloc(1, sizeof(*p));
	if (p == NULL || (p->tag = strdup(tag)) == NULL)
		abort();
	p->script = script;
	p->world = world_new(now_ms, heard);
	set_up(p);
	return p;
}

void
play_free(struct play *p)
{
	world_free(p->world);
	free(p->tag);
	free(p);
}

const char *
play_address(const struct play *p, const char *who)
{
	static char address[100];
	snprintf(address, sizeof(address), "%s.%s@example.com", who, p->tag);
	return address;
}

int
play_automation(const struct play *p, const char *name)
{
	size_t i;
	json_t *item;
	json_array_foreach (json_object_get(p->script, "automations"), i, item)
		if (strcmp(oracle_text(item, "name"), name) == 0)
			return (int)i;
	return -1;
}

/* A number modulo how many there are. */
static int
pick(const json_t *action, const char *field, int n)
{
	json_int_t i = json_integer_value(json_object_get(action, field));
	return n > 0 ? (int)(i % n) : -1;
}

int
play_run(const struct play *p, const json_t *action)
{
	bool failed = strcmp(oracle_text(action, "do"), "retry") == 0;
	const struct oracle_list *runs = &p->world->runs;
	int those[1000], n = 0;
	for (int i = 0; i < runs->n && n < 1000; i++) {
		const struct oracle_run *r = runs->items[i];
		if (r->status == (failed ? ORACLE_FAILED : ORACLE_RUNNING))
			those[n++] = i;
	}
	if (n == 0)
		return pick(action, "run", runs->n);
	return those[pick(action, "run", n)];
}

int
play_mail(const struct play *p, const json_t *action)
{
	return pick(action, "mail", p->world->mails.n);
}

int64_t
play_moment(const struct play *p, const json_t *action)
{
	const json_t *wait = json_object_get(action, "wait");
	int64_t now = p->world->now_ms, due = world_next_due(p->world);
	if (json_is_integer(wait))
		return now + json_integer_value(wait);
	return due > now ? due : now;
}

/* ---- actions ----------------------------------------------------------- */

/* What an action says, found out once. */
struct said {
	const char *who; /* an address */
	int automation;
	const json_t *action;
};

static bool
do_create(struct world *w, const struct said *s)
{
	return world_contact_create(w, s->who,
	    json_object_get(s->action, "fields"),
	    json_object_get(s->action, "segments"));
}

static bool
do_update(struct world *w, const struct said *s)
{
	return world_contact_update(w, s->who,
	    json_object_get(s->action, "fields"));
}

static bool
do_delete(struct world *w, const struct said *s)
{
	return world_contact_delete(w, s->who);
}

static bool
do_join(struct world *w, const struct said *s)
{
	return world_segment_put(w, s->who, oracle_text(s->action, "segment"),
	    true);
}

static bool
do_leave(struct world *w, const struct said *s)
{
	return world_segment_put(w, s->who, oracle_text(s->action, "segment"),
	    false);
}

static bool
do_unsubscribe(struct world *w, const struct said *s)
{
	return world_unsubscribe(w, s->who, oracle_text(s->action, "topic"));
}

static bool
do_start(struct world *w, const struct said *s)
{
	return world_run_start(w, s->automation, s->who,
	    json_object_get(s->action, "payload"));
}

static bool
do_enable(struct world *w, const struct said *s)
{
	return world_switch(w, s->automation, ORACLE_ENABLE);
}

static bool
do_stop(struct world *w, const struct said *s)
{
	return world_switch(w, s->automation, ORACLE_STOP);
}

static bool
do_pause(struct world *w, const struct said *s)
{
	return world_switch(w, s->automation, ORACLE_PAUSE);
}

static bool
do_resume(struct world *w, const struct said *s)
{
	return world_switch(w, s->automation, ORACLE_RESUME);
}

static bool
do_remove(struct world *w, const struct said *s)
{
	return world_switch(w, s->automation, ORACLE_DELETE);
}

/* An interpreter has nothing to lose. */
static bool
do_nothing(struct world *w, const struct said *s)
{
	(void)w, (void)s;
	return true;
}

static const struct {
	const char *name;
	bool (*act)(struct world *, const struct said *);
} acts[] = {
	{ "create", do_create },
	{ "update", do_update },
	{ "delete", do_delete },
	{ "join", do_join },
	{ "leave", do_leave },
	{ "unsubscribe", do_unsubscribe },
	{ "start", do_start },
	{ "enable", do_enable },
	{ "stop", do_stop },
	{ "pause", do_pause },
	{ "resume", do_resume },
	{ "remove", do_remove },
	{ "restart", do_nothing },
	{ "kill", do_nothing },
};

void
play_heard(const struct oracle_heard *h, char result[PLAY_RESULT_LEN])
{
	if (h->outcome == ORACLE_STARTED)
		snprintf(result, PLAY_RESULT_LEN, "started %d", h->runs);
	else
		snprintf(result, PLAY_RESULT_LEN, "%s",
		    oracle_outcome_name(h->outcome));
}

/* Those that are about a run or a mail; false: it is none of them. */
static bool
do_numbered(struct play *p, const char *what, const json_t *action, bool *done)
{
	int run = play_run(p, action);
	if (strcmp(what, "cancel") == 0)
		*done = run >= 0 && world_run_cancel(p->world, run);
	else if (strcmp(what, "retry") == 0)
		*done = run >= 0 && world_run_retry(p->world, run);
	else
		return false;
	return true;
}

/* Those that are an event; false: it is none. */
static bool
do_event(struct play *p, const char *what, const struct said *s, char *result)
{
	const char *name = oracle_text(s->action, "name");
	const json_t *payload = json_object_get(s->action, "payload");
	struct oracle_heard heard = { ORACLE_NO_AUTOMATION, 0 };
	int mail = play_mail(p, s->action);
	if (strcmp(what, "event") == 0)
		heard = world_event(p->world, name, s->who, payload);
	else if (strcmp(what, "mail") != 0)
		return false;
	else if (mail >= 0)
		heard = world_mail_event(p->world, name, mail, payload);
	play_heard(&heard, result);
	return true;
}

void
play_do(struct play *p, const json_t *action, char result[PLAY_RESULT_LEN])
{
	const char *what = oracle_text(action, "do");
	const char *who = oracle_text(action, "who");
	const char *automation = oracle_text(action, "automation");
	const struct said said = { who != NULL ? play_address(p, who) : NULL,
		automation != NULL ? play_automation(p, automation) : 0,
		action };
	bool done = false;
	if (do_event(p, what, &said, result))
		return;
	if (!do_numbered(p, what, action, &done) && said.automation >= 0)
		for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
			if (strcmp(acts[i].name, what) == 0)
				done = acts[i].act(p->world, &said);
	snprintf(result, PLAY_RESULT_LEN, done ? "done" : "refused");
}
