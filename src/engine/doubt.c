/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/doubt.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "engine/delivery_private.h"
#include "model/email.h"
#include "store/direct.h"
#include "store/emails.h"

static const struct {
	const char *name;
	enum email_status status;
	const char *answer;
	enum recipient_outcome outcome; /* of those not settled yet */
} decisions[DOUBT_DECISIONS] = {
	[DOUBT_RESEND] = { "resend", EMAIL_QUEUED,
	    "Somebody decided to send it again.", RECIPIENT_WAITS },
	[DOUBT_SENT] = { "sent", EMAIL_SENT,
	    "Somebody decided that the MTA has it.", RECIPIENT_TAKEN },
	[DOUBT_DROP] = { "drop", EMAIL_FAILED,
	    "Somebody decided not to send it again.", RECIPIENT_REFUSED },
};

int
doubt_decision_find(const char *name)
{
	for (int i = 0; i < DOUBT_DECISIONS; i++)
		if (strcmp(decisions[i].name, name) == 0)
			return i;
	return -1;
}

/* Settles the recipients of an app's mail of whom nothing was known: those who
 * have it got it, also if it is dropped. 0 or -1. */
static int
settle_recipients(struct txn *t, struct arena *a, struct email *e,
    enum recipient_outcome outcome, struct fault *fault_r)
{
	struct list list;
	if (!e->is_direct || outcome == RECIPIENT_WAITS)
		return 0;
	if (store_recipient_list(t, a, e->id, &list, fault_r) != 0)
		return -1;
	struct email_recipient *all = list.items;
	for (int i = 0; i < list.n; i++) {
		if (all[i].outcome == RECIPIENT_TAKEN)
			e->status = EMAIL_SENT;
		if (all[i].outcome != RECIPIENT_WAITS)
			continue;
		all[i].outcome = outcome;
		all[i].code = 0;
		all[i].answer = e->answer;
		if (store_recipient_settle(t, e->id, &all[i], fault_r) != 0)
			return -1;
	}
	return 0;
}

int
engine_doubt_decide(struct engine *e, struct txn *t, struct arena *a,
    struct email *m, enum doubt_decision what, int64_t now_ms,
    struct fault *fault_r)
{
	m->status = decisions[what].status;
	m->answer = decisions[what].answer;
	m->due_ms = 0;
	m->settled_ms = now_ms;
	if (what == DOUBT_RESEND) {
		/* The same attempt: a witness knows it as a copy. */
		m->attempt = -m->attempt;
		m->due_ms = now_ms;
		delivery_note_due(e);
	}
	if (settle_recipients(t, a, m, decisions[what].outcome, fault_r) != 0)
		return -1;
	int rc = store_email_decide(t, m, fault_r);
	if (rc != 1 || what == DOUBT_RESEND)
		return rc;
	return outcome_follow(e, t, a, m, fault_r) == 0 ? 1 : -1;
}
