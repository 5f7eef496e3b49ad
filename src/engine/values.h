/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values a template's names stand for: resolved when the step runs, kept with
 * the email as {"d":{data},"r":{the author's own text}}, read again when it
 * is rendered.
 */
#pragma once

#include <jansson.h>

#include "base/defs.h"
#include "engine/scope.h"
#include "mail/template.h"

struct fault;

/* What names are looked up in. */
struct value_scope {
	struct scope *scope;
	size_t used;             /* bytes collected */
	const json_t *variables; /* of the step: literals or {"var":path} */
	bool are_data;           /* the variables are: an app's, of its mail */
	const json_t *fallbacks; /* declared in the template */
	const char *address;     /* of who gets it and is no contact; or NULL */
};

/* True for the names whose value is a link made for each message. */
bool value_is_link(const char *name);
/* A template_lookup over a struct value_scope. */
int value_lookup(void *scope, const char *name, struct template_value *,
    struct fault *fault_r);
/* Renders a header line with them. 0 with the text in the scope's arena, or -1
 * with fault_r. */
int values_header(struct value_scope *, const struct template *,
    const char **text_r, struct fault *fault_r);
/* True if a template has a place for the unsubscribe link; NULL has none. */
bool values_have_link(const struct template *);
/* Adds the values of a template's names to data (an object with "d" and "r").
 * -1 with fault_r naming a variable without value or fallback. */
int values_collect(struct value_scope *, const struct template *, json_t *data,
    struct fault *fault_r);
