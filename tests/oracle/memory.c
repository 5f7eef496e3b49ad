/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interpreter's memory, and how it reads JSON.
 */
#include "tests/oracle/oracle_private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory ------------------------------------------------------------ */

void
oracle_list_add(struct oracle_list *l, void *item)
{
	if (l->n == l->room) {
		l->room = l->room > 0 ? 2 * l->room : 8;
		l->items = realloc(l->items, (size_t)l->room * sizeof(void *));
		if (l->items == NULL)
			abort();
	}
	l->items[l->n++] = item;
}

void *
oracle_list_shift(struct oracle_list *l)
{
	if (l->n == 0)
		return NULL;
	void *first = l->items[0];
	l->n--;
	memmove(l->items, l->items + 1, (size_t)l->n * sizeof(void *));
	return first;
}

void *
oracle_get(struct world *w, size_t size)
{
	void *p = calloc(1, size);
	if (p == NULL)
		abort();
	oracle_list_add(&w->memory, p);
	return p;
}

char *
oracle_strdup(struct world *w, const char *text)
{
	size_t size = strlen(text) + 1;
	return memcpy(oracle_get(w, size), text, size);
}

json_t *
oracle_keep(struct world *w, json_t *j)
{
	if (json_array_append_new(w->kept, j) != 0)
		abort();
	return j;
}

/* ---- reading JSON ------------------------------------------------------ */

bool
oracle_is_missing(const json_t *j)
{
	return j == NULL || json_is_null(j);
}

json_t *
oracle_any(const json_t *object, const char *names)
{
	char name[64];
	while (*names != '\0') {
		size_t n = strcspn(names, "|");
		snprintf(name, sizeof(name), "%.*s", (int)n, names);
		json_t *value = json_object_get(object, name);
		if (!oracle_is_missing(value))
			return value;
		names += names[n] == '|' ? n + 1 : n;
	}
	return NULL;
}

const char *
oracle_text(const json_t *object, const char *names)
{
	return json_string_value(oracle_any(object, names));
}

/* The ms of a unit, told by its first letters. */
static double
unit_ms(const char *unit)
{
	if (strncmp(unit, "ms", 2) == 0)
		return 1;
	switch (tolower((unsigned char)*unit)) {
	case 's':
		return 1000;
	case 'm':
		return 60 * 1000;
	case 'h':
		return 3600 * 1000;
	case 'd':
		return 24 * 3600 * 1000;
	default:
		return 7.0 * 24 * 3600 * 1000;
	}
}

int64_t
oracle_duration(const json_t *object, const char *names)
{
	const char *p = oracle_text(object, names);
	double ms = 0;
	while (p != NULL && *p != '\0') {
		char *end;
		double n = strtod(p, &end);
		if (end == p) {
			p++;
			continue;
		}
		p = end + strspn(end, " ");
		ms += n * unit_ms(p);
		while (isalpha((unsigned char)*p))
			p++;
	}
	return (int64_t)(ms + 0.5);
}

bool
oracle_names(const json_t *config, const char *one, const char *many,
    const char *value)
{
	const char *name = oracle_text(config, one);
	if (name != NULL && strcmp(name, value) == 0)
		return true;
	const json_t *all = oracle_any(config, many);
	for (size_t i = 0; i < json_array_size(all); i++)
		if (strcmp(json_string_value(json_array_get(all, i)), value) ==
		    0)
			return true;
	return false;
}

bool
oracle_names_any(const json_t *config, const char *one, const char *many)
{
	return oracle_text(config, one) != NULL ||
	    json_array_size(oracle_any(config, many)) > 0;
}

const char *
oracle_scalar(const json_t *j, char buf[64])
{
	if (json_is_string(j))
		return json_string_value(j);
	if (json_is_boolean(j))
		return json_is_true(j) ? "true" : "false";
	if (json_is_integer(j))
		snprintf(buf, 64, "%lld", (long long)json_integer_value(j));
	else if (json_is_real(j))
		snprintf(buf, 64, "%.17g", json_real_value(j));
	else
		return NULL;
	return buf;
}
