/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/hook.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/id.h"

static const char *const type_names[HOOK_TYPE_COUNT] = {
	[HOOK_EMAIL_SENT] = "email.sent",
	[HOOK_EMAIL_SCHEDULED] = "email.scheduled",
	[HOOK_EMAIL_DELIVERED] = "email.delivered",
	[HOOK_EMAIL_DELIVERY_DELAYED] = "email.delivery_delayed",
	[HOOK_EMAIL_COMPLAINED] = "email.complained",
	[HOOK_EMAIL_BOUNCED] = "email.bounced",
	[HOOK_EMAIL_OPENED] = "email.opened",
	[HOOK_EMAIL_CLICKED] = "email.clicked",
	[HOOK_EMAIL_RECEIVED] = "email.received",
	[HOOK_EMAIL_FAILED] = "email.failed",
	[HOOK_EMAIL_SUPPRESSED] = "email.suppressed",
	[HOOK_CONTACT_CREATED] = "contact.created",
	[HOOK_CONTACT_UPDATED] = "contact.updated",
	[HOOK_CONTACT_DELETED] = "contact.deleted",
	[HOOK_CONTACT_TOPICS_UPDATED] = "contact.topics.updated",
	[HOOK_DOMAIN_CREATED] = "domain.created",
	[HOOK_DOMAIN_UPDATED] = "domain.updated",
	[HOOK_DOMAIN_DELETED] = "domain.deleted",
	[HOOK_SUPPRESSION_ADDED] = "suppression.added",
	[HOOK_SUPPRESSION_REMOVED] = "suppression.removed",
	[HOOK_TOPIC_CREATED] = "topic.created",
	[HOOK_TOPIC_UPDATED] = "topic.updated",
	[HOOK_TOPIC_DELETED] = "topic.deleted",
	[HOOK_RUN_STARTED] = "automation.run.started",
	[HOOK_RUN_COMPLETED] = "automation.run.completed",
	[HOOK_RUN_FAILED] = "automation.run.failed",
	[HOOK_RUN_EXITED] = "automation.run.exited",
	[HOOK_EMAIL_REPLIED] = "email.replied",
};

const char *
hook_type_name(enum hook_type t)
{
	return (unsigned)t < HOOK_TYPE_COUNT ? type_names[t] : "unknown";
}

int
hook_type_find(const char *name)
{
	for (int i = 0; i < HOOK_TYPE_COUNT; i++)
		if (strcmp(type_names[i], name) == 0)
			return i;
	return -1;
}

const char *
hook_status_name(enum hook_status s)
{
	static const char *const names[HOOK_STATUS_COUNT] = {
		[HOOK_PENDING] = "pending",
		[HOOK_ATTEMPTING] = "attempting",
		[HOOK_SUCCESS] = "success",
		[HOOK_FAILED] = "failed",
	};
	return (unsigned)s < HOOK_STATUS_COUNT ? names[s] : "unknown";
}

/* ---- signatures -------------------------------------------------------- */

char *
hook_secret_text(const unsigned char secret[HOOK_SECRET_LEN],
    char out[HOOK_SECRET_TEXT_LEN])
{
	memcpy(out, "whsec_", 6);
	base64_encode(secret, HOOK_SECRET_LEN, out + 6);
	return out;
}

char *
hook_message_id(int64_t event, char out[HOOK_MESSAGE_LEN])
{
	memcpy(out, "msg_", 4);
	id_hex(event, out + 4);
	return out;
}

static const char *
sign(struct arena *a, const unsigned char *secret, const struct buf *text)
{
	unsigned char mac[SHA256_LEN];
	char base64[BASE64_LEN(SHA256_LEN)];
	hmac_sha256(secret, HOOK_SECRET_LEN, text->data, text->len, mac);
	base64_encode(mac, sizeof(mac), base64);
	return arena_printf(a, "v1,%s", base64);
}

const char *
hook_signature(struct arena *a, const struct webhook *w,
    const struct hook_event *e, int64_t now_ms)
{
	char id[HOOK_MESSAGE_LEN];
	struct buf text = { 0 };
	buf_printf(&text, "%s.%lld.", hook_message_id(e->id, id),
	    (long long)(now_ms / 1000));
	buf_str(&text, e->payload);
	const char *all = sign(a, w->secret, &text);
	if (now_ms < w->old_until_ms)
		all = arena_printf(a, "%s %s", all,
		    sign(a, w->old_secret, &text));
	buf_free(&text);
	return all;
}

/* ---- trying again ------------------------------------------------------- */

int64_t
hook_retry_ms(int attempts, uint32_t random)
{
	enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
	static const int64_t waits[] = { 0, 5 * SECOND, 5 * MINUTE, 30 * MINUTE,
		2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR };
	if (attempts < 1 || (size_t)attempts > N_OF(waits))
		return -1;
	/* Up to a tenth more, so that what failed together spreads. */
	int64_t wait = waits[attempts - 1];
	return wait + wait * (random % 1024) / 10240;
}
