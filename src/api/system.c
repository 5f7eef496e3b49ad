/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the daemon is.
 */
#include "api/call.h"
#include "base/clock.h"
#include "base/json.h"
#include "engine/engine.h"

static int
health_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct store_figures f;
	(void)t, (void)fault_r;
	store_figures(c->api->store, &f);
	return call_json(c, f.is_full ? 503 : 200,
	    json_pack("{s:s}", "status", f.is_full ? "disk_full" : "ok"));
}

static int
status_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct api *api = c->api;
	struct store_figures f;
	struct engine_figures e;
	int64_t p50, p99;
	(void)t, (void)fault_r;
	store_figures(api->store, &f);
	store_commit_latency(api->store, &p50, &p99);
	engine_figures(api->engine, &e);
	json_t *store = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
				  "s:I, s:I, s:b}",
	    "batches", f.batches, "items", f.items, "failed_batches",
	    f.failed_batches, "checkpoints", f.checkpoints, "wal_bytes",
	    f.wal_bytes, "wal_peak_bytes", f.wal_peak_bytes, "wal_restarts",
	    f.wal_restarts, "commit_p50_us", p50, "commit_p99_us", p99,
	    "commit_max_us", f.commit_us_max, "is_full", f.is_full);
	json_t *engine = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "events", e.events, "runs", e.runs, "emails_sent", e.sent,
	    "emails_refused", e.refused, "emails_retried", e.retried,
	    "emails_in_doubt", e.doubts, "emails_in_flight", e.in_flight);
	return call_json(c, 200,
	    json_pack("{s:s, s:s, s:I, s:i, s:o, s:o}", "object", "status",
		"version", PACKAGE_VERSION, "uptime_s",
		(clock_now_ms() - api->started_ms) / 1000, "connections",
		api->server != NULL ? http_server_connections(api->server) : 0,
		"store", store, "engine", engine));
}

const struct route routes_system[] = { { "GET", "/healthz", health_run,
					   ROUTE_LOOP | ROUTE_OPEN },
	{ "GET", "/status", status_run, ROUTE_LOOP }, { NULL } };
