/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random cases: what there is and what happens.
 */
#include "tests/oracle/generate_private.h"

#include <string.h>

static const char *const people[] = { "ann", "bob", "cem", "dot" };

/* What there is of a case while it is made. */
struct scene {
	struct dice dice;
	int people, automations;
	json_t *names; /* of events somebody listens to */
	unsigned paused, stopped;
};

/* ---- actions ----------------------------------------------------------- */

static json_t *
who(struct scene *s)
{
	return json_string(people[dice_below(&s->dice, s->people)]);
}

static json_t *
which(struct scene *s)
{
	return json_sprintf("%c", 'A' + dice_below(&s->dice, s->automations));
}

static json_t *
event(struct scene *s)
{
	json_t *by = who(s);
	const char *name = some_event(&s->dice);
	int n = (int)json_array_size(s->names);
	if (n > 0 && dice_percent(&s->dice, 80))
		name = json_string_value(
		    json_array_get(s->names, (size_t)dice_below(&s->dice, n)));
	return json_pack("{s:s,s:o,s:s,s:o}", "do", "event", "who", by, "name",
	    name, "payload", some_payload(&s->dice));
}

/* Segments chosen by hand a new contact is in. */
static json_t *
memberships(struct scene *s)
{
	json_t *segments = json_array();
	for (int i = 0; i < s->dice.segments; i++)
		if ((s->dice.by_hand & (1U << i)) != 0 &&
		    dice_percent(&s->dice, 30))
			json_array_append_new(segments,
			    json_sprintf("@segment%d", i));
	return segments;
}

static json_t *
create(struct scene *s)
{
	json_t *by = who(s), *fields = some_fields(&s->dice);
	return json_pack("{s:s,s:o,s:o,s:o}", "do", "create", "who", by,
	    "fields", fields, "segments", memberships(s));
}

static json_t *
update(struct scene *s)
{
	json_t *by = who(s);
	return json_pack("{s:s,s:o,s:o}", "do", "update", "who", by, "fields",
	    some_fields(&s->dice));
}

static json_t *
forget(struct scene *s)
{
	return json_pack("{s:s,s:o}", "do", "delete", "who", who(s));
}

static json_t *
member(struct scene *s)
{
	json_t *segment = some_segment(&s->dice, true);
	if (segment == NULL)
		return event(s);
	const char *what = dice_percent(&s->dice, 60) ? "join" : "leave";
	return json_pack("{s:s,s:o,s:o}", "do", what, "who", who(s), "segment",
	    segment);
}

static json_t *
unsubscribe(struct scene *s)
{
	const char *topic = dice_percent(&s->dice, 60) ? "@topic0" : NULL;
	return json_pack("{s:s,s:o,s:s?}", "do", "unsubscribe", "who", who(s),
	    "topic", topic);
}

static json_t *
mail(struct scene *s)
{
	static const char *const names[] = { "opened", "opened", "clicked",
		"complained", "bounced", "bounced" };
	int n = dice_below(&s->dice, 6);
	json_t *payload = n < 4
	    ? some_payload(&s->dice)
	    : json_pack("{s:{s:s}}", "bounce", "type",
		  dice_percent(&s->dice, 60) ? "Permanent" : "Transient");
	return json_pack("{s:s,s:i,s:o,s:o}", "do", "mail", "mail",
	    dice_below(&s->dice, 100), "name",
	    json_sprintf("resend:email.%s", names[n]), "payload", payload);
}

static json_t *
start(struct scene *s)
{
	json_t *by = who(s), *automation = which(s);
	return json_pack("{s:s,s:o,s:o,s:o}", "do", "start", "who", by,
	    "automation", automation, "payload", some_payload(&s->dice));
}

static json_t *
run(struct scene *s)
{
	const char *what = dice_percent(&s->dice, 40) ? "cancel" : "retry";
	return json_pack("{s:s,s:i}", "do", what, "run",
	    dice_below(&s->dice, 100));
}

/* Mostly what makes sense for the automation by now. */
static json_t *
turn(struct scene *s)
{
	static const char *const ways[] = { "pause", "pause", "pause", "stop",
		"remove", "resume", "enable" };
	int i = dice_below(&s->dice, s->automations);
	unsigned bit = 1U << i;
	const char *way = dice_pick(&s->dice, ways);
	if ((s->paused & bit) != 0 && dice_percent(&s->dice, 80))
		way = "resume";
	if ((s->stopped & bit) != 0 && dice_percent(&s->dice, 80))
		way = "enable";
	if (strcmp(way, "pause") == 0 || strcmp(way, "resume") == 0)
		s->paused ^= bit;
	if (strcmp(way, "stop") == 0 || strcmp(way, "enable") == 0)
		s->stopped ^= bit;
	return json_pack("{s:s,s:o}", "do", way, "automation",
	    json_sprintf("%c", 'A' + i));
}

