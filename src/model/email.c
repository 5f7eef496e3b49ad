/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/email.h"

const char *
email_status_name(enum email_status s)
{
	static const char *const names[EMAIL_STATUS_COUNT] = {
		[EMAIL_QUEUED] = "queued",
		[EMAIL_SENDING] = "queued",
		[EMAIL_SENT] = "sent",
		[EMAIL_FAILED] = "failed",
		[EMAIL_IN_DOUBT] = "in_doubt",
		[EMAIL_SKIPPED] = "suppressed",
		[EMAIL_SCHEDULED] = "scheduled",
		[EMAIL_CANCELED] = "canceled",
	};
	return (unsigned)s < EMAIL_STATUS_COUNT ? names[s] : "unknown";
}
