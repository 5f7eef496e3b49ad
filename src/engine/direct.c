/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an app's mail says is fixed when it is written, like an automation's:
 * the version of its template and the values of its variables. Who may get it
 * is looked at when it leaves.
 */
#include "engine/direct.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "conf/conf.h"
#include "engine/catalog.h"
#include "engine/delivery.h"
#include "engine/engine_private.h"
#include "engine/hooks.h"
#include "engine/sender.h"
#include "engine/values.h"
#include "mail/field.h"
#include "mail/header.h"
#include "mail/letter.h"
#include "mail/template.h"
#include "model/address.h"
#include "model/contact.h"
#include "model/draft.h"
#include "model/mail_template.h"
#include "model/variable.h"
#include "store/contacts.h"
#include "store/direct.h"
#include "store/emails.h"
#include "store/templates.h"

/* A draft on its way to its rows. */
struct writing {
	struct engine *engine;
	struct txn *txn;
	struct arena *arena;
	const struct draft *draft;
	struct email email;
	struct contact contact;
	bool has_contact; /* the one recipient is one */
	bool has_link;    /* there is a place for the unsubscribe link */
};

/* ---- what a template fills --------------------------------------------- */

/* The version of the draft's template that is sent. */
static int
find_version(struct writing *w, int64_t *version_r, struct fault *fault_r)
{
	const struct draft *d = w->draft;
	struct mail_template m;
	int rc = d->template_id != 0 ? store_template_by_id(w->txn, w->arena,
					   d->template_id, &m, fault_r)
				     : store_template_by_alias(w->txn, w->arena,
					   d->template, &m, fault_r);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return fault(fault_r, FAULT_INVALID,
		    "`template.id` names no template: `%.100s`.", d->template);
	if (m.published == 0)
		return fault(fault_r, FAULT_INVALID,
		    "The template `%.100s` is not published.", d->template);
	*version_r = m.published;
	return 0;
}

/* A header line: the draft's own, or the template's with its values. */
static int
fill_header(struct value_scope *scope, const char *own, const char *source,
    const char *field, const char **text_r, struct fault *fault_r)
{
	*text_r = own;
	if (own != NULL)
		return 0;
	if (source == NULL)
		return fault(fault_r, FAULT_MISSING,
		    "Missing `%s` field: neither the request nor its template "
		    "has one.",
		    field);
	struct template *t = template_compile(source, TEMPLATE_HEADER, fault_r);
	if (t == NULL)
		return -1;
	int rc = values_header(scope, t, text_r, fault_r);
	template_free(t);
	size_t n = rc == 0 ? strlen(*text_r) : 0;
	if (n > HEADER_TEXT_MAX)
		rc = fault(fault_r, FAULT_INVALID,
		    "With its values the template's `%s` has %zu bytes; at "
		    "most %d are taken.",
		    field, n, HEADER_TEXT_MAX);
	if (rc != 0)
		fault_r->kind = FAULT_INVALID;
	return rc;
}

/* What the template declares and the draft gives: its fallbacks, and whether
 * the draft's values are of the types. 0 or -1. */
static int
read_declared(struct writing *w, const struct form *f,
    struct value_scope *values, struct fault *fault_r)
{
	const json_t *declared;
	if (f->fallbacks != NULL)
		values->fallbacks = json_parse(w->arena, f->fallbacks,
		    strlen(f->fallbacks), fault_r);
	if (f->variables == NULL || values->variables == NULL)
		return 0;
	declared =
	    json_parse(w->arena, f->variables, strlen(f->variables), fault_r);
	return declared == NULL
	    ? -1
	    : variables_check(w->arena, declared, values->variables, fault_r);
}

