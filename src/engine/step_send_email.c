/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Send email: writes a row into the outbox, in the run's own transaction. The
 * delivery sends it. What the message says is fixed here: the version of the
 * template, and the values of its variables.
 */
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/json.h"
#include "conf/conf.h"
#include "engine/catalog.h"
#include "engine/delivery.h"
#include "engine/envelope.h"
#include "engine/sender.h"
#include "engine/step.h"
#include "engine/tally.h"
#include "engine/values.h"
#include "mail/template.h"
#include "model/address.h"
#include "model/contact.h"
#include "model/email.h"
#include "store/contacts.h"
#include "store/emails.h"
#include "store/suppressions.h"
#include "store/templates.h"

enum { DAY_MS = 24 * 3600 * 1000 };

struct send_config {
	const char *template; /* id or alias, as written */
	int64_t template_id;  /* 0: it is an alias */
	const json_t *variables;
	const char *sender, *subject, *reply_to;
	struct template *subject_template, *sender_template;
	int64_t topic;
	const char *topic_text;
};

static const struct json_name send_names[] = { { "template" }, { "from" },
	{ "subject" }, { "reply_to" }, { "topic_id" }, { NULL } };
static const struct json_name template_names[] = { { "id" }, { "variables" },
	{ NULL } };

static int
send_check_written(struct json_place *p, const json_t *config)
{
	const json_t *template = json_object_get(config, "template");
	size_t at = json_place_enter(p, "template");
	if (json_names_check(p, template, template_names) != 0)
		return -1;
	json_place_enter(p, "variables");
	int rc = step_check_vars(p, json_object_get(template, "variables"));
	json_place_leave(p, at);
	return rc;
}

static void
free_template(void *p)
{
	template_free(p);
}

/* A header text of the config, compiled; absent stays NULL. */
static int
compile_header(struct arena *a, const char *text, struct template **out,
    struct fault *fault_r)
{
	if (text == NULL)
		return 0;
	if ((*out = template_compile(text, TEMPLATE_HEADER, fault_r)) == NULL)
		return -1;
	arena_own(a, *out, free_template);
	return 0;
}

static int
read_template(struct arena *a, const json_t *config, struct send_config *c,
    struct fault *fault_r)
{
	json_t *o, *variables;
	int rc = json_get_object(config, "template", &o, fault_r);
	if (rc < 0)
		return -1;
	if (rc == 0 || json_get_string(o, "id", &c->template, fault_r) == 0)
		return fault(fault_r, FAULT_INVALID,
		    "missing "
		    "`config.template.id`, the id or alias of a template.");
	if (c->template == NULL ||
	    json_get_object(o, "variables", &variables, fault_r) < 0)
		return -1;
	c->template = arena_strdup(a, c->template);
	if (id_from_uuid(c->template, &c->template_id) != 1 &&
	    id_from_hex(c->template, &c->template_id) != 1)
		c->template_id = 0;
	c->variables = variables;
	const char *key;
	json_t *value;
	json_object_foreach (variables, key, value) {
		const char *path;
		if (step_read_var(value, &path, fault_r) < 0)
			return fault_at(fault_r,
			    "`config.template.variables.%s`", key);
	}
	return 0;
}

static int
read_topic(const json_t *config, struct send_config *c, struct fault *fault_r)
{
	int rc = json_get_string(config, "topic_id", &c->topic_text, fault_r);
	if (rc <= 0)
		return rc;
	if (id_from_uuid(c->topic_text, &c->topic) != 1 &&
	    id_from_hex(c->topic_text, &c->topic) != 1)
		return fault(fault_r, FAULT_INVALID,
		    "`config.topic_id` names no topic: `%s`.", c->topic_text);
	return 0;
}

static int
check_reply_to(struct arena *a, const char *text, struct fault *fault_r)
{
	struct address *list;
	int n;
	if (text == NULL ||
	    address_list_parse(a, text, &list, &n, fault_r) == 0)
		return 0;
	return fault_at(fault_r, "`config.reply_to`");
}

static void *
send_compile(struct arena *a, const struct step *s, struct fault *fault_r)
{
	struct send_config *c = arena_alloc(a, sizeof(*c));
	const json_t *o = s->config;
	if (read_template(a, o, c, fault_r) != 0 ||
	    json_get_string(o, "from", &c->sender, fault_r) < 0 ||
	    json_get_string(o, "subject", &c->subject, fault_r) < 0 ||
	    json_get_string(o, "reply_to", &c->reply_to, fault_r) < 0 ||
	    check_reply_to(a, c->reply_to, fault_r) != 0 ||
	    read_topic(o, c, fault_r) < 0 ||
	    compile_header(a, c->subject, &c->subject_template, fault_r) != 0 ||
	    compile_header(a, c->sender, &c->sender_template, fault_r) != 0)
		return NULL;
	c->sender = arena_strdup(a, c->sender);
	c->subject = arena_strdup(a, c->subject);
	c->reply_to = arena_strdup(a, c->reply_to);
	c->topic_text = arena_strdup(a, c->topic_text);
	return c;
}

