/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "api/call.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "base/utf8.h"

enum { PAGE_DEFAULT = 20, PAGE_MAX = 100, COPY_NAME_MAX = 240 };

static int
append(const char *p, size_t n, void *out)
{
	buf_add(out, p, n);
	return 0;
}

int
call_json(struct call *c, int status, json_t *v)
{
	c->status = status;
	/* jansson makes nothing of a text that is not UTF-8. */
	if (v == NULL) {
		log_error("an answer could not be made path=%s",
		    log_text(c->route->pattern));
		c->status = 500;
		error_body(&c->out, 500, "internal_server_error",
		    "The answer could not be made.");
		return 0;
	}
	json_dump_callback(v, append, &c->out, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(v);
	return 0;
}

int
call_object(struct call *c, int status, const char *object, int64_t id,
    json_t *extra)
{
	json_t *o =
	    json_pack("{s:s, s:o}", "object", object, "id", json_id(id));
	json_object_update(o, extra);
	json_decref(extra);
	return call_json(c, status, o);
}

json_t *
json_id(int64_t id)
{
	char text[ID_UUID_LEN];
	return id == 0 ? json_null() : json_string(id_uuid(id, text));
}

json_t *
json_time(int64_t ms)
{
	char text[CLOCK_SQL_LEN];
	return ms == 0 ? json_null() : json_string(clock_sql(ms, text));
}

json_t *
json_text_value(const char *text)
{
	json_t *v =
	    text == NULL ? NULL : json_loads(text, JSON_DECODE_ANY, NULL);
	return v != NULL ? v : json_null();
}

int
call_list(struct call *c, const struct list *list, size_t size,
    item_json *to_json)
{
	json_t *data = json_array();
	for (int i = 0; i < list->n; i++)
		json_array_append_new(data,
		    to_json((const char *)list->items + (size_t)i * size));
	return call_json(c, 200,
	    json_pack("{s:s, s:b, s:o}", "object", "list", "has_more",
		list->has_more, "data", data));
}

const char *
copy_name(struct arena *a, const char *name)
{
	char *cut = arena_strndup(a, name, COPY_NAME_MAX);
	utf8_trim(cut);
	return arena_printf(a, "%s copy", cut);
}

int
not_found(struct fault *fault_r, const char *what)
{
	return fault(fault_r, FAULT_NOT_FOUND, "%s not found", what);
}

/* An id in either of its public forms: 1, 0 unknown, -1 malformed. */
static int
read_id(const char *text, int64_t *id_r)
{
	int rc = id_from_uuid(text, id_r);
	return rc < 0 ? id_from_hex(text, id_r) : rc;
}

int
call_text_id(const char *text, const char *field, const char *what,
    int64_t *id_r, struct fault *fault_r)
{
	int rc = read_id(text, id_r);
	if (rc < 0)
		return fault(fault_r, FAULT_PARAMETER,
		    "The `%s` must be a valid UUID.", field);
	return rc == 1 ? 0 : not_found(fault_r, what);
}

int
call_id(struct call *c, int param, const char *what, int64_t *id_r,
    struct fault *fault_r)
{
	return call_text_id(c->params[param], "id", what, id_r, fault_r);
}

/* A cursor of the query; 0 or -1. */
static int
read_cursor(struct call *c, const char *name, int64_t *id_r,
    struct fault *fault_r)
{
	const char *text = http_query_get(c->req, name);
	*id_r = 0;
	if (text == NULL)
		return 0;
	if (read_id(text, id_r) != 1)
		return fault(fault_r, FAULT_INVALID,
		    "The pagination cursor `%s` must be the id of an element "
		    "of the list.",
		    name);
	return 0;
}

/* Reads how many rows the page has, usual unless the query says so. */
static int
read_limit(struct call *c, int usual, struct fault *fault_r)
{
	const char *limit = http_query_get(c->req, "limit");
	char *end;
	c->page = (struct page){ .limit = usual };
	if (limit == NULL)
		return 0;
	long n = strtol(limit, &end, 10);
	if (limit[0] < '0' || limit[0] > '9' || *end != '\0' || n < 1 ||
	    n > PAGE_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "The pagination "
		    "limit must be a number between 1 and %d.",
		    PAGE_MAX);
	c->page.limit = (int)n;
	return 0;
}

/* The same, and the cursors. */
static int
read_page(struct call *c, int usual, struct fault *fault_r)
{
	struct page *p = &c->page;
	if (read_limit(c, usual, fault_r) != 0 ||
	    read_cursor(c, "after", &p->after, fault_r) != 0 ||
	    read_cursor(c, "before", &p->before, fault_r) != 0)
		return -1;
	if (p->after != 0 && p->before != 0)
		return fault(fault_r, FAULT_INVALID,
		    "Give only one of `after` and `before`.");
	return 0;
}

int
call_parse_limit(struct call *c, struct fault *fault_r)
{
	return read_limit(c, PAGE_MAX, fault_r);
}

int
call_parse_page(struct call *c, struct fault *fault_r)
{
	return read_page(c, PAGE_DEFAULT, fault_r);
}

int
call_parse_whole(struct call *c, struct fault *fault_r)
{
	return read_page(c, PAGE_MAX, fault_r);
}

/* A value of the query, decoded. */
static const char *
decode(struct arena *a, const char *s, size_t n)
{
	char *out = arena_alloc(a, n + 1), *to = out;
	for (size_t i = 0; i < n; i++) {
		char hex[3] = { 0 };
		if (s[i] == '%' && i + 2 < n &&
		    isxdigit((unsigned char)s[i + 1]) &&
		    isxdigit((unsigned char)s[i + 2])) {
			memcpy(hex, s + i + 1, 2);
			*to++ = (char)strtol(hex, NULL, 16);
			i += 2;
		} else {
			*to++ = (char)(s[i] == '+' ? ' ' : s[i]);
		}
	}
	return out;
}

const char *
call_query_all(struct call *c, const char *name)
{
	const char *all = NULL, *p = http_query(c->req);
	size_t n = strlen(name);
	while (*p != '\0') {
		size_t len = strcspn(p, "&");
		if (len > n && strncmp(p, name, n) == 0 && p[n] == '=') {
			const char *one =
			    decode(c->arena, p + n + 1, len - n - 1);
			all = all == NULL
			    ? one
			    : arena_printf(c->arena, "%s,%s", all, one);
		}
		p += len + (p[len] == '&');
	}
	return all;
}

int
call_need_object(struct call *c, struct fault *fault_r)
{
	return json_is_object(c->body)
	    ? 0
	    : fault(fault_r, FAULT_INVALID, "The body must be a JSON object.");
}

int
call_check_fields(const struct call *c, const json_t *o, struct fault *fault_r)
{
	return json_names_check_whole(o, c->route->fields, fault_r);
}

int
call_get_line(struct call *c, const char *field, size_t max,
    const char **text_r, struct fault *fault_r)
{
	int rc = json_get_string(c->body, field, text_r, fault_r);
	if (rc <= 0)
		return rc;
	size_t n = strlen(*text_r);
	if (n == 0 || n > max || utf8_has_control(*text_r, n))
		return fault(fault_r, FAULT_INVALID,
		    "The `%s` field must have 1 to %zu bytes and no control "
		    "characters.",
		    field, max);
	return 1;
}

int
call_need_line(struct call *c, const char *field, size_t max,
    const char **text_r, struct fault *fault_r)
{
	if (json_need_string(c->body, field, text_r, fault_r) != 0)
		return -1;
	return call_get_line(c, field, max, text_r, fault_r) == 1 ? 0 : -1;
}
