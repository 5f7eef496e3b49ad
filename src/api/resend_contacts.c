/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contacts by id or address, and the topics they choose among.
 */
#include <ctype.h>
#include <string.h>

#include "api/call.h"
#include "base/id.h"
#include "base/json.h"
#include "base/utf8.h"
#include "model/address.h"
#include "model/contact.h"
#include "store/contacts.h"

enum { NAME_BYTES_MAX = 255, PROPERTY_KEY_MAX = 50 };

/* What a request says of a contact; only what it names is changed. */
struct contact_input {
	struct contact c;
	bool has_first_name, has_last_name, has_unsubscribed;
	const json_t *properties; /* NULL: not said */
};

static int
read_name(const json_t *o, const char *field, const char **value_r, bool *has_r,
    struct fault *fault_r)
{
	*has_r = json_object_get(o, field) != NULL;
	if (json_get_string(o, field, value_r, fault_r) < 0)
		return -1;
	if (*value_r != NULL &&
	    (strlen(*value_r) > NAME_BYTES_MAX ||
		utf8_has_control(*value_r, strlen(*value_r))))
		return fault(fault_r, FAULT_INVALID,
		    "The `%s` field must have "
		    "at most %d bytes and no control characters.",
		    field, NAME_BYTES_MAX);
	return 0;
}

static int
read_properties(const json_t *o, struct contact_input *in,
    struct fault *fault_r)
{
	json_t *properties, *value;
	const char *key;
	int rc = json_get_object(o, "properties", &properties, fault_r);
	if (rc <= 0)
		return rc;
	json_object_foreach (properties, key, value) {
		size_t n = strlen(key);
		for (size_t i = 0; i < n; i++)
			if (!isalnum((unsigned char)key[i]) && key[i] != '_')
				n = 0;
		if (n == 0 || n > PROPERTY_KEY_MAX)
			return fault(fault_r, FAULT_INVALID,
			    "`properties`: a "
			    "key must have 1 to %d letters, digits or "
			    "underscores.",
			    PROPERTY_KEY_MAX);
		if (json_is_object(value) || json_is_array(value))
			return fault(fault_r, FAULT_INVALID,
			    "`properties.%s` "
			    "must be a string, a number, a boolean or null.",
			    key);
	}
	in->properties = properties;
	return 0;
}

static int
input_parse(struct call *c, struct fault *fault_r)
{
	struct contact_input *in = c->input =
	    arena_alloc(c->arena, sizeof(*in));
	const json_t *o = c->body;
	if (!json_is_object(o))
		return fault(fault_r, FAULT_INVALID,
		    "The body must be a JSON object.");
	in->has_unsubscribed = json_object_get(o, "unsubscribed") != NULL;
	if (read_name(o, "first_name", &in->c.first_name, &in->has_first_name,
		fault_r) != 0 ||
	    read_name(o, "last_name", &in->c.last_name, &in->has_last_name,
		fault_r) != 0 ||
	    json_get_bool(o, "unsubscribed", &in->c.unsubscribed, fault_r) <
		0 ||
	    json_get_string(o, "email", &in->c.email, fault_r) < 0)
		return -1;
	if (in->c.email != NULL &&
	    (in->c.email_key = address_key(c->arena, in->c.email, fault_r)) ==
		NULL)
		return fault_at(fault_r, "The `email` field");
	return read_properties(o, in, fault_r);
}

static int
create_parse(struct call *c, struct fault *fault_r)
{
	const char *email;
	if (!json_is_object(c->body))
		return fault(fault_r, FAULT_INVALID,
		    "The body must be a JSON object.");
	if (json_need_string(c->body, "email", &email, fault_r) != 0)
		return -1;
	return input_parse(c, fault_r);
}

/* Puts what the request says over what is known. True if that changed it. */
static bool
merge(struct call *c, const struct contact_input *in, struct contact *to)
{
	struct contact old = *to;
	struct fault ignored;
	if (in->has_first_name)
		to->first_name = in->c.first_name;
	if (in->has_last_name)
		to->last_name = in->c.last_name;
	if (in->has_unsubscribed)
		to->unsubscribed = in->c.unsubscribed;
	if (in->c.email_key != NULL) {
		to->email = in->c.email;
		to->email_key = in->c.email_key;
	}
	if (in->properties != NULL) {
		json_t *all = to->properties == NULL
		    ? NULL
		    : json_parse(c->arena, to->properties,
			  strlen(to->properties), &ignored);
		json_t *mixed = all != NULL ? json_copy(all) : json_object();
		const char *key;
		json_t *value;
		json_object_foreach ((json_t *)in->properties, key, value) {
			if (json_is_null(value))
				json_object_del(mixed, key);
			else
				json_object_set(mixed, key, value);
		}
		to->properties = json_object_size(mixed) > 0
		    ? json_text(c->arena, mixed)
		    : NULL;
		json_decref(mixed);
	}
#define SAME(a, b) \
	((a) == (b) || ((a) != NULL && (b) != NULL && strcmp((a), (b)) == 0))
	return !SAME(old.first_name, to->first_name) ||
	    !SAME(old.last_name, to->last_name) ||
	    !SAME(old.email, to->email) ||
	    !SAME(old.properties, to->properties) ||
	    old.unsubscribed != to->unsubscribed;
#undef SAME
}

