/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "base/json_names.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/near.h"

enum { STRANGERS_MAX = 500 };

const char *
json_name_meant(const struct json_name *n)
{
	return n->same_as != NULL ? n->same_as : n->name;
}

/* What a name of the object says; NULL for null as well. */
static json_t *
said(const json_t *o, const char *name)
{
	json_t *v = json_object_get(o, name);
	return json_is_null(v) ? NULL : v;
}

json_t *
json_name_get(const json_t *o, const struct json_name *known, const char *meant)
{
	json_t *v = NULL;
	for (; v == NULL && known->name != NULL; known++)
		if (strcmp(json_name_meant(known), meant) == 0)
			v = said(o, known->name);
	return v;
}

size_t
json_place_enter(struct json_place *p, const char *fmt, ...)
{
	size_t n = strlen(p->path), at = n;
	va_list ap;
	if (n > 0 && fmt[0] != '[' && n + 1 < sizeof(p->path))
		p->path[at++] = '.';
	va_start(ap, fmt);
	vsnprintf(p->path + at, sizeof(p->path) - at, fmt, ap);
	va_end(ap);
	return n;
}

void
json_place_leave(struct json_place *p, size_t n)
{
	p->path[n] = '\0';
}

int
json_place_fault(const struct json_place *p, const char *name, const char *fmt,
    ...)
{
	char what[sizeof(p->fault_r->text)];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return fault(p->fault_r, FAULT_INVALID, "`%s%s%.60s`%s %s", p->path,
	    p->path[0] == '\0' ? "" : ".", name, p->of, what);
}

static const struct json_name *
find(const struct json_name *known, const char *name)
{
	for (; known->name != NULL; known++)
		if (strcmp(known->name, name) == 0)
			return known;
	return NULL;
}

/* Appends the other words for a name: " (or ref)". */
static void
put_words(struct buf *b, const struct json_name *known, const char *meant)
{
	const char *before = " (or ";
	for (; known->name != NULL; known++) {
		if (known->same_as == NULL || strcmp(known->name, meant) == 0 ||
		    strcmp(known->same_as, meant) != 0)
			continue;
		buf_printf(b, "%s%s", before, known->name);
		before = ", ";
	}
	if (before[0] == ',')
		buf_char(b, ')');
}

/* Says that there is no such name, and which there are. */
static int
refuse(const struct json_place *p, const char *name,
    const struct json_name *known)
{
	struct buf told = { 0 };
	for (const struct json_name *n = known; n->name != NULL; n++) {
		if (n->same_as != NULL)
			continue;
		buf_printf(&told, "%s%s", told.len > 0 ? ", " : "", n->name);
		put_words(&told, known, n->name);
	}
	json_place_fault(p, name, "is unknown; known are: %s.",
	    told.len > 0 ? told.data : "none");
	buf_free(&told);
	return -1;
}

/* Refuses two words for one thing that say different ones. */
static int
check_same(const struct json_place *p, const json_t *o,
    const struct json_name *one, const struct json_name *other)
{
	const json_t *a = said(o, one->name), *b = said(o, other->name);
	if (strcmp(json_name_meant(one), json_name_meant(other)) != 0 ||
	    a == NULL || b == NULL || json_equal(a, b))
		return 0;
	return json_place_fault(p, one->name,
	    "and `%s` beside it say different things; give one.", other->name);
}

int
json_names_check(const struct json_place *p, const json_t *o,
    const struct json_name *known)
{
	const char *name;
	json_t *value;
	json_object_foreach ((json_t *)o, name, value)
		if (find(known, name) == NULL)
			return refuse(p, name, known);
	for (const struct json_name *n = known; n->name != NULL; n++)
		for (const struct json_name *m = n + 1; m->name != NULL; m++)
			if (check_same(p, o, n, m) != 0)
				return -1;
	return 0;
}

/* ---- misspelt ones among strangers -----------------------------------------
 */

struct walk {
	struct json_place *place;
	int left; /* strangers that are looked at yet */
};

/* Refuses a stranger that means one of the names that are not there. */
static int
check_stranger(struct walk *w, const json_t *o, const char *name,
    const struct json_name *known)
{
	if (w->left == 0)
		return 0;
	w->left--;
	for (; known->name != NULL; known++)
		if (json_object_get(o, known->name) == NULL &&
		    near_name(name, known->name))
			return json_place_fault(w->place, name,
			    "is not a field here; is `%s` meant?", known->name);
	return 0;
}

static int check_object(struct walk *, const json_t *,
    const struct json_name *known);

/* The object a name holds, or those in its array. */
static int
check_held(struct walk *w, const char *name, const json_t *v,
    const struct json_name *of)
{
	const json_t *item;
	size_t i, at = json_place_enter(w->place, "%s", name);
	if (check_object(w, v, of) != 0)
		return -1;
	json_array_foreach (v, i, item) {
		size_t in = json_place_enter(w->place, "[%zu]", i);
		if (check_object(w, item, of) != 0)
			return -1;
		json_place_leave(w->place, in);
	}
	json_place_leave(w->place, at);
	return 0;
}

static int
check_object(struct walk *w, const json_t *o, const struct json_name *known)
{
	const char *name;
	json_t *v;
	json_object_foreach ((json_t *)o, name, v) {
		const struct json_name *n = find(known, name);
		if (n == NULL
			? check_stranger(w, o, name, known) != 0
			: n->of != NULL && check_held(w, name, v, n->of) != 0)
			return -1;
	}
	return 0;
}

int
json_names_check_near(struct json_place *p, const json_t *o,
    const struct json_name *known)
{
	struct walk w = { p, STRANGERS_MAX };
	return check_object(&w, o, known);
}

int
json_names_check_whole(const json_t *o, const struct json_name *known,
    struct fault *fault_r)
{
	struct json_place p = { .path = "", .of = "", .fault_r = fault_r };
	return json_names_check_near(&p, o, known);
}
