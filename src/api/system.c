/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the daemon is, and the emergency stop.
 */
#include <string.h>

#include "api/call.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "engine/engine.h"
#include "model/automation.h"
#include "store/automations.h"
#include "store/backup.h"
#include "store/jobs.h"
#include "store/queue.h"
#include "store/webhooks.h"

enum { JOBS_SHOWN = 50, OWED_COUNTED = 100000, DOUBTS_COUNTED = 10000 };

static int
health_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct store_figures f;
	(void)t, (void)fault_r;
	store_figures(c->api->store, &f);
	return call_json(c, f.is_full ? 503 : 200,
	    json_pack("{s:s}", "status", f.is_full ? "disk_full" : "ok"));
}

/* ---- figures ----------------------------------------------------------- */

/* What only the loop knows. */
struct status_input {
	int connections;
};

static int
status_parse(struct call *c, struct fault *fault_r)
{
	struct status_input *in = c->input = arena_alloc(c->arena, sizeof(*in));
	const struct http_server *s = c->api->server;
	(void)fault_r;
	in->connections = s != NULL ? http_server_connections(s) : 0;
	return 0;
}

static json_t *
store_json(struct api *api)
{
	struct store_figures f;
	int64_t p50, p99;
	store_figures(api->store, &f);
	store_commit_latency(api->store, &p50, &p99);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
			 "s:b}",
	    "batches", f.batches, "items", f.items, "failed_batches",
	    f.failed_batches, "checkpoints", f.checkpoints, "wal_bytes",
	    f.wal_bytes, "wal_peak_bytes", f.wal_peak_bytes, "wal_restarts",
	    f.wal_restarts, "commit_p50_us", p50, "commit_p99_us", p99,
	    "commit_max_us", f.commit_us_max, "is_full", f.is_full);
}

static json_t *
engine_json(struct api *api)
{
	struct engine_figures e;
	engine_figures(api->engine, &e);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "events",
	    e.events, "runs", e.runs, "emails_sent", e.sent, "emails_refused",
	    e.refused, "emails_retried", e.retried, "emails_in_doubt", e.doubts,
	    "emails_in_flight", e.in_flight);
}

/* The backup under way and what part of it is done; null: there is none. */
static json_t *
backup_json(struct store *store)
{
	double share;
	return store_backup_share(store, &share)
	    ? json_pack("{s:f}", "share", share)
	    : json_null();
}

/* What a job's subject is called. */
static const char *const job_subjects[JOB_KIND_COUNT] = {
	[JOB_CANCEL_RUNS] = "automation_id",
	[JOB_ENROL] = "automation_id",
	[JOB_FILL_SEGMENT] = "segment_id",
	[JOB_EMPTY_SEGMENT] = "segment_id",
	[JOB_ERASE_CONTACT] = "contact_id",
	[JOB_FORGET_CONTACT] = "contact_id",
	[JOB_CANCEL_CONTACT] = "contact_id",
	[JOB_EMPTY_WEBHOOK] = "webhook_id",
	[JOB_IMPORT] = "import_id",
};

/* Adds whom a job is about; of automations the number is known. */
static int
put_subject(struct call *c, struct txn *t, const struct job *j, json_t *to,
    struct fault *fault_r)
{
	const char *field =
	    (unsigned)j->kind < JOB_KIND_COUNT ? job_subjects[j->kind] : NULL;
	struct automation a = { 0 };
	int64_t id = j->subject;
	if (j->kind == JOB_CANCEL_RUNS || j->kind == JOB_ENROL) {
		if (store_automation_by_num(t, c->arena, j->subject, &a,
			fault_r) < 0)
			return -1;
		id = a.id;
	}
	return field == NULL ? 0 : json_object_set_new(to, field, json_id(id));
}

