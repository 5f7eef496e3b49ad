/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tags as browsers read them: quotes are not closed by ">", and what is
 * malformed is skipped rather than refused.
 */
#include "mail/html_tag.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* True if the style's declarations take the element off the page. */
static bool
style_hides(struct html_span style)
{
	static const char *const hiding[] = { "display:none",
		"visibility:hidden" };
	char said[32];
	size_t n = 0;
	for (;; style.s++) {
		bool end = style.s >= style.end || *style.s == ';';
		if (!end && !isspace((unsigned char)*style.s) &&
		    n < sizeof(said) - 1)
			said[n++] = (char)tolower((unsigned char)*style.s);
		if (!end)
			continue;
		said[n] = '\0';
		for (size_t i = 0; i < N_OF(hiding); i++)
			if (strncmp(said, hiding[i], strlen(hiding[i])) == 0)
				return true;
		if (style.s >= style.end)
			return false;
		n = 0;
	}
}

/* True if the span is this word, in either case. */
static bool
span_is(struct html_span t, const char *word)
{
	size_t n = strlen(word);
	return (size_t)(t.end - t.s) == n && strncasecmp(t.s, word, n) == 0;
}

/* Behind the value that starts at s, quoted or not. */
static const char *
value_read(const char *s, const char *end, struct html_span *value_r)
{
	if (s < end && (*s == '"' || *s == '\'')) {
		const char *close = memchr(s + 1, *s, (size_t)(end - s - 1));
		*value_r =
		    (struct html_span){ s + 1, close == NULL ? end : close };
		return close == NULL ? end : close + 1;
	}
	value_r->s = s;
	while (s < end && !isspace((unsigned char)*s) && *s != '>')
		s++;
	value_r->end = s;
	return s;
}

const char *
html_tag_read(const char *s, const char *end, struct html_tag *tag)
{
	size_t n = 0;
	for (; s < end && !isspace((unsigned char)*s) && *s != '/' && *s != '>';
	     s++)
		if (n < sizeof(tag->name) - 1)
			tag->name[n++] = (char)tolower((unsigned char)*s);
	for (;;) {
		while (s < end && (isspace((unsigned char)*s) || *s == '/'))
			s++;
		if (s >= end)
			return end;
		if (*s == '>') {
			tag->empty = s[-1] == '/';
			return s + 1;
		}
		struct html_span name = { s, s }, value = { s, s };
		s++; /* a "=" here would be part of the name */
		while (s < end && !isspace((unsigned char)*s) &&
		    strchr("/>=", *s) == NULL)
			s++;
		name.end = s;
		while (s < end && isspace((unsigned char)*s))
			s++;
		if (s < end && *s == '=') {
			for (s++; s < end && isspace((unsigned char)*s); s++)
				continue;
			s = value_read(s, end, &value);
		}
		if (span_is(name, "href"))
			tag->href = value;
		else if (span_is(name, "alt"))
			tag->alt = value;
		else if (span_is(name, "hidden") ||
		    (span_is(name, "style") && style_hides(value)))
			tag->hidden = true;
	}
}
