/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that is kept of one contact, handed out, and erased.
 */
#include <string.h>

#include "api/call.h"
#include "api/contact_json.h"
#include "api/email_json.h"
#include "api/find.h"
#include "api/logbook.h"
#include "api/run_json.h"
#include "api/slice.h"
#include "base/clock.h"
#include "base/id.h"
#include "engine/engine.h"
#include "model/contact.h"
#include "model/email.h"
#include "model/event.h"
#include "store/contacts.h"
#include "store/direct.h"
#include "store/emails.h"
#include "store/events.h"
#include "store/runs.h"
#include "store/segments.h"
#include "store/suppressions.h"

/* Rows of a page; events looked at between two looks at the clock; elements of
 * an answer, about. */
enum { PAGE_ROWS = 50, EVENT_ROWS = 2000, DATA_MAX = 500 };

struct export
{
	struct call *call;
	struct txn *txn;
	struct contact contact;
	json_t *data;
	int64_t after; /* id the part has come to */
};

/* Adds an element; NULL is a failure whose fault is filled. 0 or -1. */
static int
add(struct export *x, const char *object, json_t *o)
{
	if (o == NULL)
		return -1;
	json_object_set_new(o, "object", json_string(object));
	return json_array_append_new(x->data, o);
}

/* ---- the parts: each adds some, 1 there is more, 0 that was all, -1 ----- */

static json_t *
segments_json(const struct list *list)
{
	const struct segment *all = list->items;
	json_t *a = json_array();
	for (int i = 0; i < list->n; i++)
		json_array_append_new(a,
		    json_pack("{s:o, s:s}", "id", json_id(all[i].id), "name",
			all[i].name));
	return a;
}

static json_t *
topics_json(const struct list *list)
{
	const struct subscription *all = list->items;
	json_t *a = json_array();
	for (int i = 0; i < list->n; i++)
		json_array_append_new(a,
		    json_pack("{s:o, s:s, s:s}", "id", json_id(all[i].topic.id),
			"name", all[i].topic.name, "subscription",
			all[i].opted_in ? "opt_in" : "opt_out"));
	return a;
}

static json_t *
suppression_json(const struct suppression *s)
{
	return json_pack("{s:o, s:s, s:o, s:o}", "id", json_id(s->id), "origin",
	    suppression_origin_name(s->origin), "source_id", json_id(s->source),
	    "created_at", json_time(id_time_ms(s->id)));
}

static int
export_contact(struct export *x, struct fault *fault_r)
{
	const struct page all = { .limit = INT32_MAX - 1 };
	struct arena *a = x->call->arena;
	struct list segments, topics;
	struct suppression s;
	int suppressed = store_suppression_by_key(x->txn, a,
	    x->contact.email_key, &s, fault_r);
	if (suppressed < 0 ||
	    store_segments_of(x->txn, a, x->contact.id, &all, &segments,
		fault_r) != 0 ||
	    store_topics_of(x->txn, a, x->contact.id, &all, &topics, fault_r) !=
		0)
		return -1;
	json_t *o = contact_json(&x->contact);
	json_object_set_new(o, "segments", segments_json(&segments));
	json_object_set_new(o, "topics", topics_json(&topics));
	json_object_set_new(o, "suppression",
	    suppressed == 1 ? suppression_json(&s) : json_null());
	return add(x, "contact", o);
}

static int
export_events(struct export *x, struct fault *fault_r)
{
	struct list list;
	int rc = store_event_of_contact(x->txn, x->call->arena, &x->contact,
	    &x->after, EVENT_ROWS, &list, fault_r);
	const struct event *all = list.items;
	for (int i = 0; rc >= 0 && i < list.n; i++)
		add(x, "event",
		    json_pack("{s:o, s:s, s:s?, s:o, s:o, s:o}", "id",
			json_id(all[i].id), "event", all[i].name, "email",
			all[i].email, "payload",
			json_text_value(all[i].payload), "cause_id",
			json_id(all[i].cause), "created_at",
			json_time(id_time_ms(all[i].id))));
	return rc;
}

