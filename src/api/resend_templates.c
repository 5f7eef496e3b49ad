/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Templates: drafts are edited, published versions are sent and never change.
 */
#include <ctype.h>
#include <string.h>

#include "api/call.h"
#include "base/id.h"
#include "base/json.h"
#include "base/utf8.h"
#include "mail/template.h"
#include "model/address.h"
#include "model/variable.h"
#include "store/templates.h"

enum {
	NAME_MAX_BYTES = 255,
	ALIAS_MAX = 100,
	VARIABLES_MAX = 50,
	VARIABLE_KEY_MAX = 50
};

/* What a request says of a template: only what it names is changed. */
struct template_input {
	const char *name, *alias;
	struct mail_version v;
	bool has_alias, has_sender, has_subject, has_reply_to, has_text,
	    has_variables;
};

/* A field given as null clears; absent leaves. */
static int
optional(const json_t *o, const char *field, const char **value_r, bool *has_r,
    struct fault *fault_r)
{
	*has_r = json_object_get(o, field) != NULL;
	return json_get_string(o, field, value_r, fault_r) < 0 ? -1 : 0;
}

/* reply_to: a string or an array of strings, kept as an array. */
static int
read_reply_to(struct call *c, struct template_input *in, struct fault *fault_r)
{
	json_t *v = json_object_get(c->body, "reply_to"), *item;
	struct address address;
	size_t i;
	in->has_reply_to = v != NULL;
	if (v == NULL || json_is_null(v))
		return 0;
	json_t *list = json_is_array(v) ? json_incref(v) : json_pack("[O]", v);
	int rc = 0;
	json_array_foreach (list, i, item) {
		const char *text = json_string_value(item);
		if (text == NULL)
			rc = fault(fault_r, FAULT_INVALID,
			    "The `reply_to` "
			    "field must be a string or an array of strings.");
		else if (address_parse(c->arena, text, &address, fault_r) != 0)
			rc = fault_at(fault_r, "The `reply_to` field");
		if (rc != 0)
			break;
	}
	if (rc == 0 && json_array_size(list) > 0)
		in->v.reply_to = json_text(c->arena, list);
	json_decref(list);
	return rc;
}

static bool
is_reserved(const char *key)
{
	static const char *const reserved[] = { "FIRST_NAME", "LAST_NAME",
		"EMAIL", "UNSUBSCRIBE_URL", "RESEND_UNSUBSCRIBE_URL", "contact",
		"this" };
	for (size_t i = 0; i < N_OF(reserved); i++)
		if (strcmp(reserved[i], key) == 0)
			return true;
	return false;
}

static int
check_variable(const json_t *o, size_t i, struct fault *fault_r)
{
	const char *key, *type;
	if (!json_is_object(o))
		return fault(fault_r, FAULT_INVALID,
		    "variables[%zu] must be an object.", i);
	if (json_need_string(o, "key", &key, fault_r) != 0 ||
	    json_need_string(o, "type", &type, fault_r) != 0)
		return fault_at(fault_r, "variables[%zu]", i);
	size_t n = strlen(key);
	for (size_t k = 0; k < n; k++)
		if (!isalnum((unsigned char)key[k]) && key[k] != '_')
			n = 0;
	if (n == 0 || n > VARIABLE_KEY_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "variables[%zu]: `key` "
		    "must have 1 to %d letters, digits or underscores.",
		    i, VARIABLE_KEY_MAX);
	if (is_reserved(key))
		return fault(fault_r, FAULT_INVALID,
		    "variables[%zu]: `%s` is a reserved name.", i, key);
	if (!variable_type_known(type))
		return fault(fault_r, FAULT_INVALID,
		    "variables[%zu]: `type` "
		    "must be string, number, boolean, object or list.",
		    i);
	const json_t *f = json_object_get(o, "fallback_value");
	if (f == NULL || json_is_null(f))
		return 0;
	if (!variable_is(type, f))
		return fault(fault_r, FAULT_INVALID,
		    "variables[%zu]: "
		    "`fallback_value` must be a %s.",
		    i, type);
	return 0;
}

static int
read_variables(struct call *c, struct template_input *in, struct fault *fault_r)
{
	json_t *list, *item;
	size_t i;
	in->has_variables = json_object_get(c->body, "variables") != NULL;
	int rc = json_get_array(c->body, "variables", &list, fault_r);
	if (rc <= 0)
		return rc;
	if (json_array_size(list) > VARIABLES_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "`variables` may have at most %d elements.", VARIABLES_MAX);
	json_array_foreach (list, i, item)
		if (check_variable(item, i, fault_r) != 0)
			return -1;
	if (json_array_size(list) > 0)
		in->v.variables = json_text(c->arena, list);
	return 0;
}

/* Compiles a part for its faults. */
static int
check_part(const char *source, enum template_kind kind, const char *field,
    struct fault *fault_r)
{
	if (source == NULL || source[0] == '\0')
		return 0;
	struct template *t = template_compile(source, kind, fault_r);
	template_free(t);
	return t != NULL ? 0 : fault_at(fault_r, "The `%s` field", field);
}

