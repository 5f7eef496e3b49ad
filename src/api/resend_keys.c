/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * API keys. A token is shown once, when it is made; the store keeps its
 * SHA-256, and the loop a copy of that, so that asking who is there needs no
 * disk.
 */
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "base/encode.h"
#include "base/id.h"
#include "base/json.h"
#include "base/utf8.h"

enum { TOKEN_BYTES = 24, NAME_MAX_BYTES = 50 };

struct key_input {
	const char *name;
	enum key_permission permission;
	char token[TOKEN_BYTES * 2];
	unsigned char hash[SHA256_LEN];
};

static const char *const permissions[] = {
	[KEY_FULL_ACCESS] = "full_access",
	[KEY_SENDING_ACCESS] = "sending_access",
};

static int
create_parse(struct call *c, struct fault *fault_r)
{
	struct key_input *in = c->input = arena_alloc(c->arena, sizeof(*in));
	unsigned char secret[TOKEN_BYTES];
	const char *permission;
	if (!json_is_object(c->body))
		return fault(fault_r, FAULT_INVALID,
		    "The body must be a JSON object.");
	if (json_get_string(c->body, "name", &in->name, fault_r) < 0 ||
	    json_get_string(c->body, "permission", &permission, fault_r) < 0)
		return -1;
	if (in->name == NULL)
		in->name = "unnamed";
	if (in->name[0] == '\0' || strlen(in->name) > NAME_MAX_BYTES ||
	    utf8_has_control(in->name, strlen(in->name)))
		return fault(fault_r, FAULT_INVALID,
		    "The `name` field must "
		    "have 1 to %d bytes and no control characters.",
		    NAME_MAX_BYTES);
	in->permission = permission != NULL &&
		strcmp(permission, permissions[KEY_SENDING_ACCESS]) == 0
	    ? KEY_SENDING_ACCESS
	    : KEY_FULL_ACCESS;
	if (permission != NULL &&
	    strcmp(permission, permissions[in->permission]) != 0)
		return fault(fault_r, FAULT_INVALID,
		    "The `permission` field "
		    "must be `full_access` or `sending_access`.");
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
	k->id = txn_new_id(t, c->now_ms);
	k->name = in->name;
	k->permission = in->permission;
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
	struct api *api = c->api;
	if (c->result == NULL)
		return;
	api->keys =
	    xrealloc(api->keys, (size_t)(api->n_keys + 1) * sizeof(*api->keys));
	api->keys[api->n_keys++] = *(struct api_key *)c->result;
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
	struct api *api = c->api;
	for (int i = 0; c->result != NULL && i < api->n_keys; i++)
		if (api->keys[i].id == *(int64_t *)c->result)
			api->keys[i--] = api->keys[--api->n_keys];
}

static json_t *
key_json(const void *item)
{
	const struct api_key *k = item;
	return json_pack("{s:o, s:s, s:s, s:o}", "id", json_id(k->id), "name",
	    k->name, "permission",
	    k->permission < N_OF(permissions) ? permissions[k->permission]
					      : "unknown",
	    "created_at", json_time(id_time_ms(k->id)));
}

static int
list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct list list;
	if (store_key_list(t, c->arena, &c->page, &list, fault_r) != 0)
		return -1;
	return call_list(c, &list, sizeof(struct api_key), key_json);
}

const struct route routes_keys[] = { { "POST", "/api-keys", create_run,
					 ROUTE_WRITE | ROUTE_BODY |
					     ROUTE_SECRET,
					 create_parse, create_after },
	{ "GET", "/api-keys", list_run, ROUTE_READ, call_parse_page },
	{ "DELETE", "/api-keys/:id", delete_run, ROUTE_WRITE, NULL,
	    delete_after },
	{ NULL } };
