/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/envelope.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "mail/inject.h"
#include "model/address.h"
#include "model/contact.h"
#include "model/email.h"
#include "store/contacts.h"
#include "store/direct.h"
#include "store/suppressions.h"

/* A contact wants mail of a topic as it chose, anybody else as the topic has it
 * for those who did not. */
int
envelope_topic(struct txn *t, struct arena *a, int64_t contact, int64_t topic,
    const char **reason_r, struct fault *fault_r)
{
	struct topic it;
	*reason_r = NULL;
	int rc =
	    contact != 0 ? store_topic_wanted(t, contact, topic, fault_r) : 0;
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if ((rc = store_topic_get(t, a, topic, &it, fault_r)) < 0)
		return -1;
	if (rc == 0)
		*reason_r = "topic_deleted";
	else if (contact != 0 || !it.default_in)
		*reason_r = "topic_opted_out";
	return 0;
}

/* Why a recipient must not get the mail; NULL if it may. 0 or -1. */
static int
find_objection(struct txn *t, struct arena *a, const struct email *e,
    const struct email_recipient *r, const char **reason_r,
    struct fault *fault_r)
{
	*reason_r = NULL;
	struct suppression s;
	int64_t contact;
	int rc = store_suppression_by_key(t, a, r->key, &s, fault_r);
	if (rc == 1)
		*reason_r = "suppressed";
	if (rc != 0 || e->topic == 0)
		return rc < 0 ? -1 : 0;
	if ((rc = store_contact_id(t, r->key, &contact, fault_r)) < 0)
		return -1;
	return envelope_topic(t, a, rc == 1 ? contact : 0, e->topic, reason_r,
	    fault_r);
}

/* Adds a recipient to those this attempt goes to. 0 or -1. */
static int
send_to(struct arena *a, struct envelope *v, int i, struct fault *fault_r)
{
	struct address address;
	if (address_parse(a, v->all[i].address, &address, fault_r) != 0)
		return -1;
	v->sent_to[v->n_sent_to] = i;
	v->mailboxes[v->n_sent_to++] = address.mailbox;
	return 0;
}

int
envelope_open(struct txn *t, struct arena *a, const struct email *e,
    struct envelope *v, const char **reason_r, struct fault *fault_r)
{
	struct list list;
	const char *why = "no_recipient";
	*reason_r = NULL;
	if (store_recipient_list(t, a, e->id, &list, fault_r) != 0)
		return -1;
	size_t n = (size_t)list.n;
	*v = (struct envelope){ .all = list.items, .n = list.n };
	v->is_changed = arena_alloc(a, n * sizeof(bool));
	v->sent_to = arena_alloc(a, n * sizeof(int));
	v->mailboxes = arena_alloc(a, (n + 1) * sizeof(char *));
	for (int i = 0; i < v->n; i++) {
		struct email_recipient *r = &v->all[i];
		const char *objection;
		if (r->outcome != RECIPIENT_WAITS)
			continue;
		if (find_objection(t, a, e, r, &objection, fault_r) != 0)
			return -1;
		if (objection == NULL) {
			if (send_to(a, v, i, fault_r) != 0)
				return -1;
			continue;
		}
		r->outcome = RECIPIENT_SKIPPED;
		r->answer = why = objection;
		v->is_changed[i] = true;
	}
	if (v->n_sent_to == 0)
		*reason_r = why;
	return 0;
}

const char *
envelope_text(struct arena *a, const struct envelope *v, int kind)
{
	const char *all = "";
	for (int i = 0; i < v->n; i++)
		if ((int)v->all[i].kind == kind)
			all = arena_printf(a, "%s%s%s", all,
			    all[0] != '\0' ? ", " : "", v->all[i].address);
	return all;
}

/* What the MTA said of the i-th mailbox of this attempt by itself; NULL. */
static const struct inject_refusal *
refusal_of(const struct inject_result *r, int i)
{
	for (int k = 0; k < r->n_refused; k++)
		if (r->refused[k].recipient == i)
			return &r->refused[k];
	return NULL;
}

bool
envelope_note(struct arena *a, struct envelope *v,
    const struct inject_result *result)
{
	bool again = false;
	for (int i = 0; i < v->n_sent_to; i++) {
		struct email_recipient *r = &v->all[v->sent_to[i]];
		const struct inject_refusal *own = refusal_of(result, i);
		bool sent = result->outcome == INJECT_SENT;
		r->code = own != NULL ? own->code : result->code;
		r->answer =
		    arena_strdup(a, own != NULL ? own->text : result->text);
		if (sent && own == NULL)
			r->outcome = RECIPIENT_TAKEN;
		else if ((own != NULL && own->code >= 500) ||
		    result->outcome == INJECT_REFUSED)
			r->outcome = RECIPIENT_REFUSED;
		else
			again = true;
		v->is_changed[v->sent_to[i]] = true;
	}
	return again;
}

bool
envelope_close(struct envelope *v)
{
	bool taken = false;
	for (int i = 0; i < v->n; i++) {
		if (v->all[i].outcome == RECIPIENT_WAITS) {
			v->all[i].outcome = RECIPIENT_REFUSED;
			v->is_changed[i] = true;
		}
		taken = taken || v->all[i].outcome == RECIPIENT_TAKEN;
	}
	return taken;
}

int
envelope_write(struct txn *t, int64_t email, const struct envelope *v,
    struct fault *fault_r)
{
	for (int i = 0; i < v->n; i++)
		if (v->is_changed[i] &&
		    store_recipient_settle(t, email, &v->all[i], fault_r) != 0)
			return -1;
	return 0;
}
