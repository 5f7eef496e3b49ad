/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "cli/body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/file.h"
#include "cli/text.h"

enum { PAGE_ROWS = 100 }; /* the most a page can have */

void
cli_path_encode(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		percent_put(b, (unsigned char)*s);
}

char *
cli_path(struct arena *a, const char *pattern, const char **args)
{
	struct buf b = { 0 };
	for (const char *p = pattern; *p != '\0'; p++)
		if (p[0] == '{' && p[1] == '}') {
			cli_path_encode(&b, *args++);
			p++;
		} else {
			buf_char(&b, *p);
		}
	char *path = arena_strdup(a, b.data);
	buf_free(&b);
	return path;
}

char *
cli_call_path(struct arena *a, const struct cli_call *call, const char *after)
{
	struct buf b = { 0 };
	char mark = '?';
	buf_str(&b, cli_path(a, call->command->path, call->args));
	for (int i = 0; i < call->n_given; i++) {
		const struct cli_given *g = &call->given[i];
		if (g->option->place != CLI_QUERY ||
		    (after != NULL && strcmp(g->option->field, "after") == 0))
			continue;
		buf_printf(&b, "%c%s=", mark, g->option->field);
		cli_path_encode(&b, g->value);
		mark = '&';
	}
	if (call->command->is_list && cli_call_has(call, "all") &&
	    !cli_call_has(call, "limit")) {
		buf_printf(&b, "%climit=%d", mark, PAGE_ROWS);
		mark = '&';
	}
	if (after != NULL) {
		buf_printf(&b, "%cafter=", mark);
		cli_path_encode(&b, after);
	}
	char *path = arena_strdup(a, b.data);
	buf_free(&b);
	return path;
}

/* A JSON string; NULL with fault_r if the text is not UTF-8. */
static json_t *
text_value(const struct cli_given *g, const char *s, size_t n,
    struct fault *fault_r)
{
	if (!utf8_valid(s, n) || memchr(s, '\0', n) != NULL) {
		fault(fault_r, FAULT_INVALID, "--%s is not UTF-8 text",
		    g->option->name);
		return NULL;
	}
	return json_stringn(s, n);
}

/* A JSON string of what a file holds. */
static json_t *
file_value(struct arena *a, const struct cli_given *g, struct fault *fault_r)
{
	const char *text;
	size_t len;
	if (cli_file_read(a, g->value, &text, &len, fault_r) < 0)
		return NULL;
	return text_value(g, text, len, fault_r);
}

/* The value that JSON text stands for. */
static json_t *
json_value(struct arena *a, const struct cli_given *g, struct fault *fault_r)
{
	json_t *v = json_parse(a, g->value, strlen(g->value), fault_r);
	if (v == NULL)
		fault_at(fault_r, "--%s", g->option->name);
	return json_incref(v);
}

/* The fallback of a template's variable: of type number it is a number. */
static json_t *
fallback_value(struct arena *a, const struct cli_given *g, const char *type,
    const char *s, struct fault *fault_r)
{
	struct fault f;
	if (strcmp(type, "number") != 0)
		return text_value(g, s, strlen(s), fault_r);
	json_t *v = json_parse(a, s, strlen(s), &f);
	if (json_is_number(v))
		return json_incref(v);
	fault(fault_r, FAULT_INVALID, "--%s %s: the fallback is not a number",
	    g->option->name, g->value);
	return NULL;
}

