/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * How it stands between a contact and an automation, in words for people.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "store/list.h"

struct arena;
struct automation;
struct contact;
struct graph;

struct verdict_facts {
	const struct contact *contact; /* NULL: a stranger's address */
	const struct automation *automation;
	const struct graph *graph; /* of the version new runs start on */
	struct list runs;          /* struct run, newest first */
	struct list skips;         /* struct skip, newest first */
	bool is_cut; /* strangers were kept out that nobody looked at */
	bool injection_paused, queue_held, engine_paused, is_disk_full;
	const json_t *newest; /* the first run as answers show it; NULL:
			       * there is none */
};

/* A few sentences. */
const char *verdict(struct arena *, const struct verdict_facts *);