/* The template a config names. 1, 0, -1 */
static int
find_template(struct txn *t, struct arena *a, const struct send_config *c,
    struct mail_template *m, struct fault *fault_r)
{
	if (c->template_id != 0)
		return store_template_by_id(t, a, c->template_id, m, fault_r);
	return store_template_by_alias(t, a, c->template, m, fault_r);
}

/* A value that no text of the mail has a place for and that the template does
 * not declare is misspelt. */
static int
check_variables(struct engine *e, struct txn *t, const struct send_config *c,
    int64_t version, struct fault *fault_r)
{
	const char *name;
	json_t *value;
	int rc = 0;
	if (json_object_size(c->variables) == 0)
		return 0;
	const struct form *f = forms_get(e->forms, t, version, fault_r);
	if (f == NULL)
		return -1;
	json_object_foreach ((json_t *)c->variables, name, value)
		if (rc == 0 && !forms_take(f, name) &&
		    !template_has(c->subject_template, name) &&
		    !template_has(c->sender_template, name))
			rc = fault(fault_r, FAULT_INVALID,
			    "`config.template.variables.%.60s` is no variable "
			    "of the template `%.60s`: it neither declares nor "
			    "uses one of that name.",
			    name, c->template);
	forms_release(e->forms, f);
	return rc;
}

static int
send_check_enable(struct engine *e, struct txn *t, struct arena *a,
    const void *config, struct fault *fault_r)
{
	const struct send_config *c = config;
	struct mail_template m;
	struct mail_version v = { 0 };
	struct topic topic;
	int rc = find_template(t, a, c, &m, fault_r);
	if (rc < 0)
		return -1;
	if (rc == 0 || m.published == 0)
		return fault(fault_r, FAULT_INVALID,
		    rc == 0 ? "`config.template.id` names no template: `%s`."
			    : "the template `%s` is not published.",
		    c->template);
	if (store_version_get(t, a, m.published, &v, fault_r) != 1 ||
	    check_variables(e, t, c, m.published, fault_r) != 0)
		return -1;
	if (c->sender == NULL && v.sender == NULL)
		return fault(fault_r, FAULT_INVALID,
		    "neither the step nor its template has `from`.");
	if (c->subject == NULL && v.subject == NULL)
		return fault(fault_r, FAULT_INVALID,
		    "neither the step nor its template has `subject`.");
	const char *sender = c->sender != NULL ? c->sender : v.sender;
	if (strstr(sender, "{{{") == NULL &&
	    sender_check(e, a, sender, fault_r) != 0)
		return -1;
	if (e->conf->public_url == NULL)
		return fault(fault_r, FAULT_INVALID,
		    "`public.url` is not set "
		    "in the configuration, so the mail's unsubscribe link "
		    "cannot be made.");
	if (c->topic != 0) {
		rc = store_topic_get(t, a, c->topic, &topic, fault_r);
		if (rc == 0)
			fault(fault_r, FAULT_INVALID,
			    "`config.topic_id` names "
			    "no topic: `%s`.",
			    c->topic_text);
		return rc == 1 ? 0 : -1;
	}
	return 0;
}

static bool
send_walk_paths(const void *config, bool (*fn)(void *arg, const char *path),
    void *arg)
{
	return step_walk_vars(((const struct send_config *)config)->variables,
	    fn, arg);
}

/* An automation that mails one contact again and again is stopped short. */
static int
find_flood(struct step_call *c, const char **reason_r, struct fault *fault_r)
{
	const struct conf *conf = c->engine->conf;
	int most = conf->mails_per_contact_day, n = 0;
	int64_t day_ago = id_at_ms(c->now_ms - DAY_MS);
	if (most == 0)
		return 0;
	if (store_email_count(c->txn, c->contact->id, c->run->automation,
		c->run->id, day_ago, most, &n, fault_r) != 0)
		return -1;
	if (n >= most)
		*reason_r = "daily_limit";
	return 0;
}

/* Why the contact must not get this mail; NULL if it may. */
static int
find_objection(struct step_call *c, const struct send_config *s,
    const char **reason_r, struct fault *fault_r)
{
	*reason_r = NULL;
	if (c->contact->unsubscribed) {
		*reason_r = "unsubscribed";
		return 0;
	}
	if (s->topic != 0 &&
	    envelope_topic(c->txn, c->arena, c->contact->id, s->topic, reason_r,
		fault_r) != 0)
		return -1;
	if (*reason_r != NULL)
		return 0;
	struct suppression known;
	int rc = store_suppression_by_key(c->txn, c->arena,
	    c->contact->email_key, &known, fault_r);
	if (rc == 1)
		*reason_r = "suppressed";
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	return find_flood(c, reason_r, fault_r);
}