/* Everything of the email that the template and the values decide. */
static int
fill_from(struct writing *w, const struct form *f, struct fault *fault_r)
{
	const struct draft *d = w->draft;
	struct scope scope = { .arena = w->arena,
		.contact = w->has_contact ? &w->contact : NULL,
		.defaults = w->has_contact
		    ? catalog_defaults(w->engine, w->txn, fault_r)
		    : NULL };
	struct value_scope values = { .scope = &scope,
		.variables = d->variables,
		.are_data = true,
		.address = !w->has_contact && d->n_recipients == 1
		    ? w->email.recipient
		    : NULL };
	if ((w->has_contact && scope.defaults == NULL) ||
	    read_declared(w, f, &values, fault_r) != 0)
		return -1;
	json_t *data = json_pack("{s:{}, s:{}}", "d", "r");
	int rc = fill_header(&values, d->sender, f->sender, "from",
		     &w->email.sender, fault_r) != 0 ||
		fill_header(&values, d->subject, f->subject_text, "subject",
		    &w->email.subject, fault_r) != 0 ||
		values_collect(&values, f->html, data, fault_r) != 0 ||
		values_collect(&values, f->text, data, fault_r) != 0
	    ? -1
	    : 0;
	w->email.data = json_text(w->arena, data);
	json_decref(data);
	w->email.reply_to =
	    d->reply_to != NULL ? d->reply_to : forms_reply_to(w->arena, f);
	w->has_link = values_have_link(f->html) || values_have_link(f->text);
	return rc;
}

static int
fill_template(struct writing *w, struct fault *fault_r)
{
	if (find_version(w, &w->email.version, fault_r) != 0)
		return -1;
	const struct form *f =
	    forms_get(w->engine->forms, w->txn, w->email.version, fault_r);
	if (f == NULL)
		return -1;
	int rc = fill_from(w, f, fault_r);
	forms_release(w->engine->forms, f);
	return rc;
}

/* ---- what the draft says itself ---------------------------------------- */

static bool
has_link(const char *part)
{
	return part != NULL && strstr(part, "{{{RESEND_UNSUBSCRIBE_URL}}}");
}

static int
fill_own(struct writing *w)
{
	const struct draft *d = w->draft;
	w->email.sender = d->sender;
	w->email.subject = d->subject;
	w->email.reply_to = d->reply_to;
	w->has_link = has_link(d->parts.html) || has_link(d->parts.text);
	return 0;
}

/* The one recipient, if it is a contact. */
static int
find_contact(struct writing *w, struct fault *fault_r)
{
	const struct draft *d = w->draft;
	if (d->n_recipients != 1)
		return 0;
	int rc = store_contact_by_key(w->txn, w->arena, d->recipients[0].key,
	    &w->contact, fault_r);
	w->has_contact = rc == 1;
	w->email.contact = rc == 1 ? w->contact.id : 0;
	return rc < 0 ? -1 : 0;
}

/* True if the app set a way to unsubscribe itself. */
static bool
has_own_way(struct writing *w)
{
	struct fault ignored;
	const char *text = w->draft->parts.headers, *name;
	json_t *value,
	    *o = text == NULL
	    ? NULL
	    : json_parse(w->arena, text, strlen(text), &ignored);
	json_object_foreach (o, name, value)
		if (field_is_unsubscribe(name))
			return true;
	return false;
}

/* Whether what the mail says of unsubscribing can be kept. */
static int
check_link(struct writing *w, struct fault *fault_r)
{
	const struct conf *conf = w->engine->conf;
	bool is_alone = w->draft->n_recipients == 1;
	if (!w->has_link && (w->draft->topic == 0 || !is_alone))
		return 0;
	if (!is_alone)
		return fault(fault_r, FAULT_INVALID,
		    "The mail has an unsubscribe link and goes to %d "
		    "recipients: the link would be one for all of them. Send "
		    "each a mail of its own.",
		    w->draft->n_recipients);
	if (conf->public_url == NULL)
		return fault(fault_r, FAULT_INVALID,
		    "`public.url` is not set in the configuration, so the "
		    "mail's unsubscribe link cannot be made.");
	if (has_own_way(w))
		return fault(fault_r, FAULT_INVALID,
		    "`headers`: `List-Unsubscribe` is set by the server where "
		    "the mail has a topic or an unsubscribe link, and cannot "
		    "be given.");
	return 0;
}

