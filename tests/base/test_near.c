/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "base/near.h"

#include <string.h>

#include "base/defs.h"
#include "tests/tap.h"

static const char *const near[][2] = {
	/* another spelling */
	{ "firstName", "first_name" },
	{ "FirstName", "first_name" },
	{ "first-name", "first_name" },
	{ "EMAIL", "email" },
	{ "TO", "to" },
	/* missing, too many, swapped, wrong */
	{ "unsubscribd", "unsubscribed" },
	{ "unsubscribe", "unsubscribed" },
	{ "unsubbscribed", "unsubscribed" },
	{ "unsubsrcibed", "unsubscribed" },
	{ "unsubskribed", "unsubscribed" },
	{ "unsbscribd", "unsubscribed" },
	{ "uscheduled_at", "scheduled_at" },
	{ "setings", "settings" },
	{ "emial", "email" },
	{ "mail", "email" },
	{ "events", "event" },
	{ "form", "from" },
	{ "texts", "text" },
	{ "htm", "html" },
};

static const char *const far[][2] = {
	{ "", "id" },
	{ "is", "id" },
	{ "ids", "id" },
	{ "too", "to" },
	{ "bc", "bcc" },
	{ "test", "text" },
	{ "game", "name" },
	{ "mali", "email" },
	{ "subscribed", "unsubscribed" },
	{ "contact", "contact_id" },
	{ "template_id", "template" },
	{ "created_at", "scheduled_at" },
	{ "nickname", "last_name" },
	{ "object", "subject" },
	{ "unsbscrbd", "unsubscribed" },
	{ "a_name_that_is_much_longer_than_any_field_has",
	    "a_name_that_is_much_longer_than_any_field_had" },
};

int
main(void)
{
	for (size_t i = 0; i < N_OF(near); i++)
		ok(near_name(near[i][0], near[i][1]), "%s means %s", near[i][0],
		    near[i][1]);
	for (size_t i = 0; i < N_OF(far); i++)
		ok(!near_name(far[i][0], far[i][1]), "%s is not %s", far[i][0],
		    far[i][1]);
	return tap_done();
}
