/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * One JSON scalar as something else: what "5" is as a number, and 5 as text.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/defs.h"

struct arena;

/*
 * The number the whole text writes: digits with or without a minus, a fraction,
 * an exponent; the locale does not matter. 1, 0 if it is none or none that a
 * double can hold.
 */
int scalar_number_text(const char *text, double *number_r);

/* The value as a number: a number, or text that writes one. 1 or 0; NULL is
 * nothing, here and below. */
int scalar_number(const json_t *, double *number_r);
/* The value as a boolean: true, false, these as text, 1, 0. 1 or 0. */
int scalar_bool(const json_t *, bool *truth_r);
/* The value as a moment: what date_parse() reads, or milliseconds since 1970
 * as a number. 1 or 0. */
int scalar_date(const json_t *, int64_t *ms_r, bool *date_only_r);
/*
 * The value as text: a string itself, a number in decimal, true or false. The
 * text is the value's own or written into room. NULL if it is no scalar, or
 * null.
 */
enum { SCALAR_TEXT_LEN = 40 };
const char *scalar_text(const json_t *, char room[SCALAR_TEXT_LEN],
    size_t *len_r);
/*
 * The value in another type: a string as it is, a number or a boolean by its
 * text; a number as it is, text by the number it writes; a boolean as it is,
 * what scalar_bool() reads, and the digits 1 and 0 as text. A new reference to
 * the same value or to another one; NULL if there is none.
 */
json_t *scalar_as_string(json_t *);
json_t *scalar_as_number(json_t *);
json_t *scalar_as_boolean(json_t *);
/* The value as a sentence shows it: JSON, cut where it gets long. */
char *scalar_show(struct arena *, const json_t *);
