/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the engine share.
 */
#pragma once

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

#include "engine/engine.h"
#include "engine/forms.h"
#include "model/automation.h"
#include "model/run.h"
#include "store/store.h"

struct catalog;
struct delivery;

struct engine {
	struct store *store;
	/* Replaced by a reload; read them once for one thing to do. */
	_Atomic(const struct conf *) conf;
	_Atomic(const struct token_keys *) keys;
	engine_clock *clock;
	struct catalog *catalog; /* the writer's */
	struct forms *forms;     /* shared, locked */
	struct delivery *delivery;
	atomic_llong n_events, n_runs;
	/* what the batch under way did, noted once it is on disk */
	int batch_events, batch_runs;
	/* and the earliest moment a run of it rests until; 0: none does */
	int64_t batch_due_ms;
};

/* A version of an automation, ready to be walked. Immutable. */
struct flow {
	struct automation automation;
	int64_t version;
	struct graph *graph;
	void **configs;         /* what each step's compile() made */
	const char *event_name; /* that starts it */
	struct arena *arena;
};