static int
create_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct contact_input *in = c->input;
	struct contact contact;
	int rc = store_contact_by_key(t, c->arena, in->c.email_key, &contact,
	    fault_r);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		contact = (struct contact){ .id = txn_new_id(t, c->now_ms) };
		merge(c, in, &contact);
		rc = store_contact_insert(t, &contact, fault_r);
	} else {
		bool changed = merge(c, in, &contact);
		contact.updated_ms = c->now_ms;
		rc = changed ? store_contact_update(t, &contact, fault_r) : 0;
	}
	return rc != 0 ? -1 : call_object(c, 201, "contact", contact.id, NULL);
}

/* The contact a path names, by id or address. 0 or -1. */
static int
find(struct call *c, struct txn *t, struct contact *contact,
    struct fault *fault_r)
{
	const char *text = c->params[0], *key;
	int64_t id;
	int rc;
	if (strchr(text, '@') != NULL) {
		if ((key = address_key(c->arena, text, fault_r)) == NULL)
			return -1;
		rc = store_contact_by_key(t, c->arena, key, contact, fault_r);
	} else {
		if (call_id(c, 0, "Contact", &id, fault_r) != 0)
			return -1;
		rc = store_contact_by_id(t, c->arena, id, contact, fault_r);
	}
	if (rc == 0)
		return not_found(fault_r, "Contact");
	return rc == 1 ? 0 : -1;
}

static int
update_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct contact contact;
	if (find(c, t, &contact, fault_r) != 0)
		return -1;
	if (merge(c, c->input, &contact)) {
		contact.updated_ms = c->now_ms;
		if (store_contact_update(t, &contact, fault_r) != 0)
			return fault_r->kind != FAULT_CONFLICT
			    ? -1
			    : fault(fault_r, FAULT_INVALID,
				  "The address "
				  "belongs to another contact.");
	}
	return call_object(c, 200, "contact", contact.id, NULL);
}

static int
delete_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct contact contact;
	if (find(c, t, &contact, fault_r) != 0 ||
	    store_contact_delete(t, contact.id, fault_r) < 0)
		return -1;
	return call_object(c, 200, "contact", contact.id,
	    json_pack("{s:o, s:b}", "contact", json_id(contact.id), "deleted",
		1));
}

static json_t *
summary_json(const void *item)
{
	const struct contact *c = item;
	return json_pack("{s:o, s:s, s:s?, s:s?, s:o, s:b}", "id",
	    json_id(c->id), "email", c->email, "first_name", c->first_name,
	    "last_name", c->last_name, "created_at",
	    json_time(id_time_ms(c->id)), "unsubscribed", c->unsubscribed);
}

/* Properties as {"key":{"type":...,"value":...}}. */
static json_t *
properties_json(const struct contact *c)
{
	json_t *out = json_object(), *value;
	json_t *plain = c->properties != NULL ? json_text_value(c->properties)
					      : json_object();
	const char *key;
	json_object_foreach (plain, key, value)
		json_object_set_new(out, key,
		    json_pack("{s:s, s:O}", "type",
			json_is_number(value)        ? "number"
			    : json_is_boolean(value) ? "boolean"
						     : "string",
			"value", value));
	json_decref(plain);
	return out;
}

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct contact contact;
	if (find(c, t, &contact, fault_r) != 0)
		return -1;
	json_t *o = summary_json(&contact);
	json_object_set_new(o, "object", json_string("contact"));
	json_object_set_new(o, "properties", properties_json(&contact));
	return call_json(c, 200, o);
}

static int
list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct list list;
	if (store_contact_list(t, c->arena, &c->page, &list, fault_r) != 0)
		return -1;
	return call_list(c, &list, sizeof(struct contact), summary_json);
}

/* ---- topics ------------------------------------------------------------ */

enum { TOPIC_NAME_MAX = 50, TOPIC_DESCRIPTION_MAX = 200 };

