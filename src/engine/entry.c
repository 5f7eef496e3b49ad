/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/entry.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/json.h"
#include "engine/scope.h"
#include "model/contact.h"
#include "model/event.h"
#include "model/rule.h"
#include "store/segments.h"

enum { SEGMENTS_MAX = 50 };

/* What a kind asks for besides its name. */
enum { NEEDS_EVENT = 1, NEEDS_SEGMENT = 2, NEEDS_FILTER = 4, NEEDS_FIELD = 8 };

static const struct kind {
	const char *name;
	unsigned needs;
	const char *events[ENTRY_EVENTS_MAX];
} kinds[ENTRY_KIND_COUNT] = {
	[ENTRY_EVENT] = { "event_received", NEEDS_EVENT, { NULL } },
	[ENTRY_CREATED] = { "contact_created", 0,
	    { "resend:contact.created" } },
	[ENTRY_JOINED] = { "contact_added_to_list", NEEDS_SEGMENT,
	    { "resend:segment.joined" } },
	[ENTRY_MATCHED] = { "contact_property_matches_with", NEEDS_FILTER,
	    { "resend:contact.created", "resend:contact.updated" } },
	[ENTRY_CHANGED] = { "contact_property_changed", NEEDS_FIELD,
	    { "resend:contact.updated" } },
	[ENTRY_MANUAL] = { "manual", 0, { NULL } },
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

/* The first of some names that an object has. */
static json_t *
get_any(const json_t *o, const char *const *names)
{
	for (; *names != NULL; names++) {
		json_t *v = json_object_get(o, *names);
		if (v != NULL && !json_is_null(v))
			return v;
	}
	return NULL;
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
	static const char *const names[] = { "segment_id", "segment_ids",
		"segmentId", "segmentIds", "list_id", "list_ids", "listId",
		"listIds", NULL };
	const json_t *v = get_any(o, names), *item;
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
	static const char *const names[] = { "filter", "filter_criteria",
		"filterCriteria", NULL };
	const json_t *v = get_any(o, names);
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
	static const char *const from[] = { "from", "from_value", "fromValue",
		NULL };
	static const char *const to[] = { "to", "to_value", "toValue", NULL };
	const char *name;
	int rc = json_get_string(o, "field", &name, fault_r);
	if (rc <= 0)
		return rc;
	if (strncmp(name, "customFields.", 13) == 0)
		name += 13;
	e->field = strncmp(name, "contact.", 8) == 0
	    ? arena_strdup(a, name)
	    : arena_printf(a, "contact.%s", name);
	e->from = get_any(o, from);
	e->to = get_any(o, to);
	return 0;
}

static int
read_event_name(struct arena *a, const json_t *o, struct entry *e,
    struct fault *fault_r)
{
	static const char *const names[] = { "event_name", "eventName", NULL };
	const json_t *v = get_any(o, names);
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

/* What the kind needs and is not there. */
static int
check_needs(const struct entry *e, struct fault *fault_r)
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
				     missing, k->name);
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
	    read_field(a, o, e, fault_r) < 0 || check_needs(e, fault_r) != 0)
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
		    "automation (in CLI and SDK files write `eventName`).");
		return NULL;
	}
	if (rc < 0 || read_event_name(a, config, e, fault_r) != 0) {
		fault_at(fault_r, "config");
		return NULL;
	}
	return e;
}

/* ---- asking ------------------------------------------------------------ */

int
entry_check_segments(struct txn *t, struct arena *a, const int64_t *ids, int n,
    struct fault *fault_r)
{
	char text[ID_UUID_LEN];
	struct segment s;
	for (int i = 0; i < n; i++) {
		int rc = store_segment_get(t, a, ids[i], &s, fault_r);
		if (rc < 0)
			return -1;
		if (rc == 0)
			return fault(fault_r, FAULT_INVALID,
			    "there is no segment %s.", id_uuid(ids[i], text));
	}
	return 0;
}

