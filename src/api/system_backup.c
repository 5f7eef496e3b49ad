/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A backup, asked for by a program on this machine. The daemon writes the file
 * where it may; so only who could do that without it may ask.
 */
#include <string.h>
#include <unistd.h>

#include "api/call.h"
#include "base/json.h"
#include "store/backup.h"

enum { PATH_MAX_BYTES = 1000 };

struct backup_call {
	struct backup_job job;
	struct call *call;
};

static int
backup_parse(struct call *c, struct fault *fault_r)
{
	struct backup_call *b = c->input = arena_alloc(c->arena, sizeof(*b));
	*b = (struct backup_call){ .call = c };
	if (!json_is_object(c->body))
		return fault(fault_r, FAULT_INVALID,
		    "The body must be a JSON object.");
	if (json_need_string(c->body, "path", &b->job.path, fault_r) < 0)
		return -1;
	if (b->job.path[0] != '/' || strlen(b->job.path) > PATH_MAX_BYTES)
		return fault(fault_r, FAULT_INVALID,
		    "The `path` field must be an absolute path of at most %d "
		    "bytes.",
		    PATH_MAX_BYTES);
	return 0;
}

static void
backup_done(struct work *w)
{
	struct backup_job *j = container_of(w, struct backup_job, work);
	struct call *c = container_of(j, struct backup_call, job)->call;
	if (w->fault.kind == FAULT_NONE)
		call_json(c, 200,
		    json_pack("{s:s, s:s, s:I, s:I, s:I}", "object", "backup",
			"path", j->path, "bytes", (json_int_t)j->bytes, "pages",
			(json_int_t)j->pages, "duration_ms",
			(json_int_t)j->took_ms));
	call_finish(c, &w->fault);
}

static int
backup_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const struct http_peer *peer = http_request_peer(c->req);
	struct backup_call *b = c->input;
	(void)t;
	if (!peer->is_unix || (peer->uid != 0 && peer->uid != geteuid()))
		return fault(fault_r, FAULT_DENIED,
		    "Only root and the user of postflowd may have a backup "
		    "made, over the Unix socket.");
	b->job.work.done = backup_done;
	store_backup(c->api->store, &b->job);
	return 0;
}

static const struct json_name fields[] = { { "path" }, { NULL } };

const struct route routes_backup[] = { { "POST", "/backup", backup_run,
					   ROUTE_LATER | ROUTE_BODY,
					   backup_parse, .fields = fields },
	{ NULL } };
