/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "api/email_body.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "api/email_files.h"
#include "base/id.h"
#include "base/json.h"
#include "base/utf8.h"
#include "mail/field.h"
#include "mail/letter.h"
#include "model/address.h"
#include "model/when.h"

enum {
	SUBJECT_MAX = 2000,
	PARTS_MAX = 4 << 20, /* html and text; they lie in the database */
	HEADERS_MAX = 32 << 10,
	TAGS_MAX = 50,
	TAG_MAX = 256
};

/* A mail being read. */
struct reading {
	struct call *call;
	const json_t *body;
	struct draft *draft;
};

/* ---- addresses --------------------------------------------------------- */

/* The strings of a field that is one or an array of them; NULL with *n_r 0 if
 * it is absent. 0 or -1. */
static int
read_strings(struct reading *r, const char *field, const char ***list_r,
    size_t *n_r, struct fault *fault_r)
{
	const json_t *v = json_object_get(r->body, field), *item;
	size_t i;
	*n_r = 0;
	if (v == NULL || json_is_null(v))
		return 0;
	size_t n = json_is_array(v) ? json_array_size(v) : 1;
	if (n > DRAFT_RECIPIENTS_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "The `%s` field has %zu addresses; at most %d are taken.",
		    field, n, DRAFT_RECIPIENTS_MAX);
	const char **list = *list_r =
	    arena_alloc(r->call->arena, (n + 1) * sizeof(*list));
	if (json_is_string(v))
		list[(*n_r)++] = json_string_value(v);
	json_array_foreach (v, i, item)
		if (json_is_string(item))
			list[(*n_r)++] = json_string_value(item);
	return *n_r == n ? 0
			 : fault(fault_r, FAULT_INVALID,
			       "The `%s` field must be a string or an array "
			       "of strings.",
			       field);
}

/* Adds a recipient, unless the mail goes there already. */
static int
add_recipient(struct reading *r, enum recipient_kind kind, const char *text,
    struct fault *fault_r)
{
	struct draft *d = r->draft;
	struct arena *a = r->call->arena;
	struct address address;
	const char *key;
	if (address_parse(a, text, &address, fault_r) != 0 ||
	    (key = address_key(a, address.mailbox, fault_r)) == NULL)
		return -1;
	for (int i = 0; i < d->n_recipients; i++)
		if (strcmp(d->recipients[i].key, key) == 0)
			return 0;
	d->recipients[d->n_recipients] = (struct email_recipient){ .kind = kind,
		.n = d->n_recipients,
		.address = text,
		.key = key };
	d->n_recipients++;
	return 0;
}

static int
read_recipients(struct reading *r, struct fault *fault_r)
{
	static const char *const fields[] = { [RECIPIENT_TO] = "to",
		[RECIPIENT_CC] = "cc",
		[RECIPIENT_BCC] = "bcc" };
	struct draft *d = r->draft;
	d->recipients = arena_alloc(r->call->arena,
	    N_OF(fields) * DRAFT_RECIPIENTS_MAX * sizeof(*d->recipients));
	for (size_t k = 0; k < N_OF(fields); k++) {
		const char **list;
		size_t n;
		if (read_strings(r, fields[k], &list, &n, fault_r) != 0)
			return -1;
		for (size_t i = 0; i < n; i++)
			if (add_recipient(r, (enum recipient_kind)k, list[i],
				fault_r) != 0)
				return fault_at(fault_r, "`%s`", fields[k]);
		if (k == RECIPIENT_TO && n == 0)
			return fault(fault_r, FAULT_MISSING,
			    "Missing `to` field.");
	}
	return 0;
}

static int
read_reply_to(struct reading *r, struct fault *fault_r)
{
	struct arena *a = r->call->arena;
	struct address address;
	const char **list, *all = NULL;
	size_t n;
	if (read_strings(r, "reply_to", &list, &n, fault_r) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (address_parse(a, list[i], &address, fault_r) != 0)
			return fault_at(fault_r, "`reply_to`");
		all = all == NULL ? list[i]
				  : arena_printf(a, "%s, %s", all, list[i]);
	}
	r->draft->reply_to = all;
	return 0;
}

/* ---- what it says ------------------------------------------------------ */

