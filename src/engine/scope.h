/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a run can see: the event that started it, its contact, and the events
 * it waited for, each by a path. Rules, templates and updates all look here.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/defs.h"

struct arena;
struct contact;
struct fault;

struct scope {
	struct arena *arena;
	const struct contact *contact; /* NULL: there is none */
	const char *payload;           /* of the event, JSON text; or NULL */
	const json_t *waited;          /* {"event name": payload}; or NULL */
	const json_t *event;           /* in place of payload; or NULL */
	const json_t *defaults; /* of properties, for templates; or NULL */
	/* parsed on first use */
	const json_t *payload_json, *contact_json;
	const struct contact *contact_of; /* whom contact_json shows */
};

/*
 * The value at "event.x", "contact.x" or "wait_events.NAME.x", NULL if there is
 * none. Names with dots go before nesting. What the contact has by a bare name
 * is its own field or else a property. The scope's arena owns what is returned.
 */
const json_t *scope_get(struct scope *, const char *path);
/* A rule_lookup over a struct scope. */
const json_t *scope_lookup(void *scope, const char *field);
/* A scalar as a template shows it; NULL for null. */
const char *scope_text(struct arena *, const json_t *);
/* The contact as the paths see it: an object the arena owns. */
const json_t *scope_contact_json(struct arena *, const struct contact *);
/* True if a path may be looked up. */
bool scope_knows(const char *path);
