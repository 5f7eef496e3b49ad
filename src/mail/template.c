/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Templates: the source becomes a list of pieces, each either the author's
 * text or a place for a value; rendering copies pieces.
 */
#include "mail/template.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/utf8.h"

/* What a rendering may come to: a few places and one large value multiply. */
enum { HEADER_MAX = 64 << 10, BODY_MAX = 32 << 20 };

/* The author's text, or with a name the place of a value; text is then its
 * fallback, NULL if it has none. */
struct piece {
	const char *name;
	const char *text;
	size_t len;
};

struct name {
	const char *text;
	bool needed; /* without a fallback in some place */
};

struct template
{
	enum template_kind kind;
	struct arena *arena; /* holds names and texts */
	struct piece *pieces;
	struct name *names; /* sorted */
	size_t n_pieces, pieces_room, n_names, names_room;
};

/* Fills the fault with a sentence and where in the source it is true. */
static int
fault_here(struct fault *f, const char *source, const char *at,
    enum fault_kind kind, const char *what)
{
	int line = 1, column = 1;
	for (const char *p = source; p < at; p++) {
		column++;
		if (*p == '\n') {
			line++;
			column = 1;
		}
	}
	return fault(f, kind, "Line %d, column %d: %s.", line, column, what);
}

/* Adds text without its controls, newlines made one kind. */
static void
add_clean(struct buf *out, const char *s, size_t n)
{
	const char *end = s + n, *start = s;
	while (s < end) {
		const char *at = s;
		if ((unsigned char)*s >= 0x20 && *s != 0x7f &&
		    (*s & 0xff) != 0xc2 && (*s & 0xff) != 0xe2) {
			s++;
			continue;
		}
		uint32_t c = utf8_next(&s);
		bool newline =
		    c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
		if (!newline && (c >= 0xa0 || c == '\n' || c == '\t'))
			continue;
		buf_add(out, start, (size_t)(at - start));
		if (c == '\r' && s < end && *s == '\n')
			s++;
		if (newline)
			buf_char(out, '\n');
		start = s;
	}
	buf_add(out, start, (size_t)(end - start));
}

/* Adds data so that it ends neither text nor a quoted attribute. */
static void
add_escaped(struct buf *out, const char *s, size_t n)
{
	static const char *const escapes[256] = {
		['&'] = "&amp;",
		['<'] = "&lt;",
		['>'] = "&gt;",
		['"'] = "&quot;",
		['\''] = "&#39;",
	};
	const char *end = s + n, *start = s;
	for (; s < end; s++) {
		const char *escape = escapes[(unsigned char)*s];
		if (escape == NULL)
			continue;
		buf_add(out, start, (size_t)(s - start));
		buf_str(out, escape);
		start = s + 1;
	}
	buf_add(out, start, (size_t)(end - start));
}

/* True for what add_clean() would leave as it is, told without decoding; may
 * say false of good text. */
static bool
is_clean(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f ||
		    c == 0xc2 || c == 0xe2)
			return false;
	}
	return true;
}

/* A new piece at the end of the list. */
static struct piece *
piece_push(struct template *t)
{
	if (t->n_pieces == t->pieces_room) {
		t->pieces_room = t->pieces_room * 2 + 8;
		t->pieces =
		    xrealloc(t->pieces, t->pieces_room * sizeof(*t->pieces));
	}
	return &t->pieces[t->n_pieces++];
}

/* Keeps the author's text for as long as the template, made fit for its kind.
 * NULL if it cannot stand there. */
static const char *
text_keep(struct template *t, const char *s, size_t *n)
{
	struct buf clean = { 0 };
	if (t->kind == TEMPLATE_HEADER && utf8_has_control(s, *n))
		return NULL;
	if (t->kind != TEMPLATE_TEXT || is_clean(s, *n))
		return arena_memdup(t->arena, s, *n);
	add_clean(&clean, s, *n);
	*n = clean.len;
	s = arena_memdup(t->arena, clean.data, clean.len);
	buf_free(&clean);
	return s;
}

