/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The routes there are and the document that describes them say the same.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/openapi.h"
#include "base/arena.h"
#include "tests/tap.h"

static struct arena *arena;
static json_t *document;

/* "METHOD /path" with "{}" for each parameter, whatever it is called; ":" or
 * "{" begins one. */
static const char *
shape(const char *method, const char *path)
{
	char *text = arena_printf(arena, "%s %s", method, path), *to = text;
	for (char *m = text; *m != ' '; m++)
		*m = (char)toupper((unsigned char)*m);
	for (const char *p = text; *p != '\0';) {
		bool is_parameter =
		    p > text && p[-1] == '/' && (*p == ':' || *p == '{');
		if (!is_parameter) {
			*to++ = *p++;
			continue;
		}
		p += strcspn(p, "/");
		*to++ = '{';
		*to++ = '}';
	}
	*to = '\0';
	return text;
}

/* Calls fn for each operation of the document. */
static void
each_operation(void (*fn)(const char *shape, const char *path, json_t *op))
{
	const char *path, *method;
	json_t *item, *op;
	json_object_foreach (json_object_get(document, "paths"), path, item)
		json_object_foreach (item, method, op)
			fn(shape(method, path), path, op);
}

/* The route of a shape; NULL if there is none. */
static const struct route *
route_of(const char *wanted)
{
	for (size_t i = 0; api_routes(i) != NULL; i++)
		for (const struct route *r = api_routes(i); r->method; r++)
			if (strcmp(shape(r->method, r->pattern), wanted) == 0)
				return r;
	return NULL;
}

static const char *looked_for;
static json_t *found;

static void
find_shape(const char *shape, const char *path, json_t *op)
{
	(void)path;
	if (strcmp(shape, looked_for) == 0)
		found = op;
}

/* The operation of a shape; NULL if there is none. */
static json_t *
operation_of(const char *shape)
{
	looked_for = shape;
	found = NULL;
	each_operation(find_shape);
	return found;
}

/* ---- the two beside each other ----------------------------------------- */

static void
check_is_there(const char *shape, const char *path, json_t *op)
{
	(void)path, (void)op;
	const struct route *r = route_of(shape);
	ok(r != NULL && !(r->flags & ROUTE_ABSENT), "%s is a route", shape);
}

/* What the flags of a route mean to who asks. */
static void
check_flags(const struct route *r, const char *shape, json_t *op)
{
	const char *permission =
	    json_string_value(json_object_get(op, "x-postflow-permission"));
	const json_t *security = json_object_get(op, "security");
	bool is_open = security != NULL && json_array_size(security) == 0;
	ok(is_open == ((r->flags & (ROUTE_OPEN | ROUTE_PUBLIC)) != 0),
	    "%s: whether it needs a key", shape);
	ok((permission != NULL && strcmp(permission, "sending_access") == 0) ==
		((r->flags & ROUTE_SENDING) != 0),
	    "%s: whether a key that may only send is enough", shape);
	if (!(r->flags & ROUTE_RAW))
		ok((json_object_get(op, "requestBody") != NULL) ==
			((r->flags & ROUTE_BODY) != 0 || r->stream != NULL),
		    "%s: whether it needs a body", shape);
}

static void
test_both_directions(void)
{
	for (size_t i = 0; api_routes(i) != NULL; i++)
		for (const struct route *r = api_routes(i); r->method; r++) {
			const char *s = shape(r->method, r->pattern);
			if (r->flags & ROUTE_ABSENT)
				continue;
			json_t *op = operation_of(s);
			ok(op != NULL, "%s is described", s);
			if (op != NULL)
				check_flags(r, s, op);
		}
	each_operation(check_is_there);
}

/* ---- what bodies say --------------------------------------------------- */

static json_t *follow(const char *ref);

/* What a schema refers to, or itself. */
static json_t *
meant(json_t *schema)
{
	const char *ref = json_string_value(json_object_get(schema, "$ref"));
	return ref != NULL ? follow(ref) : schema;
}

/* The properties of an object, of the objects in an array, or of the first way
 * to write it that has some; NULL if none has. */
static json_t *
properties_of(json_t *schema)
{
	json_t *s = meant(schema), *any = json_object_get(s, "anyOf"), *way;
	json_t *items = json_object_get(s, "items");
	json_t *its = items != NULL ? properties_of(items)
				    : json_object_get(s, "properties");
	size_t i;
	json_array_foreach (any, i, way)
		if (its == NULL && json_object_get(way, "items") == NULL)
			its = properties_of(way);
	return its;
}

static const struct json_name *
name_of(const struct json_name *names, const char *name)
{
	for (; names->name != NULL; names++)
		if (strcmp(names->name, name) == 0)
			return names;
	return NULL;
}

/* The names a route knows are those that the document has. Another word for one
 * need not be told. */
