/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/values.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "model/contact.h"

/* Of one email's values: each is kept with the email and with the run. */
enum { VALUES_MAX = 256 << 10 };

bool
value_is_link(const char *name)
{
	return strcmp(name, "RESEND_UNSUBSCRIBE_URL") == 0 ||
	    strcmp(name, "UNSUBSCRIBE_URL") == 0 ||
	    strcmp(name, "unsubscribe_url") == 0;
}

/* A JSON value as a template shows it; NULL for null. */
static const char *
as_text(struct arena *a, const json_t *v)
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

/* A field of an object: the exact key first, then dots as nesting. */
static const json_t *
dig(const json_t *o, const char *path)
{
	char part[256];
	if (o == NULL || !json_is_object(o))
		return NULL;
	json_t *whole = json_object_get(o, path);
	if (whole != NULL)
		return whole;
	for (const char *dot = strchr(path, '.'); dot != NULL;
	     dot = strchr(dot + 1, '.')) {
		size_t n = (size_t)(dot - path);
		if (n >= sizeof(part))
			return NULL;
		memcpy(part, path, n);
		part[n] = '\0';
		const json_t *v = dig(json_object_get(o, part), dot + 1);
		if (v != NULL)
			return v;
	}
	return NULL;
}

/* A contact's own field or, by its name alone or after "properties.", one of
 * its properties. */
static const char *
contact_value(struct value_scope *s, const char *field)
{
	const struct contact *c = s->contact;
	struct fault ignored;
	if (c == NULL)
		return NULL;
	if (strcmp(field, "email") == 0)
		return c->email;
	if (strcmp(field, "first_name") == 0)
		return c->first_name;
	if (strcmp(field, "last_name") == 0)
		return c->last_name;
	if (strcmp(field, "unsubscribed") == 0)
		return c->unsubscribed ? "true" : "false";
	if (c->properties == NULL)
		return NULL;
	if (s->contact_properties == NULL)
		s->contact_properties = json_parse(s->arena, c->properties,
		    strlen(c->properties), &ignored);
	if (strncmp(field, "properties.", 11) == 0)
		field += 11;
	const json_t *v = dig(s->contact_properties, field);
	return v == NULL ? NULL : as_text(s->arena, v);
}

int
value_at_path(struct value_scope *s, const char *path, const char **text_r,
    struct fault *fault_r)
{
	*text_r = NULL;
	if (strncmp(path, "contact.", 8) == 0) {
		*text_r = contact_value(s, path + 8);
	} else if (strncmp(path, "event.", 6) == 0) {
		if (s->payload == NULL && s->payload_text != NULL &&
		    (s->payload = json_parse(s->arena, s->payload_text,
			 strlen(s->payload_text), fault_r)) == NULL)
			return -1;
		const json_t *v = dig(s->payload, path + 6);
		*text_r = v == NULL ? NULL : as_text(s->arena, v);
	} else {
		return fault(fault_r, FAULT_INVALID,
		    "The path `%s` must begin "
		    "with `event.` or `contact.`.",
		    path);
	}
	return *text_r != NULL;
}

/* What the step's own variables say of a name. */
static int
from_step(struct value_scope *s, const char *name, struct template_value *v,
    struct fault *fault_r)
{
	const json_t *value = json_object_get(s->variables, name);
	if (value == NULL || json_is_null(value))
		return 0;
	const char *path = json_is_object(value) && json_object_size(value) == 1
	    ? json_string_value(json_object_get(value, "var"))
	    : NULL;
	if (path != NULL)
		return value_at_path(s, path, &v->text, fault_r);
	v->text = as_text(s->arena, value);
	v->raw = true;
	return 1;
}

int
value_lookup(void *scope, const char *name, struct template_value *v,
    struct fault *fault_r)
{
	static const struct {
		const char *name, *field;
	} reserved[] = { { "EMAIL", "email" }, { "FIRST_NAME", "first_name" },
		{ "LAST_NAME", "last_name" } };
	struct value_scope *s = scope;
	*v = (struct template_value){ 0 };
	int rc = from_step(s, name, v, fault_r);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < N_OF(reserved); i++)
		if (strcmp(reserved[i].name, name) == 0)
			v->text = contact_value(s, reserved[i].field);
	if (v->text == NULL &&
	    (strncmp(name, "contact.", 8) == 0 ||
		strncmp(name, "event.", 6) == 0) &&
	    value_at_path(s, name, &v->text, fault_r) < 0)
		return -1;
	if (v->text != NULL)
		return 1;
	const json_t *fallback = json_object_get(s->fallbacks, name);
	if (fallback == NULL)
		return 0;
	v->text = as_text(s->arena, fallback);
	v->raw = true;
	return v->text != NULL;
}

int
values_collect(struct value_scope *s, const struct template *t, json_t *data,
    struct fault *fault_r)
{
	struct template_value v;
	const char *name;
	if (t == NULL)
		return 0;
	for (int i = 0; (name = template_name(t, i)) != NULL; i++) {
		if (value_is_link(name))
			continue;
		int rc = value_lookup(s, name, &v, fault_r);
		if (rc < 0)
			return -1;
		if (rc == 0 && template_needs(t, name))
			return fault(fault_r, FAULT_INVALID,
			    "The template "
			    "variable `%s` has neither a value nor a fallback.",
			    name);
		if (rc == 0)
			continue;
		s->used += strlen(v.text);
		if (s->used > VALUES_MAX)
			return fault(fault_r, FAULT_LIMIT,
			    "The values of the template's variables are over "
			    "%d bytes.",
			    VALUES_MAX);
		json_object_set_new(json_object_get(data, v.raw ? "r" : "d"),
		    name, json_string(v.text));
	}
	return 0;
}
