/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the generator's files share: chance, and the small sets.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/oracle/generate.h"

struct dice {
	uint64_t state;
	int segments;     /* how many there are */
	bool has_loop;    /* an automation of the case causes itself */
	unsigned by_hand; /* those without a filter, as bits */
};

/* 0 to n - 1. */
int dice_below(struct dice *, int n);
bool dice_percent(struct dice *, int percent);
/* One of an array of names. */
#define dice_pick(d, array) \
	((array)[dice_below((d), (int)(sizeof(array) / sizeof((array)[0])))])

/* ---- small sets; what is made belongs to the caller -------------------- */

const char *some_event(struct dice *);
/* One of those, or one of ours. */
const char *some_heard_event(struct dice *);
const char *some_duration(struct dice *);
/* a, b, 1, 2, true, perhaps null. */
json_t *some_value(struct dice *, bool null);
json_t *some_payload(struct dice *);
/* Fields of a contact as a write has them. */
json_t *some_fields(struct dice *);
/* NULL: there is none. by_hand: one without a filter. */
json_t *some_segment(struct dice *, bool by_hand);

/* ---- rules ------------------------------------------------------------- */

enum { FIELDS_CONTACT = 1, FIELDS_EVENT = 2, FIELDS_WAITS = 4 };
/* A rule of Resend's form. */
json_t *some_rule(struct dice *, int fields);
/* A rule of either. */
json_t *some_filter(struct dice *, int fields);

/* ---- automations ------------------------------------------------------- */

json_t *some_graph(struct dice *);
/* The config of a trigger; the settings. */
json_t *some_entry(struct dice *);
json_t *some_settings(struct dice *);
/* A step's config, and its type. */
json_t *some_step(struct dice *, const char **type_r);
/* A contact_update of two properties that change places: each change leads to
 * the next one. */
json_t *endless_update(void);
