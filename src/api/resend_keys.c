/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * API keys. A token is shown once, when it is made; the store keeps its
 * SHA-256, and the loop a copy of that, so that asking who is there needs no
 * disk.
 */
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/domains.h"
#include "api/keyring.h"
#include "base/encode.h"
#include "base/id.h"
#include "base/json.h"

enum { TOKEN_BYTES = 24, KEY_NAME_MAX = 50 };

struct key_input {
	const char *name;
	enum key_permission permission;
	const char *domain; /* NULL: any */
	char token[TOKEN_BYTES * 2];
	unsigned char hash[SHA256_LEN];
};

static const char *const permissions[] = {
	[KEY_FULL_ACCESS] = "full_access",
	[KEY_SENDING_ACCESS] = "sending_access",
};

/* ---- create ------------------------------------------------------------ */

static int
read_permission(struct call *c, struct key_input *in, struct fault *fault_r)
{
	const char *word;
	int rc = json_get_string(c->body, "permission", &word, fault_r);
	in->permission = KEY_FULL_ACCESS;
	for (size_t i = 0; rc == 1 && i < N_OF(permissions); i++)
		if (strcmp(word, permissions[i]) == 0) {
			in->permission = (enum key_permission)i;
			return 0;
		}
	return rc != 1 ? rc
		       : fault(fault_r, FAULT_INVALID,
			     "The `permission` field must be `full_access` or "
			     "`sending_access`, not `%.100s`.",
			     word);
}

/* The domain mail of the key must come from. */
static int
read_domain(struct call *c, struct key_input *in, struct fault *fault_r)
{
	const char *id;
	int64_t ignored;
	int rc = json_get_string(c->body, "domain_id", &id, fault_r);
	if (rc <= 0)
		return rc;
	if (in->permission != KEY_SENDING_ACCESS)
		return fault(fault_r, FAULT_INVALID,
		    "The `domain_id` field is for keys whose `permission` is "
		    "`sending_access`.");
	in->domain = api_domain_name(c, id);
	if (in->domain != NULL)
		in->domain = arena_strdup(c->arena, in->domain);
	else if (call_text_id(id, "domain_id", "Domain", &ignored, fault_r) ==
	    0)
		not_found(fault_r, "Domain");
	return in->domain != NULL ? 0 : -1;
}

static int
create_parse(struct call *c, struct fault *fault_r)
{
	struct key_input *in = c->input = arena_alloc(c->arena, sizeof(*in));
	unsigned char secret[TOKEN_BYTES];
	if (call_need_object(c, fault_r) != 0 ||
	    call_need_line(c, "name", KEY_NAME_MAX, &in->name, fault_r) != 0 ||
	    read_permission(c, in, fault_r) != 0 ||
	    read_domain(c, in, fault_r) != 0)
		return -1;
	random_bytes(secret, sizeof(secret));
	memcpy(in->token, "re_", 3);
	base64url_encode(secret, sizeof(secret), in->token + 3);
	sha256(in->token, strlen(in->token), in->hash);
	return 0;
}

static int
create_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct key_input *in = c->input;
	struct api_key *k = arena_alloc(c->arena, sizeof(*k));
	*k = (struct api_key){ .id = txn_new_id(t, c->now_ms),
		.name = in->name,
		.permission = in->permission,
		.domain = in->domain };
	memcpy(k->hash, in->hash, sizeof(k->hash));
	if (store_key_insert(t, k, fault_r) != 0)
		return -1;
	c->result = k;
	return call_json(c, 201,
	    json_pack("{s:o, s:s}", "id", json_id(k->id), "token", in->token));
}

/* The loop's copy follows the store. */
static void
create_after(struct call *c)
{
	if (c->result != NULL)
		keyring_add(c->api->keys, c->result);
}

/* ---- rename, delete, list ---------------------------------------------- */

static int
rename_parse(struct call *c, struct fault *fault_r)
{
	const char *name;
	if (call_need_object(c, fault_r) != 0 ||
	    call_need_line(c, "name", KEY_NAME_MAX, &name, fault_r) != 0)
		return -1;
	c->input = arena_strdup(c->arena, name);
	return 0;
}

static int
rename_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	int64_t id;
	if (call_id(c, 0, "API key", &id, fault_r) != 0)
		return -1;
	int rc = store_key_rename(t, id, c->input, fault_r);
	if (rc != 1)
		return rc == 0 ? not_found(fault_r, "API key") : -1;
	return call_object(c, 200, "api_key", id, NULL);
}

static int
delete_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	int64_t *id = arena_alloc(c->arena, sizeof(*id));
	if (call_id(c, 0, "API key", id, fault_r) != 0)
		return -1;
	int rc = store_key_delete(t, *id, fault_r);
	if (rc != 1)
		return rc == 0 ? not_found(fault_r, "API key") : -1;
	c->result = id;
	return call_object(c, 200, "api_key", *id,
	    json_pack("{s:b}", "deleted", 1));
}

static void
delete_after(struct call *c)
{
	if (c->result != NULL)
		keyring_remove(c->api->keys, *(int64_t *)c->result);
}

static json_t *
key_json(const void *item)
{
	const struct api_key *k = item;
	return json_pack("{s:o, s:s, s:o, s:o, s:s, s:s?}", "id",
	    json_id(k->id), "name", k->name, "created_at",
	    json_time(id_time_ms(k->id)), "last_used_at",
	    json_time(k->last_used_ms), "permission",
	    k->permission < N_OF(permissions) ? permissions[k->permission]
					      : "unknown",
	    "domain", k->domain);
}

static int
list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct list list;
	if (store_key_list(t, c->arena, &c->page, &list, fault_r) != 0)
		return -1;
	return call_list(c, &list, sizeof(struct api_key), key_json);
}

static const struct json_name fields[] = { { "name" }, { "permission" },
	{ "domain_id" }, { NULL } };
static const struct json_name rename_fields[] = { { "name" }, { NULL } };

const struct route routes_keys[] = {
	{ "POST", "/api-keys", create_run,
	    ROUTE_WRITE | ROUTE_BODY | ROUTE_SECRET, create_parse, create_after,
	    .fields = fields },
	{ "GET", "/api-keys", list_run, ROUTE_READ, call_parse_whole },
	{ "PATCH", "/api-keys/:id", rename_run, ROUTE_WRITE | ROUTE_BODY,
	    rename_parse, .fields = rename_fields },
	{ "DELETE", "/api-keys/:id", delete_run, ROUTE_WRITE, NULL,
	    delete_after },
	{ NULL }
};