/* The index of the name, or where it would stand. */
static size_t
name_place(const struct template *t, const char *text, bool *found_r)
{
	size_t low = 0, high = t->n_names;
	*found_r = false;
	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strcmp(t->names[mid].text, text);
		if (order == 0) {
			*found_r = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The name's one copy; NULL when there are too many names. */
static const char *
name_keep(struct template *t, const char *s, size_t n, bool needed)
{
	char text[TEMPLATE_NAME_MAX + 1];
	bool found;
	memcpy(text, s, n);
	text[n] = '\0';
	size_t i = name_place(t, text, &found);
	if (!found) {
		if (t->n_names == TEMPLATE_NAMES_MAX)
			return NULL;
		if (t->n_names == t->names_room) {
			t->names_room = t->names_room * 2 + 8;
			t->names = xrealloc(t->names,
			    t->names_room * sizeof(*t->names));
		}
		memmove(&t->names[i + 1], &t->names[i],
		    (t->n_names - i) * sizeof(*t->names));
		t->names[i] =
		    (struct name){ arena_strdup(t->arena, text), false };
		t->n_names++;
	}
	t->names[i].needed |= needed;
	return t->names[i].text;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Takes the blanks off both ends of *s, whose length is *n. */
static void
trim(const char **s, size_t *n)
{
	while (*n > 0 && is_blank(**s))
		(*s)++, (*n)--;
	while (*n > 0 && is_blank((*s)[*n - 1]))
		(*n)--;
}

/* True for letters, digits, "_", "-", and dots between them. */
static bool
is_name(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool inside = i > 0 && i + 1 < n && s[i - 1] != '.';
		if (!isalnum((unsigned char)s[i]) && s[i] != '_' &&
		    s[i] != '-' && !(s[i] == '.' && inside))
			return false;
	}
	return n > 0 && n <= TEMPLATE_NAME_MAX;
}

/* Where three of the character stand in a row; NULL if nowhere. */
static const char *
find_row(const char *s, const char *end, char c)
{
	while ((s = memchr(s, c, (size_t)(end - s))) != NULL) {
		if (s[1] == c && s[2] == c)
			return s;
		s++;
	}
	return NULL;
}

/* Adds the place written between s and end; NULL, or what is wrong. */
static const char *
place_add(struct template *t, const char *s, const char *end)
{
	const char *bar = memchr(s, '|', (size_t)(end - s));
	const char *name = s, *text = bar == NULL ? NULL : bar + 1;
	size_t n = (size_t)((bar == NULL ? end : bar) - s), len = 0;
	trim(&name, &n);
	if (n == 0)
		return "a placeholder without a name";
	if (!is_name(name, n))
		return "a placeholder's name has letters, digits, _, - and "
		       "single dots only, at most 120";
	if (text != NULL) {
		len = (size_t)(end - text);
		if (find_row(text, text + len, '{') != NULL)
			return "a placeholder inside a placeholder, or one "
			       "that is not closed by }}}";
		trim(&text, &len);
		if ((text = text_keep(t, text, &len)) == NULL)
			return "a control character in the fallback of a "
			       "header";
	}
	name = name_keep(t, name, n, text == NULL);
	if (name == NULL)
		return "more than 1000 different names";
	*piece_push(t) = (struct piece){ name, text, len };
	return NULL;
}

/* Adds the author's text between two places; NULL, or what is wrong. */
static const char *
text_add(struct template *t, const char *s, const char *end)
{
	size_t len = (size_t)(end - s);
	if (len == 0)
		return NULL;
	s = text_keep(t, s, &len);
	if (s == NULL)
		return "a control character in a header";
	*piece_push(t) = (struct piece){ NULL, s, len };
	return NULL;
}

/* Cuts the source into pieces. */
static int
compile(struct template *t, const char *source, struct fault *fault_r)
{
	const char *end = source + strlen(source), *s = source, *at = s;
	const char *wrong = NULL;
	while (wrong == NULL && s < end) {
		const char *open = find_row(s, end, '{');
		at = s;
		if (open == NULL) {
			wrong = text_add(t, s, end);
			break;
		}
		while (open[3] == '{') /* the last three of a longer row */
			open++;
		if ((wrong = text_add(t, s, open)) != NULL)
			break;
		at = open;
		s = find_row(open, end, '}');
		if (s == NULL) {
			wrong = "a placeholder that is not closed by }}}";
			break;
		}
		wrong = place_add(t, open + 3, s);
		s += 3;
	}
	if (wrong != NULL)
		return fault_here(fault_r, source, at, FAULT_INVALID, wrong);
	return 0;
}

struct template *
template_compile(const char *source, enum template_kind kind,
    struct fault *fault_r)
{
	size_t n = strlen(source), valid = utf8_valid_prefix(source, n);
	if (valid < n) {
		fault_here(fault_r, source, source + valid, FAULT_INVALID,
		    "not valid UTF-8");
		return NULL;
	}
	struct template *t = xcalloc(1, sizeof(*t));
	t->kind = kind;
	t->arena = arena_new();
	if (compile(t, source, fault_r) < 0) {
		template_free(t);
		return NULL;
	}
	return t;
}

void
template_free(struct template *t)
{
	if (t == NULL)
		return;
	arena_free(t->arena);
	free(t->pieces);
	free(t->names);
	free(t);
}

const char *
template_name(const struct template *t, int i)
{
	return i >= 0 && (size_t)i < t->n_names ? t->names[i].text : NULL;
}

bool
template_has(const struct template *t, const char *name)
{
	bool found = false;
	if (t != NULL)
		name_place(t, name, &found);
	return found;
}

bool
template_needs(const struct template *t, const char *name)
{
	bool found;
	size_t i = name_place(t, name, &found);
	return found && t->names[i].needed;
}

/* Adds a value, made safe for the kind of text it goes into. */
static int
value_add(const struct template *t, const char *name,
    const struct template_value *value, struct buf *out, struct fault *fault_r)
{
	const char *s = value->text;
	size_t n = strlen(s);
	if (t->kind == TEMPLATE_HEADER) {
		if (utf8_has_control(s, n))
			return fault(fault_r, FAULT_INVALID,
			    "The value of variable `%s` has a line break or "
			    "another control character, which a header cannot "
			    "hold.",
			    name);
		buf_add(out, s, n);
	} else if (t->kind == TEMPLATE_TEXT) {
		add_clean(out, s, n);
	} else if (value->raw) {
		buf_add(out, s, n);
	} else if (is_clean(s, n)) {
		add_escaped(out, s, n);
	} else {
		struct buf clean = { 0 };
		add_clean(&clean, s, n);
		if (clean.len > 0)
			add_escaped(out, clean.data, clean.len);
		buf_free(&clean);
	}
	return 0;
}

/* Looks one place's value up and adds it, or its fallback. */
static int
place_render(const struct template *t, const struct piece *p,
    template_lookup *lookup, void *arg, struct buf *out, struct fault *fault_r)
{
	struct template_value value = { 0 };
	int found = lookup(arg, p->name, &value, fault_r);
	if (found < 0)
		return -1;
	if (found > 0)
		return value_add(t, p->name, &value, out, fault_r);
	if (p->text == NULL)
		return fault(fault_r, FAULT_MISSING,
		    "The variable `%s` has neither a value nor a fallback.",
		    p->name);
	buf_add(out, p->text, p->len);
	return 0;
}

int
template_render(const struct template *t, template_lookup *lookup, void *arg,
    struct buf *out, struct fault *fault_r)
{
	size_t before = out->len;
	size_t max = t->kind == TEMPLATE_HEADER ? HEADER_MAX : BODY_MAX;
	for (size_t i = 0; i < t->n_pieces; i++) {
		const struct piece *p = &t->pieces[i];
		int rc = 0;
		if (p->name == NULL)
			buf_add(out, p->text, p->len);
		else
			rc = place_render(t, p, lookup, arg, out, fault_r);
		if (rc == 0 && out->len - before > max)
			rc = fault(fault_r, FAULT_LIMIT,
			    "With its values the text is over %zu octets long.",
			    max);
		if (rc < 0) {
			out->len = before;
			if (out->data != NULL)
				out->data[before] = '\0';
			return -1;
		}
	}
	return 0;
}
