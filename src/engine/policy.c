/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/policy.h"

#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/json.h"
#include "engine/entry.h"
#include "engine/scope.h"
#include "model/contact.h"
#include "model/duration.h"
#include "model/event.h"
#include "model/rule.h"
#include "store/contacts.h"

enum { EXITS_MAX = 50 };
#define YEAR_MS (INT64_C(365) * 24 * 3600 * 1000)

static const char *const reentry_names[REENTRY_COUNT] = {
	[REENTRY_ALWAYS] = "always",
	[REENTRY_ONCE] = "once",
	[REENTRY_ONCE_PER] = "once_per",
	[REENTRY_ONE_AT_A_TIME] = "one_at_a_time",
};

static const struct json_name settings_names[] = { { "reentry" }, { "exit" },
	{ "enrol_existing" }, { "on_stop" }, { "max_duration" }, { NULL } };
static const struct json_name reentry_words[] = { { "policy" }, { "per" },
	{ "key" }, { NULL } };

/* What exit rules of a kind may say. */
static const struct json_name by_event[] = { { "type" }, ENTRY_EVENT_WORDS,
	ENTRY_FILTER_WORDS, { NULL } };
static const struct json_name by_match[] = { { "type" }, ENTRY_FILTER_WORDS,
	{ NULL } };
static const struct json_name by_segment[] = { { "type" }, ENTRY_SEGMENT_WORDS,
	{ NULL } };
static const struct json_name by_topic[] = { { "type" }, { "topic_id" },
	{ NULL } };
static const struct json_name by_itself[] = { { "type" }, { NULL } };
static const struct json_name by_any[] = { { "type" }, ENTRY_EVENT_WORDS,
	ENTRY_FILTER_WORDS, ENTRY_SEGMENT_WORDS, { "topic_id" }, { NULL } };

/* What ends a run: its names, what it may say, and our own events that may
 * bring it about. */
static const struct {
	const char *name, *alias;
	const struct json_name *names;
	const char *events[2];
} exits[EXIT_KIND_COUNT] = {
	[EXIT_EVENT] = { "event_received", "event", by_event, { NULL } },
	[EXIT_MATCH] = { "contact_property_matches_with", "property_match",
	    by_match, { "resend:contact.updated" } },
	[EXIT_SEGMENT_LEFT] = { "segment_left", "removed_from_list", by_segment,
	    { "resend:segment.left" } },
	[EXIT_UNSUBSCRIBED] = { "unsubscribed", "unsubscribe", by_topic,
	    { "resend:contact.unsubscribed" } },
	[EXIT_HARD_BOUNCED] = { "hard_bounced", "hard_bounce", by_itself,
	    { "resend:email.bounced" } },
	[EXIT_COMPLAINED] = { "complained", "complaint", by_itself,
	    { "resend:email.complained" } },
	[EXIT_ENTRY_NOT_MET] = { "entry_criteria_not_met",
	    "trigger_no_longer_matches", by_itself,
	    { "resend:contact.updated", "resend:segment.left" } },
};

/* ---- reading ----------------------------------------------------------- */

/* The policy of that name; REENTRY_COUNT if there is none. */
static int
reentry_find(const char *name)
{
	int kind = 0;
	while (kind < REENTRY_COUNT && strcmp(reentry_names[kind], name) != 0)
		kind++;
	return kind;
}

static int
read_reentry(struct arena *a, const json_t *settings, struct policy *p,
    struct fault *fault_r)
{
	json_t *o;
	const char *policy, *per;
	int rc = json_get_object(settings, "reentry", &o, fault_r);
	if (rc <= 0)
		return rc;
	if (json_need_string(o, "policy", &policy, fault_r) != 0 ||
	    json_get_string(o, "per", &per, fault_r) < 0 ||
	    json_get_string(o, "key", &p->key, fault_r) < 0)
		return fault_at(fault_r, "reentry");
	int kind = reentry_find(policy);
	if (kind == REENTRY_COUNT)
		return fault(fault_r, FAULT_INVALID,
		    "reentry.policy must be one of always, once, once_per, "
		    "one_at_a_time, not `%s`.",
		    policy);
	p->reentry = (enum reentry)kind;
	if (kind == REENTRY_ONCE_PER && per == NULL)
		return fault(fault_r, FAULT_INVALID,
		    "reentry.policy `once_per` needs `per`, a duration.");
	if (per != NULL &&
	    duration_parse(per, YEAR_MS, &p->per_ms, fault_r) != 0)
		return fault_at(fault_r, "reentry.per");
	if (p->key != NULL && !scope_knows(p->key))
		return fault(fault_r, FAULT_INVALID,
		    "reentry.key must be a path such as `event.order_id`, not "
		    "`%s`.",
		    p->key);
	p->key = arena_strdup(a, p->key);
	return 0;
}

