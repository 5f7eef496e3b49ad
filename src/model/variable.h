/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The variables a template declares, and what they may be given.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/defs.h"

struct arena;
struct fault;

/* Whether there is such a type: "string", "number", "boolean", "object",
 * "list". */
bool variable_type_known(const char *type);
/* Whether a value is of that type as it stands. */
bool variable_is(const char *type, const json_t *);
/*
 * Whether values, an object by name, are what the declared variables, an array
 * of {"key", "type"}, may be given: text that writes a number is one, any
 * scalar is a text. Null, undeclared ones and {"var": path} pass. 0, or -1
 * naming variable, type and value.
 */
int variables_check(struct arena *, const json_t *declared,
    const json_t *values, struct fault *fault_r);
