/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys that sign links: a new one signs from now on, and links that older
 * ones signed go on to work.
 */
#include "api/call.h"
#include "conf/conf.h"
#include "mail/token.h"
#include "store/store.h"

struct rotation {
	struct work work;
	struct call *call;
	const char *path;
	char kid[TOKEN_KID_LEN];
};

static int
rotation_run(struct txn *t, struct work *w)
{
	struct rotation *r = container_of(w, struct rotation, work);
	(void)t;
	return token_keys_rotate(r->path, r->kid, &w->fault);
}

static void
rotation_done(struct work *w)
{
	struct rotation *r = container_of(w, struct rotation, work);
	struct call *c = r->call;
	if (w->fault.kind == FAULT_NONE) {
		c->api->keys_changed(c->api->keys_changed_arg);
		call_json(c, 200,
		    json_pack("{s:s, s:s, s:s}", "object", "signing_key", "id",
			r->kid, "path", r->path));
	}
	call_finish(c, &w->fault);
}

static int
rotate_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct rotation *r = arena_alloc(c->arena, sizeof(*r));
	const struct conf *conf = c->api->conf;
	(void)t, (void)fault_r;
	*r = (struct rotation){
		.work = { .run = rotation_run, .done = rotation_done },
		.call = c,
		.path = conf->signing_keys,
	};
	store_aside(c->api->store, &r->work);
	return 0;
}

const struct route routes_signing[] = {
	{ "POST", "/signing-keys/rotate", rotate_run, ROUTE_LATER }, { NULL }
};