static int
exit_find(const char *name)
{
	for (int i = 0; i < EXIT_KIND_COUNT; i++)
		if (strcmp(exits[i].name, name) == 0 ||
		    strcmp(exits[i].alias, name) == 0)
			return i;
	return -1;
}

static int
read_exit_filter(struct arena *a, const json_t *o, struct exit_rule *r,
    struct fault *fault_r)
{
	const json_t *v = json_name_get(o, by_any, "filter");
	if (v == NULL && r->kind == EXIT_MATCH)
		return fault(fault_r, FAULT_INVALID, "missing `filter`.");
	if (v == NULL || (r->kind != EXIT_MATCH && r->kind != EXIT_EVENT))
		return 0;
	r->filter = rule_compile(a, v,
	    r->kind == EXIT_MATCH ? RULE_CONTACT : RULE_EVENT | RULE_CONTACT,
	    fault_r);
	return r->filter != NULL ? 0 : fault_at(fault_r, "`filter`");
}

static int
read_exit(struct arena *a, const json_t *o, struct exit_rule *r,
    struct fault *fault_r)
{
	const char *type, *topic;
	if (json_need_string(o, "type", &type, fault_r) != 0)
		return -1;
	int kind = exit_find(type);
	if (kind < 0)
		return fault(fault_r, FAULT_INVALID,
		    "`type` must be one of event_received, "
		    "contact_property_matches_with, segment_left, "
		    "unsubscribed, hard_bounced, complained, "
		    "entry_criteria_not_met, not `%s`.",
		    type);
	r->kind = (enum exit_kind)kind;
	if (json_get_string(o, "event_name", &r->event, fault_r) < 0 ||
	    (r->event == NULL &&
		json_get_string(o, "eventName", &r->event, fault_r) < 0) ||
	    json_get_string(o, "topic_id", &topic, fault_r) < 0 ||
	    read_exit_filter(a, o, r, fault_r) != 0 ||
	    (r->n_segments = entry_read_segments(a, o, &r->segments, fault_r)) <
		0)
		return -1;
	if (r->kind == EXIT_EVENT && (r->event == NULL || r->event[0] == '\0'))
		return fault(fault_r, FAULT_INVALID, "missing `event_name`.");
	/* What the other kinds listen to is theirs to say. */
	r->event = r->kind == EXIT_EVENT ? arena_strdup(a, r->event) : NULL;
	if (topic != NULL && id_from_uuid(topic, &r->topic) != 1 &&
	    id_from_hex(topic, &r->topic) != 1)
		return fault(fault_r, FAULT_INVALID,
		    "`topic_id` names no topic: `%s`.", topic);
	return 0;
}

static int
read_exits(struct arena *a, const json_t *settings, struct policy *p,
    struct fault *fault_r)
{
	json_t *list, *item;
	size_t i;
	int rc = json_get_array(settings, "exit", &list, fault_r);
	if (rc <= 0)
		return rc;
	if (json_array_size(list) > EXITS_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "exit may have at most %d rules.", EXITS_MAX);
	p->exits =
	    arena_alloc(a, (json_array_size(list) + 1) * sizeof(*p->exits));
	json_array_foreach (list, i, item) {
		if (!json_is_object(item))
			return fault(fault_r, FAULT_INVALID,
			    "exit[%zu] must be an object.", i);
		if (read_exit(a, item, &p->exits[p->n_exits++], fault_r) != 0)
			return fault_at(fault_r, "exit[%zu]", i);
	}
	return 0;
}