static json_t *
mail_json(const struct email *e)
{
	json_t *o = json_pack("{s:o, s:s, s:s, s:s, s:s, s:s?, s:o}", "id",
	    json_id(e->id), "status", email_status_name(e->status), "from",
	    e->sender, "to", e->recipient, "subject", e->subject, "reply_to",
	    e->reply_to, "run_id", json_id(e->run));
	json_object_update_new(o,
	    json_pack("{s:o, s:s?, s:s?, s:o, s:o}", "values",
		json_text_value(e->data), "answer", e->answer, "queue_id",
		e->queue_id, "created_at", json_time(id_time_ms(e->id)),
		"settled_at", json_time(e->settled_ms)));
	return o;
}

/* An app's mail as it is shown alone, with the names of its files. */
static json_t *
direct_json(struct export *x, const struct email *e, struct fault *fault_r)
{
	const struct rendered none = { 0 };
	struct email_parts parts = { 0 };
	struct list files;
	if (store_parts_get(x->txn, x->call->arena, e->id, &parts, fault_r) <
		0 ||
	    store_attachment_all(x->txn, x->call->arena, e->id, &files,
		fault_r) != 0)
		return NULL;
	json_t *o = email_json(x->call, x->txn, e, &none, fault_r);
	if (o == NULL)
		return NULL;
	const struct email_attachment *all = files.items;
	json_t *names = json_array();
	for (int i = 0; i < files.n; i++)
		json_array_append_new(names,
		    json_pack("{s:o, s:s?, s:s, s:I}", "id", json_id(all[i].id),
			"filename", all[i].name, "content_type", all[i].type,
			"size", (json_int_t)all[i].size));
	json_object_update_new(o,
	    json_pack("{s:s?, s:s?, s:o, s:o}", "html", parts.html, "text",
		parts.text, "values", json_text_value(e->data), "attachments",
		names));
	return o;
}

/* Some mails, but for apps' to a contact that has them already. */
static int
add_emails(struct export *x, const struct list *list, int64_t but,
    struct fault *fault_r)
{
	const struct email *all = list->items;
	for (int i = 0; i < list->n; i++) {
		const struct email *e = &all[i];
		x->after = e->id;
		if (but != 0 && e->contact == but)
			continue;
		if (add(x, "email",
			e->is_direct ? direct_json(x, e, fault_r)
				     : mail_json(e)) != 0)
			return -1;
	}
	return list->has_more;
}

static int
export_emails(struct export *x, struct fault *fault_r)
{
	const struct page p = { .after = x->after, .limit = PAGE_ROWS };
	struct list list;
	return store_email_of_contact(x->txn, x->call->arena, x->contact.id, &p,
		   &list, fault_r) == 0
	    ? add_emails(x, &list, 0, fault_r)
	    : -1;
}

/* Apps' mail to the contact's address, whoever that was then. */
static int
export_direct(struct export *x, struct fault *fault_r)
{
	const struct page p = { .after = x->after, .limit = PAGE_ROWS };
	struct list list;
	return store_email_of_address(x->txn, x->call->arena,
		   x->contact.email_key, &p, &list, fault_r) == 0
	    ? add_emails(x, &list, x->contact.id, fault_r)
	    : -1;
}

/* A run as it is shown alone, and what it carries. */
static int
export_run(struct export *x, const struct run *r, struct fault *fault_r)
{
	json_t *o = run_json(x->call, x->txn, r, fault_r);
	if (o != NULL &&
	    put_automation(x->call, x->txn, o, r->automation, fault_r) != 0) {
		json_decref(o);
		o = NULL;
	}
	json_object_set_new(o, "payload", json_text_value(r->payload));
	json_object_set_new(o, "context", json_text_value(r->context));
	return add(x, "automation_run", o);
}

