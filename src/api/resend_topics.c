/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Topics, and what a contact chose of them.
 */
#include <string.h>

#include "api/call.h"
#include "api/contact_body.h"
#include "api/find.h"
#include "base/id.h"
#include "base/json.h"
#include "base/utf8.h"
#include "engine/hooks.h"
#include "model/contact.h"
#include "store/contacts.h"

enum { TOPIC_NAME_MAX = 50, TOPIC_DESCRIPTION_MAX = 200 };

struct topic_body {
	struct topic topic;
	bool has_description, has_visibility;
};

static const char *
subscription_name(bool opted_in)
{
	return opted_in ? "opt_in" : "opt_out";
}

/* A field that is one of two words: whether it is the first. 1, 0 absent, -1 */
static int
read_choice(const json_t *o, const char *field, const char *yes, const char *no,
    bool *is_yes_r, struct fault *fault_r)
{
	const char *word;
	int rc = json_get_string(o, field, &word, fault_r);
	if (rc <= 0)
		return rc;
	*is_yes_r = strcmp(word, yes) == 0;
	if (!*is_yes_r && strcmp(word, no) != 0)
		return fault(fault_r, FAULT_INVALID,
		    "The `%s` field must be `%s` or `%s`, not `%s`.", field,
		    yes, no, word);
	return 1;
}

/* What may be changed later, too; but for the name. */
static int
read_body(struct call *c, struct topic_body *in, struct fault *fault_r)
{
	struct topic *t = &in->topic;
	in->has_description = json_object_get(c->body, "description") != NULL;
	int visibility = read_choice(c->body, "visibility", "public", "private",
	    &t->is_public, fault_r);
	in->has_visibility = visibility == 1;
	if (visibility < 0 ||
	    json_get_string(c->body, "description", &t->description, fault_r) <
		0)
		return -1;
	if (t->description != NULL &&
	    (strlen(t->description) > TOPIC_DESCRIPTION_MAX ||
		utf8_has_control(t->description, strlen(t->description))))
		return fault(fault_r, FAULT_INVALID,
		    "The `description` field may have at most %d bytes and no "
		    "control characters.",
		    TOPIC_DESCRIPTION_MAX);
	return 0;
}

static int
create_parse(struct call *c, struct fault *fault_r)
{
	struct topic_body *in = c->input = arena_alloc(c->arena, sizeof(*in));
	const char *subscription;
	if (call_need_object(c, fault_r) != 0 ||
	    call_need_line(c, "name", TOPIC_NAME_MAX, &in->topic.name,
		fault_r) != 0 ||
	    json_need_string(c->body, "default_subscription", &subscription,
		fault_r) != 0 ||
	    read_choice(c->body, "default_subscription", "opt_in", "opt_out",
		&in->topic.default_in, fault_r) < 0)
		return -1;
	return read_body(c, in, fault_r);
}

static int
create_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct topic topic = ((const struct topic_body *)c->input)->topic;
	topic.id = txn_new_id(t, c->now_ms);
	if (store_topic_insert(t, &topic, fault_r) != 0 ||
	    hooks_say_topic(c->api->engine, t, HOOK_TOPIC_CREATED, &topic,
		c->now_ms, fault_r) != 0)
		return -1;
	return call_object(c, 201, "topic", topic.id, NULL);
}

static json_t *
topic_json(const void *item)
{
	const struct topic *t = item;
	return json_pack("{s:o, s:s, s:s?, s:s, s:s, s:o}", "id",
	    json_id(t->id), "name", t->name, "description", t->description,
	    "default_subscription", subscription_name(t->default_in),
	    "visibility", t->is_public ? "public" : "private", "created_at",
	    json_time(id_time_ms(t->id)));
}

static int
find(struct call *c, struct txn *t, struct topic *topic, struct fault *fault_r)
{
	int64_t id;
	if (call_id(c, 0, "Topic", &id, fault_r) != 0)
		return -1;
	int rc = store_topic_get(t, c->arena, id, topic, fault_r);
	return rc == 0 ? not_found(fault_r, "Topic") : rc == 1 ? 0 : -1;
}

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct topic topic;
	if (find(c, t, &topic, fault_r) != 0)
		return -1;
	json_t *o = topic_json(&topic);
	json_object_set_new(o, "object", json_string("topic"));
	return call_json(c, 200, o);
}

static int
list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct list list;
	if (store_topic_list(t, c->arena, &c->page, &list, fault_r) != 0)
		return -1;
	return call_list(c, &list, sizeof(struct topic), topic_json);
}

