/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/run.h"

#include <string.h>

static const char *const run_names[RUN_STATUS_COUNT] = {
	[RUN_RUNNING] = "running",
	[RUN_COMPLETED] = "completed",
	[RUN_FAILED] = "failed",
	[RUN_CANCELLED] = "cancelled",
};

static const char *const step_names[STEP_STATUS_COUNT] = {
	[STEP_PENDING] = "pending",
	[STEP_RUNNING] = "running",
	[STEP_WAITING] = "waiting",
	[STEP_COMPLETED] = "completed",
	[STEP_FAILED] = "failed",
	[STEP_SKIPPED] = "skipped",
};

static const struct {
	const char *name, *text;
} skips[SKIP_REASON_COUNT] = {
	[SKIP_NONE] = { "none", "Nothing kept it out." },
	[SKIP_FILTER] = { "filter",
	    "The entry rule's filter did not let it in." },
	[SKIP_REENTRY_ONCE] = { "reentry_once",
	    "The contact was in the automation before, and may be so once." },
	[SKIP_REENTRY_WINDOW] = { "reentry_window",
	    "The contact entered the automation not long enough ago." },
	[SKIP_REENTRY_ACTIVE] = { "reentry_active",
	    "The contact is in the automation now, and may be so one time at "
	    "a time." },
	[SKIP_PAUSED] = { "paused", "The automation was paused." },
	[SKIP_TOO_DEEP] = { "too_deep",
	    "The event was the end of a chain of causes as long as may be: a "
	    "loop of automations." },
};

const char *
skip_reason_name(enum skip_reason r)
{
	return (unsigned)r < SKIP_REASON_COUNT ? skips[r].name : "unknown";
}

const char *
skip_reason_text(enum skip_reason r)
{
	return (unsigned)r < SKIP_REASON_COUNT ? skips[r].text
					       : "Nobody knows any more.";
}

const char *
run_status_name(enum run_status s)
{
	return (unsigned)s < RUN_STATUS_COUNT ? run_names[s] : "unknown";
}

const char *
step_status_name(enum step_status s)
{
	return (unsigned)s < STEP_STATUS_COUNT ? step_names[s] : "unknown";
}

int
run_status_find(const char *name)
{
	for (int i = 0; i < RUN_STATUS_COUNT; i++)
		if (strcmp(run_names[i], name) == 0)
			return i;
	return -1;
}