/* Reads KEY:TYPE[:FALLBACK]; the fallback may have colons. */
static json_t *
variable_value(struct arena *a, const struct cli_given *g,
    struct fault *fault_r)
{
	char *key = arena_strdup(a, g->value);
	char *type = strchr(key, ':'), *fallback = NULL;
	if (type != NULL)
		*type++ = '\0';
	if (type != NULL && (fallback = strchr(type, ':')) != NULL)
		*fallback++ = '\0';
	if (type == NULL || key[0] == '\0' || type[0] == '\0' ||
	    !utf8_valid(g->value, strlen(g->value))) {
		fault(fault_r, FAULT_INVALID,
		    "--%s must be KEY:TYPE or KEY:TYPE:FALLBACK, not \"%s\"",
		    g->option->name, g->value);
		return NULL;
	}
	json_t *v = json_pack("{s:s, s:s}", "key", key, "type", type);
	if (fallback == NULL)
		return v;
	json_t *f = fallback_value(a, g, type, fallback, fault_r);
	if (f == NULL) {
		json_decref(v);
		return NULL;
	}
	json_object_set_new(v, "fallback_value", f);
	return v;
}

/* The value that the JSON text in a file stands for. */
static json_t *
json_file_value(struct arena *a, const struct cli_given *g,
    struct fault *fault_r)
{
	const char *text;
	size_t len;
	if (cli_file_read(a, g->value, &text, &len, fault_r) < 0)
		return NULL;
	json_t *v = json_parse(a, text, len, fault_r);
	if (v == NULL)
		fault_at(fault_r, "%s", g->value);
	return json_incref(v);
}

/* The object that names something by its id, and with a choice the contact's
 * subscription to it: the option's name as the wire spells it. */
static json_t *
member_value(const struct cli_given *g, struct fault *fault_r)
{
	json_t *id = text_value(g, g->value, strlen(g->value), fault_r);
	if (id == NULL)
		return NULL;
	json_t *v = json_pack("{s:o}", "id", id);
	if (g->option->kind == CLI_CHOICE)
		json_object_set_new(v, "subscription",
		    json_string(strcmp(g->option->name, "opt-in") == 0
			    ? "opt_in"
			    : "opt_out"));
	return v;
}

/* An array of the texts between commas. */
static json_t *
names_value(const struct cli_given *g, struct fault *fault_r)
{
	json_t *all = json_array();
	const char *p = g->value;
	for (;;) {
		size_t n = strcspn(p, ",");
		json_t *name = text_value(g, p, n, fault_r);
		if (name == NULL) {
			json_decref(all);
			return NULL;
		}
		json_array_append_new(all, name);
		if (p[n] == '\0')
			return all;
		p += n + 1;
	}
}

/* The JSON value of an option, to be freed; NULL with fault_r. */
static json_t *
option_value(struct arena *a, const struct cli_given *g, struct fault *fault_r)
{
	switch (g->option->kind) {
	case CLI_FLAG:
		return json_boolean(g->value == NULL);
	case CLI_COUNT:
		return json_integer(atoi(g->value));
	case CLI_JSON:
		return json_value(a, g, fault_r);
	case CLI_FILE:
		return file_value(a, g, fault_r);
	case CLI_JSON_FILE:
		return json_file_value(a, g, fault_r);
	case CLI_VARIABLE:
		return variable_value(a, g, fault_r);
	case CLI_MEMBER:
	case CLI_CHOICE:
		return member_value(g, fault_r);
	case CLI_NAMES:
		return names_value(g, fault_r);
	case CLI_ATTACHMENT:
	case CLI_INLINE:
		return cli_attachment(a, g, fault_r);
	case CLI_TAG:
		return cli_tag(a, g, fault_r);
	case CLI_PAIR:
		return cli_pair(a, g, fault_r);
	case CLI_CLEARABLE:
		if (g->value[0] == '\0')
			return json_null();
		break;
	case CLI_TEXT:
	case CLI_MANY:
	case CLI_WORD:
	case CLI_DOCUMENT:
		break;
	}
	return text_value(g, g->value, strlen(g->value), fault_r);
}

/* Reads the file that holds the body: a JSON object, or an array where no
 * other option sets a field. */
static json_t *
document_read(struct arena *a, const struct cli_given *g, bool is_alone,
    const char **text_r, size_t *len_r, struct fault *fault_r)
{
	if (cli_file_read(a, g->value, text_r, len_r, fault_r) < 0)
		return NULL;
	json_t *v = json_parse(a, *text_r, *len_r, fault_r);
	bool good = json_is_object(v) || (json_is_array(v) && is_alone);
	if (good)
		return v;
	if (v != NULL)
		fault(fault_r, FAULT_INVALID, "It must be a JSON object.");
	fault_at(fault_r, "%s", g->value);
	return NULL;
}