static int
check_input(struct call *c, const struct template_input *in,
    struct fault *fault_r)
{
	struct address from;
	int64_t id;
	if (in->name != NULL &&
	    (in->name[0] == '\0' || strlen(in->name) > NAME_MAX_BYTES ||
		utf8_has_control(in->name, strlen(in->name))))
		return fault(fault_r, FAULT_INVALID,
		    "The `name` field must "
		    "have 1 to %d bytes and no control characters.",
		    NAME_MAX_BYTES);
	if (in->alias != NULL &&
	    (in->alias[0] == '\0' || strlen(in->alias) > ALIAS_MAX ||
		strchr(in->alias, '/') != NULL ||
		utf8_has_control(in->alias, strlen(in->alias)) ||
		id_from_uuid(in->alias, &id) >= 0 ||
		id_from_hex(in->alias, &id) >= 0))
		return fault(fault_r, FAULT_INVALID,
		    "The `alias` field must "
		    "have 1 to %d bytes, no slash and no control character, "
		    "and not look like an id.",
		    ALIAS_MAX);
	if (in->v.sender != NULL && strstr(in->v.sender, "{{{") == NULL &&
	    address_parse(c->arena, in->v.sender, &from, fault_r) != 0)
		return fault_at(fault_r, "The `from` field");
	if (check_part(in->v.sender, TEMPLATE_HEADER, "from", fault_r) != 0 ||
	    check_part(in->v.subject, TEMPLATE_HEADER, "subject", fault_r) !=
		0 ||
	    check_part(in->v.html, TEMPLATE_HTML, "html", fault_r) != 0)
		return -1;
	return check_part(in->v.text, TEMPLATE_TEXT, "text", fault_r);
}

static int
input_parse(struct call *c, struct fault *fault_r)
{
	struct template_input *in = c->input =
	    arena_alloc(c->arena, sizeof(*in));
	const json_t *o = c->body;
	if (!json_is_object(o))
		return fault(fault_r, FAULT_INVALID,
		    "The body must be a JSON object.");
	if (json_get_string(o, "name", &in->name, fault_r) < 0 ||
	    json_get_string(o, "html", &in->v.html, fault_r) < 0 ||
	    optional(o, "alias", &in->alias, &in->has_alias, fault_r) != 0 ||
	    optional(o, "from", &in->v.sender, &in->has_sender, fault_r) != 0 ||
	    optional(o, "subject", &in->v.subject, &in->has_subject, fault_r) !=
		0 ||
	    optional(o, "text", &in->v.text, &in->has_text, fault_r) != 0 ||
	    read_reply_to(c, in, fault_r) != 0 ||
	    read_variables(c, in, fault_r) != 0)
		return -1;
	return check_input(c, in, fault_r);
}

static int
create_parse(struct call *c, struct fault *fault_r)
{
	const char *text;
	if (!json_is_object(c->body))
		return fault(fault_r, FAULT_INVALID,
		    "The body must be a JSON object.");
	if (json_need_string(c->body, "name", &text, fault_r) != 0 ||
	    json_need_string(c->body, "html", &text, fault_r) != 0)
		return -1;
	return input_parse(c, fault_r);
}

static int
create_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct template_input *in = c->input;
	struct mail_version v = in->v;
	struct mail_template m = { .id = txn_new_id(t, c->now_ms),
		.name = in->name,
		.alias = in->alias };
	v.id = m.draft = txn_new_id(t, c->now_ms);
	v.template = m.id;
	if (store_template_insert(t, &m, fault_r) != 0 ||
	    store_version_put(t, &v, fault_r) != 0)
		return -1;
	return call_object(c, 201, "template", m.id, NULL);
}

/* The template a path names, by id or alias. 0 or -1. */
static int
find(struct call *c, struct txn *t, struct mail_template *m,
    struct fault *fault_r)
{
	int64_t id;
	int rc = id_from_uuid(c->params[0], &id);
	if (rc < 0)
		rc = id_from_hex(c->params[0], &id);
	if (rc == 1)
		rc = store_template_by_id(t, c->arena, id, m, fault_r);
	else if (rc < 0)
		rc = store_template_by_alias(t, c->arena, c->params[0], m,
		    fault_r);
	if (rc == 0)
		return not_found(fault_r, "Template");
	return rc == 1 ? 0 : -1;
}

static int
update_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct template_input *in = c->input;
	struct mail_template m;
	struct mail_version v;
	if (find(c, t, &m, fault_r) != 0 ||
	    store_version_get(t, c->arena, m.draft, &v, fault_r) != 1)
		return -1;
	if (in->name != NULL)
		m.name = in->name;
	if (in->has_alias)
		m.alias = in->alias;
	if (in->v.html != NULL)
		v.html = in->v.html;
	if (in->has_sender)
		v.sender = in->v.sender;
	if (in->has_subject)
		v.subject = in->v.subject;
	if (in->has_reply_to)
		v.reply_to = in->v.reply_to;
	if (in->has_text)
		v.text = in->v.text;
	if (in->has_variables)
		v.variables = in->v.variables;
	/* What is published stays as it is: the draft becomes a new version. */
	if (m.draft == m.published)
		v.id = m.draft = txn_new_id(t, c->now_ms);
	m.updated_ms = c->now_ms;
	if (store_template_update(t, &m, fault_r) != 0 ||
	    store_version_put(t, &v, fault_r) != 0)
		return -1;
	return call_object(c, 200, "template", m.id, NULL);
}

