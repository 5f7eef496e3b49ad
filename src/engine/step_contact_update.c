/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contact update: writes fields of the contact, from the author's own values
 * or from what the run can see.
 */
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/utf8.h"
#include "engine/catalog.h"
#include "engine/people.h"
#include "engine/step.h"
#include "model/property.h"

enum { NAME_BYTES_MAX = 255 };

struct update_config {
	const json_t *first_name, *last_name,
	    *unsubscribed;        /* NULL: not said */
	const json_t *properties; /* or NULL */
};

static const struct json_name update_names[] = { { "first_name" },
	{ "last_name" }, { "unsubscribed" }, { "properties" }, { NULL } };

/* A value is a scalar or {"var":path}. */
static int
check_value(const char *name, const json_t *v, bool wants_bool,
    struct fault *fault_r)
{
	const char *path;
	int rc = step_read_var(v, &path, fault_r);
	if (rc < 0)
		return fault_at(fault_r, "`config.%s`", name);
	if (rc == 1)
		return 0;
	if (wants_bool ? !json_is_boolean(v)
		       : json_is_object(v) || json_is_array(v))
		return fault(fault_r, FAULT_INVALID,
		    "`config.%s` must be %s or {\"var\": \"path\"}.", name,
		    wants_bool ? "true, false"
			       : "a string, a number, a boolean, null");
	return 0;
}

static int
check_properties(const json_t *properties, struct fault *fault_r)
{
	const char *key;
	json_t *v;
	json_object_foreach ((json_t *)properties, key, v) {
		if (property_key_check(key, fault_r) != 0)
			return fault_at(fault_r, "`config.properties`");
		if (check_value(key, v, false, fault_r) != 0)
			return -1;
	}
	return 0;
}

/* No property holds more than this. */
static int
check_long(const struct json_place *p, const json_t *properties)
{
	const char *key;
	json_t *v;
	json_object_foreach ((json_t *)properties, key, v)
		if (property_is_too_long(v))
			return json_place_fault(p, key,
			    "may have at most %d characters.",
			    PROPERTY_TEXT_MAX);
	return 0;
}

static int
update_check_written(struct json_place *p, const json_t *config)
{
	const json_t *properties = json_object_get(config, "properties");
	for (const struct json_name *n = update_names; n->name != NULL; n++)
		if (strcmp(n->name, "properties") != 0 &&
		    step_check_var(p, n->name,
			json_object_get(config, n->name)) != 0)
			return -1;
	size_t at = json_place_enter(p, "properties");
	int rc = step_check_vars(p, properties) != 0
	    ? -1
	    : check_long(p, properties);
	json_place_leave(p, at);
	return rc;
}

static void *
update_compile(struct arena *a, const struct step *s, struct fault *fault_r)
{
	struct update_config *c = arena_alloc(a, sizeof(*c));
	json_t *properties;
	c->first_name = json_object_get(s->config, "first_name");
	c->last_name = json_object_get(s->config, "last_name");
	c->unsubscribed = json_object_get(s->config, "unsubscribed");
	if (json_get_object(s->config, "properties", &properties, fault_r) < 0)
		return NULL;
	c->properties = properties;
	if ((c->first_name != NULL &&
		check_value("first_name", c->first_name, false, fault_r) !=
		    0) ||
	    (c->last_name != NULL &&
		check_value("last_name", c->last_name, false, fault_r) != 0) ||
	    (c->unsubscribed != NULL &&
		check_value("unsubscribed", c->unsubscribed, true, fault_r) !=
		    0) ||
	    check_properties(properties, fault_r) != 0)
		return NULL;
	if (c->first_name == NULL && c->last_name == NULL &&
	    c->unsubscribed == NULL && c->properties == NULL) {
		fault(fault_r, FAULT_INVALID,
		    "`config` names nothing to write: first_name, last_name, "
		    "unsubscribed, properties" CLIENT_SPELLING(
			"`firstName`, `lastName`") ".");
		return NULL;
	}
	return c;
}

static bool
update_walk_paths(const void *config, bool (*fn)(void *arg, const char *path),
    void *arg)
{
	const struct update_config *c = config;
	const json_t *const own[] = { c->first_name, c->last_name,
		c->unsubscribed };
	struct fault ignored;
	const char *path;
	for (size_t i = 0; i < N_OF(own); i++)
		if (step_read_var(own[i], &path, &ignored) == 1 &&
		    !fn(arg, path))
			return false;
	return step_walk_vars(c->properties, fn, arg);
}

/* The value to be written; NULL: none can be found, leave the field. */
static const json_t *
find_value(struct step_call *c, const json_t *v)
{
	struct fault ignored;
	const char *path;
	if (v == NULL || step_read_var(v, &path, &ignored) != 1)
		return v;
	v = scope_get(&c->scope, path);
	return v == NULL || json_is_object(v) || json_is_array(v) ? NULL : v;
}