static int
read_rest(const json_t *settings, struct policy *p, struct fault *fault_r)
{
	const char *on_stop, *longest;
	if (json_get_bool(settings, "enrol_existing", &p->enrol_existing,
		fault_r) < 0 ||
	    json_get_string(settings, "on_stop", &on_stop, fault_r) < 0 ||
	    json_get_string(settings, "max_duration", &longest, fault_r) < 0)
		return -1;
	if (on_stop != NULL) {
		p->cancels_on_stop = strcmp(on_stop, "cancel") == 0;
		if (!p->cancels_on_stop && strcmp(on_stop, "continue") != 0)
			return fault(fault_r, FAULT_INVALID,
			    "on_stop must be `continue` or `cancel`, not "
			    "`%s`.",
			    on_stop);
	}
	if (longest != NULL &&
	    duration_parse(longest, YEAR_MS, &p->max_duration_ms, fault_r) != 0)
		return fault_at(fault_r, "max_duration");
	return 0;
}

struct policy *
policy_compile(struct arena *a, const json_t *settings, struct fault *fault_r)
{
	struct policy *p = arena_alloc(a, sizeof(*p));
	p->cancels_on_stop = -1;
	if (settings == NULL)
		return p;
	if (read_reentry(a, settings, p, fault_r) < 0 ||
	    read_exits(a, settings, p, fault_r) < 0 ||
	    read_rest(settings, p, fault_r) != 0) {
		fault_at(fault_r, "settings");
		return NULL;
	}
	return p;
}

static int
check_exit_written(struct json_place *p, const json_t *o)
{
	const char *type = json_string_value(json_object_get(o, "type"));
	int kind = type == NULL ? -1 : exit_find(type);
	return entry_check_words(p, o, kind < 0 ? by_any : exits[kind].names);
}

/* Names of the policy, and a span with one that counts none. */
static int
check_reentry_written(struct json_place *p, const json_t *o)
{
	const char *policy = json_string_value(json_object_get(o, "policy"));
	const json_t *per = json_object_get(o, "per");
	if (json_names_check(p, o, reentry_words) != 0)
		return -1;
	int kind = policy == NULL ? REENTRY_COUNT : reentry_find(policy);
	if (per == NULL || json_is_null(per) || kind == REENTRY_COUNT ||
	    kind == REENTRY_ONCE_PER)
		return 0;
	return json_place_fault(p, "per",
	    "means nothing to the policy `%s`; it goes with `%s`.", policy,
	    reentry_names[REENTRY_ONCE_PER]);
}

int
policy_check_written(struct json_place *p, const json_t *settings)
{
	const json_t *item;
	size_t i, at;
	if (json_names_check(p, settings, settings_names) != 0)
		return -1;
	at = json_place_enter(p, "reentry");
	if (check_reentry_written(p, json_object_get(settings, "reentry")) != 0)
		return -1;
	json_place_leave(p, at);
	json_array_foreach (json_object_get(settings, "exit"), i, item) {
		at = json_place_enter(p, "exit[%zu]", i);
		if (check_exit_written(p, item) != 0)
			return -1;
		json_place_leave(p, at);
	}
	return 0;
}

int
policy_check(struct txn *t, struct arena *a, const struct policy *p,
    struct fault *fault_r)
{
	struct topic topic;
	for (int i = 0; i < p->n_exits; i++) {
		const struct exit_rule *r = &p->exits[i];
		int rc = r->topic == 0
		    ? 1
		    : store_topic_get(t, a, r->topic, &topic, fault_r);
		if (rc == 0)
			fault(fault_r, FAULT_INVALID,
			    "`topic_id` names no topic.");
		if (rc != 1 ||
		    entry_check_segments(t, a, r->segments, r->n_segments,
			fault_r) != 0)
			return fault_r->kind == FAULT_UNAVAILABLE
			    ? -1
			    : fault_at(fault_r, "settings: exit[%d]", i);
	}
	return 0;
}