static int
publish_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct mail_template m;
	if (find(c, t, &m, fault_r) != 0)
		return -1;
	m.published = m.draft;
	m.published_ms = m.updated_ms = c->now_ms;
	if (store_template_update(t, &m, fault_r) != 0)
		return -1;
	return call_object(c, 200, "template", m.id, NULL);
}

static int
duplicate_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct mail_template m;
	struct mail_version v;
	if (find(c, t, &m, fault_r) != 0 ||
	    store_version_get(t, c->arena, m.draft, &v, fault_r) != 1)
		return -1;
	m = (struct mail_template){ .id = txn_new_id(t, c->now_ms),
		.name = copy_name(c->arena, m.name) };
	v.id = m.draft = txn_new_id(t, c->now_ms);
	v.template = m.id;
	if (store_template_insert(t, &m, fault_r) != 0 ||
	    store_version_put(t, &v, fault_r) != 0)
		return -1;
	return call_object(c, 200, "template", m.id, NULL);
}

static int
delete_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct mail_template m;
	if (find(c, t, &m, fault_r) != 0 ||
	    store_template_delete(t, m.id, fault_r) < 0)
		return -1;
	return call_object(c, 200, "template", m.id,
	    json_pack("{s:b}", "deleted", 1));
}

/* What list and get share. */
static json_t *
summary_json(const void *item)
{
	const struct mail_template *m = item;
	return json_pack("{s:o, s:s, s:s?, s:s, s:o, s:o, s:o}", "id",
	    json_id(m->id), "name", m->name, "alias", m->alias, "status",
	    m->published != 0 ? "published" : "draft", "published_at",
	    json_time(m->published_ms), "created_at",
	    json_time(id_time_ms(m->id)), "updated_at",
	    json_time(m->updated_ms != 0 ? m->updated_ms : id_time_ms(m->id)));
}

/* The variables with what a reader expects beside what was written. */
static json_t *
variables_json(const struct mail_version *v)
{
	json_t *list = v->variables == NULL ? json_array()
					    : json_text_value(v->variables),
	       *item;
	size_t i;
	json_array_foreach (list, i, item) {
		if (json_object_get(item, "fallback_value") == NULL)
			json_object_set_new(item, "fallback_value",
			    json_null());
		json_object_set_new(item, "created_at",
		    json_time(id_time_ms(v->id)));
		json_object_set_new(item, "updated_at",
		    json_time(id_time_ms(v->id)));
	}
	return list;
}

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct mail_template m;
	struct mail_version v;
	if (find(c, t, &m, fault_r) != 0 ||
	    store_version_get(t, c->arena, m.draft, &v, fault_r) != 1)
		return -1;
	json_t *o = summary_json(&m);
	json_object_update_new(o,
	    json_pack("{s:s, s:o, s:s?, s:s?, s:o, "
		      "s:s?, s:s?, s:o, s:b}",
		"object", "template", "current_version_id", json_id(v.id),
		"from", v.sender, "subject", v.subject, "reply_to",
		v.reply_to != NULL ? json_text_value(v.reply_to) : json_array(),
		"html", v.html, "text", v.text, "variables", variables_json(&v),
		"has_unpublished_versions", m.draft != m.published));
	return call_json(c, 200, o);
}

static int
list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct list list;
	if (store_template_list(t, c->arena, &c->page, &list, fault_r) != 0)
		return -1;
	return call_list(c, &list, sizeof(struct mail_template), summary_json);
}

static const struct json_name variable_names[] = { { "key" }, { "type" },
	{ "fallback_value" }, { NULL } };
static const struct json_name fields[] = { { "name" }, { "html" }, { "alias" },
	{ "from" }, { "subject" }, { "reply_to" }, { "text" },
	{ "variables", NULL, variable_names }, { NULL } };

const struct route routes_templates[] = { { "POST", "/templates", create_run,
					      ROUTE_WRITE | ROUTE_BODY,
					      create_parse, .fields = fields },
	{ "GET", "/templates", list_run, ROUTE_READ, call_parse_page },
	{ "GET", "/templates/:id", get_run, ROUTE_READ },
	{ "PATCH", "/templates/:id", update_run, ROUTE_WRITE | ROUTE_BODY,
	    input_parse, .fields = fields },
	{ "DELETE", "/templates/:id", delete_run, ROUTE_WRITE },
	{ "POST", "/templates/:id/publish", publish_run, ROUTE_WRITE },
	{ "POST", "/templates/:id/duplicate", duplicate_run, ROUTE_WRITE },
	{ NULL } };
