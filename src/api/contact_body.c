/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "api/contact_body.h"

#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "engine/engine.h"
#include "model/address.h"
#include "model/property.h"

enum { NAME_BYTES_MAX = 255, PARTS_MAX = 100 };

const struct json_name choice_names[] = { { "id" }, { "subscription" },
	{ NULL } };

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
		    "The `%s` field must have at most %d bytes and no control "
		    "characters.",
		    field, NAME_BYTES_MAX);
	return 0;
}

static int
read_properties(const json_t *o, struct contact_body *in, struct fault *fault_r)
{
	json_t *properties, *value;
	const char *key;
	int rc = json_get_object(o, "properties", &properties, fault_r);
	if (rc <= 0)
		return rc;
	json_object_foreach (properties, key, value) {
		if (property_key_check(key, fault_r) != 0)
			return fault_at(fault_r, "`properties`");
		if (property_value_check(key, value, fault_r) != 0)
			return -1;
	}
	in->properties = properties;
	return 0;
}

/* An array of the body, not too long. 1, 0 absent, -1 */
static int
read_array(const json_t *o, const char *field, json_t **list_r,
    struct fault *fault_r)
{
	int rc = json_get_array(o, field, list_r, fault_r);
	if (rc == 1 && json_array_size(*list_r) > PARTS_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "`%s` may have at most %d elements.", field, PARTS_MAX);
	return rc;
}

int
segment_ids_read(struct call *c, const json_t *list, int64_t **ids_r, int *n_r,
    struct fault *fault_r)
{
	json_t *item;
	size_t i;
	*n_r = 0;
	if (json_array_size(list) > PARTS_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "`segments` may have at most %d elements.", PARTS_MAX);
	*ids_r = arena_alloc(c->arena,
	    (json_array_size(list) + 1) * sizeof(**ids_r));
	json_array_foreach (list, i, item) {
		const char *id = json_string_value(
		    json_is_object(item) ? json_object_get(item, "id") : item);
		if (id == NULL)
			return fault(fault_r, FAULT_INVALID,
			    "segments[%zu] must be an id or an object with an "
			    "`id`.",
			    i);
		if (call_text_id(id, "segments", "Audience",
			&(*ids_r)[(*n_r)++], fault_r) != 0)
			return -1;
	}
	return 0;
}

static int
read_choice(const json_t *o, struct topic_choice *choice, struct fault *fault_r)
{
	const char *id, *subscription;
	if (!json_is_object(o))
		return fault(fault_r, FAULT_INVALID, "must be an object.");
	if (json_need_string(o, "id", &id, fault_r) != 0 ||
	    json_need_string(o, "subscription", &subscription, fault_r) != 0)
		return -1;
	choice->opted_in = strcmp(subscription, "opt_in") == 0;
	if (!choice->opted_in && strcmp(subscription, "opt_out") != 0)
		return fault(fault_r, FAULT_INVALID,
		    "`subscription` must be `opt_in` or `opt_out`, not `%s`.",
		    subscription);
	return call_text_id(id, "id", "Topic", &choice->topic, fault_r);
}

int
topic_choices_read(struct call *c, const json_t *list,
    struct topic_choice **choices_r, int *n_r, struct fault *fault_r)
{
	json_t *item;
	size_t i;
	*n_r = 0;
	if (json_array_size(list) > PARTS_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "`topics` may have at most %d elements.", PARTS_MAX);
	*choices_r = arena_alloc(c->arena,
	    (json_array_size(list) + 1) * sizeof(**choices_r));
	json_array_foreach (list, i, item)
		if (read_choice(item, &(*choices_r)[(*n_r)++], fault_r) != 0)
			return fault_r->kind == FAULT_NOT_FOUND
			    ? -1
			    : fault_at(fault_r, "topics[%zu]", i);
	return 0;
}

int
topic_choices_set(struct call *c, struct txn *t, int64_t contact,
    const struct topic_choice *choices, int n, struct fault *fault_r)
{
	return engine_topics_set(c->api->engine, t, c->arena, contact, choices,
		   n, 0, c->now_ms, fault_r) < 0
	    ? -1
	    : 0;
}

int
contact_fields_read(const json_t *o, struct contact_body *in,
    struct fault *fault_r)
{
	int said =
	    json_get_bool(o, "unsubscribed", &in->c.unsubscribed, fault_r);
	in->has_unsubscribed = said == 1;
	return said < 0 ||
		read_name(o, "first_name", &in->c.first_name,
		    &in->has_first_name, fault_r) != 0 ||
		read_name(o, "last_name", &in->c.last_name, &in->has_last_name,
		    fault_r) != 0
	    ? -1
	    : read_properties(o, in, fault_r);
}

/* All a body may say. */
static int
read_body(struct call *c, struct contact_body *in, struct fault *fault_r)
{
	json_t *topics, *list;
	const json_t *o = c->body;
	int said;
	if (contact_fields_read(o, in, fault_r) != 0 ||
	    json_get_string(o, "email", &in->c.email, fault_r) < 0)
		return -1;
	if ((said = read_array(o, "segments", &list, fault_r)) < 0 ||
	    (said == 1 &&
		segment_ids_read(c, list, &in->segments, &in->n_segments,
		    fault_r) != 0))
		return -1;
	if (in->c.email != NULL &&
	    (in->c.email_key = address_key(c->arena, in->c.email, fault_r)) ==
		NULL)
		return fault_at(fault_r, "The `email` field");
	int rc = read_array(o, "topics", &topics, fault_r);
	return rc == 1
	    ? topic_choices_read(c, topics, &in->topics, &in->n_topics, fault_r)
	    : rc;
}

int
contact_body_parse(struct call *c, struct fault *fault_r)
{
	struct contact_body *in = c->input = arena_alloc(c->arena, sizeof(*in));
	return call_need_object(c, fault_r) != 0 ? -1
						 : read_body(c, in, fault_r);
}

int
contact_body_parse_new(struct call *c, struct fault *fault_r)
{
	const char *email;
	if (call_need_object(c, fault_r) != 0 ||
	    json_need_string(c->body, "email", &email, fault_r) != 0)
		return -1;
	return contact_body_parse(c, fault_r);
}

int
contact_body_merge(struct call *c, const struct contact_body *in,
    struct contact *to, struct fault *fault_r)
{
	if (in->has_first_name)
		to->first_name = in->c.first_name;
	if (in->has_last_name)
		to->last_name = in->c.last_name;
	if (in->has_unsubscribed)
		to->unsubscribed = in->c.unsubscribed;
	return in->properties == NULL
	    ? 0
	    : properties_merge(c->arena, in->properties, &to->properties,
		  fault_r);
}