/* What it means not to have chosen was promised when it was made. */
static int
update_parse(struct call *c, struct fault *fault_r)
{
	struct topic_body *in = c->input = arena_alloc(c->arena, sizeof(*in));
	if (call_need_object(c, fault_r) != 0 ||
	    call_get_line(c, "name", TOPIC_NAME_MAX, &in->topic.name, fault_r) <
		0 ||
	    read_body(c, in, fault_r) != 0)
		return -1;
	if (json_object_get(c->body, "default_subscription") != NULL)
		return fault(fault_r, FAULT_INVALID,
		    "The `default_subscription` of a topic cannot be changed.");
	if (in->topic.name == NULL && !in->has_description &&
	    !in->has_visibility)
		return fault(fault_r, FAULT_INVALID,
		    "Give at least one of `name`, `description` and "
		    "`visibility`.");
	return 0;
}

static int
update_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct topic_body *in = c->input;
	struct topic topic;
	if (find(c, t, &topic, fault_r) != 0)
		return -1;
	if (in->topic.name != NULL)
		topic.name = in->topic.name;
	if (in->has_description)
		topic.description = in->topic.description;
	if (in->has_visibility)
		topic.is_public = in->topic.is_public;
	if (store_topic_update(t, &topic, fault_r) != 0 ||
	    hooks_say_topic(c->api->engine, t, HOOK_TOPIC_UPDATED, &topic,
		c->now_ms, fault_r) != 0)
		return -1;
	return call_object(c, 200, "topic", topic.id, NULL);
}

static int
delete_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct topic topic;
	if (find(c, t, &topic, fault_r) != 0 ||
	    store_topic_delete(t, topic.id, fault_r) < 0 ||
	    hooks_say_topic(c->api->engine, t, HOOK_TOPIC_DELETED, &topic,
		c->now_ms, fault_r) != 0)
		return -1;
	return call_object(c, 200, "topic", topic.id,
	    json_pack("{s:b}", "deleted", 1));
}

/* ---- of a contact ------------------------------------------------------ */

static json_t *
subscription_json(const void *item)
{
	const struct subscription *s = item;
	return json_pack("{s:o, s:s, s:s?, s:s}", "id", json_id(s->topic.id),
	    "name", s->topic.name, "description", s->topic.description,
	    "subscription", subscription_name(s->opted_in));
}

static int
of_contact_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct contact contact;
	struct list list;
	if (find_contact(c, t, 0, &contact, fault_r) != 0 ||
	    store_topics_of(t, c->arena, contact.id, &c->page, &list,
		fault_r) != 0)
		return -1;
	return call_list(c, &list, sizeof(struct subscription),
	    subscription_json);
}

struct choices {
	struct topic_choice *all;
	int n;
};

/* A bare array, as clients send it, or one called topics. */
static int
choose_parse(struct call *c, struct fault *fault_r)
{
	struct choices *in = c->input = arena_alloc(c->arena, sizeof(*in));
	json_t *topics = (json_t *)c->body;
	if (!json_is_array(c->body) &&
	    (call_need_object(c, fault_r) != 0 ||
		json_need_array(c->body, "topics", &topics, fault_r) != 0))
		return -1;
	return topic_choices_read(c, topics, &in->all, &in->n, fault_r);
}

static int
choose_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct choices *in = c->input;
	struct contact contact;
	json_t *topics = json_array();
	if (find_contact(c, t, 0, &contact, fault_r) != 0 ||
	    topic_choices_set(c, t, contact.id, in->all, in->n, fault_r) != 0) {
		json_decref(topics);
		return -1;
	}
	for (int i = 0; i < in->n; i++)
		json_array_append_new(topics,
		    json_pack("{s:o, s:s}", "id", json_id(in->all[i].topic),
			"subscription",
			subscription_name(in->all[i].opted_in)));
	return call_object(c, 200, "contact_topics", contact.id,
	    json_pack("{s:o, s:o}", "contact_id", json_id(contact.id), "topics",
		topics));
}

static const struct json_name new_fields[] = { { "name" },
	{ "default_subscription" }, { "description" }, { "visibility" },
	{ NULL } };
static const struct json_name fields[] = { { "name" }, { "description" },
	{ "visibility" }, { NULL } };
static const struct json_name choose_fields[] = {
	{ "topics", NULL, choice_names }, { NULL }
};

const struct route routes_topics[] = { { "POST", "/topics", create_run,
					   ROUTE_WRITE | ROUTE_BODY,
					   create_parse, .fields = new_fields },
	{ "GET", "/topics", list_run, ROUTE_READ, call_parse_page },
	{ "GET", "/topics/:id", get_run, ROUTE_READ },
	{ "PATCH", "/topics/:id", update_run, ROUTE_WRITE | ROUTE_BODY,
	    update_parse, .fields = fields },
	{ "DELETE", "/topics/:id", delete_run, ROUTE_WRITE },
	{ "GET", "/contacts/:contact/topics", of_contact_run, ROUTE_READ,
	    call_parse_whole },
	{ "PATCH", "/contacts/:contact/topics", choose_run,
	    ROUTE_WRITE | ROUTE_BODY, choose_parse, .fields = choose_fields },
	{ NULL } };
