/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Suppressions: addresses that get no mail.
 */
#include <string.h>

#include "api/call.h"
#include "base/id.h"
#include "base/json.h"
#include "engine/engine.h"
#include "model/address.h"
#include "store/suppressions.h"

enum { BATCH_MAX = 100 };

/* ---- shapes ------------------------------------------------------------ */

static json_t *
suppression_json(const void *item)
{
	const struct suppression *s = item;
	return json_pack("{s:o, s:s?, s:s, s:o, s:o}", "id", json_id(s->id),
	    "email", s->email_key, "origin", suppression_origin_name(s->origin),
	    "source_id", json_id(s->source), "created_at",
	    json_time(id_time_ms(s->id)));
}

static json_t *
name_json(const struct suppression *s)
{
	return json_pack("{s:s, s:o}", "object", "suppression", "id",
	    json_id(s->id));
}

static json_t *
deleted_json(const struct suppression *s)
{
	json_t *o = name_json(s);
	json_object_set_new(o, "deleted", json_true());
	return o;
}

/* ---- one --------------------------------------------------------------- */

static int
add(struct call *c, struct txn *t, const char *email, struct suppression *s,
    struct fault *fault_r)
{
	return engine_suppress(c->api->engine, t, c->arena, email,
		   SUPPRESSED_MANUAL, 0, c->now_ms, s, fault_r) < 0
	    ? -1
	    : 0;
}

static int
create_parse(struct call *c, struct fault *fault_r)
{
	const char *email;
	if (call_need_object(c, fault_r) != 0 ||
	    json_need_string(c->body, "email", &email, fault_r) != 0)
		return -1;
	c->input = address_key(c->arena, email, fault_r);
	return c->input != NULL ? 0 : fault_at(fault_r, "`email`");
}

static int
create_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct suppression s;
	return add(c, t, c->input, &s, fault_r) != 0
	    ? -1
	    : call_json(c, 201, name_json(&s));
}

/* What a text names, an address or an id. 1, 0, -1 */
static int
look_up(struct call *c, struct txn *t, const char *text, const char *field,
    struct suppression *s, struct fault *fault_r)
{
	int64_t id;
	if (strchr(text, '@') != NULL) {
		const char *key = address_key(c->arena, text, fault_r);
		return key == NULL
		    ? fault_at(fault_r, "`%s`", field)
		    : store_suppression_by_key(t, c->arena, key, s, fault_r);
	}
	if (call_text_id(text, field, "Suppression", &id, fault_r) != 0)
		return fault_r->kind == FAULT_NOT_FOUND ? 0 : -1;
	return store_suppression_by_id(t, c->arena, id, s, fault_r);
}

static int
find(struct call *c, struct txn *t, struct suppression *s,
    struct fault *fault_r)
{
	int rc = look_up(c, t, c->params[0], "id", s, fault_r);
	return rc == 0 ? not_found(fault_r, "Suppression") : rc == 1 ? 0 : -1;
}

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct suppression s;
	if (find(c, t, &s, fault_r) != 0)
		return -1;
	json_t *o = suppression_json(&s);
	json_object_set_new(o, "object", json_string("suppression"));
	return call_json(c, 200, o);
}

static int
delete_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct suppression s;
	if (find(c, t, &s, fault_r) != 0 ||
	    engine_unsuppress(c->api->engine, t, &s, c->now_ms, fault_r) != 0)
		return -1;
	return call_json(c, 200, deleted_json(&s));
}

/* ---- the list ---------------------------------------------------------- */

static int
list_parse(struct call *c, struct fault *fault_r)
{
	const char *origin = http_query_get(c->req, "origin");
	enum suppression_origin *o = arena_alloc(c->arena, sizeof(*o));
	*o = SUPPRESSION_ORIGIN_COUNT;
	c->input = o;
	if (origin != NULL && suppression_origin_find(origin, o) != 1)
		return fault(fault_r, FAULT_INVALID,
		    "The `origin` parameter must be `bounce`, `complaint` or "
		    "`manual`, not `%.100s`.",
		    origin);
	return call_parse_page(c, fault_r);
}

static int
list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const enum suppression_origin *o = c->input;
	struct list list;
	if (store_suppression_list(t, c->arena, *o, &c->page, &list, fault_r) !=
	    0)
		return -1;
	return call_list(c, &list, sizeof(struct suppression),
	    suppression_json);
}

/* ---- many -------------------------------------------------------------- */

struct batch {
	const char *field; /* "emails", "ids" */
	const char **texts;
	int n;
};

