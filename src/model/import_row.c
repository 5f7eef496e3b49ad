/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A row of an import. An empty field says nothing: it clears nothing that is
 * known.
 */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/csv.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/utf8.h"
#include "model/address.h"
#include "model/import.h"
#include "model/property.h"
#include "model/scalar.h"

enum { NAME_BYTES_MAX = 255, SHOWN_MAX = 80 };

/* Up to there a double holds every whole number. */
#define WHOLE_MAX 9007199254740992.0

/* A row being read. */
struct reading {
	struct arena *arena;
	const struct import_plan *plan;
	char *const *fields;
	int n;
};

/* The text of a column, without blanks at its ends; NULL where the row is
 * shorter or has nothing there. */
static const char *
text_of(const struct reading *r, int column)
{
	if (column < 0 || column >= r->n)
		return NULL;
	char *s = r->fields[column];
	s += strspn(s, " \t\r\n");
	size_t n = strlen(s);
	while (n > 0 && strchr(" \t\r\n", s[n - 1]) != NULL)
		n--;
	s[n] = '\0';
	return n > 0 ? s : NULL;
}

/* A value cut to what a sentence shows. */
static const char *
shown(const struct reading *r, const char *s)
{
	size_t n = strlen(s);
	return n <= SHOWN_MAX ? s
			      : arena_printf(r->arena, "%.*s...",
				    (int)utf8_valid_prefix(s, SHOWN_MAX), s);
}

/* A name as the API takes it. 0 or -1 */
static int
read_name(const struct reading *r, enum import_field field, const char *name,
    const char **text_r, struct fault *fault_r)
{
	*text_r = text_of(r, r->plan->columns[field]);
	if (*text_r == NULL)
		return 0;
	size_t n = strlen(*text_r);
	return n <= NAME_BYTES_MAX && !utf8_has_control(*text_r, n)
	    ? 0
	    : fault(fault_r, FAULT_INVALID,
		  "The `%s` must have at most %d bytes and no control "
		  "characters.",
		  name, NAME_BYTES_MAX);
}

/* What spreadsheets write for yes and no. 1 with *truth_r, or 0 */
static int
read_truth(const char *s, bool *truth_r)
{
	static const char *const words[][2] = { { "false", "true" },
		{ "0", "1" }, { "no", "yes" }, { "n", "y" }, { "f", "t" } };
	for (size_t i = 0; i < N_OF(words); i++)
		for (int truth = 0; truth < 2; truth++)
			if (strcasecmp(s, words[i][truth]) == 0) {
				*truth_r = truth != 0;
				return 1;
			}
	return 0;
}

static int
read_unsubscribed(const struct reading *r, struct import_row *row,
    struct fault *fault_r)
{
	const char *s = text_of(r, r->plan->columns[IMPORT_UNSUBSCRIBED]);
	if (s == NULL)
		return 0;
	row->has_unsubscribed = read_truth(s, &row->unsubscribed) == 1;
	return row->has_unsubscribed
	    ? 0
	    : fault(fault_r, FAULT_INVALID,
		  "The `unsubscribed` must be true or false, not `%s`.",
		  shown(r, s));
}

/* A number as JSON; whole ones are integers. NULL if the text is none. */
static json_t *
number_value(const char *s)
{
	double number;
	if (scalar_number_text(s, &number) != 1)
		return NULL;
	if (number > -WHOLE_MAX && number < WHOLE_MAX &&
	    number == (double)(json_int_t)number)
		return json_integer((json_int_t)number);
	return json_real(number);
}

/* A text as JSON. NULL if it is none, or longer than a property holds. */
static json_t *
text_value(const char *s)
{
	json_t *v = json_string(s);
	if (!property_is_too_long(v))
		return v;
	json_decref(v);
	return NULL;
}

