/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What webhooks are told of each kind of thing.
 */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "engine/engine_private.h"
#include "engine/hooks.h"
#include "engine/letters.h"
#include "model/contact.h"
#include "model/email.h"
#include "model/suppression.h"
#include "store/automations.h"
#include "store/contacts.h"
#include "store/direct.h"
#include "store/segments.h"
#include "store/templates.h"

enum { SEGMENTS_MAX = 1000 /* of a contact, told */ };

static json_t *
id_json(int64_t id)
{
	char text[ID_UUID_LEN];
	return id == 0 ? json_null() : json_string(id_uuid(id, text));
}

static json_t *
moment_json(int64_t ms)
{
	char text[CLOCK_ISO_LEN];
	return ms == 0 ? json_null() : json_string(clock_iso(ms, text));
}

/* A member that is left out where there is nothing. */
static void
put_text(json_t *o, const char *name, const char *text)
{
	if (text != NULL)
		json_object_set_new(o, name, json_string(text));
}

/* ---- contacts ---------------------------------------------------------- */

int
hooks_say_contact(struct engine *e, struct txn *t, struct arena *a,
    enum hook_type type, const struct contact *c, int64_t now_ms,
    struct fault *fault_r)
{
	const struct page all = { .limit = SEGMENTS_MAX };
	struct list list;
	int rc = hooks_listen(e, t, type, fault_r);
	if (rc != 1)
		return rc;
	if (store_segments_of(t, a, c->id, &all, &list, fault_r) != 0)
		return -1;
	const struct segment *segments = list.items;
	json_t *ids = json_array();
	for (int i = 0; i < list.n; i++)
		json_array_append_new(ids, id_json(segments[i].id));
	int64_t created = id_time_ms(c->id);
	json_t *o = json_pack("{s:o, s:o, s:o, s:o, s:s, s:b}", "id",
	    id_json(c->id), "segment_ids", ids, "created_at",
	    moment_json(created), "updated_at",
	    moment_json(c->updated_ms != 0 ? c->updated_ms : created), "email",
	    c->email, "unsubscribed", c->unsubscribed);
	/* What was called an audience is the first segment it joined. */
	if (list.n > 0)
		json_object_set_new(o, "audience_id",
		    id_json(segments[list.n - 1].id));
	put_text(o, "first_name", c->first_name);
	put_text(o, "last_name", c->last_name);
	return hooks_say(e, t, type, c->id, o, now_ms, fault_r);
}

int
hooks_say_topics(struct engine *e, struct txn *t, struct arena *a,
    int64_t contact, const struct topic_choice *choices, int n, int64_t now_ms,
    struct fault *fault_r)
{
	struct contact c;
	int rc = n == 0
	    ? 0
	    : hooks_listen(e, t, HOOK_CONTACT_TOPICS_UPDATED, fault_r);
	if (rc == 1)
		rc = store_contact_by_id(t, a, contact, &c, fault_r);
	if (rc != 1)
		return rc;
	json_t *topics = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(topics,
		    json_pack("{s:o, s:s}", "id", id_json(choices[i].topic),
			"subscription",
			choices[i].opted_in ? "opt_in" : "opt_out"));
	return hooks_say(e, t, HOOK_CONTACT_TOPICS_UPDATED, contact,
	    json_pack("{s:s, s:o}", "email", c.email, "topics", topics), now_ms,
	    fault_r);
}

int
hooks_say_topic(struct engine *e, struct txn *t, enum hook_type type,
    const struct topic *topic, int64_t now_ms, struct fault *fault_r)
{
	int rc = hooks_listen(e, t, type, fault_r);
	if (rc != 1)
		return rc;
	json_t *o = json_pack("{s:o, s:s, s:s?, s:s, s:b, s:o, s:o}", "id",
	    id_json(topic->id), "name", topic->name, "description",
	    topic->description, "default_subscription",
	    topic->default_in ? "opt_in" : "opt_out", "deleted",
	    type == HOOK_TOPIC_DELETED, "created_at",
	    moment_json(id_time_ms(topic->id)), "updated_at",
	    moment_json(now_ms));
	return hooks_say(e, t, type, 0, o, now_ms, fault_r);
}

/* ---- emails ------------------------------------------------------------ */

/* The addresses an app's mail goes to, where its header says so. */
static json_t *
to_json(struct txn *t, struct arena *a, const struct email *m,
    struct fault *fault_r)
{
	struct list list;
	if (!m->is_direct)
		return json_pack("[s]", m->recipient);
	if (store_recipient_list(t, a, m->id, &list, fault_r) != 0)
		return NULL;
	const struct email_recipient *all = list.items;
	json_t *to = json_array();
	for (int i = 0; i < list.n; i++)
		if (all[i].kind == RECIPIENT_TO)
			json_array_append_new(to, json_string(all[i].address));
	return to;
}

