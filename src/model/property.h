/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What contacts' properties may be called and may hold.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "model/contact.h"

struct arena;
struct fault;

/* Of a key, of a text in characters, and of one contact. */
enum { PROPERTY_KEY_MAX = 50, PROPERTY_TEXT_MAX = 2000, PROPERTIES_MAX = 200 };

/* What a property may be called. 0 or -1. */
int property_key_check(const char *key, struct fault *fault_r);
/* True if it is a text, and longer than a property holds. */
bool property_is_too_long(const json_t *);
/* What it may be set to, null among it. 0 or -1. */
int property_value_check(const char *key, const json_t *,
    struct fault *fault_r);

/*
 * The value as one of the property's type, where types, an object of keys and
 * the numbers of types, has it: what text writes a number becomes one, and so
 * on. Null and what has no type stay as they are. It is the same value or one
 * that the arena owns; NULL with fault_r naming property, type and value.
 */
json_t *property_fit(struct arena *, const json_t *types, const char *key,
    json_t *, struct fault *fault_r);
/* The same of all that differ from what was before; either text may be NULL:
 * none. 0 with *properties, or -1. */
int property_fit_all(struct arena *, const json_t *types, const char *before,
    const char **properties, struct fault *fault_r);

/* Puts the given ones over those that *text holds as a JSON object; NULL is
 * none, and null takes one away. 0, -1 it were too many. */
int properties_merge(struct arena *, const json_t *given, const char **text,
    struct fault *fault_r);
