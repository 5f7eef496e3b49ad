/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "api/call.h"

#include "api/import_upload.h"
#include "base/id.h"
#include "store/imports.h"

enum {
	/* The largest file, and what stands around it. */
	IMPORT_BODY_MAX = (100 << 20) + (1 << 20),
	FAILURES_SHOWN = 100,
};

static json_t *
import_json(const void *item)
{
	const struct import *i = item;
	json_t *counts = json_pack("{s:I, s:I, s:I, s:I, s:I}", "total",
	    (json_int_t)i->total, "created", (json_int_t)i->created, "updated",
	    (json_int_t)i->updated, "skipped", (json_int_t)i->skipped, "failed",
	    (json_int_t)i->failed);
	return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o}", "object",
	    "contact_import", "id", json_id(i->id), "status",
	    import_status_name(i->status), "created_at",
	    json_time(id_time_ms(i->id)), "completed_at",
	    json_time(i->completed_ms), "counts", counts);
}

/* The rows that failed, as far as they are told. NULL with fault_r. */
static json_t *
failures_json(struct call *c, struct txn *t, int64_t import,
    struct fault *fault_r)
{
	struct list list;
	if (store_import_failures(t, c->arena, import, FAILURES_SHOWN, &list,
		fault_r) != 0)
		return NULL;
	const struct import_failure *all = list.items;
	json_t *out = json_array();
	for (int i = 0; i < list.n; i++)
		json_array_append_new(out,
		    json_pack("{s:I, s:s}", "line", (json_int_t)all[i].line,
			"reason", all[i].reason));
	return out;
}

static int
get_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct import i;
	int64_t id;
	if (call_id(c, 0, "Contact import", &id, fault_r) != 0)
		return -1;
	int rc = store_import_get(t, c->arena, id, &i, fault_r);
	if (rc != 1)
		return rc < 0 ? -1 : not_found(fault_r, "Contact import");
	json_t *failures = failures_json(c, t, id, fault_r);
	if (failures == NULL)
		return -1;
	json_t *o = import_json(&i);
	json_object_set_new(o, "failures", failures);
	if (i.error != NULL)
		json_object_set_new(o, "error", json_string(i.error));
	return call_json(c, 200, o);
}

static int
list_parse(struct call *c, struct fault *fault_r)
{
	const char *name = http_query_get(c->req, "status");
	int *status = c->input = arena_alloc(c->arena, sizeof(*status));
	*status = name != NULL ? import_status_find(name) : -1;
	if (name != NULL && *status < 0)
		return fault(fault_r, FAULT_PARAMETER,
		    "`status` must be `queued`, `in_progress`, `completed` or "
		    "`failed`, not `%.60s`.",
		    name);
	return call_parse_page(c, fault_r);
}

static int
list_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	const int *status = c->input;
	struct list list;
	return store_import_list(t, c->arena, *status, &c->page, &list,
		   fault_r) != 0
	    ? -1
	    : call_list(c, &list, sizeof(struct import), import_json);
}

const struct route routes_imports[] = {
	{ "POST", "/contacts/imports", import_upload_run, ROUTE_WRITE, NULL,
	    import_upload_after, IMPORT_BODY_MAX, &import_upload },
	{ "GET", "/contacts/imports", list_run, ROUTE_READ, list_parse },
	{ "GET", "/contacts/imports/:id", get_run, ROUTE_READ }, { NULL }
};
