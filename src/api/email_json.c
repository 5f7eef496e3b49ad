/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "api/email_json.h"

#include <string.h>

#include "base/id.h"
#include "base/json.h"
#include "engine/engine.h"
#include "model/address.h"
#include "model/email.h"
#include "store/direct.h"

/* Addresses joined by commas as an array of them. */
static json_t *
addresses_json(const char *text)
{
	json_t *list = json_array();
	const char *end;
	for (; text != NULL && (end = address_list_end(text)) != NULL;
	     text = *end == '\0' ? NULL : end + 1) {
		text += strspn(text, " ");
		json_array_append_new(list,
		    json_stringn(text, (size_t)(end - text)));
	}
	return list;
}

/* The recipients of a kind. */
static json_t *
kind_json(const struct list *list, enum recipient_kind kind)
{
	const struct email_recipient *all = list->items;
	json_t *a = json_array();
	for (int i = 0; i < list->n; i++)
		if (all[i].kind == kind)
			json_array_append_new(a, json_string(all[i].address));
	return a;
}

/* What became of each, beyond what Resend tells. */
static json_t *
outcomes_json(const struct list *list)
{
	static const char *const names[] = { [RECIPIENT_WAITS] = "queued",
		[RECIPIENT_TAKEN] = "sent",
		[RECIPIENT_REFUSED] = "failed",
		[RECIPIENT_SKIPPED] = "suppressed" };
	const struct email_recipient *all = list->items;
	json_t *a = json_array();
	for (int i = 0; i < list->n; i++)
		json_array_append_new(a,
		    json_pack("{s:s, s:s, s:i, s:s?}", "email", all[i].address,
			"last_event", names[all[i].outcome], "code",
			all[i].code, "answer", all[i].answer));
	return a;
}

/* An automation's mail has one recipient. */
static struct list
only_recipient(struct call *c, const struct email *e)
{
	struct email_recipient *one = arena_alloc(c->arena, sizeof(*one));
	*one = (struct email_recipient){ .address = e->recipient };
	return (struct list){ .items = one, .n = 1 };
}

/* Who it goes to. */
static int
read_recipients(struct call *c, struct txn *t, const struct email *e,
    struct list *list_r, struct fault *fault_r)
{
	if (e->is_direct)
		return store_recipient_list(t, c->arena, e->id, list_r,
		    fault_r);
	*list_r = only_recipient(c, e);
	return 0;
}

static json_t *
summary_json(const struct email *e, const struct list *to)
{
	bool waits = e->status == EMAIL_QUEUED || e->status == EMAIL_SCHEDULED;
	json_t *o = json_pack("{s:o, s:o, s:s, s:o, s:s, s:o, s:o, s:o, s:s, "
			      "s:o}",
	    "id", json_id(e->id), "to", kind_json(to, RECIPIENT_TO), "from",
	    e->sender, "created_at", json_time(id_time_ms(e->id)), "subject",
	    e->subject, "bcc", kind_json(to, RECIPIENT_BCC), "cc",
	    kind_json(to, RECIPIENT_CC), "reply_to",
	    addresses_json(e->reply_to), "last_event",
	    email_status_name(e->status), "scheduled_at",
	    json_time(e->scheduled_ms));
	/* What became of it, beyond what Resend tells. */
	json_object_update_new(o,
	    json_pack("{s:s?, s:i, s:i, s:i, s:s?, s:o, s:o}", "queue_id",
		e->queue_id, "attempts",
		e->attempt < 0 ? -e->attempt : e->attempt, "doubts", e->doubts,
		"code", e->code, "answer", e->answer, "settled_at",
		json_time(e->settled_ms), "next_attempt_at",
		json_time(waits ? e->due_ms : 0)));
	return o;
}

/* Of the recipients of many mails, those of one, which end before *at_r. Mails
 * are asked for from the last one down. */
static struct list
part_of(const struct list *all, int64_t email, int *at_r)
{
	struct email_recipient *items = all->items;
	int from = *at_r;
	while (from > 0 && items[from - 1].email == email)
		from--;
	struct list part = { .items = items + from, .n = *at_r - from };
	*at_r = from;
	return part;
}

json_t *
email_list_json(struct call *c, struct txn *t, const struct list *list,
    struct fault *fault_r)
{
	const struct email *mails = list->items;
	struct list all = { 0 }, to;
	json_t *data = json_array();
	if (list->n > 0 &&
	    store_recipient_between(t, c->arena, mails[list->n - 1].id,
		mails[0].id, &all, fault_r) != 0) {
		json_decref(data);
		return NULL;
	}
	for (int i = 0, at = all.n; i < list->n; i++) {
		to = mails[i].is_direct ? part_of(&all, mails[i].id, &at)
					: only_recipient(c, &mails[i]);
		json_array_append_new(data, summary_json(&mails[i], &to));
	}
	return data;
}

json_t *
email_json(struct call *c, struct txn *t, const struct email *e,
    const struct rendered *r, struct fault *fault_r)
{
	struct email_parts parts = { 0 };
	struct list to;
	if (read_recipients(c, t, e, &to, fault_r) != 0 ||
	    (e->is_direct &&
		store_parts_get(t, c->arena, e->id, &parts, fault_r) < 0))
		return NULL;
	json_t *o = summary_json(e, &to);
	json_object_update_new(o,
	    json_pack("{s:s, s:s?, s:s?, s:s?, s:o, s:o, s:o, s:o}", "object",
		"email", "message_id", r->message_id, "html", r->html, "text",
		r->text, "topic_id", json_id(e->topic), "contact_id",
		json_id(e->contact), "run_id", json_id(e->run), "tags",
		parts.tags != NULL ? json_text_value(parts.tags)
				   : json_array()));
	if (e->is_direct)
		json_object_update_new(o,
		    json_pack("{s:o, s:o}", "headers",
			json_text_value(parts.headers), "recipients",
			outcomes_json(&to)));
	return o;
}
