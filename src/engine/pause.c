/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emergency stop: durable, so that a restart does not end it.
 */
#include <string.h>

#include "base/fault.h"
#include "engine/engine_private.h"
#include "engine/schedule.h"
#include "store/settings.h"

static const struct {
	const char *name, *setting;
} parts[ENGINE_PART_COUNT] = {
	[ENGINE_INJECTION] = { "injection", "paused_injection" },
	[ENGINE_RUNS] = { "engine", "paused_engine" },
};

const char *
engine_part_name(enum engine_part p)
{
	return parts[p].name;
}

int
engine_pause(struct engine *e, struct txn *t, enum engine_part p, bool paused,
    struct fault *fault_r)
{
	if (store_setting_put(t, parts[p].setting, paused, fault_r) != 0)
		return -1;
	atomic_store(&e->paused[p], paused);
	/* Should it be undone, the next end of a batch reads what is so. */
	e->pauses_are_known = false;
	return 0;
}

bool
engine_is_paused(const struct engine *e, enum engine_part p)
{
	return atomic_load(&e->paused[p]);
}

int
pause_read(struct engine *e, struct txn *t, struct fault *fault_r)
{
	for (int i = 0; i < ENGINE_PART_COUNT; i++) {
		int64_t paused = 0;
		if (store_setting_get(t, parts[i].setting, &paused, fault_r) <
		    0)
			return -1;
		atomic_store(&e->paused[i], paused != 0);
	}
	e->pauses_are_known = true;
	return 0;
}