/* A header line that a template may have instead. */
static int
read_line(struct reading *r, const char *field, size_t max, const char **text_r,
    struct fault *fault_r)
{
	int rc = json_get_string(r->body, field, text_r, fault_r);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return r->draft->template != NULL
		    ? 0
		    : fault(fault_r, FAULT_MISSING, "Missing `%s` field.",
			  field);
	size_t n = strlen(*text_r);
	if (n > max || utf8_has_control(*text_r, n))
		return fault(fault_r, FAULT_INVALID,
		    "The `%s` field must have at most %zu bytes and no control "
		    "characters.",
		    field, max);
	return 0;
}

static int
read_sender(struct reading *r, struct fault *fault_r)
{
	struct address from;
	const char *text;
	if (read_line(r, "from", ADDRESS_TEXT_MAX, &text, fault_r) != 0)
		return -1;
	if (text != NULL &&
	    address_parse(r->call->arena, text, &from, fault_r) != 0)
		return fault_at(fault_r, "`from`");
	r->draft->sender = text;
	return 0;
}

static int
read_template(struct reading *r, struct fault *fault_r)
{
	struct draft *d = r->draft;
	json_t *o, *variables;
	int rc = json_get_object(r->body, "template", &o, fault_r);
	if (rc <= 0)
		return rc;
	if (json_need_string(o, "id", &d->template, fault_r) != 0 ||
	    json_get_object(o, "variables", &variables, fault_r) < 0)
		return fault_at(fault_r, "`template`");
	if (id_from_uuid(d->template, &d->template_id) != 1 &&
	    id_from_hex(d->template, &d->template_id) != 1)
		d->template_id = 0;
	d->variables = variables;
	return 0;
}

static int
read_parts(struct reading *r, struct fault *fault_r)
{
	struct draft *d = r->draft;
	struct email_parts *p = &d->parts;
	if (json_get_string(r->body, "html", &p->html, fault_r) < 0 ||
	    json_get_string(r->body, "text", &p->text, fault_r) < 0)
		return -1;
	if (d->template != NULL)
		return p->html == NULL && p->text == NULL
		    ? 0
		    : fault(fault_r, FAULT_INVALID,
			  "`template` and `%s` exclude each other.",
			  p->html != NULL ? "html" : "text");
	size_t html = p->html != NULL ? strlen(p->html) : 0;
	size_t text = p->text != NULL ? strlen(p->text) : 0;
	if (html + text == 0)
		return fault(fault_r, FAULT_MISSING,
		    "Missing `html` or `text` field.");
	if (html + text > PARTS_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "`html` and `text` have %zu bytes; at most %d are taken.",
		    html + text, PARTS_MAX);
	return 0;
}

/* ---- headers and tags -------------------------------------------------- */

/* True if an earlier header has the same name. */
static bool
is_repeated(const json_t *headers, const char *name)
{
	const char *other;
	json_t *value;
	json_object_foreach ((json_t *)headers, other, value) {
		if (other == name)
			break;
		if (strcasecmp(other, name) == 0)
			return true;
	}
	return false;
}

static int
read_headers(struct reading *r, struct fault *fault_r)
{
	json_t *o, *value;
	const char *name;
	int rc = json_get_object(r->body, "headers", &o, fault_r);
	if (rc <= 0 || json_object_size(o) == 0)
		return rc < 0 ? -1 : 0;
	if (json_object_size(o) > FIELDS_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "`headers` has %zu members; at most %d are taken.",
		    json_object_size(o), FIELDS_MAX);
	json_object_foreach (o, name, value) {
		if (!json_is_string(value))
			return fault(fault_r, FAULT_INVALID,
			    "`headers.%.80s` must be a string.", name);
		if (is_repeated(o, name))
			return fault(fault_r, FAULT_INVALID,
			    "`headers` has `%.80s` twice.", name);
		if (field_check(name, json_string_value(value), fault_r) != 0)
			return -1;
	}
	const char *text = json_text(r->call->arena, o);
	r->draft->parts.headers = text;
	return strlen(text) <= HEADERS_MAX
	    ? 0
	    : fault(fault_r, FAULT_INVALID,
		  "`headers` has %zu bytes; at most %d are taken.",
		  strlen(text), HEADERS_MAX);
}

