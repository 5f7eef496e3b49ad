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

const char *
event_outcome_name(enum event_outcome o)
{
	static const char *const names[] = {
		[EVENT_STARTED] = "started",
		[EVENT_NO_AUTOMATION] = "no_enabled_automation",
		[EVENT_TOO_DEEP] = "too_deep",
		[EVENT_NOT_STARTED] = "not_started",
	};
	return (size_t)o < N_OF(names) ? names[o] : "unknown";
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
	if (!allow_reserved &&
	    strncmp(name, reserved_prefix, sizeof(reserved_prefix) - 1) == 0)
		return fault(fault_r, FAULT_INVALID,
		    "Event names that begin "
		    "with `%s` are reserved.",
		    reserved_prefix);
	return 0;
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
