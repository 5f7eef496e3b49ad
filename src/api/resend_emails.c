/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Emails: written by apps, one or up to a hundred at once, scheduled and
 * cancelled; and of all mail, what became of it.
 */
#include <string.h>

#include "api/batch.h"
#include "api/call.h"
#include "api/email_body.h"
#include "api/email_files.h"
#include "api/email_json.h"
#include "api/find.h"
#include "base/id.h"
#include "base/json.h"
#include "engine/direct.h"
#include "engine/engine.h"
#include "model/email.h"
#include "store/emails.h"

/* ---- one --------------------------------------------------------------- */

static int
send_parse(struct call *c, struct fault *fault_r)
{
	struct draft *d = c->input = arena_alloc(c->arena, sizeof(*d));
	if (call_need_object(c, fault_r) != 0 ||
	    email_body_read(c, c->body, false, d, fault_r) != 0)
		return -1;
	d->only_domain = c->key_domain;
	c->must_prepare = d->n_files > 0;
	return 0;
}

static int
send_prepare(struct call *c, struct fault *fault_r)
{
	return email_files_store(c, c->input, fault_r);
}

static int
send_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	int64_t id;
	if (engine_mail_write(c->api->engine, t, c->arena, c->input, c->now_ms,
		&id, fault_r) != 0)
		return -1;
	return call_json(c, 200, json_pack("{s:o}", "id", json_id(id)));
}

/* ---- a batch ----------------------------------------------------------- */

static int
read_item(struct call *c, const json_t *body, void *item, struct fault *fault_r)
{
	struct draft *d = item;
	if (email_body_read(c, body, true, d, fault_r) != 0)
		return -1;
	d->only_domain = c->key_domain;
	return 0;
}

static int
write_item(struct call *c, struct txn *t, const void *item,
    struct fault *fault_r)
{
	char text[ID_UUID_LEN];
	int64_t id;
	if (engine_mail_write(c->api->engine, t, c->arena, item, c->now_ms, &id,
		fault_r) != 0)
		return -1;
	buf_printf(&c->out, "{\"id\":\"%s\"}", id_uuid(id, text));
	return 0;
}

static const struct batch_kind mails = { .plural = "mails",
	.max = 100,
	.item_size = sizeof(struct draft),
	.status = 200,
	.is_strict = true,
	.has_errors_apart = true,
	.read = read_item,
	.write = write_item };

static int
send_batch_parse(struct call *c, struct fault *fault_r)
{
	return batch_parse(c, &mails, fault_r);
}

static int
send_batch_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	return batch_run(c, t, &mails, fault_r);
}

/* ---- what is there ----------------------------------------------------- */

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct email e;
	struct rendered r = { 0 };
	struct fault why;
	if (find_email(c, t, 0, &e, fault_r) != 0)
		return -1;
	/* A message that cannot be rendered any more is shown without. */
	if (engine_render(c->api->engine, t, c->arena, &e, &r, &why) != 0 &&
	    why.kind == FAULT_UNAVAILABLE) {
		*fault_r = why;
		return -1;
	}
	json_t *o = email_json(c, t, &e, &r, fault_r);
	return o != NULL ? call_json(c, 200, o) : -1;
}

static int
list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct list list;
	if (store_email_list(t, c->arena, &c->page, &list, fault_r) != 0)
		return -1;
	json_t *data = email_list_json(c, t, &list, fault_r);
	if (data == NULL)
		return -1;
	return call_json(c, 200,
	    json_pack("{s:s, s:b, s:o}", "object", "list", "has_more",
		list.has_more, "data", data));
}

/* ---- what is scheduled ------------------------------------------------- */

/* Answers a change of an email that is scheduled; rc is what the change
 * returned. */
static int
changed(struct call *c, const struct email *e, int rc, struct fault *fault_r)
{
	if (rc == 0)
		return fault(fault_r, FAULT_INVALID,
		    "The email is not scheduled any more: its last event is "
		    "`%s`.",
		    email_status_name(e->status));
	return rc < 0 ? -1 : call_object(c, 200, "email", e->id, NULL);
}

static int
update_parse(struct call *c, struct fault *fault_r)
{
	int64_t *due_ms = c->input = arena_alloc(c->arena, sizeof(*due_ms));
	if (call_need_object(c, fault_r) != 0)
		return -1;
	int rc = email_body_moment(c, c->body, due_ms, fault_r);
	return rc == 0
	    ? fault(fault_r, FAULT_MISSING, "Missing `scheduled_at` field.")
	    : rc == 1 ? 0
		      : -1;
}

static int
update_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct email e;
	if (find_email(c, t, 0, &e, fault_r) != 0)
		return -1;
	return changed(c, &e,
	    engine_mail_reschedule(c->api->engine, t, e.id,
		*(const int64_t *)c->input, fault_r),
	    fault_r);
}

static int
cancel_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct email e;
	if (find_email(c, t, 0, &e, fault_r) != 0)
		return -1;
	return changed(c, &e, store_email_cancel(t, e.id, c->now_ms, fault_r),
	    fault_r);
}

static const struct json_name template_names[] = { { "id" }, { "variables" },
	{ NULL } };
static const struct json_name file_names[] = { { "content" }, { "path" },
	{ "filename" }, { "content_type" }, { "content_id" }, { NULL } };
#define MAIL_FIELDS \
	{ "to" }, { "from" }, { "subject" }, { "cc" }, { "bcc" }, \
	    { "reply_to" }, { "html" }, { "text" }, { "headers" }, { "tags" }, \
	    { "topic_id" }, \
	{ \
		"template", NULL, template_names \
	}
static const struct json_name fields[] = { MAIL_FIELDS, { "scheduled_at" },
	{ "attachments", NULL, file_names }, { NULL } };
static const struct json_name batch_fields[] = { MAIL_FIELDS, { NULL } };
static const struct json_name update_fields[] = { { "scheduled_at" },
	{ NULL } };

const struct route routes_emails[] = {
	{ "POST", "/emails", send_run, ROUTE_WRITE | ROUTE_BODY | ROUTE_SENDING,
	    send_parse, .body_max = EMAIL_BODY_MAX, .prepare = send_prepare,
	    .fields = fields },
	{ "POST", "/emails/batch", send_batch_run,
	    ROUTE_WRITE | ROUTE_BODY | ROUTE_SENDING, send_batch_parse,
	    .body_max = EMAIL_BODY_MAX, .fields = batch_fields },
	{ "GET", "/emails", list_run, ROUTE_READ, call_parse_page },
	{ "GET", "/emails/:id", get_run, ROUTE_READ },
	{ "PATCH", "/emails/:id", update_run, ROUTE_WRITE | ROUTE_BODY,
	    update_parse, .fields = update_fields },
	{ "POST", "/emails/:id/cancel", cancel_run, ROUTE_WRITE },
	{ NULL },
};