int
entry_check(struct txn *t, struct arena *a, const struct entry *e,
    struct fault *fault_r)
{
	return entry_check_segments(t, a, e->segments, e->n_segments, fault_r);
}

bool
entry_names_segment(const int64_t *ids, int n, int64_t id)
{
	for (int i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* Whether the contact is in one of the entry's segments; also if it has none.
 */
static int
in_segments(struct txn *t, const struct entry *e, const struct contact *c,
    struct fault *fault_r)
{
	if (e->n_segments == 0)
		return 1;
	for (int i = 0; c != NULL && i < e->n_segments; i++) {
		int rc = store_member_has(t, e->segments[i], c->id, fault_r);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static bool
filter_true(const struct entry *e, struct scope *s)
{
	return e->filter == NULL || rule_true(e->filter, scope_lookup, s);
}

/* The same of the contact as it was. */
static bool
filter_was_true(const struct entry *e, const struct scope *s,
    const struct contact *before)
{
	struct scope old = *s;
	if (before == NULL)
		return false;
	old.contact = before;
	old.contact_json = NULL;
	return filter_true(e, &old);
}

static bool
same(const json_t *a, const json_t *b)
{
	bool no_a = a == NULL || json_is_null(a);
	bool no_b = b == NULL || json_is_null(b);
	return no_a || no_b ? no_a == no_b : json_equal(a, b);
}

/* Whether the entry's field changed, from and to what it asks for. */
static bool
field_changed(const struct entry *e, struct scope *s,
    const struct contact *before)
{
	struct scope old = *s;
	if (before == NULL)
		return false;
	old.contact = before;
	old.contact_json = NULL;
	const json_t *was = scope_get(&old, e->field);
	const json_t *is = scope_get(s, e->field);
	return !same(was, is) && (e->from == NULL || same(e->from, was)) &&
	    (e->to == NULL || same(e->to, is));
}

int
entry_admits(struct txn *t, const struct entry *e, const struct event *ev,
    struct scope *s, struct fault *fault_r)
{
	struct scope now = *s;
	const struct contact *before =
	    ev->change != NULL ? ev->change->before : NULL;
	if (ev->change != NULL)
		now.contact = ev->change->after;
	switch (e->kind) {
	case ENTRY_EVENT:
		return filter_true(e, &now);
	case ENTRY_JOINED:
		return entry_names_segment(e->segments, e->n_segments,
			   ev->segment) &&
		    filter_true(e, &now);
	case ENTRY_CREATED:
		return filter_true(e, &now)
		    ? in_segments(t, e, now.contact, fault_r)
		    : 0;
	case ENTRY_MATCHED:
		return ev->change != NULL && filter_true(e, &now) &&
			!filter_was_true(e, &now, before)
		    ? in_segments(t, e, now.contact, fault_r)
		    : 0;
	case ENTRY_CHANGED:
		return ev->change != NULL && filter_true(e, &now) &&
			field_changed(e, &now, before)
		    ? in_segments(t, e, now.contact, fault_r)
		    : 0;
	default:
		return 0;
	}
}

int
entry_still_met(struct txn *t, const struct entry *e, struct scope *s,
    struct fault *fault_r)
{
	if (e->kind == ENTRY_MATCHED && !filter_true(e, s))
		return 0;
	if (e->kind == ENTRY_MATCHED || e->kind == ENTRY_JOINED)
		return in_segments(t, e, s->contact, fault_r);
	return 1;
}

int
entry_enrols(struct txn *t, const struct entry *e, struct scope *s,
    struct fault *fault_r)
{
	return filter_true(e, s) ? in_segments(t, e, s->contact, fault_r) : 0;
}

bool
entry_can_enrol(const struct entry *e)
{
	return e->kind == ENTRY_JOINED || e->kind == ENTRY_MATCHED ||
	    e->kind == ENTRY_CREATED;
}
