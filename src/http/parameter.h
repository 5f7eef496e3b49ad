/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parameters of a header's value: what follows the first word in
 * 'form-data; name="file"; filename="a.csv"'.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

/* The word that the value begins with, whatever its case. */
bool parameter_word_is(const char *value, const char *word);
/*
 * The value of a parameter, unquoted, in out (NUL-terminated). 1, 0 if there is
 * none, -1 if the value is malformed, says it twice or is longer than room.
 * Within quotes a backslash stands for itself but before '"' or another.
 */
int parameter_get(const char *value, const char *name, char *out, size_t room);
