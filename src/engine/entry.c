/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/entry.h"

#include "base/fault.h"
#include "base/id.h"
#include "engine/scope.h"
#include "model/contact.h"
#include "model/event.h"
#include "model/rule.h"
#include "store/segments.h"

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