static int
topic_parse(struct call *c, struct fault *fault_r)
{
	struct topic *t = c->input = arena_alloc(c->arena, sizeof(*t));
	const char *subscription, *visibility;
	if (!json_is_object(c->body))
		return fault(fault_r, FAULT_INVALID,
		    "The body must be a JSON object.");
	if (json_need_string(c->body, "name", &t->name, fault_r) != 0 ||
	    json_need_string(c->body, "default_subscription", &subscription,
		fault_r) != 0 ||
	    json_get_string(c->body, "description", &t->description, fault_r) <
		0 ||
	    json_get_string(c->body, "visibility", &visibility, fault_r) < 0)
		return -1;
	if (t->name[0] == '\0' || strlen(t->name) > TOPIC_NAME_MAX ||
	    utf8_has_control(t->name, strlen(t->name)))
		return fault(fault_r, FAULT_INVALID,
		    "The `name` field must "
		    "have 1 to %d bytes and no control characters.",
		    TOPIC_NAME_MAX);
	if (t->description != NULL &&
	    strlen(t->description) > TOPIC_DESCRIPTION_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "The `description` field "
		    "may have at most %d bytes.",
		    TOPIC_DESCRIPTION_MAX);
	t->default_in = strcmp(subscription, "opt_in") == 0;
	if (!t->default_in && strcmp(subscription, "opt_out") != 0)
		return fault(fault_r, FAULT_INVALID,
		    "The "
		    "`default_subscription` field must be `opt_in` or "
		    "`opt_out`.");
	t->is_public = visibility != NULL && strcmp(visibility, "public") == 0;
	if (visibility != NULL && !t->is_public &&
	    strcmp(visibility, "private") != 0)
		return fault(fault_r, FAULT_INVALID,
		    "The `visibility` field must be `public` or `private`.");
	return 0;
}

static int
topic_create_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct topic topic = *(struct topic *)c->input;
	topic.id = txn_new_id(t, c->now_ms);
	if (store_topic_insert(t, &topic, fault_r) != 0)
		return -1;
	return call_object(c, 201, "topic", topic.id, NULL);
}

static json_t *
topic_json(const void *item)
{
	const struct topic *t = item;
	return json_pack("{s:o, s:s, s:s?, s:s, s:s, s:o}", "id",
	    json_id(t->id), "name", t->name, "description", t->description,
	    "default_subscription", t->default_in ? "opt_in" : "opt_out",
	    "visibility", t->is_public ? "public" : "private", "created_at",
	    json_time(id_time_ms(t->id)));
}

static int
topic_get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct topic topic;
	int64_t id;
	if (call_id(c, 0, "Topic", &id, fault_r) != 0)
		return -1;
	int rc = store_topic_get(t, c->arena, id, &topic, fault_r);
	if (rc != 1)
		return rc == 0 ? not_found(fault_r, "Topic") : -1;
	json_t *o = topic_json(&topic);
	json_object_set_new(o, "object", json_string("topic"));
	return call_json(c, 200, o);
}

static int
topic_list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct list list;
	if (store_topic_list(t, c->arena, &c->page, &list, fault_r) != 0)
		return -1;
	return call_list(c, &list, sizeof(struct topic), topic_json);
}

static int
topic_delete_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	int64_t id;
	if (call_id(c, 0, "Topic", &id, fault_r) != 0)
		return -1;
	int rc = store_topic_delete(t, id, fault_r);
	if (rc != 1)
		return rc == 0 ? not_found(fault_r, "Topic") : -1;
	return call_object(c, 200, "topic", id,
	    json_pack("{s:b}", "deleted", 1));
}

const struct route routes_contacts[] = { { "POST", "/contacts", create_run,
					     ROUTE_WRITE | ROUTE_BODY,
					     create_parse },
	{ "GET", "/contacts", list_run, ROUTE_READ, call_parse_page },
	{ "GET", "/contacts/:id", get_run, ROUTE_READ },
	{ "PATCH", "/contacts/:id", update_run, ROUTE_WRITE | ROUTE_BODY,
	    input_parse },
	{ "DELETE", "/contacts/:id", delete_run, ROUTE_WRITE },
	{ "POST", "/topics", topic_create_run, ROUTE_WRITE | ROUTE_BODY,
	    topic_parse },
	{ "GET", "/topics", topic_list_run, ROUTE_READ, call_parse_page },
	{ "GET", "/topics/:id", topic_get_run, ROUTE_READ },
	{ "DELETE", "/topics/:id", topic_delete_run, ROUTE_WRITE }, { NULL } };
