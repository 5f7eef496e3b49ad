/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Header fields that an app adds to its mail.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct fault;
struct letter_field;

enum { FIELD_NAME_MAX = 76, FIELD_VALUE_MAX = 4000, FIELDS_MAX = 50 };

/*
 * Whether an app may set that field to that value: not those that say who
 * writes to whom, that belong to the way of a mail, or that tell what its body
 * is. 0, or -1 with fault_r.
 */
int field_check(const char *name, const char *value, struct fault *fault_r);
/* True for List-Unsubscribe and List-Unsubscribe-Post: an app may set them
 * only where we do not. */
bool field_is_unsubscribe(const char *name);
/* True if the field is among these. */
bool field_among(const char *name, const struct letter_field *, int n);
