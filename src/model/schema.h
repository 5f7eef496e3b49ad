/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The schema of an event's payload: which fields have which type. It is flat.
 */
#pragma once

#include <jansson.h>

#include "base/defs.h"

struct arena;
struct fault;

enum { SCHEMA_FIELDS_MAX = 50, SCHEMA_NAME_MAX = 64 };

/* Checks that it is an object of field names, each with one of the types
 * string, number, boolean, date. 0, -1 with fault_r. */
int schema_check(const json_t *, struct fault *fault_r);
/*
 * The payload with its declared fields in their declared types: text that
 * writes a number becomes one, a date in milliseconds becomes text, and so on.
 * Missing, null and undeclared fields pass. It is the same object if nothing
 * had to change, else a new one that the arena owns. A schema of NULL or null
 * takes any object. NULL with fault_r naming field, type and value.
 */
json_t *schema_coerce(struct arena *, const json_t *schema,
    const json_t *payload, struct fault *fault_r);