/* A word of a tag. */
static int
check_tag(const json_t *tag, const char *field, size_t i, struct fault *fault_r)
{
	const char *text;
	if (json_need_string(tag, field, &text, fault_r) != 0)
		return fault_at(fault_r, "`tags[%zu]`", i);
	size_t n = strlen(text), good = 0;
	while (isalnum((unsigned char)text[good]) || text[good] == '_' ||
	    text[good] == '-')
		good++;
	return n > 0 && n <= TAG_MAX && good == n
	    ? 0
	    : fault(fault_r, FAULT_INVALID,
		  "`tags[%zu].%s` must have 1 to %d ASCII letters, digits, "
		  "underscores or dashes, not `%.80s`.",
		  i, field, TAG_MAX, text);
}

static int
read_tags(struct reading *r, struct fault *fault_r)
{
	json_t *list, *tag, *kept;
	size_t i;
	int rc = json_get_array(r->body, "tags", &list, fault_r);
	if (rc <= 0 || json_array_size(list) == 0)
		return rc < 0 ? -1 : 0;
	if (json_array_size(list) > TAGS_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "`tags` has %zu elements; at most %d are taken.",
		    json_array_size(list), TAGS_MAX);
	json_array_foreach (list, i, tag)
		if (check_tag(tag, "name", i, fault_r) != 0 ||
		    check_tag(tag, "value", i, fault_r) != 0)
			return -1;
	kept = json_array();
	json_array_foreach (list, i, tag)
		json_array_append_new(kept,
		    json_pack("{s:O, s:O}", "name",
			json_object_get(tag, "name"), "value",
			json_object_get(tag, "value")));
	r->draft->parts.tags = json_text(r->call->arena, kept);
	json_decref(kept);
	return 0;
}

/* ---- when, and for which topic ----------------------------------------- */

int
email_body_moment(struct call *c, const json_t *body, int64_t *ms_r,
    struct fault *fault_r)
{
	const char *text;
	int rc = json_get_string(body, "scheduled_at", &text, fault_r);
	*ms_r = 0;
	if (rc <= 0)
		return rc;
	return when_parse(text, c->now_ms, WHEN_MAIL_MAX_MS, ms_r, fault_r) == 0
	    ? 1
	    : fault_at(fault_r, "`scheduled_at`");
}

static int
read_topic(struct reading *r, struct fault *fault_r)
{
	const char *text;
	int rc = json_get_string(r->body, "topic_id", &text, fault_r);
	return rc <= 0 ? rc
		       : call_text_id(text, "topic_id", "Topic",
			     &r->draft->topic, fault_r);
}

/* What a mail of a batch cannot have. */
static int
check_batch(const json_t *body, struct fault *fault_r)
{
	static const char *const fields[] = { "attachments", "scheduled_at" };
	for (size_t i = 0; i < N_OF(fields); i++) {
		const json_t *v = json_object_get(body, fields[i]);
		if (v != NULL && !json_is_null(v) &&
		    !(json_is_array(v) && json_array_size(v) == 0))
			return fault(fault_r, FAULT_INVALID,
			    "`%s` is not taken in a batch.", fields[i]);
	}
	return 0;
}

int
email_body_read(struct call *c, const json_t *body, bool is_batch,
    struct draft *d, struct fault *fault_r)
{
	struct reading r = { .call = c, .body = body, .draft = d };
	*d = (struct draft){ 0 };
	if (!json_is_object(body))
		return fault(fault_r, FAULT_INVALID,
		    "A mail must be a JSON object.");
	if ((is_batch && check_batch(body, fault_r) != 0) ||
	    read_template(&r, fault_r) < 0 || read_sender(&r, fault_r) != 0 ||
	    read_recipients(&r, fault_r) != 0 ||
	    read_line(&r, "subject", SUBJECT_MAX, &d->subject, fault_r) != 0 ||
	    read_reply_to(&r, fault_r) != 0 || read_parts(&r, fault_r) != 0 ||
	    read_headers(&r, fault_r) != 0 || read_tags(&r, fault_r) != 0 ||
	    email_body_moment(c, body, &d->scheduled_ms, fault_r) < 0 ||
	    read_topic(&r, fault_r) < 0 ||
	    email_files_read(c, body, d, fault_r) != 0)
		return -1;
	return 0;
}