/* Long work under way, oldest first. NULL with fault_r. */
static json_t *
jobs_json(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct job j = { 0 };
	json_t *all = json_array();
	int rc = 0;
	while (json_array_size(all) < JOBS_SHOWN &&
	    (rc = store_job_next(t, c->arena, j.id, &j, fault_r)) == 1) {
		json_t *o = json_pack("{s:s, s:I}", "job",
		    job_kind_name(j.kind), "done", j.done);
		json_array_append_new(all, o);
		if (j.failures > 0) {
			json_object_set_new(o, "error",
			    json_string(j.error != NULL ? j.error : ""));
			json_object_set_new(o, "retry_at",
			    json_time(j.retry_ms));
		}
		if (put_subject(c, t, &j, o, fault_r) != 0)
			rc = -1;
		if (rc < 0)
			break;
	}
	if (rc >= 0)
		return all;
	json_decref(all);
	return NULL;
}

/* What webhooks are owed: how much, and since when. NULL with fault_r. */
static json_t *
webhooks_json(struct txn *t, struct fault *fault_r)
{
	struct hooks_owed owed;
	if (store_hook_event_owed(t, OWED_COUNTED, &owed, fault_r) != 0)
		return NULL;
	return json_pack("{s:I, s:o}", "owed", owed.n, "oldest_at",
	    owed.oldest == 0 ? json_null()
			     : json_time(id_time_ms(owed.oldest)));
}

static int
status_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct api *api = c->api;
	const struct status_input *in = c->input;
	struct queue_counts n;
	bool held;
	if (store_queue_held(t, &held, fault_r) != 0 ||
	    store_queue_count(t, DOUBTS_COUNTED, &n, fault_r) != 0)
		return -1;
	json_t *hooks = webhooks_json(t, fault_r);
	if (hooks == NULL)
		return -1;
	json_t *jobs = jobs_json(c, t, fault_r), *paused = json_object();
	for (int i = 0; i < ENGINE_PART_COUNT; i++)
		json_object_set_new(paused, engine_part_name(i),
		    json_boolean(engine_is_paused(api->engine, i)));
	if (jobs == NULL) {
		json_decref(paused);
		json_decref(hooks);
		return -1;
	}
	return call_json(c, 200,
	    json_pack("{s:s, s:s, s:I, s:i, s:o, s:o, s:{s:b, s:I}, s:o, s:o, "
		      "s:o, s:o}",
		"object", "status", "version", PACKAGE_VERSION, "uptime_s",
		(clock_now_ms() - api->started_ms) / 1000, "connections",
		in->connections, "paused", paused, "jobs", jobs, "queue",
		"held", held, "in_doubt", (json_int_t)n.in_doubt, "webhooks",
		hooks, "backup", backup_json(api->store), "store",
		store_json(api), "engine", engine_json(api)));
}

/* ---- emergency stop ---------------------------------------------------- */

/* The part a path names; -1 if there is none such. */
static int
find_part(const char *name)
{
	for (int i = 0; i < ENGINE_PART_COUNT; i++)
		if (strcmp(engine_part_name(i), name) == 0)
			return i;
	return -1;
}

static int
set_paused(struct call *c, struct txn *t, bool paused, struct fault *fault_r)
{
	int part = find_part(c->params[0]);
	if (part < 0)
		return fault(fault_r, FAULT_NOT_FOUND,
		    "The requested endpoint does not exist");
	if (engine_pause(c->api->engine, t, part, paused, fault_r) != 0)
		return -1;
	json_t *o = json_pack("{s:s}", "object", "pause");
	for (int i = 0; i < ENGINE_PART_COUNT; i++)
		json_object_set_new(o, engine_part_name(i),
		    json_boolean(i == part
			    ? paused
			    : engine_is_paused(c->api->engine, i)));
	return call_json(c, 200, o);
}

static int
pause_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	return set_paused(c, t, true, fault_r);
}

static int
resume_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	return set_paused(c, t, false, fault_r);
}

const struct route routes_system[] = { { "GET", "/healthz", health_run,
					   ROUTE_LOOP | ROUTE_OPEN },
	{ "GET", "/status", status_run, ROUTE_READ, status_parse },
	{ "POST", "/pause/:part", pause_run, ROUTE_WRITE | ROUTE_ESSENTIAL },
	{ "POST", "/resume/:part", resume_run, ROUTE_WRITE | ROUTE_ESSENTIAL },
	{ NULL } };
