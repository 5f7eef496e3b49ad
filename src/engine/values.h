/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values a template's names stand for: resolved when the step runs, kept with
 * the email as {"d":{data},"r":{the author's own text}}, read again when it
 * is rendered.
 */
#pragma once

#include <jansson.h>

#include "base/defs.h"
#include "mail/template.h"

struct arena;
struct contact;
struct fault;

/* What names are looked up in. */
struct value_scope {
	struct arena *arena;
	const struct contact *contact;
	const json_t *payload;    /* of the event; NULL: see payload_text */
	const char *payload_text; /* parsed on first use; or NULL */
	size_t used;              /* bytes collected */
	const json_t *variables;  /* of the step: literals or {"var":path} */
	const json_t *fallbacks;  /* declared in the template */
	const json_t *contact_properties; /* parsed on first use */
};

/* True for the names whose value is a link made for each message. */
bool value_is_link(const char *name);
/*
 * The value at a path "event.x", "contact.x", "contact.properties.x" as text.
 * 1, 0 if it is missing or null, -1 with fault_r.
 */
int value_at_path(struct value_scope *, const char *path, const char **text_r,
    struct fault *fault_r);
/* A template_lookup over a struct value_scope. */
int value_lookup(void *scope, const char *name, struct template_value *,
    struct fault *fault_r);
/* Adds the values of a template's names to data (an object with "d" and "r").
 * -1 with fault_r naming a variable without value or fallback. */
int values_collect(struct value_scope *, const struct template *, json_t *data,
    struct fault *fault_r);
