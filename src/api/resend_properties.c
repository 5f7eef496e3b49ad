/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which properties contacts may have, and what stands in for one that a contact
 * does not have.
 */
#include <string.h>

#include "api/call.h"
#include "api/contact_body.h"
#include "base/id.h"
#include "base/json.h"
#include "model/contact.h"
#include "model/property.h"
#include "store/properties.h"

static const char *const types[PROPERTY_TYPE_COUNT] = {
	[PROPERTY_STRING] = "string",
	[PROPERTY_NUMBER] = "number",
	[PROPERTY_BOOLEAN] = "boolean",
};

static int
read_type(const char *name, enum property_type *type_r, struct fault *fault_r)
{
	for (int i = 0; i < PROPERTY_TYPE_COUNT; i++)
		if (strcmp(types[i], name) == 0) {
			*type_r = (enum property_type)i;
			return 0;
		}
	return fault(fault_r, FAULT_INVALID,
	    "The `type` field must be `string`, `number` or `boolean`, not "
	    "`%s`.",
	    name);
}

/* The fallback must be of the property's type; NULL and null are none. */
static int
check_fallback(const json_t *v, enum property_type type, struct fault *fault_r)
{
	bool fits = v == NULL || json_is_null(v) ||
	    (type == PROPERTY_STRING && json_is_string(v)) ||
	    (type == PROPERTY_NUMBER && json_is_number(v)) ||
	    (type == PROPERTY_BOOLEAN && json_is_boolean(v));
	if (!fits)
		return fault(fault_r, FAULT_INVALID,
		    "The `fallback_value` field must be a %s or null.",
		    types[type]);
	if (property_is_too_long(v))
		return fault(fault_r, FAULT_INVALID,
		    "The `fallback_value` field may have at most %d "
		    "characters.",
		    PROPERTY_TEXT_MAX);
	return 0;
}

static const char *
fallback_text(struct call *c)
{
	const json_t *v = json_object_get(c->body, "fallback_value");
	return v == NULL || json_is_null(v) ? NULL : json_text(c->arena, v);
}

static int
create_parse(struct call *c, struct fault *fault_r)
{
	struct contact_property *p = c->input =
	    arena_alloc(c->arena, sizeof(*p));
	const char *type;
	if (call_need_object(c, fault_r) != 0 ||
	    json_need_string(c->body, "key", &p->key, fault_r) != 0 ||
	    json_need_string(c->body, "type", &type, fault_r) != 0 ||
	    read_type(type, &p->type, fault_r) != 0)
		return -1;
	if (property_key_check(p->key, fault_r) != 0)
		return fault_at(fault_r, "The `key` field");
	p->fallback = fallback_text(c);
	return check_fallback(json_object_get(c->body, "fallback_value"),
	    p->type, fault_r);
}

static int
create_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct contact_property p = *(const struct contact_property *)c->input;
	p.id = txn_new_id(t, c->now_ms);
	int rc = store_property_insert(t, &p, fault_r);
	if (rc == 0)
		fault(fault_r, FAULT_INVALID,
		    "There is a property `%s` already.", p.key);
	return rc != 1 ? -1
		       : call_object(c, 201, "contact_property", p.id, NULL);
}

static json_t *
property_json(const void *item)
{
	const struct contact_property *p = item;
	return json_pack("{s:o, s:s, s:s, s:o, s:o}", "id", json_id(p->id),
	    "key", p->key, "type", types[p->type % PROPERTY_TYPE_COUNT],
	    "fallback_value", json_text_value(p->fallback), "created_at",
	    json_time(id_time_ms(p->id)));
}

static int
list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct list list;
	if (store_property_list(t, c->arena, &c->page, &list, fault_r) != 0)
		return -1;
	return call_list(c, &list, sizeof(struct contact_property),
	    property_json);
}

static int
find(struct call *c, struct txn *t, struct contact_property *p,
    struct fault *fault_r)
{
	static const char what[] = "Contact property";
	int64_t id;
	if (call_id(c, 0, what, &id, fault_r) != 0)
		return -1;
	int rc = store_property_get(t, c->arena, id, p, fault_r);
	return rc == 0 ? not_found(fault_r, what) : rc == 1 ? 0 : -1;
}

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct contact_property p;
	if (find(c, t, &p, fault_r) != 0)
		return -1;
	json_t *o = property_json(&p);
	json_object_set_new(o, "object", json_string("contact_property"));
	return call_json(c, 200, o);
}

static int
update_parse(struct call *c, struct fault *fault_r)
{
	if (call_need_object(c, fault_r) != 0)
		return -1;
	if (json_object_get(c->body, "fallback_value") == NULL)
		return fault(fault_r, FAULT_MISSING,
		    "Missing `fallback_value` field.");
	c->input = (void *)fallback_text(c);
	return 0;
}

/* Key and type cannot be changed: contacts have values of it. */
static int
update_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct contact_property p;
	if (find(c, t, &p, fault_r) != 0 ||
	    check_fallback(json_object_get(c->body, "fallback_value"), p.type,
		fault_r) != 0)
		return -1;
	p.fallback = c->input;
	if (store_property_update(t, &p, fault_r) != 0)
		return -1;
	return call_object(c, 200, "contact_property", p.id, NULL);
}

static int
delete_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct contact_property p;
	if (find(c, t, &p, fault_r) != 0 ||
	    store_property_delete(t, p.id, fault_r) < 0)
		return -1;
	return call_object(c, 200, "contact_property", p.id,
	    json_pack("{s:b}", "deleted", 1));
}

static const struct json_name fields[] = { { "key" }, { "type" },
	{ "fallback_value" }, { NULL } };
static const struct json_name update_fields[] = { { "fallback_value" },
	{ NULL } };

const struct route routes_properties[] = {
	{ "POST", "/contact-properties", create_run, ROUTE_WRITE | ROUTE_BODY,
	    create_parse, .fields = fields },
	{ "GET", "/contact-properties", list_run, ROUTE_READ, call_parse_page },
	{ "GET", "/contact-properties/:id", get_run, ROUTE_READ },
	{ "PATCH", "/contact-properties/:id", update_run,
	    ROUTE_WRITE | ROUTE_BODY, update_parse, .fields = update_fields },
	{ "DELETE", "/contact-properties/:id", delete_run, ROUTE_WRITE },
	{ NULL }
};
