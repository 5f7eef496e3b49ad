/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What contacts' properties may be called and may hold.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/defs.h"

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
