/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two open-addressed tables: the young one is filled, and when it holds the
 * most it may, it becomes the old one and the old one goes.
 */
#include "mail/maildir_seen.h"

#include <stdlib.h>

#include "base/arena.h"

/* The place of a key in a table of a power of two: where it is, or the free
 * one where it would be. */
static size_t
place(const struct maildir_seen_key *t, size_t room, int64_t email, int attempt)
{
	uint64_t h = (uint64_t)email * UINT64_C(0x9e3779b97f4a7c15) +
	    (uint64_t)attempt * UINT64_C(0xbf58476d1ce4e5b9);
	size_t i = (size_t)(h ^ h >> 29) & (room - 1);
	while (t[i].is_used && (t[i].email != email || t[i].attempt != attempt))
		i = (i + 1) & (room - 1);
	return i;
}

bool
maildir_seen_has(const struct maildir_seen *s, int64_t email, int attempt)
{
	return (s->young_room > 0 &&
		   s->young[place(s->young, s->young_room, email, attempt)]
		       .is_used) ||
	    (s->old_room > 0 &&
		s->old[place(s->old, s->old_room, email, attempt)].is_used);
}

/* Doubles the young table. */
static void
grow(struct maildir_seen *s)
{
	size_t room = s->young_room == 0 ? 256 : s->young_room * 2;
	struct maildir_seen_key *t = xcalloc(room, sizeof(*t));
	for (size_t i = 0; i < s->young_room; i++) {
		struct maildir_seen_key *k = &s->young[i];
		if (k->is_used)
			t[place(t, room, k->email, k->attempt)] = *k;
	}
	free(s->young);
	s->young = t;
	s->young_room = room;
}

void
maildir_seen_add(struct maildir_seen *s, int64_t email, int attempt)
{
	if (maildir_seen_has(s, email, attempt))
		return;
	if (s->n_young == MAILDIR_SEEN_MOST) {
		free(s->old);
		s->old = s->young;
		s->old_room = s->young_room;
		s->young = NULL;
		s->n_young = s->young_room = 0;
	}
	if (s->n_young * 2 >= s->young_room)
		grow(s);
	s->young[place(s->young, s->young_room, email, attempt)] =
	    (struct maildir_seen_key){ email, attempt, true };
	s->n_young++;
}

void
maildir_seen_free(struct maildir_seen *s)
{
	free(s->young);
	free(s->old);
	*s = (struct maildir_seen){ 0 };
}
