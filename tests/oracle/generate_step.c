/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random steps.
 */
#include "tests/oracle/generate_private.h"

#include <stdlib.h>
#include <string.h>

static json_t *
send_email(struct dice *d)
{
	json_t *config = dice_percent(d, 75)
	    ? json_pack("{s:{s:s}}", "template", "id", "hello")
	    : json_pack("{s:{s:s,s:{s:{s:s}}}}", "template", "id", "plan",
		  "variables", "PLAN", "var", "contact.properties.plan");
	if (dice_percent(d, 15))
		json_object_set_new(config, "topic_id", json_string("@topic0"));
	return config;
}

static json_t *
delay(struct dice *d)
{
	return json_pack("{s:s}", "duration", some_duration(d));
}

static json_t *
wait_for_event(struct dice *d)
{
	json_t *config = json_pack("{s:s}", "event_name", some_heard_event(d));
	if (dice_percent(d, 70))
		json_object_set_new(config, "timeout",
		    json_string(some_duration(d)));
	if (dice_percent(d, 40))
		json_object_set_new(config, "filter_rule",
		    some_rule(d, FIELDS_EVENT));
	if (dice_percent(d, 25))
		json_object_set_new(config, "lookback",
		    json_string(some_duration(d)));
	return config;
}

static json_t *
condition(struct dice *d)
{
	return some_rule(d, FIELDS_CONTACT | FIELDS_EVENT | FIELDS_WAITS);
}

/* Lanes without ways; those come with the steps behind them. */
static json_t *
branch(struct dice *d)
{
	json_t *lanes = json_array();
	int n = 1 + dice_below(d, 3);
	for (int i = 0; i < n; i++) {
		json_t *lane = json_pack("{s:o,s:o}", "key",
		    json_sprintf("lane%d", i), "filter",
		    some_filter(d, FIELDS_CONTACT | FIELDS_EVENT));
		if (dice_percent(d, 60))
			json_object_set_new(lane, "applies_to",
			    json_string(dice_percent(d, 80) ? "all_branch_steps"
							    : "branch_entry"));
		json_array_append_new(lanes, lane);
	}
	return json_pack("{s:o}", "branches", lanes);
}

/* What a field is set to. */
static json_t *
source(struct dice *d)
{
	static const char *const vars[] = { "event.a", "event.b",
		"contact.properties.n", "contact.first_name",
		"wait_events.go.a", "wait_events.note.b" };
	return dice_percent(d, 60)
	    ? some_value(d, true)
	    : json_pack("{s:s}", "var", dice_pick(d, vars));
}

/* The same, of a type that may be written there as a literal. */
static json_t *
name_source(struct dice *d)
{
	json_t *v = source(d);
	if (json_is_object(v) || json_is_null(v) || json_is_string(v))
		return v;
	json_decref(v);
	return json_string("b");
}

static json_t *
flag_source(struct dice *d)
{
	return dice_percent(d, 70) ? json_boolean(dice_percent(d, 50))
				   : json_pack("{s:s}", "var", "event.a");
}

json_t *
endless_update(void)
{
	return json_pack("{s:{s:{s:s},s:{s:s}}}", "properties", "n", "var",
	    "contact.properties.plan", "plan", "var", "contact.properties.n");
}

static json_t *
contact_update(struct dice *d)
{
	if (dice_percent(d, 20))
		return endless_update();
	json_t *config = json_object(), *properties = json_object();
	if (dice_percent(d, 30))
		json_object_set_new(config, "first_name", name_source(d));
	if (dice_percent(d, 15))
		json_object_set_new(config, "unsubscribed", flag_source(d));
	if (dice_percent(d, 40))
		json_object_set_new(properties, "n", source(d));
	if (dice_percent(d, 70) || json_object_size(config) == 0)
		json_object_set_new(properties, "plan", source(d));
	if (json_object_size(properties) > 0)
		json_object_set(config, "properties", properties);
	json_decref(properties);
	return config;
}

static json_t *
contact_delete(struct dice *d)
{
	(void)d;
	return json_object();
}

static json_t *
segment(struct dice *d)
{
	json_t *name = some_segment(d, true);
	return name != NULL ? json_pack("{s:o}", "segment_id", name) : NULL;
}

static json_t *
leave(struct dice *d)
{
	return dice_percent(d, 50) ? json_object()
				   : json_pack("{s:s}", "reason", "enough");
}

static const struct {
	int weight;
	const char *type;
	json_t *(*config)(struct dice *); /* may have none to give */
} types[] = {
	{ 4, "send_email", send_email },
	{ 6, "delay", delay },
	{ 6, "wait_for_event", wait_for_event },
	{ 4, "condition", condition },
	{ 5, "branch", branch },
	{ 4, "contact_update", contact_update },
	{ 1, "contact_delete", contact_delete },
	{ 2, "add_to_segment", segment },
	{ 2, "remove_from_segment", segment },
	{ 1, "exit", leave },
};

json_t *
some_step(struct dice *d, const char **type_r)
{
	for (;;) {
		int n = dice_below(d, 35);
		size_t i = 0;
		while (n >= types[i].weight)
			n -= types[i++].weight;
		json_t *config = types[i].config(d);
		if (config == NULL)
			continue;
		*type_r = types[i].type;
		return config;
	}
}
