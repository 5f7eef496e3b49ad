/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * An email: a row of the outbox, from the step that wrote it to what the MTA
 * said. One email is one message with one Message-ID.
 */
#pragma once

#include "base/defs.h"

enum email_status {
	EMAIL_QUEUED,  /* due at due_ms */
	EMAIL_SENDING, /* claimed: the attempt may be on its way */
	EMAIL_SENT,    /* in the MTA's queue */
	EMAIL_FAILED,  /* refused for good, or given up */
	EMAIL_HELD,    /* nobody knows; an operator decides */
	EMAIL_SKIPPED, /* the contact does not want it any more */
	EMAIL_STATUS_COUNT
};

/* What the API calls last_event. */
const char *email_status_name(enum email_status);

struct email {
	int64_t id;
	enum email_status status;
	int64_t due_ms; /* 0: not due */
	int attempt;    /* number of the last claim, from 1 */
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
};