/* Fills everything of the email that the template and the values decide. */
static int
fill(struct step_call *c, const struct send_config *s, const struct form *f,
    struct email *e, json_t *data, struct fault *fault_r)
{
	struct value_scope scope = { .scope = &c->scope,
		.variables = s->variables };
	struct template *sender = s->sender_template, *own = NULL;
	const struct template *subject =
	    s->subject_template != NULL ? s->subject_template : f->subject;
	c->scope.defaults = catalog_defaults(c->engine, c->txn, fault_r);
	if (c->scope.defaults == NULL)
		return -1;
	if (f->fallbacks != NULL)
		scope.fallbacks = json_parse(c->arena, f->fallbacks,
		    strlen(f->fallbacks), fault_r);
	if (sender == NULL && f->sender != NULL) {
		own = template_compile(f->sender, TEMPLATE_HEADER, fault_r);
		if (own == NULL)
			return -1;
		sender = own;
	}
	int rc = -1;
	if (sender == NULL)
		fault(fault_r, FAULT_INVALID,
		    "Neither the step nor its template has `from`.");
	else if (subject == NULL)
		fault(fault_r, FAULT_INVALID,
		    "Neither the step nor its template has `subject`.");
	else if (values_header(&scope, sender, &e->sender, fault_r) == 0 &&
	    values_header(&scope, subject, &e->subject, fault_r) == 0 &&
	    sender_check(c->engine, c->arena, e->sender, fault_r) == 0 &&
	    values_collect(&scope, f->html, data, fault_r) == 0 &&
	    values_collect(&scope, f->text, data, fault_r) == 0)
		rc = 0;
	template_free(own);
	e->reply_to =
	    s->reply_to != NULL ? s->reply_to : forms_reply_to(c->arena, f);
	return rc;
}

static void
fail(struct step_next *next, struct arena *a, const char *name,
    const struct fault *f)
{
	next->what = STEP_FAIL;
	next->error_name = name;
	next->error_text = arena_strdup(a, f->text);
}

/* What the API shows of the step: who got what. */
static const char *
output_json(struct step_call *c, const struct email *e, int64_t template,
    const json_t *data)
{
	char id[ID_UUID_LEN], template_id[ID_UUID_LEN];
	json_t *variables = json_object();
	json_object_update(variables, json_object_get(data, "r"));
	json_object_update(variables, json_object_get(data, "d"));
	if (json_object_size(variables) == 0) {
		json_decref(variables);
		variables = json_null();
	}
	json_t *o = json_pack("{s:s, s:s, s:{s:s, s:o}}", "to", e->recipient,
	    "email_id", id_uuid(e->id, id), "template", "id",
	    id_uuid(template, template_id), "variables", variables);
	const char *text = json_text(c->arena, o);
	json_decref(o);
	return text;
}

static int
write_email(struct step_call *c, const struct send_config *s,
    const struct form *f, int64_t template, struct step_next *next,
    struct fault *fault_r)
{
	struct email e = { .id = txn_new_id(c->txn, c->now_ms),
		.status = EMAIL_QUEUED,
		.due_ms = c->now_ms,
		.contact = c->contact->id,
		.run = c->run->id,
		.step = c->run->step,
		.version = f->version,
		.topic = s->topic,
		.recipient = c->contact->email };
	struct fault why;
	json_t *data = json_pack("{s:{}, s:{}}", "d", "r");
	int rc = 0;
	if (fill(c, s, f, &e, data, &why) != 0) {
		fail(next, c->arena, "invalid_email", &why);
	} else {
		e.data = json_text(c->arena, data);
		rc = store_email_insert(c->txn, &e, fault_r);
		next->output = output_json(c, &e, template, data);
		tally_mail(c->engine, c->run->automation);
		delivery_note_due(c->engine);
	}
	json_decref(data);
	return rc;
}

static int
send_enter(struct step_call *c, struct step_next *next, struct fault *fault_r)
{
	const struct send_config *s = c->config;
	struct mail_template m;
	const char *reason;
	if (find_objection(c, s, &reason, fault_r) != 0)
		return -1;
	if (reason != NULL) {
		next->what = STEP_SKIP;
		next->output =
		    arena_printf(c->arena, "{\"reason\":\"%s\"}", reason);
		return 0;
	}
	int rc = find_template(c->txn, c->arena, s, &m, fault_r);
	if (rc < 0)
		return -1;
	if (rc == 0 || m.published == 0) {
		struct fault why;
		fault(&why, FAULT_INVALID,
		    rc == 0 ? "The template `%s` does not exist."
			    : "The template `%s` is not published.",
		    s->template);
		fail(next, c->arena, "template_unavailable", &why);
		return 0;
	}
	const struct form *f =
	    forms_get(c->engine->forms, c->txn, m.published, fault_r);
	if (f == NULL) {
		if (fault_r->kind == FAULT_UNAVAILABLE)
			return -1;
		fail(next, c->arena, "template_unavailable", fault_r);
		return 0;
	}
	rc = write_email(c, s, f, m.id, next, fault_r);
	forms_release(c->engine->forms, f);
	return rc;
}

const struct step_type step_send_email = {
	.name = "send_email",
	.summary = "Sends a published template to the run's contact.",
	.outs = OUT(DEFAULT),
	.names = send_names,
	.check_written = send_check_written,
	.compile = send_compile,
	.check_enable = send_check_enable,
	.walk_paths = send_walk_paths,
	.enter = send_enter,
};
