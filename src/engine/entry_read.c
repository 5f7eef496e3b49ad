/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries as they are written.
 */
#include "engine/entry.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/json.h"
#include "engine/step.h"
#include "model/event.h"
#include "model/rule.h"

enum { SEGMENTS_MAX = 50 };

const struct json_name entry_segment_names[] = { ENTRY_SEGMENT_WORDS,
	{ NULL } };

#define CHANGE_WORDS \
	{ "field" }, { "from" }, { "from_value", "from" }, \
	    { "fromValue", "from" }, { "to" }, { "to_value", "to" }, \
	    { "toValue", "to" }, { "fieldType", "fieldType" }, \
	{ \
		"field_type", "fieldType" \
	}

/* What entries of a kind may say. */
static const struct json_name by_event[] = { { "type" }, ENTRY_EVENT_WORDS,
	ENTRY_FILTER_WORDS, { NULL } };
static const struct json_name by_contact[] = { { "type" }, ENTRY_SEGMENT_WORDS,
	ENTRY_FILTER_WORDS, { NULL } };
static const struct json_name by_change[] = { { "type" }, CHANGE_WORDS,
	ENTRY_SEGMENT_WORDS, ENTRY_FILTER_WORDS, { NULL } };
static const struct json_name by_hand[] = { { "type" }, { NULL } };
static const struct json_name by_any[] = { { "type" }, ENTRY_EVENT_WORDS,
	CHANGE_WORDS, ENTRY_SEGMENT_WORDS, ENTRY_FILTER_WORDS, { NULL } };

/* What a kind asks for besides its name. */
enum { NEEDS_EVENT = 1, NEEDS_SEGMENT = 2, NEEDS_FILTER = 4, NEEDS_FIELD = 8 };

static const struct kind {
	const char *name;
	unsigned needs;
	const struct json_name *names;
	const char *events[ENTRY_EVENTS_MAX];
} kinds[ENTRY_KIND_COUNT] = {
	[ENTRY_EVENT] = { "event_received", NEEDS_EVENT, by_event, { NULL } },
	[ENTRY_CREATED] = { "contact_created", 0, by_contact,
	    { "resend:contact.created" } },
	[ENTRY_JOINED] = { "contact_added_to_list", NEEDS_SEGMENT, by_contact,
	    { "resend:segment.joined" } },
	[ENTRY_MATCHED] = { "contact_property_matches_with", NEEDS_FILTER,
	    by_contact,
	    { "resend:contact.created", "resend:contact.updated" } },
	[ENTRY_CHANGED] = { "contact_property_changed", NEEDS_FIELD, by_change,
	    { "resend:contact.updated" } },
	[ENTRY_MANUAL] = { "manual", 0, by_hand, { NULL } },
};

/* Other words for the kinds. */
static const struct {
	const char *name;
	enum entry_kind kind;
} aliases[] = {
	{ "contact_added", ENTRY_CREATED },
	{ "added_to_list", ENTRY_JOINED },
	{ "new_contact_added_to", ENTRY_JOINED },
	{ "contact_added_to", ENTRY_JOINED },
	{ "contact_matches_segment", ENTRY_JOINED },
	{ "segment_match", ENTRY_JOINED },
	{ "segment_entered", ENTRY_JOINED },
	{ "contact_added_to_segment", ENTRY_JOINED },
	{ "contact_property_changes", ENTRY_CHANGED },
	{ "contact_property_changes_from", ENTRY_CHANGED },
	{ "contact_property_changes_from_to", ENTRY_CHANGED },
	{ "event", ENTRY_EVENT },
	{ "custom_event", ENTRY_EVENT },
	{ "event_triggered", ENTRY_EVENT },
};

/* ---- reading ----------------------------------------------------------- */

