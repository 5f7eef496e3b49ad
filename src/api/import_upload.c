/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * One buffer is filled by the loop while the other is written. Once the body is
 * whole: a porter finishes the file, the writer gives out the import's id, a
 * porter names the file by it, and the route's run() writes the row. So the
 * file is on disk before the row, and a row never lacks it.
 *
 * What is wrong with a body is answered when all of it has come: a client that
 * is cut off while it sends may never read why.
 */
#include "api/import_upload.h"

#include <stdlib.h>
#include <string.h>

#include "api/import_body.h"
#include "base/id.h"
#include "conf/conf.h"
#include "engine/engine.h"
#include "engine/import_file.h"

enum {
	UPLOADS_MAX = 8,         /* at a time */
	WRITE_LEAST = 64 << 10,  /* at once */
	COMING_HIGH = 256 << 10, /* then the client waits */
};

struct upload {
	struct call *call; /* NULL: it is gone */
	struct api *api;
	struct work work; /* one at a time */
	bool is_busy;     /* it is under way */
	bool is_paused, is_whole;
	struct buf coming, going; /* the second is the work's */
	struct import_body *body;
	struct fault fault; /* what is wrong with the body */
	struct import import;
	struct import_plan plan;
};

static void
upload_free(struct upload *u)
{
	u->api->uploads--;
	import_body_free(u->body);
	buf_free(&u->coming);
	buf_free(&u->going);
	free(u);
}

/* ---- once the body is whole -----------------------------------------------
 */

/* Begins the next part of the way; done() goes on from there. */
static void
step(struct upload *u, void (*submit)(struct store *, struct work *),
    int (*run)(struct txn *, struct work *), void (*done)(struct work *))
{
	u->is_busy = true;
	u->work = (struct work){ .run = run, .done = done };
	submit(u->api->store, &u->work);
}

/* Whether a part of the way was gone; if not, the call was answered. */
static bool
went(struct upload *u)
{
	u->is_busy = false;
	if (u->work.fault.kind == FAULT_NONE)
		return true;
	const struct fault f = u->work.fault;
	call_finish(u->call, &f);
	return false;
}

static void
placed(struct work *w)
{
	struct upload *u = container_of(w, struct upload, work);
	if (went(u))
		call_submit(u->call);
}

static int
place(struct txn *t, struct work *w)
{
	struct upload *u = container_of(w, struct upload, work);
	const struct conf *conf = u->api->conf;
	(void)t;
	return import_body_place(u->body,
	    import_path(u->call->arena, conf->state_dir, u->import.id),
	    &w->fault);
}

static void
numbered(struct work *w)
{
	struct upload *u = container_of(w, struct upload, work);
	if (went(u))
		step(u, store_aside, place, placed);
}

static int
number(struct txn *t, struct work *w)
{
	struct upload *u = container_of(w, struct upload, work);
	u->import.id = txn_new_id(t, u->call->now_ms);
	return 0;
}

static void
finished(struct work *w)
{
	struct upload *u = container_of(w, struct upload, work);
	if (went(u))
		step(u, store_write, number, numbered);
}

static int
finish(struct txn *t, struct work *w)
{
	struct upload *u = container_of(w, struct upload, work);
	struct call *c = u->call;
	(void)t;
	if (import_body_feed(u->body, u->going.data, u->going.len, &w->fault) !=
		0 ||
	    import_body_end(u->body, &w->fault) != 0 ||
	    import_body_plan(u->body, c, &u->plan, &w->fault) != 0)
		return -1;
	u->import.size = import_body_size(u->body);
	if (c->idempotency_key != NULL)
		import_body_hash(u->body, c->body_hash);
	return 0;
}

/* ---- while it comes ---------------------------------------------------------
 */

/* Makes what has come what goes. */
static void
turn(struct upload *u)
{
	struct buf empty = u->going;
	u->going = u->coming;
	u->coming = empty;
	buf_clear(&u->coming);
}

static int
feed(struct txn *t, struct work *w)
{
	struct upload *u = container_of(w, struct upload, work);
	(void)t;
	return import_body_feed(u->body, u->going.data, u->going.len,
	    &w->fault);
}

static void fed(struct work *);

/* Goes on with what has come: after this the upload may be gone. */
static void
go_on(struct upload *u)
{
	if (u->is_busy)
		return;
	if (u->fault.kind != FAULT_NONE)
		buf_clear(&u->coming);
	if (u->is_whole && u->fault.kind != FAULT_NONE) {
		const struct fault f = u->fault;
		call_finish(u->call, &f);
	} else if (u->is_whole) {
		turn(u);
		step(u, store_aside, finish, finished);
	} else if (u->coming.len >= WRITE_LEAST) {
		turn(u);
		step(u, store_aside, feed, fed);
	}
}

static void
fed(struct work *w)
{
	struct upload *u = container_of(w, struct upload, work);
	u->is_busy = false;
	if (u->call == NULL) {
		upload_free(u);
		return;
	}
	if (w->fault.kind != FAULT_NONE)
		u->fault = w->fault;
	struct http_request *paused = u->is_paused ? u->call->req : NULL;
	u->is_paused = false;
	go_on(u);
	if (paused != NULL)
		http_resume(paused);
}

static int
begin(struct call *c, struct fault *fault_r)
{
	struct api *api = c->api;
	const struct conf *conf = api->conf;
	if (api->uploads >= UPLOADS_MAX)
		return fault(fault_r, FAULT_UNAVAILABLE,
		    "%d imports are being sent now.", UPLOADS_MAX);
	struct import_body *body =
	    import_body_new(http_header_get(c->req, "Content-Type"),
		import_dir(c->arena, conf->state_dir),
		c->idempotency_key != NULL, fault_r);
	if (body == NULL)
		return -1;
	struct upload *u = c->input = xcalloc(1, sizeof(*u));
	u->call = c;
	u->api = api;
	u->body = body;
	api->uploads++;
	return 0;
}

static int
piece(struct call *c, const char *p, size_t n)
{
	struct upload *u = c->input;
	if (u->fault.kind != FAULT_NONE)
		return 0;
	buf_add(&u->coming, p, n);
	go_on(u);
	u->is_paused = u->is_busy && u->coming.len >= COMING_HIGH;
	return u->is_paused ? -1 : 0;
}

static void
ready(struct call *c)
{
	struct upload *u = c->input;
	u->is_whole = true;
	go_on(u);
}

static void
end(struct call *c)
{
	struct upload *u = c->input;
	if (u == NULL)
		return;
	u->call = NULL;
	if (!u->is_busy)
		upload_free(u);
}

const struct stream import_upload = { begin, piece, ready, end };

/* ---- in the transaction
 * ------------------------------------------------------ */

int
import_upload_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct upload *u = c->input;
	return engine_import_begin(c->api->engine, t, c->arena, &u->import,
		   &u->plan, c->now_ms, fault_r) != 0
	    ? -1
	    : call_object(c, 201, "contact_import", u->import.id, NULL);
}

void
import_upload_after(struct call *c)
{
	struct upload *u = c->input;
	char id[ID_UUID_LEN];
	/* Asked for a second time, the answer names another. */
	if (strstr(c->out.data, id_uuid(u->import.id, id)) != NULL)
		import_body_keep(u->body);
}
