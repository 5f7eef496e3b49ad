/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/import.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/csv.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/utf8.h"

enum { SHOWN_MAX = 60, PROPERTIES_MAPPED_MAX = 200 };

static const char *const statuses[IMPORT_STATUS_COUNT] = {
	[IMPORT_QUEUED] = "queued",
	[IMPORT_IN_PROGRESS] = "in_progress",
	[IMPORT_COMPLETED] = "completed",
	[IMPORT_FAILED] = "failed",
};

/* The name of a field is that of its column, unless a map says another. */
static const struct {
	const char *name, *camel;
} fields[IMPORT_FIELD_COUNT] = {
	[IMPORT_EMAIL] = { "email", "email" },
	[IMPORT_FIRST_NAME] = { "first_name", "firstName" },
	[IMPORT_LAST_NAME] = { "last_name", "lastName" },
	[IMPORT_UNSUBSCRIBED] = { "unsubscribed", "unsubscribed" },
};

static const char *const types[PROPERTY_TYPE_COUNT] = {
	[PROPERTY_STRING] = "string",
	[PROPERTY_NUMBER] = "number",
	[PROPERTY_BOOLEAN] = "boolean",
};

const char *
import_status_name(enum import_status s)
{
	return (unsigned)s < IMPORT_STATUS_COUNT ? statuses[s] : "unknown";
}

int
import_status_find(const char *name)
{
	for (int i = 0; i < IMPORT_STATUS_COUNT; i++)
		if (strcmp(statuses[i], name) == 0)
			return i;
	return -1;
}

/* ---- the header --------------------------------------------------------- */

/* A header under way: its record, and what is made of it. */
struct header {
	struct arena *arena;
	const struct csv *csv;
	struct import_plan *plan;
};

/* A value cut to what a sentence shows. */
static const char *
shown(struct arena *a, const char *s)
{
	size_t n = strlen(s);
	if (n <= SHOWN_MAX)
		return s;
	return arena_printf(a, "%.*s...", (int)utf8_valid_prefix(s, SHOWN_MAX),
	    s);
}

/* The names of all columns, as far as a sentence shows them. */
static const char *
columns_shown(const struct header *h)
{
	const char *all = "";
	for (int i = 0; i < h->csv->n_fields && strlen(all) < SHOWN_MAX; i++)
		all = arena_printf(h->arena, "%s%s`%s`", all, i > 0 ? ", " : "",
		    shown(h->arena, h->csv->fields[i]));
	return all;
}

/* The column of that name: its number, -1 if there is none, -2 if there are
 * several, with fault_r. */
static int
column_find(const struct header *h, const char *name, struct fault *fault_r)
{
	int at = -1;
	for (int i = 0; i < h->csv->n_fields; i++) {
		if (strcmp(h->csv->fields[i], name) != 0)
			continue;
		if (at >= 0) {
			fault(fault_r, FAULT_INVALID,
			    "The file has two columns named `%s`.",
			    shown(h->arena, name));
			return -2;
		}
		at = i;
	}
	return at;
}

/* The column a map names for a field; -1 with fault_r. */
static int
column_mapped(const struct header *h, const char *field, const json_t *name,
    struct fault *fault_r)
{
	if (!json_is_string(name))
		return fault(fault_r, FAULT_INVALID,
		    "`column_map.%s` must be the name of a column.",
		    shown(h->arena, field));
	int at = column_find(h, json_string_value(name), fault_r);
	if (at == -1)
		fault(fault_r, FAULT_INVALID,
		    "`column_map.%s` names the column `%s`, and the file has "
		    "only %s.",
		    shown(h->arena, field),
		    shown(h->arena, json_string_value(name)), columns_shown(h));
	return at < 0 ? -1 : at;
}

/* The type a map gives a property; -1 with fault_r. */
static int
type_mapped(const struct header *h, const char *key, const json_t *type,
    struct fault *fault_r)
{
	if (type == NULL || json_is_null(type))
		return PROPERTY_STRING;
	for (int i = 0; json_is_string(type) && i < PROPERTY_TYPE_COUNT; i++)
		if (strcmp(json_string_value(type), types[i]) == 0)
			return i;
	return fault(fault_r, FAULT_INVALID,
	    "`column_map.properties.%s.type` must be `string`, `number` or "
	    "`boolean`, not %s.",
	    shown(h->arena, key), shown(h->arena, json_text(h->arena, type)));
}

/* Reads the properties of a map: {"key":{"column","type"}}, or the name of the
 * column alone. 0 or -1 */
static int
map_properties(struct header *h, const json_t *map, struct fault *fault_r)
{
	struct import_plan *p = h->plan;
	const char *key;
	json_t *v;
	if (!json_is_object(map) ||
	    json_object_size(map) > PROPERTIES_MAPPED_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "`column_map.properties` must be an object of at most %d "
		    "keys and their columns.",
		    PROPERTIES_MAPPED_MAX);
	p->properties = arena_alloc(h->arena,
	    (json_object_size(map) + 1) * sizeof(*p->properties));
	json_object_foreach ((json_t *)map, key, v) {
		const json_t *name =
		    json_is_object(v) ? json_object_get(v, "column") : v;
		int at = column_mapped(h,
		    arena_printf(h->arena, "properties.%s", key), name,
		    fault_r);
		int type = at < 0
		    ? -1
		    : type_mapped(h, key, json_object_get(v, "type"), fault_r);
		if (type < 0)
			return -1;
		p->properties[p->n_properties++] =
		    (struct import_property){ arena_strdup(h->arena, key), at,
			    (enum property_type)type };
	}
	return 0;
}