static int
check_topic(struct writing *w, struct fault *fault_r)
{
	struct topic topic;
	if (w->draft->topic == 0)
		return 0;
	int rc =
	    store_topic_get(w->txn, w->arena, w->draft->topic, &topic, fault_r);
	if (rc == 0)
		fault(fault_r, FAULT_INVALID, "`topic_id` names no topic.");
	return rc == 1 ? 0 : -1;
}

/* ---- rows -------------------------------------------------------------- */

static int
write_files(struct writing *w, int64_t now_ms, struct fault *fault_r)
{
	for (int i = 0; i < w->draft->n_files; i++) {
		struct email_attachment m = w->draft->files[i].file;
		m.id = txn_new_id(w->txn, now_ms);
		m.email = w->email.id;
		if (store_attachment_insert(w->txn, &m, fault_r) != 0)
			return -1;
	}
	return 0;
}

static int
write_rows(struct writing *w, int64_t now_ms, struct fault *fault_r)
{
	const struct draft *d = w->draft;
	int64_t id = w->email.id;
	if (store_email_insert(w->txn, &w->email, fault_r) != 0 ||
	    store_parts_insert(w->txn, id, &d->parts, fault_r) != 0)
		return -1;
	for (int i = 0; i < d->n_recipients; i++)
		if (store_recipient_insert(w->txn, id, &d->recipients[i],
			fault_r) != 0)
			return -1;
	return write_files(w, now_ms, fault_r);
}

/* The mailbox of the first recipient that is named. */
static int
first_mailbox(struct writing *w, const char **mailbox_r, struct fault *fault_r)
{
	struct address address;
	if (address_parse(w->arena, w->draft->recipients[0].address, &address,
		fault_r) != 0)
		return -1;
	*mailbox_r = address.mailbox;
	return 0;
}

/* Whether whoever writes may write from there. 0 or -1. */
static int
check_only_domain(const struct writing *w, struct fault *fault_r)
{
	const char *only = w->draft->only_domain;
	const char *domain = sender_domain(w->arena, w->email.sender);
	if (only == NULL || strcasecmp(only, domain) == 0)
		return 0;
	return fault(fault_r, FAULT_DENIED,
	    "This API key may only send from the domain %s, not from %.200s.",
	    only, domain);
}

int
engine_mail_write(struct engine *e, struct txn *t, struct arena *a,
    const struct draft *d, int64_t now_ms, int64_t *id_r, struct fault *fault_r)
{
	struct writing w = { .engine = e, .txn = t, .arena = a, .draft = d };
	w.email = (struct email){ .topic = d->topic,
		.status =
		    d->scheduled_ms > now_ms ? EMAIL_SCHEDULED : EMAIL_QUEUED,
		.due_ms = d->scheduled_ms > now_ms ? d->scheduled_ms : now_ms,
		.stream = "transactional",
		.is_direct = true,
		.is_alone = d->n_recipients == 1,
		.scheduled_ms = d->scheduled_ms };
	if (find_contact(&w, fault_r) != 0 || check_topic(&w, fault_r) != 0 ||
	    first_mailbox(&w, &w.email.recipient, fault_r) != 0 ||
	    (d->template != NULL ? fill_template(&w, fault_r) : fill_own(&w)) !=
		0 ||
	    check_link(&w, fault_r) != 0 ||
	    sender_check(e, a, w.email.sender, fault_r) != 0 ||
	    check_only_domain(&w, fault_r) != 0)
		return -1;
	*id_r = w.email.id = txn_new_id(t, now_ms);
	if (write_rows(&w, now_ms, fault_r) != 0 ||
	    (w.email.status == EMAIL_SCHEDULED &&
		hooks_say_email(e, t, a, HOOK_EMAIL_SCHEDULED, &w.email, now_ms,
		    fault_r) != 0))
		return -1;
	delivery_note_due(e);
	return 0;
}

int
engine_mail_reschedule(struct engine *e, struct txn *t, int64_t id,
    int64_t due_ms, struct fault *fault_r)
{
	int rc = store_email_reschedule(t, id, due_ms, fault_r);
	if (rc == 1)
		delivery_note_due(e);
	return rc;
}