int
policy_events(const struct policy *p, int (*each)(void *, const char *),
    void *arg)
{
	for (int i = 0; i < p->n_exits; i++) {
		const struct exit_rule *r = &p->exits[i];
		if (r->event != NULL && each(arg, r->event) != 0)
			return -1;
		for (int k = 0; k < 2 && exits[r->kind].events[k] != NULL; k++)
			if (each(arg, exits[r->kind].events[k]) != 0)
				return -1;
	}
	return 0;
}

/* ---- asking ------------------------------------------------------------ */

/* True if the event's payload names the rule's topic, or none. */
static bool
leaves(const struct exit_rule *r, struct scope *s)
{
	const json_t *v = scope_get(s, "event.topic_id");
	int64_t id;
	if (v == NULL || json_is_null(v))
		return true;
	const char *text = json_string_value(v);
	return r->topic != 0 && text != NULL && id_from_uuid(text, &id) == 1 &&
	    id == r->topic;
}

static bool
is_permanent(struct scope *s)
{
	const json_t *v = scope_get(s, "event.bounce.type");
	return v != NULL && json_is_string(v) &&
	    strcmp(json_string_value(v), "Permanent") == 0;
}

/* Whether a rule that concerns what the contact is fires. 1, 0, -1 */
static int
state_fires(struct txn *t, const struct exit_rule *r, const struct entry *entry,
    struct scope *s, struct fault *fault_r)
{
	if (r->kind == EXIT_MATCH)
		return rule_true(r->filter, scope_lookup, s);
	if (r->kind != EXIT_ENTRY_NOT_MET)
		return 0;
	int rc = entry_still_met(t, entry, s, fault_r);
	return rc < 0 ? -1 : !rc;
}

/* Whether one of our own events is the one that a rule waits for. */
static bool
event_fires(const struct exit_rule *r, const struct event *e, struct scope *s)
{
	switch (r->kind) {
	case EXIT_EVENT:
		return r->filter == NULL ||
		    rule_true(r->filter, scope_lookup, s);
	case EXIT_SEGMENT_LEFT:
		return r->n_segments == 0 ||
		    entry_names_segment(r->segments, r->n_segments, e->segment);
	case EXIT_UNSUBSCRIBED:
		return leaves(r, s);
	case EXIT_HARD_BOUNCED:
		return is_permanent(s);
	case EXIT_COMPLAINED:
		return true;
	default:
		return false;
	}
}

/* True if a rule listens to an event of that name. */
static bool
listens(const struct exit_rule *r, const char *name)
{
	if (r->event != NULL && strcmp(r->event, name) == 0)
		return true;
	for (int k = 0; k < 2 && exits[r->kind].events[k] != NULL; k++)
		if (strcmp(exits[r->kind].events[k], name) == 0)
			return true;
	return false;
}

int
policy_exit_by_event(struct txn *t, const struct policy *p,
    const struct entry *entry, const struct event *e, struct scope *s,
    const char **reason_r, struct fault *fault_r)
{
	for (int i = 0; i < p->n_exits; i++) {
		const struct exit_rule *r = &p->exits[i];
		if (!listens(r, e->name))
			continue;
		int rc = event_fires(r, e, s)
		    ? 1
		    : state_fires(t, r, entry, s, fault_r);
		*reason_r = exits[r->kind].name;
		if (rc != 0)
			return rc;
	}
	return 0;
}

int
policy_exit_by_state(struct txn *t, const struct policy *p,
    const struct entry *entry, struct scope *s, const char **reason_r,
    struct fault *fault_r)
{
	for (int i = 0; i < p->n_exits; i++) {
		int rc = state_fires(t, &p->exits[i], entry, s, fault_r);
		*reason_r = exits[p->exits[i].kind].name;
		if (rc != 0)
			return rc;
	}
	return 0;
}

int64_t
policy_key(const struct policy *p, struct scope *s)
{
	unsigned char hash[SHA256_LEN];
	int64_t key;
	const json_t *v = p->key == NULL ? NULL : scope_get(s, p->key);
	if (v == NULL || json_is_null(v))
		return 0;
	const char *text = json_text(s->arena, v);
	sha256(text, strlen(text), hash);
	memcpy(&key, hash, sizeof(key));
	return key;
}