/* A name, if it may be one. True if that changes it. */
static bool
set_name(struct step_call *c, const json_t *config, const char **name)
{
	const json_t *v = find_value(c, config);
	const char *text = v == NULL ? NULL : scope_text(c->arena, v);
	if (v == NULL || same_text(text, *name) ||
	    (text != NULL &&
		(strlen(text) > NAME_BYTES_MAX ||
		    utf8_has_control(text, strlen(text)))))
		return false;
	*name = text;
	return true;
}

static bool
set_unsubscribed(struct step_call *c, const json_t *config, bool *is)
{
	const json_t *v = find_value(c, config);
	if (v == NULL || !json_is_boolean(v) || json_is_true(v) == *is)
		return false;
	*is = json_is_true(v);
	return true;
}

/* True if a contact's properties take that one as well. */
static bool
takes(const json_t *properties, const json_t *is, const json_t *value)
{
	return !property_is_too_long(value) &&
	    (is != NULL || json_object_size(properties) < PROPERTIES_MAX);
}

/* A property of the contact under way becomes a value of its type; its name is
 * added to the list if that changes it. 0 or -1 */
static int
set_property(struct step_call *c, const char *key, json_t *value, json_t *mixed,
    json_t *changed, struct fault *fault_r)
{
	const json_t *types = catalog_types(c->engine, c->txn, fault_r);
	json_t *is = json_object_get(mixed, key);
	if (types == NULL)
		return -1;
	if (json_is_null(value) ? is == NULL : !takes(mixed, is, value))
		return 0;
	json_t *fitted = property_fit(c->arena, types, key, value, fault_r);
	if (fitted == NULL)
		return -1;
	if (is != NULL && json_equal(is, fitted))
		return 0;
	if (json_is_null(value))
		json_object_del(mixed, key);
	else
		json_object_set_new(mixed, key, json_deep_copy(fitted));
	json_array_append_new(changed, json_sprintf("properties.%s", key));
	return 0;
}

/* Adds the names of properties that change to the list. 0 or -1 */
static int
set_properties(struct step_call *c, const json_t *config, struct contact *to,
    json_t *changed, struct fault *fault_r)
{
	struct fault ignored;
	json_t *old = to->properties == NULL
	    ? NULL
	    : json_parse(c->arena, to->properties, strlen(to->properties),
		  &ignored);
	json_t *mixed = old != NULL ? json_copy(old) : json_object();
	const char *key;
	json_t *v;
	size_t before = json_array_size(changed);
	int rc = 0;
	json_object_foreach ((json_t *)config, key, v) {
		const json_t *value = find_value(c, v);
		if (rc == 0 && value != NULL)
			rc = set_property(c, key, (json_t *)value, mixed,
			    changed, fault_r);
	}
	if (json_array_size(changed) > before)
		to->properties = json_object_size(mixed) > 0
		    ? json_text(c->arena, mixed)
		    : NULL;
	json_decref(mixed);
	return rc;
}

static int
update_enter(struct step_call *c, struct step_next *next, struct fault *fault_r)
{
	const struct update_config *u = c->config;
	const struct cause cause = step_cause(c);
	struct contact after = *c->contact;
	json_t *changed = json_array();
	struct fault why = { 0 };
	int rc = 0;
	if (set_name(c, u->first_name, &after.first_name))
		json_array_append_new(changed, json_string("first_name"));
	if (set_name(c, u->last_name, &after.last_name))
		json_array_append_new(changed, json_string("last_name"));
	if (set_unsubscribed(c, u->unsubscribed, &after.unsubscribed))
		json_array_append_new(changed, json_string("unsubscribed"));
	if (u->properties != NULL)
		rc = set_properties(c, u->properties, &after, changed, &why);
	if (rc == 0 && json_array_size(changed) > 0)
		rc = people_update(c->engine, c->txn, c->arena, c->contact,
		    &after, &cause, c->now_ms, &why);
	const char *output = arena_printf(c->arena, "{\"changed\":%s}",
	    json_text(c->arena, changed));
	json_decref(changed);
	if (rc < 0 && why.kind == FAULT_INVALID)
		return step_fail(c, next, "invalid_property", why.text);
	if (rc < 0) {
		*fault_r = why;
		return -1;
	}
	next->what = STEP_GO;
	next->output = output;
	return 0;
}

const struct step_type step_contact_update = {
	.name = "contact_update",
	.summary = "Writes fields and properties of the contact.",
	.outs = OUT(DEFAULT),
	.names = update_names,
	.check_written = update_check_written,
	.compile = update_compile,
	.walk_paths = update_walk_paths,
	.enter = update_enter,
};