/* The field of that name in a map; -1 if there is none. */
static int
field_find(const char *name)
{
	for (int i = 0; i < IMPORT_FIELD_COUNT; i++)
		if (strcmp(name, fields[i].name) == 0 ||
		    strcmp(name, fields[i].camel) == 0)
			return i;
	return -1;
}

/* Reads what a client says of the columns. 0 or -1 */
static int
map_columns(struct header *h, const json_t *map, struct fault *fault_r)
{
	const char *name;
	json_t *v;
	if (map != NULL && !json_is_object(map))
		return fault(fault_r, FAULT_INVALID,
		    "`column_map` must be a JSON object.");
	json_object_foreach ((json_t *)map, name, v) {
		int field = field_find(name), rc = 0;
		if (json_is_null(v))
			continue;
		if (strcmp(name, "properties") == 0)
			rc = map_properties(h, v, fault_r);
		else if (field < 0)
			rc = fault(fault_r, FAULT_INVALID,
			    "`column_map` has no field `%s`; it may have "
			    "`email`, `first_name`, `last_name`, "
			    "`unsubscribed` and `properties`.",
			    shown(h->arena, name));
		else
			rc = h->plan->columns[field] =
			    column_mapped(h, name, v, fault_r);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* Finds the columns that no map names. 0 or -1 */
static int
default_columns(struct header *h, struct fault *fault_r)
{
	int *columns = h->plan->columns;
	for (int i = 0; i < IMPORT_FIELD_COUNT; i++) {
		if (columns[i] >= 0)
			continue;
		columns[i] = column_find(h, fields[i].name, fault_r);
		if (columns[i] == -2)
			return -1;
	}
	if (columns[IMPORT_EMAIL] < 0)
		return fault(fault_r, FAULT_INVALID,
		    "Missing `email` column: the file has %s, and no "
		    "`column_map.email` names one of these.",
		    columns_shown(h));
	return 0;
}

/* Takes blanks off both ends of the names of columns. */
static void
trim(struct csv *c)
{
	for (int i = 0; i < c->n_fields && i < CSV_FIELDS_MAX; i++) {
		char *s = c->fields[i] + strspn(c->fields[i], " \t");
		size_t n = strlen(s);
		while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
			n--;
		s[n] = '\0';
		c->fields[i] = s;
	}
}

/* Where a line with something begins, from a byte on; the number of the empty
 * ones before it is added. */
static size_t
header_start(const char *text, size_t from, size_t len, struct import_plan *p)
{
	size_t at = from;
	while (at < len && (text[at] == '\n' || text[at] == '\r'))
		at++;
	p->line += csv_lines(text + from, at - from, p->has_cr);
	return at;
}

/* What a first line such as sep=; says, quoted or not: *at is behind it then,
 * and *separator what it names. 1, 0 the line is another one, -1 */
static int
read_separator(const char *text, size_t len, size_t *at, char *separator,
    struct fault *fault_r)
{
	static const char word[] = "sep=", known[] = ",;\t|";
	const char *p = text + *at, *end = text + len;
	bool is_quoted = p < end && *p == '"';
	p += is_quoted;
	if (end - p <= (ptrdiff_t)strlen(word) ||
	    strncasecmp(p, word, strlen(word)) != 0)
		return 0;
	const char named = p[strlen(word)];
	p += strlen(word) + 1;
	if (is_quoted && (p == end || *p++ != '"'))
		return 0;
	if (p < end && *p != '\r' && *p != '\n')
		return 0;
	if (named == '\0' || strchr(known, named) == NULL)
		return fault(fault_r, FAULT_INVALID,
		    "The first line says `sep=%c`; what separates fields must "
		    "be a comma, a semicolon, a tab or a vertical bar.",
		    utf8_valid(&named, 1) ? named : '?');
	*separator = named;
	*at = (size_t)(p - text);
	return 1;
}

/* Reads the header's record, and before it what separates its fields. 0 or -1
 */
static int
header_find(struct csv *c, char *text, size_t len, struct import_plan *p,
    struct fault *fault_r)
{
	size_t at = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	p->has_cr = csv_has_cr(text + at, len - at);
	at = header_start(text, at, len, p);
	int rc = read_separator(text, len, &at, &p->separator, fault_r);
	if (rc < 0)
		return -1;
	at = header_start(text, at, len, p);
	if (rc == 0)
		p->separator = csv_separator(text + at, len - at);
	csv_init(c, p->separator, p->has_cr);
	enum csv_result r = csv_next(c, text + at, len - at, true);
	if (r == CSV_END)
		return fault(fault_r, FAULT_INVALID, "The file is empty.");
	if (r != CSV_RECORD || c->n_fields > CSV_FIELDS_MAX || c->is_open)
		return fault(fault_r, FAULT_INVALID,
		    "The file has no header of at most %d bytes and %d "
		    "columns.",
		    CSV_RECORD_MAX, CSV_FIELDS_MAX);
	p->line += c->lines;
	p->start = (int64_t)(at + c->used);
	p->n_columns = c->n_fields;
	trim(c);
	return 0;
}

int
import_plan_make(struct arena *a, char *text, size_t len, const json_t *map,
    struct import_plan *p, struct fault *fault_r)
{
	struct csv *c = xmalloc(sizeof(*c));
	struct header h = { a, c, p };
	*p = (struct import_plan){ .columns = { -1, -1, -1, -1 } };
	int rc = header_find(c, text, len, p, fault_r) != 0 ||
		map_columns(&h, map, fault_r) != 0 ||
		default_columns(&h, fault_r) != 0
	    ? -1
	    : 0;
	free(c);
	return rc;
}

/* ---- as text ------------------------------------------------------------ */

const char *
import_plan_text(struct arena *a, const struct import_plan *p)
{
	json_t *columns = json_array(), *properties = json_array();
	json_t *segments = json_array(), *topics = json_array();
	const char separator[] = { p->separator, '\0' };
	for (int i = 0; i < IMPORT_FIELD_COUNT; i++)
		json_array_append_new(columns, json_integer(p->columns[i]));
	for (int i = 0; i < p->n_properties; i++)
		json_array_append_new(properties,
		    json_pack("[s,i,i]", p->properties[i].key,
			p->properties[i].column, (int)p->properties[i].type));
	for (int i = 0; i < p->n_segments; i++)
		json_array_append_new(segments, json_integer(p->segments[i]));
	for (int i = 0; i < p->n_topics; i++)
		json_array_append_new(topics,
		    json_pack("[I,b]", (json_int_t)p->topics[i].topic,
			p->topics[i].opted_in));
	json_t *o =
	    json_pack("{s:s, s:b, s:I, s:I, s:i, s:o, s:o, s:o, s:o, s:b}",
		"separator", separator, "has_cr", p->has_cr, "start",
		(json_int_t)p->start, "line", (json_int_t)p->line, "width",
		p->n_columns, "columns", columns, "properties", properties,
		"segments", segments, "topics", topics, "skips", p->skips);
	const char *out = json_text(a, o);
	json_decref(o);
	return out;
}

/* Reads the lists of a plan; what is malformed reads as nothing. */
static void
read_lists(struct arena *a, const json_t *o, struct import_plan *p)
{
	const json_t *properties = json_object_get(o, "properties");
	const json_t *segments = json_object_get(o, "segments");
	const json_t *topics = json_object_get(o, "topics");
	size_t i;
	json_t *v;
	p->properties = arena_alloc(a,
	    (json_array_size(properties) + 1) * sizeof(*p->properties));
	p->segments = arena_alloc(a,
	    (json_array_size(segments) + 1) * sizeof(*p->segments));
	p->topics =
	    arena_alloc(a, (json_array_size(topics) + 1) * sizeof(*p->topics));
	json_array_foreach (properties, i, v) {
		struct import_property *to = &p->properties[p->n_properties];
		const char *key;
		int type;
		if (json_unpack(v, "[s,i,i]", &key, &to->column, &type) != 0 ||
		    (unsigned)type >= PROPERTY_TYPE_COUNT)
			continue;
		to->key = arena_strdup(a, key);
		to->type = (enum property_type)type;
		p->n_properties++;
	}
	json_array_foreach (segments, i, v)
		p->segments[p->n_segments++] = json_integer_value(v);
	json_array_foreach (topics, i, v)
		p->topics[p->n_topics++] =
		    (struct topic_choice){ json_integer_value(
					       json_array_get(v, 0)),
			    json_is_true(json_array_get(v, 1)) };
}

int
import_plan_read(struct arena *a, const char *text, struct import_plan *p,
    struct fault *fault_r)
{
	const char *separator;
	json_int_t start, line;
	json_t *columns, *o = json_parse(a, text, strlen(text), fault_r);
	int skips;
	*p = (struct import_plan){ .columns = { -1, -1, -1, -1 } };
	if (o == NULL)
		return -1;
	if (json_unpack(o, "{s:s, s:I, s:I, s:i, s:o, s:b}", "separator",
		&separator, "start", &start, "line", &line, "width",
		&p->n_columns, "columns", &columns, "skips", &skips) != 0 ||
	    p->n_columns < 1 || p->n_columns > CSV_FIELDS_MAX)
		return fault(fault_r, FAULT_INTERNAL,
		    "The options of an import are damaged.");
	p->separator = separator[0];
	p->has_cr = json_is_true(json_object_get(o, "has_cr"));
	p->start = start;
	p->line = line;
	p->skips = skips != 0;
	for (int i = 0; i < IMPORT_FIELD_COUNT; i++)
		p->columns[i] =
		    (int)json_integer_value(json_array_get(columns, (size_t)i));
	read_lists(a, o, p);
	return 0;
}