static void
check_names(const char *where, json_t *schema, const struct json_name *names)
{
	json_t *properties = properties_of(schema), *property;
	const char *name;
	ok(json_object_size(properties) > 0, "%s has fields", where);
	json_object_foreach (properties, name, property)
		ok(name_of(names, name) != NULL, "%s: the route knows `%s`",
		    where, name);
	for (; names->name != NULL; names++) {
		property = json_object_get(properties, names->name);
		ok(property != NULL || names->same_as != NULL,
		    "%s: the document has `%s`", where, names->name);
		if (names->of != NULL)
			check_names(arena_printf(arena, "%s, %s", where,
					names->name),
			    property, names->of);
	}
}

static void
test_fields(void)
{
	for (size_t i = 0; api_routes(i) != NULL; i++)
		for (const struct route *r = api_routes(i); r->method; r++) {
			const char *s = shape(r->method, r->pattern);
			json_t *v = operation_of(s);
			ok((r->fields != NULL) ==
				((r->flags & ROUTE_BODY) != 0),
			    "%s: its body's fields are known", s);
			if (r->fields == NULL)
				continue;
			v = json_object_get(v, "requestBody");
			v = json_object_get(v, "content");
			v = json_object_get(v, "application/json");
			check_names(s, json_object_get(v, "schema"), r->fields);
		}
}

/* ---- the document by itself -------------------------------------------- */

/* Where a "#/a/b" leads; NULL: nowhere. */
static json_t *
follow(const char *ref)
{
	json_t *at = ref[0] == '#' ? document : NULL;
	char *rest = arena_strdup(arena, ref + 1), *part;
	while (at != NULL && (part = strsep(&rest, "/")) != NULL)
		if (part[0] != '\0')
			at = json_object_get(at, part);
	return at;
}

/* Counts the references of a value that lead nowhere, and names them. */
static int
broken_refs(json_t *v)
{
	const char *key, *ref = json_string_value(json_object_get(v, "$ref"));
	json_t *item;
	size_t i;
	int n = 0;
	if (ref != NULL && follow(ref) == NULL) {
		printf("# %s leads nowhere\n", ref);
		n++;
	}
	json_object_foreach (v, key, item)
		n += broken_refs(item);
	json_array_foreach (v, i, item)
		n += broken_refs(item);
	return n;
}

/* Whether the operation declares the path's parameter. */
static bool
declares(json_t *op, const char *name, size_t len)
{
	json_t *item, *parameters = json_object_get(op, "parameters");
	size_t i;
	json_array_foreach (parameters, i, item) {
		const char *ref =
		    json_string_value(json_object_get(item, "$ref"));
		json_t *p = ref != NULL ? follow(ref) : item;
		const char *in = json_string_value(json_object_get(p, "in"));
		const char *is = json_string_value(json_object_get(p, "name"));
		if (in != NULL && is != NULL && strcmp(in, "path") == 0 &&
		    strlen(is) == len && strncmp(is, name, len) == 0)
			return true;
	}
	return false;
}

static json_t *ids;

static void
check_operation(const char *shape, const char *path, json_t *op)
{
	const char *id = json_string_value(json_object_get(op, "operationId"));
	json_t *responses = json_object_get(op, "responses");
	bool is_whole = json_object_get(op, "summary") != NULL &&
	    json_object_get(responses, "default") != NULL &&
	    json_object_size(responses) >= 2;
	for (const char *p = path; (p = strchr(p, '{')) != NULL; p++)
		is_whole = is_whole && declares(op, p + 1, strcspn(p, "}") - 1);
	ok(is_whole, "%s has a summary, parameters, answers and errors", shape);
	ok(id != NULL && json_object_get(ids, id) == NULL,
	    "%s has an operationId of its own", shape);
	json_object_set_new(ids, id, json_true());
}

static void
test_whole(void)
{
	ids = json_object();
	each_operation(check_operation);
	is_int(broken_refs(document), 0, "every reference leads somewhere");
	json_decref(ids);
}

/* What a route is and what it does with a body are told apart. */
static void
test_flags(void)
{
	for (size_t i = 0; api_routes(i) != NULL; i++)
		for (const struct route *r = api_routes(i); r->method; r++) {
			ok(!(r->flags & ROUTE_FILE) ||
				strcmp(r->method, "GET") == 0,
			    "%s %s: only what is fetched is a file", r->method,
			    r->pattern);
			ok(!(r->flags & ROUTE_CLOSED) ||
				(r->flags & ROUTE_BODY) != 0,
			    "%s %s: what knows its names has a body", r->method,
			    r->pattern);
		}
}

int
main(void)
{
	arena = arena_new();
	document = json_loads(openapi_text, JSON_REJECT_DUPLICATES, NULL);
	ok(document != NULL && strlen(openapi_text) == openapi_len,
	    "the document is JSON");
	is(json_string_value(json_object_get(document, "openapi")), "3.1.0",
	    "of OpenAPI 3.1");
	test_both_directions();
	test_fields();
	test_flags();
	test_whole();
	json_decref(document);
	arena_free(arena);
	return tap_done();
}
