/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * An email: a row of the outbox, from the step that wrote it to what the MTA
 * said. One email is one message with one Message-ID.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

enum email_status {
	EMAIL_QUEUED,    /* due at due_ms */
	EMAIL_SENDING,   /* claimed: the attempt may be on its way */
	EMAIL_SENT,      /* in the MTA's queue */
	EMAIL_FAILED,    /* refused for good, or given up */
	EMAIL_IN_DOUBT,  /* nobody knows if the MTA has it; somebody decides */
	EMAIL_SKIPPED,   /* nobody wants it any more */
	EMAIL_SCHEDULED, /* due at due_ms, unless it is changed before */
	EMAIL_CANCELED,  /* while it was scheduled */
	EMAIL_STATUS_COUNT
};

/* What the API calls last_event. */
const char *email_status_name(enum email_status);

/* Who an app's mail goes to, and what the MTA said of each. On disk. */
enum recipient_kind { RECIPIENT_TO, RECIPIENT_CC, RECIPIENT_BCC };
enum recipient_outcome {
	RECIPIENT_WAITS, /* it was not offered, or may be again */
	RECIPIENT_TAKEN,
	RECIPIENT_REFUSED,
	RECIPIENT_SKIPPED, /* does not want it */
};

struct email_recipient {
	enum recipient_kind kind;
	int n;               /* place among all of the mail */
	const char *address; /* as the app wrote it, name and all */
	const char *key;     /* address_key() of it */
	enum recipient_outcome outcome;
	int code; /* of the MTA's answer */
	const char *answer;
	int64_t email; /* as read: the mail it is of */
};

/* What an app's mail says. Headers and tags are JSON as it gave them. */
struct email_parts {
	const char *html, *text; /* NULL: of its template, or none */
	const char *headers, *tags;
};

enum { BLOB_HASH_LEN = 32 };

struct email_attachment {
	int64_t id, email;
	unsigned char hash[BLOB_HASH_LEN]; /* of the content: its file */
	int64_t size;
	const char *name; /* NULL: it has none */
	const char *type;
	const char *content_id; /* NULL: none */
};

struct email {
	int64_t id;
	enum email_status status;
	int64_t due_ms; /* 0: not due */
	int attempt;    /* number of the last claim, from 1 */
	int doubts;     /* how often nobody knew whether the MTA had it */
	int64_t node;   /* who is sending it; 0: nobody */
	int64_t contact, run;
	int step;
	int64_t version; /* of the template */
	int64_t topic;
	const char *stream;
	const char *sender, *recipient, *reply_to, *subject;
	const char *data; /* JSON: the values its template uses */
	int code;         /* of the MTA's last answer */
	const char *answer;
	const char *queue_id;
	int64_t settled_ms;
	bool is_direct;       /* an app's: parts and recipients lie beside it */
	bool is_alone;        /* and it goes to one recipient */
	int64_t scheduled_ms; /* the moment the app asked for; 0: at once */
};
