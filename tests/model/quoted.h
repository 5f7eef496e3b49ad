/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON in C strings: ' stands for ".
 */
#pragma once

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "tests/tap.h"

/* The value of the text, owned by the arena; NULL if there is no text. */
static inline json_t *
quoted_json(struct arena *a, const char *quoted)
{
	struct fault f = { 0 };
	char *text = arena_strdup(a, quoted);
	if (*text == '\0')
		return NULL;
	for (char *p = text; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	json_t *v = json_parse(a, text, strlen(text), &f);
	if (v == NULL)
		ok(false, "JSON: %.60s %s", quoted, f.text);
	return v;
}