/* The value of a name in an object, made if it is not there. */
static json_t *
within(json_t *o, const char *name, json_t *(*make)(void))
{
	json_t *v = json_object_get(o, name);
	if (v == NULL)
		json_object_set_new(o, name, v = make());
	return v;
}

/* Puts the value of an option into the body. */
static int
field_put(json_t *body, const struct cli_given *g, json_t *v)
{
	const char *field = g->option->field, *dot = strchr(field, '.');
	char outer[40];
	if (v == NULL)
		return -1;
	if (dot != NULL) {
		snprintf(outer, sizeof(outer), "%.*s", (int)(dot - field),
		    field);
		body = within(body, outer, json_object);
		field = dot + 1;
	}
	if (g->option->kind == CLI_PAIR || g->option->kind == CLI_NAMES) {
		int rc = g->option->kind == CLI_PAIR
		    ? json_object_update(within(body, field, json_object), v)
		    : json_array_extend(within(body, field, json_array), v);
		json_decref(v);
		return rc;
	}
	return cli_kind_repeats(g->option->kind)
	    ? json_array_append_new(within(body, field, json_array), v)
	    : json_object_set_new(body, field, v);
}

/* How much of the command goes into its body: options, and its argument. */
static int
n_fields_of(const struct cli_command *c)
{
	int n = c->arg_field != NULL;
	for (const struct cli_option *o = c->options;
	     o != NULL && o->name != NULL; o++)
		n += o->place == CLI_BODY;
	return n;
}

/* Puts the argument into the body, if it belongs there. 0 or -1. */
static int
arg_put(json_t *body, const struct cli_call *call, struct fault *fault_r)
{
	const char *field = call->command->arg_field;
	if (field == NULL)
		return 0;
	json_t *v = json_string(call->args[0]);
	return v != NULL
	    ? json_object_set_new(body, field, v)
	    : fault(fault_r, FAULT_INVALID, "the %s is not valid UTF-8", field);
}

static void
decref(void *v)
{
	json_decref(v);
}

/*
 * A file alone is sent byte for byte; options beside it are set in what it
 * says.
 */
int
cli_call_body(struct arena *a, const struct cli_call *call, const char **text_r,
    size_t *len_r, struct fault *fault_r)
{
	json_t *body = NULL;
	int n_fields = 0;
	if (n_fields_of(call->command) == 0)
		return 0;
	for (int i = 0; i < call->n_given && body == NULL; i++)
		if (call->given[i].option->kind == CLI_DOCUMENT) {
			body = document_read(a, &call->given[i],
			    n_fields_of(call->command) == 1, text_r, len_r,
			    fault_r);
			if (body == NULL)
				return -1;
		}
	bool is_file = body != NULL;
	if (!is_file)
		arena_own(a, body = json_object(), decref);
	if (arg_put(body, call, fault_r) != 0)
		return -1;
	for (int i = 0; i < call->n_given; i++) {
		const struct cli_given *g = &call->given[i];
		if (g->option->place != CLI_BODY ||
		    g->option->kind == CLI_DOCUMENT)
			continue;
		if (field_put(body, g, option_value(a, g, fault_r)) < 0)
			return -1;
		n_fields++;
	}
	if (is_file && n_fields == 0)
		return 1;
	if (n_fields == 0 && strcmp(call->command->method, "PATCH") == 0)
		return fault(fault_r, FAULT_INVALID,
		    "there is nothing to change: give at least one option");
	struct buf b = { 0 };
	cli_json_put(&b, body, CLI_COMPACT, false);
	*text_r = arena_strndup(a, b.data, b.len);
	*len_r = b.len;
	buf_free(&b);
	return 1;
}
