/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which attempts a maildir holds: a set of (email, attempt) with a bound. The
 * newest quarter of a million are certainly known; of older ones it may forget.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

enum { MAILDIR_SEEN_MOST = 1 << 18 };

struct maildir_seen_key {
	int64_t email;
	int attempt;
	bool is_used;
};

/* All zero is empty. */
struct maildir_seen {
	struct maildir_seen_key *young, *old; /* young_room and old_room */
	size_t n_young, young_room, old_room;
};

bool maildir_seen_has(const struct maildir_seen *, int64_t email, int attempt);
void maildir_seen_add(struct maildir_seen *, int64_t email, int attempt);
void maildir_seen_free(struct maildir_seen *);