static int
find_kind(const char *name)
{
	for (int i = 0; i < ENTRY_KIND_COUNT; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return i;
	for (size_t i = 0; i < N_OF(aliases); i++)
		if (strcmp(aliases[i].name, name) == 0)
			return (int)aliases[i].kind;
	return -1;
}

static int
read_segment(const json_t *v, int64_t *id_r, struct fault *fault_r)
{
	const char *text = json_string_value(v);
	if (text == NULL ||
	    (id_from_uuid(text, id_r) != 1 && id_from_hex(text, id_r) != 1))
		return fault(fault_r, FAULT_INVALID,
		    "`segment_id` must be the id of a segment.");
	return 0;
}

int
entry_read_segments(struct arena *a, const json_t *o, int64_t **ids_r,
    struct fault *fault_r)
{
	const json_t *v = json_name_get(o, entry_segment_names, "segment_id"),
		     *item;
	size_t i;
	int n = 0;
	*ids_r = NULL;
	if (v == NULL)
		return 0;
	size_t most = json_is_array(v) ? json_array_size(v) : 1;
	if (most > SEGMENTS_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "`segment_ids` may have at most %d elements.",
		    SEGMENTS_MAX);
	*ids_r = arena_alloc(a, (most + 1) * sizeof(**ids_r));
	if (!json_is_array(v))
		return read_segment(v, *ids_r, fault_r) == 0 ? 1 : -1;
	json_array_foreach (v, i, item)
		if (read_segment(item, &(*ids_r)[n++], fault_r) != 0)
			return -1;
	return n;
}

static int
read_filter(struct arena *a, const json_t *o, struct entry *e,
    struct fault *fault_r)
{
	const json_t *v = json_name_get(o, by_any, "filter");
	if (v == NULL)
		return 0;
	e->filter = rule_compile(a, v,
	    e->kind == ENTRY_EVENT ? RULE_EVENT | RULE_CONTACT : RULE_CONTACT,
	    fault_r);
	return e->filter != NULL ? 0 : fault_at(fault_r, "`filter`");
}

/* The field whose change lets in, with what it changes from and to. */
static int
read_field(struct arena *a, const json_t *o, struct entry *e,
    struct fault *fault_r)
{
	const char *name;
	int rc = json_get_string(o, "field", &name, fault_r);
	if (rc <= 0)
		return rc;
	if (strncmp(name, "customFields.", 13) == 0)
		name += 13;
	e->field = strncmp(name, "contact.", 8) == 0
	    ? arena_strdup(a, name)
	    : arena_printf(a, "contact.%s", name);
	e->from = json_name_get(o, by_any, "from");
	e->to = json_name_get(o, by_any, "to");
	return 0;
}

static int
read_event_name(struct arena *a, const json_t *o, struct entry *e,
    struct fault *fault_r)
{
	const json_t *v = json_name_get(o, by_any, "event_name");
	if (v == NULL)
		return 0;
	const char *name = json_string_value(v);
	if (name == NULL || name[0] == '\0' || strlen(name) > EVENT_NAME_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "`event_name` must be a string of 1 to %d bytes.",
		    EVENT_NAME_MAX);
	e->events[e->n_events++] = arena_strdup(a, name);
	return 0;
}

/* What the kind, called type by the author, needs and is not there. */
static int
check_needs(const struct entry *e, const char *type, struct fault *fault_r)
{
	const struct kind *k = &kinds[e->kind];
	const char *missing = NULL;
	if ((k->needs & NEEDS_EVENT) && e->n_events == 0)
		missing = "event_name";
	if ((k->needs & NEEDS_SEGMENT) && e->n_segments == 0)
		missing = "segment_id";
	if ((k->needs & NEEDS_FILTER) && e->filter == NULL)
		missing = "filter";
	if ((k->needs & NEEDS_FIELD) && e->field == NULL)
		missing = "field";
	return missing == NULL ? 0
			       : fault(fault_r, FAULT_INVALID,
				     "missing `%s`, which an entry of type "
				     "`%s` needs.",
				     missing, type);
}

static struct entry *
read_entry(struct arena *a, const json_t *o, struct fault *fault_r)
{
	struct entry *e = arena_alloc(a, sizeof(*e));
	const char *type;
	if (json_need_string(o, "type", &type, fault_r) != 0)
		return NULL;
	int kind = find_kind(type);
	if (kind < 0) {
		fault(fault_r, FAULT_INVALID,
		    "`type` must be one of event_received, contact_created, "
		    "contact_added_to_list, contact_matches_segment, "
		    "contact_property_matches_with, contact_property_changed, "
		    "manual, not `%s`.",
		    type);
		return NULL;
	}
	e->kind = (enum entry_kind)kind;
	for (int i = 0; i < ENTRY_EVENTS_MAX; i++)
		if (kinds[kind].events[i] != NULL)
			e->events[e->n_events++] = kinds[kind].events[i];
	if ((e->kind == ENTRY_EVENT &&
		read_event_name(a, o, e, fault_r) != 0) ||
	    (e->n_segments = entry_read_segments(a, o, &e->segments, fault_r)) <
		0 ||
	    read_filter(a, o, e, fault_r) != 0 ||
	    read_field(a, o, e, fault_r) < 0 ||
	    check_needs(e, type, fault_r) != 0)
		return NULL;
	return e;
}

struct entry *
entry_compile(struct arena *a, const json_t *config, struct fault *fault_r)
{
	json_t *o;
	int rc = json_get_object(config, "entry", &o, fault_r);
	if (rc < 0) {
		fault_at(fault_r, "config");
		return NULL;
	}
	if (rc == 1) {
		struct entry *e = read_entry(a, o, fault_r);
		if (e == NULL)
			fault_at(fault_r, "config.entry");
		return e;
	}
	struct entry *e = arena_alloc(a, sizeof(*e));
	const char *name;
	rc = json_get_string(config, "event_name", &name, fault_r);
	if (rc == 0 || (rc == 1 && name[0] == '\0')) {
		fault(fault_r, FAULT_INVALID,
		    "missing `config.event_name`, the event that starts the "
		    "automation" CLIENT_SPELLING("`eventName`") ".");
		return NULL;
	}
	if (rc < 0 || read_event_name(a, config, e, fault_r) != 0) {
		fault_at(fault_r, "config");
		return NULL;
	}
	return e;
}

/* ---- what may not be written ------------------------------------------- */

int
entry_check_words(struct json_place *p, const json_t *o,
    const struct json_name *names)
{
	if (json_names_check(p, o, names) != 0)
		return -1;
	for (const struct json_name *n = names; n->name != NULL; n++) {
		const char *meant = json_name_meant(n);
		if (strcmp(meant, "event_name") == 0 &&
		    event_check_awaited(p, o, n->name) != 0)
			return -1;
		if (strcmp(meant, "filter") == 0 &&
		    rule_check_names(p, o, n->name) != 0)
			return -1;
	}
	return 0;
}

/* A name beside an entry is the entry's own, or there for nothing. */
static int
check_both(const struct json_place *p, const json_t *config,
    const json_t *entry, int kind)
{
	const json_t *name = json_object_get(config, "event_name");
	if (name == NULL || json_is_null(name) ||
	    (kind == ENTRY_EVENT &&
		json_equal(name, json_name_get(entry, by_any, "event_name"))))
		return 0;
	return json_place_fault(p, "event_name",
	    "and `entry` beside it say different things; give one.");
}

int
entry_check_written(struct json_place *p, const json_t *config)
{
	const json_t *o = json_object_get(config, "entry");
	const char *type = json_string_value(json_object_get(o, "type"));
	int kind = type == NULL ? -1 : find_kind(type);
	if (event_check_awaited(p, config, "event_name") != 0)
		return -1;
	if (!json_is_object(o))
		return 0;
	size_t at = json_place_enter(p, "entry");
	int rc = entry_check_words(p, o, kind < 0 ? by_any : kinds[kind].names);
	json_place_leave(p, at);
	return rc != 0 ? -1 : check_both(p, config, o, kind);
}
