/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A case through the engine and through the interpreter at once, compared
 * after each action.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

/* What went by, over all duels. */
struct duel_tally {
	int64_t actions, runs, steps, mails;
	int64_t crowded; /* cases that ended early: too many runs due at once */
};
extern struct duel_tally duel_tally;

/* A new database for the rig that is up, with the templates cases use. */
void duel_renew(void);

/*
 * NULL: no difference. Else what differed first, as text to be freed: the
 * action, and what both sides say. The rig is up; its clock moves on.
 */
char *duel(const json_t *script);

/*
 * The smallest case found that differs, too, by leaving out what can be left
 * out; the caller owns it. Makes a new database for each try.
 */
json_t *duel_shrink(const json_t *script);