/* One element of a batch, for what can be told without the store. */
static int
check_one(struct call *c, const char *field, const json_t *item, size_t i,
    const char **text_r, struct fault *fault_r)
{
	int64_t id;
	*text_r = json_string_value(item);
	if (*text_r == NULL)
		return fault(fault_r, FAULT_INVALID,
		    "`%s[%zu]` must be a string.", field, i);
	if (strcmp(field, "ids") == 0)
		return call_text_id(*text_r, field, "", &id, fault_r) == 0 ||
			fault_r->kind == FAULT_NOT_FOUND
		    ? 0
		    : -1;
	*text_r = address_key(c->arena, *text_r, fault_r);
	return *text_r != NULL ? 0 : fault_at(fault_r, "`%s[%zu]`", field, i);
}

static int
read_batch(struct call *c, const char *field, struct fault *fault_r)
{
	struct batch *b = c->input = arena_alloc(c->arena, sizeof(*b));
	json_t *all, *item;
	size_t i;
	if (json_need_array(c->body, field, &all, fault_r) != 0)
		return -1;
	size_t n = json_array_size(all);
	if (n < 1 || n > BATCH_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "The `%s` field must have 1 to %d elements, not %zu.",
		    field, BATCH_MAX, n);
	b->field = field;
	b->texts = arena_alloc(c->arena, n * sizeof(*b->texts));
	json_array_foreach (all, i, item)
		if (check_one(c, field, item, i, &b->texts[b->n++], fault_r) !=
		    0)
			return -1;
	return 0;
}

static int
batch_add_parse(struct call *c, struct fault *fault_r)
{
	return call_need_object(c, fault_r) != 0
	    ? -1
	    : read_batch(c, "emails", fault_r);
}

static int
batch_remove_parse(struct call *c, struct fault *fault_r)
{
	if (call_need_object(c, fault_r) != 0)
		return -1;
	const json_t *ids = json_object_get(c->body, "ids");
	if (ids != NULL && json_object_get(c->body, "emails") != NULL)
		return fault(fault_r, FAULT_INVALID,
		    "Give only one of `emails` and `ids`.");
	return read_batch(c, ids != NULL ? "ids" : "emails", fault_r);
}

static int
answer_data(struct call *c, int status, json_t *data)
{
	return call_json(c, status, json_pack("{s:o}", "data", data));
}

static int
batch_add_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct batch *b = c->input;
	json_t *data = json_array();
	for (int i = 0; i < b->n; i++) {
		struct suppression s;
		if (add(c, t, b->texts[i], &s, fault_r) != 0) {
			json_decref(data);
			return -1;
		}
		json_array_append_new(data, name_json(&s));
	}
	return answer_data(c, 201, data);
}

/* What is not there is left out of the answer: nothing was removed. */
static int
batch_remove_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct batch *b = c->input;
	json_t *data = json_array();
	for (int i = 0; i < b->n; i++) {
		struct suppression s;
		int rc = look_up(c, t, b->texts[i], b->field, &s, fault_r);
		if (rc == 1)
			rc = engine_unsuppress(c->api->engine, t, &s, c->now_ms,
				 fault_r) == 0
			    ? 1
			    : -1;
		if (rc < 0) {
			json_decref(data);
			return -1;
		}
		if (rc == 1)
			json_array_append_new(data, deleted_json(&s));
	}
	return answer_data(c, 200, data);
}

static const struct json_name fields[] = { { "email" }, { NULL } };
static const struct json_name add_fields[] = { { "emails" }, { NULL } };
static const struct json_name remove_fields[] = { { "emails" }, { "ids" },
	{ NULL } };

const struct route routes_suppressions[] = {
	{ "POST", "/suppressions", create_run, ROUTE_WRITE | ROUTE_BODY,
	    create_parse, .fields = fields },
	{ "GET", "/suppressions", list_run, ROUTE_READ, list_parse },
	{ "GET", "/suppressions/:suppression", get_run, ROUTE_READ },
	{ "DELETE", "/suppressions/:suppression", delete_run, ROUTE_WRITE },
	{ "POST", "/suppressions/batch/add", batch_add_run,
	    ROUTE_WRITE | ROUTE_BODY, batch_add_parse, .fields = add_fields },
	{ "POST", "/suppressions/batch/remove", batch_remove_run,
	    ROUTE_WRITE | ROUTE_BODY, batch_remove_parse,
	    .fields = remove_fields },
	{ NULL }
};
