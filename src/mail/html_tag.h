/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tags of HTML, as far as the reader of its text looks at them; of this room
 * only.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

enum { TAG_NAME_MAX = 15 };

struct html_span {
	const char *s, *end;
};

/* A tag as written; the spans are attribute values, undecoded. */
struct html_tag {
	char name[TAG_NAME_MAX + 1];
	bool closes, hidden;
	bool empty; /* "<x/>" */
	struct html_span href, alt;
};

/*
 * Reads a tag whose name starts at s, the name cut and in lower case, into a
 * zeroed *tag. Returns what is behind its ">", or the end where there is none.
 */
const char *html_tag_read(const char *s, const char *end, struct html_tag *);