/* The value of a property. NULL with fault_r. */
static json_t *
property_value(const struct reading *r, const struct import_property *p,
    const char *s, struct fault *fault_r)
{
	json_t *v = NULL;
	bool truth;
	if (p->type == PROPERTY_NUMBER)
		v = number_value(s);
	else if (p->type == PROPERTY_BOOLEAN)
		v = read_truth(s, &truth) == 1 ? json_boolean(truth) : NULL;
	else
		v = text_value(s);
	if (v == NULL && p->type == PROPERTY_STRING)
		fault(fault_r, FAULT_INVALID,
		    "The property `%s` must be a text of at most %d "
		    "characters.",
		    p->key, PROPERTY_TEXT_MAX);
	else if (v == NULL)
		fault(fault_r, FAULT_INVALID,
		    "The property `%s` must be a %s, not `%s`.", p->key,
		    p->type == PROPERTY_NUMBER ? "number" : "boolean",
		    shown(r, s));
	return v;
}

static void
decref(void *v)
{
	json_decref(v);
}

static int
read_properties(const struct reading *r, struct import_row *row,
    struct fault *fault_r)
{
	const struct import_plan *p = r->plan;
	for (int i = 0; i < p->n_properties; i++) {
		const char *s = text_of(r, p->properties[i].column);
		if (s == NULL)
			continue;
		json_t *v = property_value(r, &p->properties[i], s, fault_r);
		if (v == NULL)
			return -1;
		if (row->properties == NULL)
			arena_own(r->arena, row->properties = json_object(),
			    decref);
		json_object_set_new(row->properties, p->properties[i].key, v);
	}
	return 0;
}

/* A row that is longer than the header has a separator too many somewhere,
 * and what stands where is not known; unless all of the rest is empty. */
static int
check_width(const struct reading *r, struct fault *fault_r)
{
	for (int i = r->plan->n_columns; i < r->n; i++)
		if (i >= CSV_FIELDS_MAX || r->fields[i][0] != '\0')
			return fault(fault_r, FAULT_INVALID,
			    "The row has %d fields, the header %d.", r->n,
			    r->plan->n_columns);
	return 0;
}

int
import_row_read(struct arena *a, const struct import_plan *p,
    char *const *fields, int n, struct import_row *row, struct fault *fault_r)
{
	const struct reading r = { a, p, fields, n };
	*row = (struct import_row){ 0 };
	if (check_width(&r, fault_r) != 0)
		return -1;
	row->email = text_of(&r, p->columns[IMPORT_EMAIL]);
	if (row->email == NULL)
		return fault(fault_r, FAULT_MISSING, "The `email` is empty.");
	row->email_key = address_key(a, row->email, fault_r);
	if (row->email_key == NULL)
		return fault_at(fault_r, "The `email`");
	if (read_name(&r, IMPORT_FIRST_NAME, "first_name", &row->first_name,
		fault_r) != 0 ||
	    read_name(&r, IMPORT_LAST_NAME, "last_name", &row->last_name,
		fault_r) != 0 ||
	    read_unsubscribed(&r, row, fault_r) != 0)
		return -1;
	return read_properties(&r, row, fault_r);
}

int
import_row_merge(struct arena *a, const struct import_row *row,
    struct contact *to, struct fault *fault_r)
{
	if (row->first_name != NULL)
		to->first_name = row->first_name;
	if (row->last_name != NULL)
		to->last_name = row->last_name;
	if (row->has_unsubscribed)
		to->unsubscribed = row->unsubscribed;
	if (row->properties == NULL)
		return 0;
	json_t *all = json_object();
	arena_own(a, all, decref);
	if (to->properties != NULL) {
		json_t *known = json_parse(a, to->properties,
		    strlen(to->properties), fault_r);
		if (known == NULL)
			return -1;
		json_object_update(all, known);
	}
	json_object_update(all, row->properties);
	if (json_object_size(all) > PROPERTIES_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "The contact would have more than %d properties.",
		    PROPERTIES_MAX);
	to->properties = json_text(a, all);
	return 0;
}
