/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/event.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/json.h"
#include "base/utf8.h"
#include "model/address.h"

static const char reserved_prefix[] = "resend:";

/* Our own events, by what they are about. */
static const struct {
	const char *prefix, *names[10];
} own_events[] = {
	{ "resend:contact.", { "created", "updated", "unsubscribed" } },
	{ "resend:segment.", { "joined", "left" } },
	{ "resend:email.",
	    { "sent", "delivered", "bounced", "complained", "opened", "clicked",
		"failed", "suppressed", "replied" } },
};

const char *
event_outcome_name(enum event_outcome o)
{
	static const char *const names[] = {
		[EVENT_STARTED] = "started",
		[EVENT_NO_AUTOMATION] = "no_enabled_automation",
		[EVENT_TOO_DEEP] = "too_deep",
		[EVENT_NOT_STARTED] = "not_started",
		[EVENT_UNDER_WAY] = "under_way",
	};
	return (size_t)o < N_OF(names) ? names[o] : "unknown";
}

static bool
is_reserved(const char *name)
{
	return strncmp(name, reserved_prefix, sizeof(reserved_prefix) - 1) == 0;
}

int
event_check_name(const char *name, const char *field, bool allow_reserved,
    struct fault *fault_r)
{
	size_t n = strlen(name);
	if (n == 0 || n > EVENT_NAME_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "The `%s` field must have 1 to %d bytes.", field,
		    EVENT_NAME_MAX);
	if (utf8_has_control(name, n))
		return fault(fault_r, FAULT_INVALID,
		    "The `%s` field holds a control character.", field);
	if (!allow_reserved && is_reserved(name))
		return fault(fault_r, FAULT_INVALID,
		    "Event names that begin "
		    "with `%s` are reserved.",
		    reserved_prefix);
	return 0;
}

/* True if the name is that of an event of ours. */
static bool
is_own(const char *name)
{
	for (size_t i = 0; i < N_OF(own_events); i++) {
		size_t n = strlen(own_events[i].prefix);
		if (strncmp(name, own_events[i].prefix, n) != 0)
			continue;
		for (size_t k = 0; k < N_OF(own_events[i].names); k++)
			if (own_events[i].names[k] != NULL &&
			    strcmp(name + n, own_events[i].names[k]) == 0)
				return true;
	}
	return false;
}

/* Appends our events: "resend:segment.joined, left". */
static void
put_own_events(struct buf *b)
{
	for (size_t i = 0; i < N_OF(own_events); i++)
		for (size_t k = 0; k < N_OF(own_events[i].names); k++)
			if (own_events[i].names[k] != NULL)
				buf_printf(b, "%s%s%s",
				    k > 0       ? ", "
					: i > 0 ? "; "
						: "",
				    k > 0 ? "" : own_events[i].prefix,
				    own_events[i].names[k]);
}

int
event_check_awaited(const struct json_place *p, const json_t *o,
    const char *field)
{
	const char *name = json_string_value(json_object_get(o, field));
	size_t n = name == NULL ? 0 : strlen(name);
	struct buf b = { 0 };
	if (n == 0)
		return 0;
	if (n > EVENT_NAME_MAX)
		return json_place_fault(p, field, "must have 1 to %d bytes.",
		    EVENT_NAME_MAX);
	if (utf8_has_control(name, n))
		return json_place_fault(p, field, "holds a control character.");
	if (!is_reserved(name) || is_own(name))
		return 0;
	put_own_events(&b);
	json_place_fault(p, field,
	    "names no event of ours: `%.40s`; there are %s.", name, b.data);
	buf_free(&b);
	return -1;
}

/* Who it happened to: exactly one of contact_id and email. */
static int
read_subject(struct arena *a, const json_t *o, struct event *e,
    struct fault *fault_r)
{
	const char *id = NULL;
	int by_id = json_get_string(o, "contact_id", &id, fault_r);
	int by_email = json_get_string(o, "email", &e->email, fault_r);
	if (by_id < 0 || by_email < 0)
		return -1;
	if (by_id + by_email != 1)
		return fault(fault_r, FAULT_INVALID,
		    "Give exactly one of "
		    "`contact_id` and `email`.");
	if (by_id) {
		int rc = id_from_uuid(id, &e->contact);
		if (rc < 0 && id_from_hex(id, &e->contact) != 1)
			return fault(fault_r, FAULT_PARAMETER,
			    "The `contact_id` must be a valid UUID.");
		if (rc == 0)
			return fault(fault_r, FAULT_NOT_FOUND,
			    "Contact not found");
		return 0;
	}
	e->email_key = address_key(a, e->email, fault_r);
	if (e->email_key == NULL)
		return fault_at(fault_r, "The `email` field");
	e->email = arena_strdup(a, e->email);
	return 0;
}

const struct json_name event_body_names[] = { { "event" }, { "email" },
	{ "contact_id" }, { "payload" }, { "id" }, { NULL } };

int
event_from_json(struct arena *a, const json_t *o, bool allow_reserved,
    struct event *e, struct fault *fault_r)
{
	json_t *payload;
	*e = (struct event){ 0 };
	if (!json_is_object(o))
		return fault(fault_r, FAULT_INVALID,
		    "An event must be a JSON object.");
	if (json_need_string(o, "event", &e->name, fault_r) != 0 ||
	    event_check_name(e->name, "event", allow_reserved, fault_r) != 0 ||
	    read_subject(a, o, e, fault_r) != 0 ||
	    json_get_object(o, "payload", &payload, fault_r) < 0 ||
	    json_get_string(o, "id", &e->key, fault_r) < 0)
		return -1;
	if (e->key != NULL &&
	    (e->key[0] == '\0' || strlen(e->key) > EVENT_KEY_MAX))
		return fault(fault_r, FAULT_INVALID,
		    "The `id` field must have 1 to %d bytes.", EVENT_KEY_MAX);
	e->name = arena_strdup(a, e->name);
	e->key = arena_strdup(a, e->key);
	if (payload != NULL && json_object_size(payload) > 0)
		e->payload = json_text(a, payload);
	return 0;
}

void
event_accepted_json(struct buf *b, const char *name, int64_t event,
    bool duplicate)
{
	char id[ID_UUID_LEN];
	buf_str(b, "{\"object\":\"event\",\"event\":");
	json_put_string(b, name);
	buf_printf(b, ",\"id\":\"%s\"%s}", id_uuid(event, id),
	    duplicate ? ",\"duplicate\":true" : "");
}
