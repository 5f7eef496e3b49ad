/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "api/slice.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

/* A slice is over after that; what it does between two looks is short. */
enum { SLICE_US = 50000, NUMBER_MAX = 24 /* characters, with its dot */ };

int
cursor_parse(struct call *c, struct fault *fault_r)
{
	struct cursor *to = c->input = arena_alloc(c->arena, sizeof(*to));
	const char *text = http_query_get(c->req, "cursor"), *p = text;
	char *end;
	if (text == NULL)
		return 0;
	for (int i = 0; i < CURSOR_NUMBERS_MAX; i++, p = end + 1) {
		errno = 0;
		to->n[i] = strtoll(p, &end, 10);
		if (end == p || errno != 0 ||
		    *end != (i < CURSOR_NUMBERS_MAX - 1 ? '.' : '\0'))
			return fault(fault_r, FAULT_PARAMETER,
			    "The `cursor` must be what the answer before "
			    "called `next`.");
	}
	return 0;
}

json_t *
cursor_json(const struct cursor *c)
{
	char text[CURSOR_NUMBERS_MAX * NUMBER_MAX], *p = text;
	for (int i = 0; i < CURSOR_NUMBERS_MAX; i++)
		p += snprintf(p, NUMBER_MAX, "%s%" PRId64, i > 0 ? "." : "",
		    c->n[i]);
	return json_string(text);
}

bool
slice_is_over(int64_t began_us)
{
	return clock_mono_us() - began_us >= SLICE_US;
}
