/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "http/parameter.h"

#include <string.h>
#include <strings.h>

static const char blanks[] = " \t";
/* What a token cannot hold (RFC 9110, 5.6.2). */
static const char specials[] = "()<>@,;:\\\"/[]?={} \t";

bool
parameter_word_is(const char *value, const char *word)
{
	size_t n = strcspn(value, "; \t");
	return n == strlen(word) && strncasecmp(value, word, n) == 0;
}

/* Where a parameter is kept while it is read; NULL: it is passed over. */
struct output {
	char *text;
	size_t room, len;
};

/* Keeps a byte. False if there is no room. */
static bool
put(struct output *o, char c)
{
	if (o->text == NULL)
		return true;
	if (o->len + 1 >= o->room)
		return false;
	o->text[o->len++] = c;
	o->text[o->len] = '\0';
	return true;
}

/* Reads a quoted string from behind its first quote; NULL if it does not end
 * or there is no room. */
static const char *
quoted(const char *p, struct output *o)
{
	for (; *p != '"'; p++) {
		if (*p == '\\' && (p[1] == '"' || p[1] == '\\'))
			p++;
		if (*p == '\0' || !put(o, *p))
			return NULL;
	}
	return p + 1;
}

/* Reads a token of one character at least; NULL as above. */
static const char *
token(const char *p, struct output *o)
{
	size_t n = strcspn(p, specials);
	for (size_t i = 0; i < n; i++)
		if (!put(o, p[i]))
			return NULL;
	return n > 0 ? p + n : NULL;
}

/* Reads one "name=value" at p. Where it ends, NULL if it is malformed; *found_r
 * tells that it was the one that is looked for. */
static const char *
one(const char *p, const char *name, struct output *o, bool *found_r)
{
	size_t n = strcspn(p, specials);
	struct output nothing = { 0 };
	if (n == 0 || p[n] != '=')
		return NULL;
	*found_r = n == strlen(name) && strncasecmp(p, name, n) == 0;
	if (!*found_r)
		o = &nothing;
	p += n + 1;
	return *p == '"' ? quoted(p + 1, o) : token(p, o);
}

int
parameter_get(const char *value, const char *name, char *out, size_t room)
{
	struct output o = { out, room, 0 };
	const char *p = value + strcspn(value, ";");
	int n_found = 0;
	out[0] = '\0';
	for (;;) {
		bool found = false;
		p += strspn(p, blanks);
		if (*p == '\0')
			return n_found;
		if (*p++ != ';')
			return -1;
		p += strspn(p, blanks);
		if (*p == '\0' || *p == ';')
			continue;
		if ((p = one(p, name, &o, &found)) == NULL)
			return -1;
		if (found && n_found++ > 0)
			return -1;
	}
}
