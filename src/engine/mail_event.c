/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/mail_event.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "engine/engine_private.h"
#include "engine/hooks.h"
#include "engine/part.h"
#include "model/email.h"

/* The name of what became of an email; NULL: nothing to be told. */
static const char *
event_name(const struct email *m)
{
	if (m->contact == 0)
		return NULL;
	if (m->status == EMAIL_SKIPPED && m->answer != NULL &&
	    strcmp(m->answer, "suppressed") == 0)
		return "resend:email.suppressed";
	return m->status == EMAIL_SENT  ? "resend:email.sent"
	    : m->status == EMAIL_FAILED ? "resend:email.failed"
					: NULL;
}

static const char *
payload(struct arena *a, const struct email *m)
{
	char id[ID_UUID_LEN];
	json_t *o =
	    json_pack("{s:s, s:s, s:s, s:o}", "email_id", id_uuid(m->id, id),
		"to", m->recipient, "subject", m->subject, "run_id",
		m->run != 0 ? json_string(id_uuid(m->run, id)) : json_null());
	if (m->status == EMAIL_FAILED)
		json_object_set_new(o, "failed",
		    json_pack("{s:s?}", "reason", m->answer));
	const char *text = json_text(a, o);
	json_decref(o);
	return text;
}

/* In a part of the transaction of its own. */
static int
apply(struct engine *e, struct txn *t, struct arena *a, struct event *ev,
    int64_t now_ms, struct fault *fault_r)
{
	struct accepted out;
	struct part part;
	struct fault why = { 0 };
	if (part_begin(e, t, &part, fault_r) != 0)
		return -1;
	int rc = engine_accept(e, t, a, ev, now_ms, &out, &why);
	rc = part_end(e, t, &part, rc, &why, fault_r);
	/* A contact may be gone by now; else it is our mistake. */
	if (rc == 0 && why.kind != FAULT_NOT_FOUND)
		log_error("event not applied event=%s error=%s",
		    log_text(ev->name), log_text(why.text));
	return rc < 0 ? -1 : 0;
}

/* Tells webhooks what became of an email, if that is final. */
static int
say_to_webhooks(struct engine *e, struct txn *t, struct arena *a,
    const struct email *m, struct fault *fault_r)
{
	static const struct {
		enum email_status status;
		enum hook_type type;
	} table[] = {
		{ EMAIL_SENT, HOOK_EMAIL_SENT },
		{ EMAIL_FAILED, HOOK_EMAIL_FAILED },
		{ EMAIL_SKIPPED, HOOK_EMAIL_SUPPRESSED },
	};
	for (size_t i = 0; i < N_OF(table); i++)
		if (table[i].status == m->status)
			return hooks_say_email(e, t, a, table[i].type, m,
			    m->settled_ms, fault_r);
	return 0;
}

int
mail_event_settled(struct engine *e, struct txn *t, struct arena *a,
    const struct email *m, struct fault *fault_r)
{
	struct event ev = { .name = event_name(m),
		.contact = m->contact,
		.run = m->run,
		.is_system = true };
	if (say_to_webhooks(e, t, a, m, fault_r) != 0)
		return -1;
	if (ev.name == NULL)
		return 0;
	int rc = accept_listens(e, t, ev.name, fault_r);
	if (rc != 1)
		return rc;
	ev.payload = payload(a, m);
	return apply(e, t, a, &ev, m->settled_ms, fault_r);
}

int64_t
mail_event_run(const struct event *ev, const json_t *payload)
{
	int64_t run = ev->run;
	const char *id = json_string_value(json_object_get(payload, "run_id"));
	if (run == 0 && id != NULL && id_from_uuid(id, &run) != 1)
		return 0;
	return run;
}
