/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "tests/engine/play.h"

#include <string.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/json.h"
#include "model/duration.h"
#include "store/runs.h"
#include "store/segments.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

struct play play;

/* A new engine on the same store: it knows what is written, no more. */
static void
renew(void)
{
	engine_stop(rig.engine);
	store_dispatch(rig.store);
	engine_free(rig.engine);
	rig.engine = engine_new(rig.store, rig.conf, rig.keys, rig_clock);
	if (engine_recover(rig.engine, &rig.fault) != 0)
		ok(false, "a new engine begins: %s", rig.fault.text);
}

void
story_strangers(void)
{
	play.round++;
	play.who = "ada";
}

const char *
story_address(const char *name)
{
	return arena_printf(rig.arena, "%s%d@example.com", name, play.round);
}

/* ---- time ---------------------------------------------------------------- */

static int
do_next_due(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	int64_t automation = 0, due, *next = arg;
	int rc;
	(void)a;
	*next = 0;
	while ((rc = store_run_due_behind(t, automation, &automation, &due,
		    f)) == 1)
		if (due > rig.now_ms && (*next == 0 || due < *next))
			*next = due;
	return rc;
}

/* Does what is due at this moment. */
static void
settle(void)
{
	if (!play.restarts) {
		rig_do_due();
		return;
	}
	for (int i = 0; i < 100; i++) {
		int64_t next;
		renew();
		rig_tick();
		next = engine_next_ms(rig.engine);
		if (next == 0 || next > rig.now_ms)
			return;
	}
}

/* Goes to a moment, by all at which a run falls due. */
static void
go_to(int64_t ms)
{
	int64_t next;
	for (;;) {
		settle();
		rig_txn(do_next_due, &next);
		if (next == 0 || next > ms)
			break;
		rig.now_ms = next;
	}
	rig.now_ms = ms;
	settle();
}

static int64_t
span(const char *text)
{
	int64_t ms;
	if (duration_parse(text, INT64_MAX / 2, &ms, &rig.fault) != 0)
		ok(false, "a span of time: %s", rig.fault.text);
	return ms;
}

/* ---- the contact --------------------------------------------------------- */

static int64_t
contact_id(void)
{
	struct contact c;
	return rig_contact_find(story_address(play.who), &c) == 1 ? c.id : 0;
}

/* A field of a contact, if it is said; null clears it. */
static void
set_text(const json_t *o, const char *name, const char **field)
{
	const json_t *v = json_object_get(o, name);
	if (v != NULL)
		*field = json_string_value(v);
}

static void
set_properties(const json_t *o, struct contact *c)
{
	struct fault f;
	json_t *all = c->properties == NULL
	    ? json_object()
	    : json_parse(rig.arena, c->properties, strlen(c->properties), &f);
	const char *key;
	json_t *v;
	json_t *mixed = json_copy(all);
	if (c->properties == NULL)
		json_decref(all);
	json_object_foreach (json_object_get(o, "properties"), key, v) {
		if (json_is_null(v))
			json_object_del(mixed, key);
		else
			json_object_set(mixed, key, v);
	}
	c->properties =
	    json_object_size(mixed) > 0 ? json_text(rig.arena, mixed) : NULL;
	json_decref(mixed);
}

/* Makes the contact, in the segments that are said. */
static int
make(struct contact *c, const json_t *o)
{
	int64_t segments[10];
	const json_t *list = json_object_get(o, "segments"), *v;
	size_t i;
	int n = 0;
	json_array_foreach (list, i, v)
		if (id_from_uuid(json_string_value(v), &segments[n]) == 1)
			n++;
	return rig_people_create(c, segments, n) < 0 ? -1 : 0;
}

static int
be(const char *rest)
{
	struct contact c = { 0 };
	json_t *o = json_parse(rig.arena, rest, strlen(rest), &rig.fault);
	bool is_new = rig_contact_find(story_address(play.who), &c) != 1;
	if (o == NULL)
		return -1;
	if (is_new)
		c = (struct contact){ .email = story_address(play.who) };
	set_text(o, "first_name", &c.first_name);
	set_text(o, "last_name", &c.last_name);
	if (json_object_get(o, "unsubscribed") != NULL)
		c.unsubscribed =
		    json_is_true(json_object_get(o, "unsubscribed"));
	if (json_object_get(o, "properties") != NULL)
		set_properties(o, &c);
	return is_new ? make(&c, o) : rig_people_update(&c) < 0 ? -1 : 0;
}

const char *
story_contact(const char *name)
{
	struct contact c;
	if (rig_contact_find(story_address(name), &c) != 1)
		return "";
	char *text = arena_printf(rig.arena, "%s %s%s %s",
	    c.first_name != NULL ? c.first_name : "-",
	    c.last_name != NULL ? c.last_name : "-",
	    c.unsubscribed ? " unsubscribed" : "",
	    c.properties != NULL ? c.properties : "{}");
	for (char *p = text; *p != '\0'; p++)
		if (*p == '"')
			*p = '\'';
	return text;
}

