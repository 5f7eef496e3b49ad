/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who enters an automation, who may enter again, and who is thrown out.
 */
#include "tests/oracle/oracle_private.h"

#include <stdio.h>
#include <string.h>

static const char segment[] = "segment_id|segmentId|listId|list_id";
static const char segments[] = "segment_ids|segmentIds|listIds|list_ids";
static const char filter[] = "filter|filterCriteria|filter_criteria";
static const char event_name[] = "event_name|eventName";

/* Is the name one of those separated by `|`? */
static bool
is_one_of(const char *name, const char *names)
{
	char padded[128];
	char all[256];
	snprintf(padded, sizeof(padded), "|%s|", name);
	snprintf(all, sizeof(all), "|%s|", names);
	return strstr(all, padded) != NULL;
}

/* Is the contact in one of the segments a config names? */
static bool
is_member(const struct world *w, const struct oracle_contact *c,
    const json_t *config)
{
	for (int i = 0; c != NULL && i < w->segments.n; i++) {
		const struct oracle_segment *s = w->segments.items[i];
		if (c->in_segment[i] &&
		    oracle_names(config, segment, segments, s->name))
			return true;
	}
	return false;
}

/* ---- entry ------------------------------------------------------------- */

/* The two kinds of segment entry are one. */
enum kind {
	KIND_EVENT,
	KIND_CREATED,
	KIND_SEGMENT,
	KIND_MATCHES,
	KIND_CHANGED,
	KIND_MANUAL
};

static const struct {
	enum kind kind;
	const char *names;
} kinds[] = {
	{ KIND_EVENT, "event_received|event|custom_event|event_triggered" },
	{ KIND_CREATED, "contact_created|contact_added" },
	{ KIND_SEGMENT,
	    "contact_added_to_list|added_to_list|new_contact_added_to|"
	    "contact_added_to" },
	{ KIND_SEGMENT,
	    "contact_matches_segment|segment_match|segment_entered|"
	    "contact_added_to_segment" },
	{ KIND_MATCHES, "contact_property_matches_with" },
	{ KIND_CHANGED,
	    "contact_property_changed|contact_property_changes|"
	    "contact_property_changes_from|"
	    "contact_property_changes_from_to" },
	{ KIND_MANUAL, "manual" },
};

