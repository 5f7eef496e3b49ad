/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/mail_hours.h"

#include "engine/sender.h"
#include "model/email.h"
#include "store/mail_hours.h"

int
mail_hours_note(struct txn *t, struct arena *a, const struct email *e,
    struct fault *fault_r)
{
	enum mail_metric what = metric_of_email(e);
	if (what == METRIC_COUNT)
		return 0;
	return store_mail_hour_add(t, e->settled_ms / MAIL_HOUR_MS,
	    sender_domain(a, e->sender), what, 1, fault_r);
}
