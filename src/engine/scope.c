/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/scope.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/json.h"
#include "model/contact.h"

/* A field of an object: the exact key first, then dots as nesting, the longest
 * key first. */
static const json_t *
dig(const json_t *o, const char *path)
{
	char part[256];
	if (o == NULL || !json_is_object(o))
		return NULL;
	const json_t *whole = json_object_get(o, path);
	size_t n = strlen(path);
	while (whole == NULL && n > 0) {
		while (--n > 0 && path[n] != '.')
			;
		if (n == 0 || n >= sizeof(part))
			continue;
		memcpy(part, path, n);
		part[n] = '\0';
		whole = dig(json_object_get(o, part), path + n + 1);
	}
	return whole;
}

static void
decref(void *p)
{
	json_decref(p);
}

const json_t *
scope_contact_json(struct arena *a, const struct contact *c)
{
	struct fault ignored;
	char id[ID_UUID_LEN], created[CLOCK_ISO_LEN], updated[CLOCK_ISO_LEN];
	const json_t *properties = c->properties == NULL
	    ? NULL
	    : json_parse(a, c->properties, strlen(c->properties), &ignored);
	json_t *o = json_pack("{s:s, s:s, s:s?, s:s?, s:b, s:s, s:s?, s:o}",
	    "id", id_uuid(c->id, id), "email", c->email, "first_name",
	    c->first_name, "last_name", c->last_name, "unsubscribed",
	    c->unsubscribed, "created_at",
	    clock_iso(id_time_ms(c->id), created), "updated_at",
	    c->updated_ms != 0 ? clock_iso(c->updated_ms, updated) : NULL,
	    "properties",
	    properties != NULL ? json_incref((json_t *)properties)
			       : json_object());
	arena_own(a, o, decref);
	return o;
}

/* A contact's own field, or a property by its bare name. */
static const json_t *
contact_value(struct scope *s, const char *field)
{
	if (s->contact == NULL)
		return NULL;
	if (s->contact_json == NULL || s->contact_of != s->contact) {
		s->contact_json = scope_contact_json(s->arena, s->contact);
		s->contact_of = s->contact;
	}
	const json_t *v = dig(s->contact_json, field);
	return v != NULL
	    ? v
	    : dig(json_object_get(s->contact_json, "properties"), field);
}

static const json_t *
event_value(struct scope *s, const char *field)
{
	struct fault ignored;
	if (s->event != NULL)
		return dig(s->event, field);
	if (s->payload_json == NULL && s->payload != NULL)
		s->payload_json = json_parse(s->arena, s->payload,
		    strlen(s->payload), &ignored);
	return dig(s->payload_json, field);
}

static const json_t *
waited_value(struct scope *s, const char *field)
{
	return dig(s->waited, field);
}

static const struct {
	const char *prefix;
	const json_t *(*get)(struct scope *, const char *field);
} spaces[] = {
	{ "event.", event_value },
	{ "contact.", contact_value },
	{ "wait_events.", waited_value },
};

const json_t *
scope_get(struct scope *s, const char *path)
{
	for (size_t i = 0; i < N_OF(spaces); i++) {
		size_t n = strlen(spaces[i].prefix);
		if (strncmp(path, spaces[i].prefix, n) == 0)
			return spaces[i].get(s, path + n);
	}
	return NULL;
}

bool
scope_knows(const char *path)
{
	for (size_t i = 0; i < N_OF(spaces); i++) {
		size_t n = strlen(spaces[i].prefix);
		if (strncmp(path, spaces[i].prefix, n) == 0 && path[n] != '\0')
			return true;
	}
	return false;
}

const json_t *
scope_lookup(void *scope, const char *field)
{
	return scope_get(scope, field);
}

const char *
scope_text(struct arena *a, const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_NULL:
		return NULL;
	case JSON_STRING:
		return json_string_value(v);
	case JSON_REAL:
		return arena_printf(a, "%.15g", json_real_value(v));
	default:
		return json_text(a, v);
	}
}
