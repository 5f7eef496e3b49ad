/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/values.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"

/* Of one email's values: each is kept with the email and with the run. */
enum { VALUES_MAX = 256 << 10 };

bool
value_is_link(const char *name)
{
	return strcmp(name, "RESEND_UNSUBSCRIBE_URL") == 0 ||
	    strcmp(name, "UNSUBSCRIBE_URL") == 0 ||
	    strcmp(name, "unsubscribe_url") == 0;
}

/* What a property's definition says where a contact has no value. */
static const json_t *
default_of(const struct scope *s, const char *path)
{
	if (s->defaults == NULL || strncmp(path, "contact.", 8) != 0)
		return NULL;
	path += 8;
	if (strncmp(path, "properties.", 11) == 0)
		path += 11;
	return json_object_get(s->defaults, path);
}

/* The value at a path as text; NULL if it is missing or null. Of somebody who
 * is no contact the address is known. */
static const char *
text_at(struct value_scope *s, const char *path)
{
	const json_t *v = scope_get(s->scope, path);
	if (v == NULL || json_is_null(v))
		v = default_of(s->scope, path);
	if (v != NULL)
		return scope_text(s->scope->arena, v);
	return strcmp(path, "contact.email") == 0 ? s->address : NULL;
}

/* What the step's own variables say of a name. */
static int
from_step(struct value_scope *s, const char *name, struct template_value *v)
{
	const json_t *value = json_object_get(s->variables, name);
	if (value == NULL || json_is_null(value))
		return 0;
	const char *path = json_is_object(value) && json_object_size(value) == 1
	    ? json_string_value(json_object_get(value, "var"))
	    : NULL;
	if (path != NULL) {
		v->text = text_at(s, path);
		return v->text != NULL;
	}
	v->text = scope_text(s->scope->arena, value);
	v->raw = !s->are_data;
	return 1;
}

int
value_lookup(void *scope, const char *name, struct template_value *v,
    struct fault *fault_r)
{
	static const struct {
		const char *name, *path;
	} reserved[] = { { "EMAIL", "contact.email" },
		{ "FIRST_NAME", "contact.first_name" },
		{ "LAST_NAME", "contact.last_name" } };
	struct value_scope *s = scope;
	(void)fault_r;
	*v = (struct template_value){ 0 };
	if (from_step(s, name, v) == 1)
		return 1;
	for (size_t i = 0; i < N_OF(reserved); i++)
		if (strcmp(reserved[i].name, name) == 0)
			v->text = text_at(s, reserved[i].path);
	if (v->text == NULL && scope_knows(name))
		v->text = text_at(s, name);
	if (v->text != NULL)
		return 1;
	const json_t *fallback = json_object_get(s->fallbacks, name);
	if (fallback == NULL)
		return 0;
	v->text = scope_text(s->scope->arena, fallback);
	v->raw = true;
	return v->text != NULL;
}

int
values_header(struct value_scope *s, const struct template *t,
    const char **text_r, struct fault *fault_r)
{
	struct buf b = { 0 };
	int rc = template_render(t, value_lookup, s, &b, fault_r);
	if (rc == 0)
		*text_r =
		    arena_strndup(s->scope->arena, b.len ? b.data : "", b.len);
	buf_free(&b);
	return rc;
}

bool
values_have_link(const struct template *t)
{
	const char *name;
	for (int i = 0; t != NULL && (name = template_name(t, i)) != NULL; i++)
		if (value_is_link(name))
			return true;
	return false;
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