/* The entry rule; a trigger that only has an event's name is one, too. */
static enum kind
entry_of(const struct oracle_automation *a, const json_t **config_r)
{
	const json_t *config =
	    oracle_step_config(oracle_graph_trigger(a->json));
	*config_r = oracle_any(config, "entry");
	if (*config_r == NULL) {
		*config_r = config;
		return KIND_EVENT;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (is_one_of(oracle_text(*config_r, "type"), kinds[i].names))
			return kinds[i].kind;
	return KIND_MANUAL;
}

bool
oracle_entry_listens(const struct oracle_automation *a, const char *event)
{
	static const char *const names[] = { NULL, "resend:contact.created",
		"resend:segment.joined",
		"resend:contact.created|resend:contact.updated",
		"resend:contact.updated", "" };
	const json_t *config;
	enum kind kind = entry_of(a, &config);
	return is_one_of(event,
	    kind == KIND_EVENT ? oracle_text(config, event_name) : names[kind]);
}

/* The value of a contact's field, also one named without its namespace. */
static const json_t *
field_of(const json_t *doc, const char *field)
{
	const struct oracle_view v = { .contact = doc };
	char buf[128];
	if (strncmp(field, "contact.", 8) == 0)
		return oracle_lookup(&v, field);
	if (is_one_of(field, "email|first_name|last_name|unsubscribed"))
		return json_object_get(doc, field);
	if (strncmp(field, "properties.", 11) == 0)
		snprintf(buf, sizeof(buf), "contact.%s", field);
	else
		snprintf(buf, sizeof(buf), "contact.properties.%s", field);
	return oracle_lookup(&v, buf);
}

static bool
is_equal(const json_t *a, const json_t *b)
{
	if (oracle_is_missing(a) || oracle_is_missing(b))
		return oracle_is_missing(a) && oracle_is_missing(b);
	return json_equal(a, b) != 0;
}

/* Did the write change the field the rule names, from and to its values? */
static bool
has_changed(const json_t *config, const struct oracle_event *e)
{
	const char *field = oracle_text(config, "field");
	const json_t *old = field_of(e->before, field);
	const json_t *new = field_of(e->after, field);
	const json_t *from = json_object_get(config, "from");
	const json_t *to = json_object_get(config, "to");
	return !is_equal(old, new) && (from == NULL || is_equal(old, from)) &&
	    (to == NULL || is_equal(new, to));
}

/* Did the write make the filter true? */
static bool
has_turned(const json_t *config, const struct oracle_event *e)
{
	const json_t *rule = oracle_any(config, filter);
	const struct oracle_view old = { .contact = e->before };
	const struct oracle_view new = { .contact = e->after };
	return oracle_rule(rule, &new) &&
	    (e->before == NULL || !oracle_rule(rule, &old));
}

bool
oracle_entry_matches(const struct world *w, const struct oracle_automation *a,
    const struct oracle_event *e)
{
	const json_t *config;
	const struct oracle_contact *c = e->contact;
	const struct oracle_view v = { .contact = c != NULL ? c->doc : NULL,
		.event = e->payload };
	const struct oracle_view written = { .contact = e->after,
		.event = e->payload };
	const enum kind kind = entry_of(a, &config);
	bool in_scope = !oracle_names_any(config, segment, segments) ||
	    is_member(w, c, config);
	switch (kind) {
	case KIND_EVENT:
		return oracle_rule(oracle_any(config, filter), &v);
	case KIND_CREATED:
		return in_scope &&
		    oracle_rule(oracle_any(config, filter), &written);
	case KIND_SEGMENT:
		return oracle_names(config, segment, segments,
		    oracle_text(e->payload, "segment_id"));
	case KIND_MATCHES:
		return in_scope && has_turned(config, e);
	case KIND_CHANGED:
		return has_changed(config, e);
	case KIND_MANUAL:
		break;
	}
	return false;
}

/* ---- re-entry ---------------------------------------------------------- */

bool
oracle_entry_again(struct world *w, const struct oracle_automation *a,
    const struct oracle_contact *c, const json_t *payload, const char **key_r)
{
	const json_t *rule =
	    oracle_any(oracle_graph_settings(a->json), "reentry");
	const struct oracle_view v = { .event = payload };
	const char *path = oracle_text(rule, "key");
	const char *policy = oracle_text(rule, "policy");
	char buf[64];
	const char *key =
	    path != NULL ? oracle_scalar(oracle_lookup(&v, path), buf) : NULL;
	*key_r = oracle_strdup(w, key != NULL ? key : "");
	for (int i = 0; policy != NULL && i < w->runs.n; i++) {
		const struct oracle_run *r = w->runs.items[i];
		if (r->automation != a || r->contact != c ||
		    strcmp(r->key, *key_r) != 0)
			continue;
		if (strcmp(policy, "once") == 0 ||
		    (strcmp(policy, "once_per") == 0 &&
			r->started_ms + oracle_duration(rule, "per") >
			    w->now_ms) ||
		    (strcmp(policy, "one_at_a_time") == 0 &&
			r->status == ORACLE_RUNNING))
			return false;
	}
	return true;
}

/* ---- exits ------------------------------------------------------------- */

static const json_t *
exit_rules(const struct oracle_automation *a)
{
	return oracle_any(oracle_graph_settings(a->json), "exit");
}

/* The type of an exit rule under its first name. */
static const char *
exit_type(const json_t *rule)
{
	const char *type = oracle_text(rule, "type");
	if (strcmp(type, "event") == 0)
		return "event_received";
	if (strcmp(type, "property_match") == 0)
		return "contact_property_matches_with";
	return strcmp(type, "removed_from_list") == 0 ? "segment_left" : type;
}

/* Has the contact stopped to be what let it in? */
static bool
is_not_met(const struct world *w, const struct oracle_run *r)
{
	const json_t *config;
	const struct oracle_view v = { .contact = r->contact->doc };
	const enum kind kind = entry_of(r->automation, &config);
	if (kind == KIND_MATCHES)
		return !oracle_rule(oracle_any(config, filter), &v);
	return kind == KIND_SEGMENT && !is_member(w, r->contact, config);
}

/* Is the rule a state, and is the run's contact in it? */
static bool
is_state(const struct world *w, const struct oracle_run *r, const json_t *rule)
{
	const struct oracle_view v = { .contact = r->contact->doc };
	if (strcmp(exit_type(rule), "contact_property_matches_with") == 0)
		return oracle_rule(oracle_any(rule, filter), &v);
	return strcmp(exit_type(rule), "entry_criteria_not_met") == 0 &&
	    is_not_met(w, r);
}

const char *
oracle_exit_by_state(const struct world *w, const struct oracle_run *r)
{
	size_t i;
	json_t *rule;
	json_array_foreach (exit_rules(r->automation), i, rule)
		if (is_state(w, r, rule))
			return exit_type(rule);
	return NULL;
}

/* What each type of rule listens to; a rule of state to a change. */
static const struct {
	const char *type, *events[3];
} listening[] = {
	{ "segment_left", { "resend:segment.left" } },
	{ "unsubscribed", { "resend:contact.unsubscribed" } },
	{ "hard_bounced", { "resend:email.bounced" } },
	{ "complained", { "resend:email.complained" } },
	{ "contact_property_matches_with",
	    { "resend:contact.updated", "resend:segment.left" } },
	{ "entry_criteria_not_met",
	    { "resend:contact.updated", "resend:segment.left" } },
};

/* Adds the events a rule listens to, as keys of an object. */
static void
note_rule(const json_t *rule, json_t *events)
{
	if (strcmp(exit_type(rule), "event_received") == 0)
		json_object_set_new(events, oracle_text(rule, event_name),
		    json_true());
	for (size_t i = 0; i < sizeof(listening) / sizeof(listening[0]); i++)
		for (int k = 0; listening[i].events[k] != NULL; k++)
			if (strcmp(listening[i].type, exit_type(rule)) == 0)
				json_object_set_new(events,
				    listening[i].events[k], json_true());
}

static bool
rule_listens(const json_t *rule, const char *event)
{
	json_t *events = json_object();
	note_rule(rule, events);
	bool listens = json_object_get(events, event) != NULL;
	json_decref(events);
	return listens;
}

void
oracle_exit_note(const struct oracle_automation *a, json_t *events)
{
	size_t i;
	json_t *rule;
	json_array_foreach (exit_rules(a), i, rule)
		note_rule(rule, events);
}

/* Does the rule, which listens to the event, throw the run out? */
static bool
rule_fires(const struct world *w, const struct oracle_run *r,
    const json_t *rule, const struct oracle_event *e)
{
	const char *type = exit_type(rule);
	const struct oracle_view v = { .contact = r->contact->doc,
		.event = e->payload };
	if (strcmp(type, "event_received") == 0)
		return oracle_rule(oracle_any(rule, filter), &v);
	if (strcmp(type, "segment_left") == 0)
		return oracle_names(rule, segment, segments,
		    oracle_text(e->payload, "segment_id"));
	if (strcmp(type, "unsubscribed") == 0) {
		const char *topic = oracle_text(e->payload, "topic_id");
		return topic == NULL ||
		    oracle_names(rule, "topic_id", "", topic);
	}
	if (strcmp(type, "hard_bounced") == 0)
		return oracle_names(json_object_get(e->payload, "bounce"),
		    "type", "", "Permanent");
	return strcmp(type, "complained") == 0 || is_state(w, r, rule);
}

const char *
oracle_exit_by_event(const struct world *w, const struct oracle_run *r,
    const struct oracle_event *e)
{
	size_t i;
	json_t *rule;
	json_array_foreach (exit_rules(r->automation), i, rule)
		if (rule_listens(rule, e->name) && rule_fires(w, r, rule, e))
			return exit_type(rule);
	return NULL;
}