static int
gone(const char *rest)
{
	(void)rest;
	return rig_people_delete(contact_id());
}

static int
set_member(const char *rest, bool is_member)
{
	int64_t id;
	return id_from_uuid(rest, &id) == 1
	    ? rig_segment_set(contact_id(), id, is_member)
	    : -1;
}

static int
join(const char *rest)
{
	return set_member(rest, true);
}

static int
quit(const char *rest)
{
	return set_member(rest, false);
}

static int
leave(const char *rest)
{
	int64_t id = 0;
	if (*rest != '\0' && id_from_uuid(rest, &id) != 1)
		return -1;
	return rig_unsubscribe(contact_id(), id);
}

static int
as(const char *rest)
{
	play.who = arena_strdup(rig.arena, rest);
	return 0;
}

/* ---- events -------------------------------------------------------------- */

/* An event from a text "NAME PAYLOAD" about a mail of a run, if run is not 0.
 */
static int
event(const char *text, int64_t run)
{
	const char *blank = strchr(text, ' ');
	size_t n = blank != NULL ? (size_t)(blank - text) : strlen(text);
	const struct event e = { .name = arena_strndup(rig.arena, text, n),
		.email = story_address(play.who),
		.payload = blank != NULL ? blank + 1 : NULL,
		.is_system = run != 0,
		.run = run };
	return rig_accept(&e, &play.out);
}

static int64_t
newest(void)
{
	struct run r = { 0 };
	rig_runs(play.automation, &r);
	return r.id;
}

static int
mail(const char *rest)
{
	return event(rest, newest());
}

static int
foreign(const char *rest)
{
	return event(rest, 1);
}

/* ---- runs and the automation --------------------------------------------- */

static int
start(const char *rest)
{
	int64_t run;
	return rig_run_start(play.automation, contact_id(),
	    *rest != '\0' ? rest : NULL, &run);
}

static int
cancel(const char *rest)
{
	(void)rest;
	return rig_run_cancel(newest());
}

static int
retry(const char *rest)
{
	(void)rest;
	return rig_run_retry(newest());
}

static int
pause_it(const char *rest)
{
	(void)rest;
	return rig_automation_pause(play.automation, true);
}

static int
resume(const char *rest)
{
	(void)rest;
	return rig_automation_pause(play.automation, false);
}

static int
freeze(const char *rest)
{
	(void)rest;
	return rig_pause(ENGINE_RUNS, true);
}

static int
thaw(const char *rest)
{
	(void)rest;
	return rig_pause(ENGINE_RUNS, false);
}

static int
cancel_all(const char *rest)
{
	(void)rest;
	return rig_runs_cancel(contact_id());
}

static int
stop(const char *rest)
{
	(void)rest;
	return rig_automation_set(play.automation, 0);
}

static int
enable(const char *rest)
{
	(void)rest;
	return rig_automation_set(play.automation, 1);
}

static int
drop(const char *rest)
{
	(void)rest;
	return rig_automation_set(play.automation, -1);
}

static int
restart(const char *rest)
{
	(void)rest;
	rig_restart();
	return 0;
}

/* ---- statements ---------------------------------------------------------- */

static const struct {
	const char *name;
	int (*act)(const char *rest);
} words[] = {
	{ "as", as },
	{ "be", be },
	{ "cancel", cancel },
	{ "cancel-all", cancel_all },
	{ "drop", drop },
	{ "enable", enable },
	{ "foreign", foreign },
	{ "freeze", freeze },
	{ "gone", gone },
	{ "join", join },
	{ "leave", leave },
	{ "mail", mail },
	{ "pause", pause_it },
	{ "quit", quit },
	{ "restart", restart },
	{ "resume", resume },
	{ "retry", retry },
	{ "start", start },
	{ "stop", stop },
	{ "thaw", thaw },
};

/* One that begins with a word of the table, or is an event. */
static int
act(const char *text)
{
	size_t n = strcspn(text, " ");
	for (size_t i = 0; i < N_OF(words); i++)
		if (strlen(words[i].name) == n &&
		    strncmp(words[i].name, text, n) == 0)
			return words[i].act(
			    text[n] == '\0' ? "" : text + n + 1);
	return event(text, 0);
}

static void
say(const char *text)
{
	if (*text == '+')
		go_to(rig.now_ms + span(text + 1));
	else if (*text == '>')
		rig.now_ms += span(text + 1);
	else if (*text == '<')
		rig.now_ms -= span(text + 1);
	else if (*text == '~')
		rig.now_ms += span(text + 1);
	else if (act(text) < 0)
		ok(false, "`%s`: %s", text, rig.fault.text);
	if (*text != '~')
		settle();
}

void
story_play(const char *script)
{
	const char *p = story_text(script);
	while (*p != '\0') {
		size_t n = strcspn(p, ";");
		say(arena_strndup(rig.arena, p, n));
		p += n;
		while (*p == ';' || *p == ' ')
			p++;
	}
}