static int
export_runs(struct export *x, struct fault *fault_r)
{
	const struct page p = { .after = x->after, .limit = PAGE_ROWS };
	struct list list;
	if (store_run_of_contact(x->txn, x->call->arena, x->contact.id, &p,
		&list, fault_r) != 0)
		return -1;
	const struct run *all = list.items;
	for (int i = 0; i < list.n; i++) {
		if (export_run(x, &all[i], fault_r) != 0)
			return -1;
		x->after = all[i].id;
	}
	return list.has_more;
}

static int
export_skips(struct export *x, struct fault *fault_r)
{
	const struct page p = { .after = x->after, .limit = PAGE_ROWS };
	struct list list;
	if (store_skip_of_contact(x->txn, x->call->arena, x->contact.id, &p,
		&list, fault_r) != 0)
		return -1;
	const struct skip *all = list.items;
	for (int i = 0; i < list.n; i++) {
		json_t *o = skip_json(x->call, x->txn, &all[i], fault_r);
		if (o != NULL &&
		    put_automation(x->call, x->txn, o, all[i].automation,
			fault_r) != 0) {
			json_decref(o);
			o = NULL;
		}
		if (add(x, "skipped", o) != 0)
			return -1;
		x->after = all[i].id;
	}
	return list.has_more;
}

static int (*const parts[])(struct export *, struct fault *) = {
	export_contact,
	export_events,
	export_emails,
	export_direct,
	export_runs,
	export_skips,
};

/* ---- routes ------------------------------------------------------------ */

/* Goes on from part and id until time is up; past the last part is the end. */
static int
go_on(struct export *x, struct cursor *at, struct fault *fault_r)
{
	const int64_t began_us = clock_mono_us(), end = N_OF(parts);
	x->after = at->n[1];
	do {
		int rc = parts[at->n[0]](x, fault_r);
		if (rc < 0)
			return -1;
		if (rc == 0) {
			at->n[0]++;
			x->after = 0;
		}
	} while (at->n[0] < end && !slice_is_over(began_us) &&
	    json_array_size(x->data) < DATA_MAX);
	at->n[1] = x->after;
	return at->n[0] < end;
}

static int
export_run_route(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct export x = { .call = c, .txn = t };
	struct cursor at = *(const struct cursor *)c->input;
	if (find_contact(c, t, 0, &x.contact, fault_r) != 0)
		return -1;
	if (at.n[0] < 0 || at.n[0] >= (int64_t)N_OF(parts) || at.n[1] < 0)
		at = (struct cursor){ 0 };
	x.data = json_array();
	int more = go_on(&x, &at, fault_r);
	if (more < 0) {
		json_decref(x.data);
		return -1;
	}
	return call_object(c, 200, "export", x.contact.id,
	    json_pack("{s:o, s:o}", "data", x.data, "next",
		more ? cursor_json(&at) : json_null()));
}

static int
erase_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct contact *contact = arena_alloc(c->arena, sizeof(*contact));
	if (find_contact(c, t, 0, contact, fault_r) != 0 ||
	    engine_contact_erase(c->api->engine, t, c->arena, contact,
		c->now_ms, fault_r) < 0)
		return -1;
	c->result = contact;
	return call_object(c, 200, "contact", contact->id,
	    json_pack("{s:b}", "erased", 1));
}

/* The logbook is kept beside the store, and by the loop. */
static void
erase_after(struct call *c)
{
	const struct contact *who = c->result;
	char uuid[ID_UUID_LEN], hex[ID_HEX_LEN];
	if (who == NULL)
		return;
	const char *const names[] = { who->email_key, who->email,
		id_uuid(who->id, uuid), id_hex(who->id, hex) };
	logbook_forget(c->api->logbook, names, N_OF(names));
}

const struct route routes_export[] = {
	{ "GET", "/contacts/:contact/export", export_run_route,
	    ROUTE_READ | ROUTE_QUIET, cursor_parse },
	{ "POST", "/contacts/:contact/erase", erase_run,
	    ROUTE_WRITE | ROUTE_QUIET, NULL, erase_after },
	{ NULL }
};
