/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Domains, as the configuration has them. Where it takes any From domain, those
 * this server itself goes by are shown, so that a client that asks before it
 * sends has an answer. A domain's id is computed from its name.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/call.h"
#include "api/domains.h"
#include "base/encode.h"
#include "base/id.h"
#include "conf/conf.h"

enum { NAMES_MAX = 1000 };

/* The domains there are. */
struct names {
	const char *all[NAMES_MAX];
	int n;
};

static void
add_name(struct names *l, const char *name)
{
	for (int i = 0; name != NULL && i < l->n; i++)
		if (strcmp(l->all[i], name) == 0)
			return;
	if (name != NULL && l->n < NAMES_MAX)
		l->all[l->n++] = name;
}

static const struct names *
find_names(struct call *c)
{
	const struct conf *conf = c->api->conf;
	struct names *l = arena_alloc(c->arena, sizeof(*l));
	for (char **d = conf->domains; d != NULL && *d != NULL; d++)
		add_name(l, *d);
	if (l->n > 0)
		return l;
	add_name(l, conf->bounce_domain);
	add_name(l, conf->report_domain);
	if (l->n == 0)
		add_name(l, conf->node_name);
	return l;
}

int
api_domains(struct call *c)
{
	return find_names(c)->n;
}

static char *
domain_uuid(const char *name, char out[ID_UUID_LEN])
{
	static const char salt[] = "domain ";
	unsigned char hash[SHA256_LEN];
	char hex[33], text[300];
	snprintf(text, sizeof(text), "%s%s", salt, name);
	sha256(text, strlen(text), hash);
	hash[6] = (unsigned char)(0x80 | (hash[6] & 0x0f));
	hash[8] = (unsigned char)(0x80 | (hash[8] & 0x3f));
	hex_encode(hash, 16, hex);
	snprintf(out, ID_UUID_LEN, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
	    hex + 12, hex + 16, hex + 20);
	return out;
}

/* Where the domain of an id is; -1 if there is none. */
static int
find_id(const struct names *l, const char *id)
{
	char uuid[ID_UUID_LEN];
	for (int i = 0; i < l->n; i++)
		if (strcasecmp(domain_uuid(l->all[i], uuid), id) == 0)
			return i;
	return -1;
}

const char *
api_domain_name(struct call *c, const char *id)
{
	const struct names *l = find_names(c);
	int i = find_id(l, id);
	return i < 0 ? NULL : l->all[i];
}

static json_t *
domain_json(struct call *c, const char *name)
{
	const struct conf *conf = c->api->conf;
	char uuid[ID_UUID_LEN];
	bool receives = conf->report_domain != NULL &&
	    strcmp(conf->report_domain, name) == 0;
	return json_pack("{s:s, s:s, s:s, s:o, s:s, s:b, s:b, s:{s:s, s:s}}",
	    "id", domain_uuid(name, uuid), "name", name, "status", "verified",
	    "created_at", json_time(c->api->started_ms), "region", "local",
	    "open_tracking", 0, "click_tracking", 0, "capabilities", "sending",
	    "enabled", "receiving", receives ? "enabled" : "disabled");
}

/* ---- routes ------------------------------------------------------------ */

/* A page's bounds: from the first to before the end. */
struct bounds {
	int first, end;
	bool has_more;
};

/* The index of a cursor's domain; 0 or -1. */
static int
read_cursor(struct call *c, const struct names *l, const char *cursor,
    int *at_r, struct fault *fault_r)
{
	const char *id = http_query_get(c->req, cursor);
	*at_r = -1;
	if (id == NULL || (*at_r = find_id(l, id)) >= 0)
		return 0;
	return fault(fault_r, FAULT_INVALID,
	    "The pagination cursor `%s` must be the id of an element of the "
	    "list.",
	    cursor);
}

static int
list_parse(struct call *c, struct fault *fault_r)
{
	const struct names *l = find_names(c);
	struct bounds *b = c->input = arena_alloc(c->arena, sizeof(*b));
	int after, before;
	if (call_parse_limit(c, fault_r) != 0 ||
	    read_cursor(c, l, "after", &after, fault_r) != 0 ||
	    read_cursor(c, l, "before", &before, fault_r) != 0)
		return -1;
	if (after >= 0 && before >= 0)
		return fault(fault_r, FAULT_INVALID,
		    "Give only one of `after` and `before`.");
	if (before >= 0) {
		b->end = before;
		b->first = before > c->page.limit ? before - c->page.limit : 0;
		b->has_more = b->first > 0;
		return 0;
	}
	b->first = after + 1;
	b->end =
	    l->n - b->first > c->page.limit ? b->first + c->page.limit : l->n;
	b->has_more = b->end < l->n;
	return 0;
}

static int
list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct bounds *b = c->input;
	const struct names *l = find_names(c);
	json_t *data = json_array();
	(void)t, (void)fault_r;
	for (int i = b->first; i < b->end; i++)
		json_array_append_new(data, domain_json(c, l->all[i]));
	return call_json(c, 200,
	    json_pack("{s:s, s:b, s:o}", "object", "list", "has_more",
		b->has_more, "data", data));
}

/* The name of the domain a path names; NULL with fault_r. */
static const char *
find(struct call *c, struct fault *fault_r)
{
	int64_t ignored;
	const char *name = api_domain_name(c, c->params[0]);
	if (name == NULL && call_id(c, 0, "Domain", &ignored, fault_r) == 0)
		not_found(fault_r, "Domain");
	return name;
}

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const char *name = find(c, fault_r);
	(void)t;
	if (name == NULL)
		return -1;
	json_t *o = domain_json(c, name);
	json_object_update_new(o,
	    json_pack("{s:s, s:[]}", "object", "domain", "records"));
	return call_json(c, 200, o);
}

static int
refuse(struct fault *fault_r)
{
	return fault(fault_r, FAULT_DENIED,
	    "Domains are set in the server's configuration, by `domains` of "
	    "the section `mail`, and cannot be changed here.");
}

static int
add_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	(void)c, (void)t;
	return refuse(fault_r);
}

static int
change_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	(void)t;
	return find(c, fault_r) == NULL ? -1 : refuse(fault_r);
}

const struct route routes_domains[] = { { "GET", "/domains", list_run,
					    ROUTE_LOOP, list_parse },
	{ "POST", "/domains", add_run, ROUTE_LOOP | ROUTE_ABSENT },
	{ "POST", "/domains/claim", add_run, ROUTE_LOOP | ROUTE_ABSENT },
	{ "GET", "/domains/:id", get_run, ROUTE_LOOP },
	{ "PATCH", "/domains/:id", change_run, ROUTE_LOOP | ROUTE_ABSENT },
	{ "DELETE", "/domains/:id", change_run, ROUTE_LOOP | ROUTE_ABSENT },
	{ "POST", "/domains/:id/verify", change_run,
	    ROUTE_LOOP | ROUTE_ABSENT },
	{ NULL } };