/* Tags of an app's mail, as members of an object. 0 or -1. */
static int
put_tags(json_t *o, struct txn *t, struct arena *a, const struct email *m,
    struct fault *fault_r)
{
	struct email_parts parts;
	json_t *tag;
	size_t i;
	int rc =
	    m->is_direct ? store_parts_get(t, a, m->id, &parts, fault_r) : 0;
	if (rc != 1 || parts.tags == NULL)
		return rc < 0 ? -1 : 0;
	json_t *tags = json_object();
	json_array_foreach (json_parse(a, parts.tags, strlen(parts.tags),
				fault_r),
	    i, tag)
		json_object_set(tags,
		    json_string_value(json_object_get(tag, "name")),
		    json_object_get(tag, "value"));
	return json_object_set_new(o, "tags", tags);
}

/* What a type adds to what is told of each email. */
static void
put_outcome(json_t *o, enum hook_type type, const struct email *m)
{
	if (type == HOOK_EMAIL_FAILED)
		json_object_set_new(o, "failed",
		    json_pack("{s:s}", "reason",
			m->answer != NULL ? m->answer : ""));
	if (type == HOOK_EMAIL_SUPPRESSED)
		json_object_set_new(o, "suppressed",
		    json_pack("{s:s, s:s, s:s, s:[]}", "message",
			"The recipient takes no such mail any more.", "type",
			"Suppressed", "reason",
			m->answer != NULL ? m->answer : "", "diagnosticCode"));
}

int
hooks_say_email(struct engine *e, struct txn *t, struct arena *a,
    enum hook_type type, const struct email *m, int64_t now_ms,
    struct fault *fault_r)
{
	int64_t template = 0;
	int rc = hooks_listen(e, t, type, fault_r);
	if (rc != 1)
		return rc;
	if (m->version != 0 &&
	    store_version_template(t, m->version, &template, fault_r) < 0)
		return -1;
	json_t *to = to_json(t, a, m, fault_r);
	if (to == NULL)
		return -1;
	json_t *o = json_pack("{s:o, s:o, s:s, s:o, s:s}", "email_id",
	    id_json(m->id), "created_at", moment_json(id_time_ms(m->id)),
	    "from", m->sender, "to", to, "subject", m->subject);
	if (put_tags(o, t, a, m, fault_r) != 0) {
		json_decref(o);
		return -1;
	}
	put_text(o, "message_id", letter_message_id(e, a, m));
	if (template != 0)
		json_object_set_new(o, "template_id", id_json(template));
	put_outcome(o, type, m);
	return hooks_say(e, t, type, m->contact, o, now_ms, fault_r);
}

/* ---- suppressions ------------------------------------------------------ */

int
hooks_say_suppression(struct engine *e, struct txn *t, enum hook_type type,
    const struct suppression *s, int64_t now_ms, struct fault *fault_r)
{
	int rc = hooks_listen(e, t, type, fault_r);
	if (rc != 1)
		return rc;
	return hooks_say(e, t, type, 0,
	    json_pack("{s:o, s:s?, s:s, s:o, s:o}", "id", id_json(s->id),
		"email", s->email_key, "origin",
		suppression_origin_name(s->origin), "source_id",
		id_json(s->source), "created_at",
		moment_json(id_time_ms(s->id))),
	    now_ms, fault_r);
}

/* ---- runs -------------------------------------------------------------- */

int
hooks_say_run(struct engine *e, struct txn *t, struct arena *a,
    enum hook_type type, const struct run *r, int64_t now_ms,
    struct fault *fault_r)
{
	struct automation m;
	int rc = hooks_listen(e, t, type, fault_r);
	if (rc == 1)
		rc = store_automation_by_num(t, a, r->automation, &m, fault_r);
	if (rc != 1)
		return rc;
	json_t *o = json_pack("{s:o, s:o, s:s, s:o, s:s, s:o, s:o}", "run_id",
	    id_json(r->id), "automation_id", id_json(m.id), "automation_name",
	    m.name, "contact_id", id_json(r->contact), "status",
	    run_status_name(r->status), "started_at",
	    moment_json(id_time_ms(r->id)), "completed_at",
	    moment_json(r->finished_ms));
	if (type == HOOK_RUN_EXITED)
		put_text(o, "exit_reason", r->reason);
	if (type == HOOK_RUN_FAILED)
		json_object_set_new(o, "failed",
		    json_pack("{s:s?}", "reason", r->reason));
	return hooks_say(e, t, type, r->contact, o, now_ms, fault_r);
}
