/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "webhook/outcome.h"

#include "base/id.h"
#include "base/log.h"
#include "store/store.h"
#include "store/webhooks.h"

/* So long nothing but failures, and a webhook is disabled. */
static const int64_t hopeless_ms = INT64_C(5) * 24 * 3600 * 1000;

static bool
is_good(const struct outcome *o)
{
	return o->code >= 200 && o->code <= 299;
}

/* One line for each failure: at what, and how. */
static void
log_failure(const struct outcome *o, const struct hook_event *now)
{
	char id[ID_UUID_LEN], webhook[ID_UUID_LEN];
	log_info("webhook %s attempt failed event=%s type=%s attempt=%d "
		 "code=%d status=%s answer=%s",
	    id_uuid(o->event.webhook, webhook), id_uuid(o->event.id, id),
	    hook_type_name(o->event.type), now->attempt, o->code,
	    hook_status_name(now->status),
	    o->code == 0 ? log_text(o->response) : "-");
}

static int
disable(struct txn *t, struct webhook *w, int64_t now_ms, struct fault *fault_r)
{
	char id[ID_UUID_LEN];
	w->enabled = false;
	w->updated_ms = now_ms;
	/* Its endpoint may hold what is nobody's business. */
	log_error("webhook %s disabled: it did nothing but fail for %lld days",
	    id_uuid(w->id, id),
	    (long long)((now_ms - w->failing_ms) / (24 * 3600 * 1000)));
	return store_webhook_update(t, w, fault_r);
}

/* What a failure says about the webhook. */
static int
note_failing(struct txn *t, struct arena *a, const struct hook_event *e,
    int64_t now_ms, struct fault *fault_r)
{
	struct webhook w;
	if (store_webhook_failing(t, e->webhook, now_ms, fault_r) != 0)
		return -1;
	/* Each event has its chances, also after a long silence. */
	if (e->status != HOOK_FAILED)
		return 0;
	int rc = store_webhook_get(t, a, e->webhook, &w, fault_r);
	if (rc != 1)
		return rc;
	return w.enabled && w.failing_ms != 0 &&
		now_ms - w.failing_ms >= hopeless_ms
	    ? disable(t, &w, now_ms, fault_r)
	    : 0;
}

/* The event after the attempt. */
static void
judge(struct hook_event *e, const struct outcome *o, int64_t now_ms,
    uint32_t random)
{
	e->attempt++;
	int64_t wait = is_good(o) ? -1 : hook_retry_ms(e->attempt, random);
	e->due_ms = wait < 0 ? 0 : now_ms + wait;
	e->status = is_good(o) ? HOOK_SUCCESS
	    : wait < 0         ? HOOK_FAILED
			       : HOOK_ATTEMPTING;
}

int
outcome_note(struct txn *t, struct arena *a, const struct outcome *o,
    int64_t now_ms, uint32_t random, struct fault *fault_r)
{
	struct hook_event e;
	int rc = store_hook_event_get(t, a, o->event.id, &e, fault_r);
	if (rc != 1)
		return rc;
	const struct hook_attempt tried = { .id = txn_new_id(t, now_ms),
		.event = e.id,
		.sent_ms = o->sent_ms,
		.code = o->code,
		.response = o->response };
	if (store_hook_attempt_insert(t, &tried, fault_r) != 0)
		return -1;
	if (is_good(o) && store_webhook_failing(t, e.webhook, 0, fault_r) != 0)
		return -1;
	if (e.due_ms != o->event.due_ms || e.attempt != o->event.attempt)
		return 0;
	judge(&e, o, now_ms, random);
	if (store_hook_event_update(t, &e, fault_r) != 0)
		return -1;
	if (is_good(o))
		return 0;
	log_failure(o, &e);
	return note_failing(t, a, &e, now_ms, fault_r);
}
