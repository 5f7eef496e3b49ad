/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Webhooks: an app's endpoint that is told what happens. What it is owed is an
 * event of its own row, sent until it is acknowledged or given up.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct arena;
struct fault;

/* What an endpoint may ask to be told. The bits (1 << type) are on disk. */
enum hook_type {
	HOOK_EMAIL_SENT,
	HOOK_EMAIL_SCHEDULED,
	HOOK_EMAIL_DELIVERED,
	HOOK_EMAIL_DELIVERY_DELAYED,
	HOOK_EMAIL_COMPLAINED,
	HOOK_EMAIL_BOUNCED,
	HOOK_EMAIL_OPENED,
	HOOK_EMAIL_CLICKED,
	HOOK_EMAIL_RECEIVED,
	HOOK_EMAIL_FAILED,
	HOOK_EMAIL_SUPPRESSED,
	HOOK_CONTACT_CREATED,
	HOOK_CONTACT_UPDATED,
	HOOK_CONTACT_DELETED,
	HOOK_CONTACT_TOPICS_UPDATED,
	HOOK_DOMAIN_CREATED,
	HOOK_DOMAIN_UPDATED,
	HOOK_DOMAIN_DELETED,
	HOOK_SUPPRESSION_ADDED,
	HOOK_SUPPRESSION_REMOVED,
	HOOK_TOPIC_CREATED,
	HOOK_TOPIC_UPDATED,
	HOOK_TOPIC_DELETED,
	HOOK_RUN_STARTED,
	HOOK_RUN_COMPLETED,
	HOOK_RUN_FAILED,
	HOOK_RUN_EXITED,
	HOOK_EMAIL_REPLIED,
	HOOK_TYPE_COUNT
};

#define HOOK_BIT(type) (INT64_C(1) << (type))
#define HOOK_ALL       (HOOK_BIT(HOOK_TYPE_COUNT) - 1)

/* "email.sent"; of a number that is none of these: "unknown". */
const char *hook_type_name(enum hook_type);
/* The type of a name, -1 if there is none such. */
int hook_type_find(const char *);

/* How it stands with what is owed. Numbers are on disk. */
enum hook_status {
	HOOK_PENDING,    /* not tried yet */
	HOOK_ATTEMPTING, /* tried in vain, and to be tried again */
	HOOK_SUCCESS,
	HOOK_FAILED, /* given up */
	HOOK_STATUS_COUNT
};
const char *hook_status_name(enum hook_status);

enum {
	HOOK_SECRET_LEN = 24,
	HOOK_SECRET_TEXT_LEN = 6 + 32 + 1, /* "whsec_", base64, NUL */
	HOOK_OLD_SECRET_MS = 24 * 3600 * 1000,
	HOOK_URL_MAX = 2048,
};

struct webhook {
	int64_t id;
	const char *endpoint;
	int64_t types; /* bits */
	bool enabled;
	unsigned char secret[HOOK_SECRET_LEN];
	/* The one before, which signs too until then; 0: there is none. */
	unsigned char old_secret[HOOK_SECRET_LEN];
	int64_t old_until_ms;
	int64_t failing_ms; /* every attempt since then failed; 0: none did */
	int64_t updated_ms;
};

/* What one webhook is owed, or was. */
struct hook_event {
	int64_t id;
	int64_t webhook;
	enum hook_type type;
	enum hook_status status;
	int attempt;         /* how many were made */
	int64_t due_ms;      /* of the next one; 0: none */
	int64_t contact;     /* whom it tells of; 0: nobody */
	const char *payload; /* the whole body */
};

struct hook_attempt {
	int64_t id;
	int64_t event;
	int64_t sent_ms;
	int code;             /* of HTTP; 0: there was no answer */
	const char *response; /* its first bytes, or why there was none */
};

/* "whsec_..." */
char *hook_secret_text(const unsigned char secret[HOOK_SECRET_LEN],
    char out[HOOK_SECRET_TEXT_LEN]);
/* The id of the message, the same whenever it is sent: "msg_..." */
enum { HOOK_MESSAGE_LEN = 4 + 24 + 1 };
char *hook_message_id(int64_t event, char out[HOOK_MESSAGE_LEN]);
/* What svix-signature says of a message sent at that moment: one signature, or
 * one for each of the two secrets after a rotation. */
const char *hook_signature(struct arena *, const struct webhook *,
    const struct hook_event *, int64_t now_ms);
/* How long to wait after that many attempts failed, spread by a random number;
 * -1: give up. */
int64_t hook_retry_ms(int attempts, uint32_t random);

/*
 * Whether a text may be an endpoint: http or https, a host, no user name, no
 * fragment; unless private ones are allowed, no host that is this machine or a
 * private address by its very name. What a name leads to is seen when it is
 * connected to. 0 or -1.
 */
int hook_check_endpoint(const char *, bool allow_private,
    struct fault *fault_r);