static json_t *
restart(struct scene *s)
{
	return json_pack("{s:s}", "do",
	    dice_percent(&s->dice, 50) ? "restart" : "kill");
}

static const struct {
	int weight;
	json_t *(*make)(struct scene *);
} kinds[] = {
	{ 40, event },
	{ 4, create },
	{ 16, update },
	{ 2, forget },
	{ 7, member },
	{ 3, unsubscribe },
	{ 7, mail },
	{ 4, start },
	{ 5, run },
	{ 9, turn },
	{ 3, restart },
};

/* The names of our events among what triggers, or is waited for. */
static void
note_names(json_t *names, const json_t *steps)
{
	size_t i;
	json_t *step;
	json_array_foreach (steps, i, step) {
		json_t *config = json_object_get(step, "config");
		json_t *entry = json_object_get(config, "entry");
		json_t *name = json_object_get(entry != NULL ? entry : config,
		    "event_name");
		if (name != NULL &&
		    strncmp(json_string_value(name), "resend:", 7) != 0)
			json_array_append(names, name);
	}
}

/* When it comes, and whether time is first. */
static void
set_time(struct scene *s, json_t *action)
{
	static const int waits[] = { 0, 0, 1, 10, 20, 30, 30, 60, 60, 90, 300,
		3600 };
	const char *what = json_string_value(json_object_get(action, "do"));
	bool any = strcmp(what, "event") == 0 || strcmp(what, "mail") == 0;
	json_object_set_new(action, "wait",
	    dice_percent(&s->dice, 40)
		? json_string("due")
		: json_integer(1000 * dice_pick(&s->dice, waits)));
	json_object_set_new(action, "tick",
	    json_boolean(!any || dice_percent(&s->dice, 50)));
}

static json_t *
some_action(struct scene *s)
{
	int n = dice_below(&s->dice, 100);
	size_t i = 0;
	while (n >= kinds[i].weight)
		n -= kinds[i++].weight;
	json_t *action = kinds[i].make(s);
	set_time(s, action);
	return action;
}

/* Most people are there from the beginning. */
static json_t *
some_actions(struct scene *s)
{
	json_t *actions = json_array();
	int n = 5 + dice_below(&s->dice, 36);
	for (int i = 0; i < s->people; i++) {
		if (dice_percent(&s->dice, 20))
			continue;
		json_t *first = create(s);
		json_object_set_new(first, "who", json_string(people[i]));
		json_object_set_new(first, "wait", json_integer(0));
		json_object_set_new(first, "tick", json_true());
		json_array_append_new(actions, first);
	}
	for (int i = 0; i < n; i++)
		json_array_append_new(actions, some_action(s));
	return actions;
}

/* ---- what there is ----------------------------------------------------- */

static json_t *
some_segments(struct dice *d)
{
	json_t *segments = json_array();
	int n = dice_below(d, 4);
	for (d->segments = 0; d->segments < n; d->segments++) {
		json_t *filter = dice_percent(d, 35)
		    ? some_filter(d, FIELDS_CONTACT)
		    : json_null();
		if (json_is_null(filter))
			d->by_hand |= 1U << d->segments;
		json_array_append_new(segments,
		    json_pack("{s:o,s:o}", "name",
			json_sprintf("@segment%d", d->segments), "filter",
			filter));
	}
	return segments;
}

static json_t *
some_automations(struct scene *s)
{
	json_t *automations = json_array();
	s->automations = 1 + dice_below(&s->dice, 4);
	for (int i = 0; i < s->automations; i++) {
		bool enabled = dice_percent(&s->dice, 90);
		json_t *graph = some_graph(&s->dice);
		note_names(s->names, json_object_get(graph, "steps"));
		json_array_append_new(automations,
		    json_pack("{s:o,s:b,s:o}", "name",
			json_sprintf("%c", 'A' + i), "enabled", enabled,
			"graph", graph));
	}
	return automations;
}

json_t *
generate_case(uint64_t seed)
{
	struct scene s = { .dice = { .state = seed }, .names = json_array() };
	s.people = 1 + dice_below(&s.dice, 4);
	json_t *segments = some_segments(&s.dice);
	json_t *automations = some_automations(&s);
	json_t *actions = some_actions(&s);
	json_decref(s.names);
	return json_pack("{s:I,s:o,s:[s],s:o,s:o}", "seed", (json_int_t)seed,
	    "segments", segments, "topics", "@topic0", "automations",
	    automations, "actions", actions);
}
