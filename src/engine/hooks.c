/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/hooks.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "engine/engine_private.h"
#include "engine/jobs.h"
#include "store/webhooks.h"

struct subscriber {
	int64_t webhook, types;
};

struct hooks {
	/* As of one value of the store's number. */
	struct subscriber *all;
	int n;
	int64_t types; /* of all of them */
	int64_t seen;  /* that number; 0: nothing is known */
	/* They were read since the last batch, and what the store had undone
	 * then. */
	bool is_fresh;
	unsigned undone;
	bool is_hushed;
	bool has_said; /* in the batch under way */
};

struct hooks *
hooks_new(void)
{
	return xcalloc(1, sizeof(struct hooks));
}

void
hooks_free(struct hooks *h)
{
	if (h == NULL)
		return;
	free(h->all);
	free(h);
}

void
hooks_forget(struct hooks *h)
{
	h->seen = 0;
	h->is_fresh = h->has_said = false;
}

void
hooks_check(struct hooks *h, const struct txn *t)
{
	if (h->is_fresh && h->undone != txn_undone(t))
		h->seen = 0;
}

bool
hooks_settle(struct hooks *h)
{
	bool has_said = h->has_said;
	h->is_fresh = h->has_said = false;
	return has_said;
}

/* Reads who subscribes to what. */
static int
load(struct hooks *h, struct txn *t, int64_t version, struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct list list;
	int rc = store_webhook_enabled(t, a, &list, fault_r);
	if (rc == 0) {
		const struct webhook *w = list.items;
		h->all =
		    xrealloc(h->all, ((size_t)list.n + 1) * sizeof(*h->all));
		h->n = list.n;
		h->types = 0;
		for (int i = 0; i < h->n; i++) {
			h->all[i] = (struct subscriber){ w[i].id, w[i].types };
			h->types |= w[i].types;
		}
		h->seen = version;
		h->is_fresh = true;
		h->undone = txn_undone(t);
	}
	arena_free(a);
	return rc;
}

/* Those that one change of a contact makes. */
static bool
is_of_contact(enum hook_type type)
{
	return type == HOOK_CONTACT_CREATED || type == HOOK_CONTACT_UPDATED ||
	    type == HOOK_CONTACT_DELETED || type == HOOK_CONTACT_TOPICS_UPDATED;
}

int
hooks_listen(struct engine *e, struct txn *t, enum hook_type type,
    struct fault *fault_r)
{
	struct hooks *h = e->hooks;
	int64_t version = txn_automations_version(t);
	hooks_check(h, t);
	if (h->seen != version && load(h, t, version, fault_r) != 0)
		return -1;
	return (h->types & HOOK_BIT(type)) != 0 &&
	    !(h->is_hushed && is_of_contact(type));
}

/* The whole body; NULL if it cannot be made. */
static char *
body(enum hook_type type, json_t *data, int64_t now_ms)
{
	char created[CLOCK_ISO_LEN];
	json_t *o = json_pack("{s:s, s:s, s:O}", "type", hook_type_name(type),
	    "created_at", clock_iso(now_ms, created), "data", data);
	char *text = o == NULL ? NULL : json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}

int
hooks_say(struct engine *e, struct txn *t, enum hook_type type, int64_t contact,
    json_t *data, int64_t now_ms, struct fault *fault_r)
{
	struct hooks *h = e->hooks;
	int rc = hooks_listen(e, t, type, fault_r);
	char *text = rc == 1 ? body(type, data, now_ms) : NULL;
	json_decref(data);
	/* What happened has happened, whoever may hear of it. */
	if (rc == 1 && text == NULL) {
		log_error("webhook event not written type=%s",
		    hook_type_name(type));
		return 0;
	}
	struct hook_event owed = { .type = type,
		.status = HOOK_PENDING,
		.due_ms = now_ms,
		.contact = contact,
		.payload = text };
	for (int i = 0; rc == 1 && i < h->n; i++) {
		if ((h->all[i].types & HOOK_BIT(type)) == 0)
			continue;
		owed.id = txn_new_id(t, now_ms);
		owed.webhook = h->all[i].webhook;
		h->has_said = true;
		if (store_hook_event_insert(t, &owed, fault_r) != 0)
			rc = -1;
	}
	free(text);
	return rc < 0 ? -1 : 0;
}

void
hooks_hush(struct engine *e, bool is_hushed)
{
	e->hooks->is_hushed = is_hushed;
}

void
hooks_note_due(struct engine *e)
{
	e->hooks->has_said = true;
}

int
engine_webhook_delete(struct engine *e, struct txn *t, int64_t webhook,
    int64_t now_ms, struct fault *fault_r)
{
	int rc = store_webhook_delete(t, webhook, fault_r);
	if (rc != 1)
		return rc;
	return jobs_begin(e, t, JOB_EMPTY_WEBHOOK, webhook, NULL, now_ms,
		   fault_r) == 0
	    ? 1
	    : -1;
}
